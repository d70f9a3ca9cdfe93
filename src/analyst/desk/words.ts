import { createDescribe, type Describe } from '../../detection/detectors/describe.ts'
import type { Locale } from '../../detection/detectors/words.ts'
import { type Term, termsOf } from '../evidence/terms.ts'
import { type Say, sayer } from '../words/say.ts'
import { ACCESS, LETTERS, LOGIN } from './account-words.ts'
import { FEEDBACK } from './feedback-words.ts'
import { FIND, QUEUE } from './queue-words.ts'
import { THINGS } from './thing-words.ts'

const PAGES = {
  desk: ['sigwatch desk', 'sigwatch 工作台'],
  pages: ['Pages', '页面'],
  overview: ['Overview', '总览'],
  search: ['Search', '查询'],
  accessLog: ['Access log', '访问记录'],
  readOnly: ['(read only)', '（只读）'],
  logIn: ['Log in', '登录'],
  logOut: ['Log out', '退出'],
  token: ['Token', '令牌'],
  unknownToken: ['This token is not known.', '令牌无效。'],
  tooManyTokens: [
    'Too many wrong tokens from this address. Try again in {n} s.',
    '此地址的无效令牌过多，请在 {n} 秒后重试。',
  ],
  toSearch: ['To the search', '返回查询'],
  notice: ['Message', '提示'],
  message: ['Message', '短信内容'],
  notFound: ['No alert has this id.', '没有此编号的告警。'],
  noTable: ['The page has no such table.', '页面没有此表格。'],
  noPage: ['there is no such page', '没有此页面'],
  badValue: ['“{value}” is no value of {name}.', '“{value}”不是 {name} 的有效值。'],
  writeTime: [
    'Write {name} as 2026-11-11T08:30, in Beijing time, or as milliseconds since 1970.',
    '{name} 请写作 2026-11-11T08:30（北京时间），或自 1970 年起的毫秒数。',
  ],
  writeMonth: ['Write {name} as 2026-11.', '{name} 请写作 2026-11。'],
  writeNumber: ['Write {name} as a whole number up to 999999.', '{name} 请写作不超过 999999 的整数。'],
  writeOneOf: ['Write {name} as one of: {values}.', '{name} 的可用值：{values}。'],
  writeKey: ['Take the address from “Next page”.', '请使用“下一页”的地址。'],
  notYours: [
    'The form is not of this session, and nothing was written.',
    '表单不属于当前会话，未写入任何内容。',
  ],
  backThere: ['Back to the page', '返回原页面'],
  sessionEnded: [
    'Your session has ended. What you have just sent was NOT written. Log in to go back to the page.',
    '会话已结束，刚才提交的内容未写入。登录后将返回原页面。',
  ],
  notWritten: [
    'Your session had ended, and nothing was written. What you wrote is in its field again, where it could be kept.',
    '会话此前已结束，内容未写入；可保留的文字已填回原处。',
  ],
  isOver: ['Your session has ended: this page stays as it is.', '会话已结束，本页不再更新。'],
  onTheWay: ['The page is being opened.', '正在打开页面。'],
  mayNotUndo: ['only who said it, or a lead, may undo this', '只有反馈人本人或组长可以撤销'],
  mayNotBlock: ['you may not block manually', '您无权手工拦截'],
  mayRead: ['you may read, not give feedback', '您只能查看，不能反馈'],
  notInAddress: [
    'Search for this in the form: browsers and proxies keep addresses.',
    '请在查询表单中填写：浏览器与代理会保存网址。',
  ],
  incomplete: ['the form is not complete', '表单不完整'],
  methods: ['this address takes GET and POST alone', '此地址仅支持读取与提交'],
  tooLarge: ['the form is too large', '表单过大'],
  defect: ['a defect of the desk', '工作台内部错误'],
  unreachable: ['The archive does not answer. Try again in a moment.', '归档数据库无响应，请稍后重试。'],
  refusedByArchive: [
    'The archive refuses this: tables or rights are not those that the desk needs.',
    '归档数据库拒绝了请求：数据表或权限不符合工作台的要求。',
  ],
  wrongFeedback: ['This feedback is not allowed.', '不允许此反馈。'],
  time: ['Time (UTC+8)', '时间（UTC+8）'],
  from: ['From (UTC+8)', '起（UTC+8）'],
  to: ['To (UTC+8)', '止（UTC+8）'],
  show: ['Show', '查看'],
  none: ['None.', '无。'],
  more: ['and {n} more', '另有 {n} 项'],
} as const

const SEARCH = {
  alerts: ['Alerts', '告警'],
  searchBy: ['Search by', '查询项'],
  value: ['Value', '内容'],
  emptyIsAll: ['empty: all of the time', '留空则列出该时段的全部告警'],
  byMessage: ['Message id', '短信编号'],
  byToken: ['Recipient token', '接收号码令牌'],
  bySignature: ['Signature', '签名'],
  byPort: ['Port', '端口号'],
  byDomain: ['Domain', '域名'],
  byCode: ['Reason code', '原因代码'],
  byCampaign: ['Campaign', '同文群发'],
  foundMany: ['{n} alerts', '{n} 条告警'],
  foundNewest: ['The newest 200 alerts', '最新 200 条告警'],
  timesSwapped: ['The time ends before it begins.', '时段的截止时间早于起始时间。'],
  action: ['Action', '处置建议'],
  codes: ['Codes', '原因代码'],
  case: ['Case', '案件'],
  signature: ['Signature', '签名'],
  port: ['Port', '端口号'],
  shadow: ['shadow', '影子模式'],
  whatSent: ['What 【{signature}】 sent', '【{signature}】的发送情况'],
  messages: ['Messages', '短信数'],
  busiest: ['Busiest minute', '峰值分钟'],
  commercial: ['{n} commercial messages', '{n} 条商业短信'],
  usual: ['Usual', '平时'],
  notKnownYet: ['not known yet', '暂无基线'],
  aMinute: ['{n} a minute', '每分钟 {n} 条'],
  declared: ['Declared', '已申报'],
  nothing: ['nothing', '无'],
  declaredSeen: ['{n} a minute, seen from {from} to {to}', '每分钟 {n} 条，出现于 {from} 至 {to}'],
  enterprise: ['Enterprise', '企业'],
  complaints: ['Complaints', '投诉'],
  complaintRate: ['{n}, {rate} a million messages', '{n} 件，每百万条短信 {rate} 件'],
} as const

const CASE = {
  messageMasked: ['Message, masked', '短信（已脱敏）'],
  noMessage: [
    'No single message raised it: it rests on counts, and its samples and numbers say which.',
    '并非由某一条短信触发：依据为统计数据，详见下列数值与样本。',
  ],
  messageGone: ['The message is not kept any more.', '该短信已不再保存。'],
  complaintsOn: ['Complaints about it, the newest first', '相关投诉（最新在前）'],
  source: ['Source', '来源'],
  category: ['Category', '类别'],
  said: ['Text, masked', '内容（已脱敏）'],
  sender: ['From', '发送端口'],
  recipient: ['To', '接收号码'],
  notShown: ['not shown', '不显示'],
  sent: ['Sent', '发送时间'],
  id: ['Id', '编号'],
  links: ['Links', '链接'],
  numbers: ['Numbers', '号码'],
  why: ['Why', '处置理由'],
  score: ['score {n}', '分值 {n}'],
  rule: ['Rule: {rule}', '法规依据：{rule}'],
  speaksFor: ['Speaks for it', '支持该判断的依据'],
  speaksAgainst: ['Speaks against it', '不支持该判断的依据'],
  yourFeedback: ['Your feedback', '您的反馈'],
  note: ['Note', '备注'],
  holdsFor: ['It holds for', '有效期'],
  oneDay: ['1 day', '1 天'],
  days: ['{n} days', '{n} 天'],
  confirm: ['Confirm', '确认'],
  falsePositive: ['False positive', '误报'],
  release: ['Release', '解除'],
  course: ['What came of it', '后续情况'],
  verdict: ['Verdict', '判定'],
  doneBy: ['{what} by {by}', '{by}：{what}'],
  until: [' until {at}', '，至 {at}'],
  noFeedback: ['No feedback yet.', '尚无反馈。'],
  raisedAgain: ['Raised again since then: {n} times', '此后再次触发：{n} 次'],
  decidedBy: ['Decided by', '判定版本'],
  model: ['Model', '文本模型'],
  policy: ['Policy', '策略'],
  registry: ['Registry', '报备库'],
  rules: ['Own rules', '自定义规则'],
  knownSince: ['known since {at}', '首次出现于 {at}'],
  changedBy: ['changed by {by}: {why}', '{by} 修改，原因：{why}'],
  mode: ['Mode', '模式'],
  enforce: ['enforce', '正式'],
  degraded: ['degraded', '降级'],
  late: ['late', '延迟到达'],
  severity: ['Severity', '严重程度'],
  valid: ['Valid', '有效时间'],
  span: ['{from} to {to}', '{from} 至 {to}'],
  state: ['State', '状态'],
  record: ['Record', '记录位置'],
  changes: ['State, change by change', '状态变化'],
  changesOf: ['Changes of the state', '状态的各次变化'],
  samples: ['Samples', '样本'],
  alike: ['Alike within a day: {n}', '一天内的同类告警：{n}'],
  alertsAlike: ['Alerts alike', '同类告警'],
  confirmed: ['confirmed', '确认'],
  false_positive: ['false positive', '误报'],
  exempt: ['exempt', '豁免'],
  low: ['low', '低'],
  medium: ['medium', '中'],
  high: ['high', '高'],
  critical: ['critical', '极高'],
} as const

const REGISTRY = {
  registryThen: ['Registry, when it was judged', '判定时的报备信息'],
  maskedPort: [
    'The alert shows the number of the sender masked: the row of its port cannot be told.',
    '告警中的发送号码已脱敏，无法确定其端口号的报备记录。',
  ],
  noRow: ['The registry topic had no row of this sender then.', '当时报备主题中没有该发送方的记录。'],
  signatureRow: ['Signature 【{name}】', '签名【{name}】'],
  portRow: ['Port {port}', '端口号 {port}'],
  brandRow: ['Brand {brand}', '品牌 {brand}'],
  deleted: ['deleted', '已删除'],
  since: ['since {at}', '自 {at} 起'],
  changedAt: [', changed on {at}', '，{at} 已变更'],
  ofBrand: ['Brand', '品牌'],
  consent: ['Consent', '用户同意'],
  required: ['required', '必须事先同意'],
  unlessRefused: ['unless refused', '未拒绝即可'],
  filing: ['Filing', '报备'],
  noFiling: ['none', '无'],
  anyScope: ['any content', '内容不限'],
  campaign: ['Declared campaign', '已申报活动'],
  sharedBy: ['Signatures that it may carry', '可承载签名数'],
  names: ['Names', '名称'],
  domains: ['Domains', '域名'],
  hotlines: ['Hotlines', '客服电话'],
} as const

const OVERVIEW = {
  forged: ['Which brands are forged most, and through which domains', '被仿冒最多的品牌及所用域名'],
  brand: ['Brand', '品牌'],
  ports: ['Ports', '端口数'],
  through: ['Through', '所用域名'],
  bursts: ['Who bursts, and who sends as declared', '突发的签名与按申报发送的签名'],
  answer: ['Answer', '结论'],
  burstOpen: ['burst, still open', '突发，未解除'],
  burstEnded: ['burst, ended {at}', '突发，{at} 解除'],
  asDeclared: ['declared', '已申报'],
  usualMinute: ['Usual a minute', '平时（每分钟）'],
  declaredMinute: ['Declared a minute', '申报（每分钟）'],
  noEnterprise: ['enterprise not given in the records', '记录未注明企业'],
  nobodyKnown: ['sender not known in this time', '该时间内未见其发送记录'],
  tooSlow: [
    'The query took too long and was ended. Ask for a shorter time; archive.queryTimeout says how long it may take.',
    '查询超时，已终止。请缩短时间范围；时限由 archive.queryTimeout 设定。',
  ],
  perMillion: ['Enterprises by complaints a million messages', '企业：每百万条短信投诉数'],
  aMillion: ['A million', '每百万条'],
  sentMessages: ['Sent', '发送量'],
  precision: [
    'How right each reason code was, by feedback of the seven days before the end',
    '各原因代码的查准率（依据截止时间前七天的反馈）',
  ],
  code: ['Code', '原因代码'],
  judged: ['Judged', '已判断'],
  confirmedCases: ['Confirmed', '已确认'],
  share: ['Precision', '查准率'],
  interval: ['95% interval', '95% 区间'],
  released: ['What was released, and whether it stayed so', '已解除的案件及其后情况'],
  word: ['Word', '反馈'],
  by: ['By', '反馈人'],
  untilWhen: ['Until', '有效至'],
  again: ['Raised again', '再次触发'],
  lookUp: ['Why was a message stopped?', '某条短信为何被拦截？'],
  lookUpSays: [
    'Search by its id: the case has the reasons, the evidence and the versions.',
    '按短信编号查询：案件页有理由、证据与判定版本。',
  ],
} as const

/** All texts of the desk in English and Chinese. */
const WORDS = {
  ...PAGES,
  ...SEARCH,
  ...CASE,
  ...FEEDBACK,
  ...QUEUE,
  ...FIND,
  ...REGISTRY,
  ...OVERVIEW,
  ...THINGS,
  ...ACCESS,
  ...LOGIN,
  ...LETTERS,
}

export type Word = keyof typeof WORDS

/** The language of the desk: its own texts, fixed values of records, and sentences of reasons. */
export interface Speech {
  readonly locale: Locale
  readonly say: Say<Word>
  /** The Chinese text for a fixed value that is also a key of the table; other values, and all in English, are returned unchanged. */
  readonly value: (value: string) => string
  readonly term: Term
  readonly describe: Describe
  /** The name of a brand, or its id if the name is unknown. */
  readonly brand: (id: string) => string
  /** The id of the brand with a name; other names are returned unchanged. */
  readonly brandNamed: (name: string) => string
}

/** `brands`: names by id; `idOf`: the id of the brand with a name. */
export function speechIn(
  locale: Locale,
  brands: ReadonlyMap<string, string> = new Map(),
  idOf: (name: string) => string | undefined = () => undefined,
): Speech {
  const say = sayer<Word>(WORDS, locale)
  return {
    locale,
    say,
    value: (value) => (locale !== 'en' && Object.hasOwn(WORDS, value) ? say(value as Word) : value),
    term: termsOf(locale),
    describe: createDescribe(locale),
    brand: (id) => brands.get(id) ?? id,
    brandNamed: (name) => idOf(name) ?? name,
  }
}

import type { Locale } from '../../detection/detectors/words.ts'
import { type Term, termsOf } from './terms.ts'

export type Slots = Readonly<Record<string, string | number>>

/** Sentences and headings of a pack in English and Chinese, with slots in braces. */
const WORDS = {
  titleComplaint: ['Evidence on complaint {id}', '投诉 {id} 取证材料'],
  titleMessage: ['Evidence on message {id}', '短信 {id} 取证材料'],
  titleAlert: ['Evidence on alert {id}', '告警 {id} 取证材料'],
  madeBy: [
    'Made {at} by sigwatch {version}, deployment {deployment}.',
    '由 sigwatch {version}（部署 {deployment}）于 {at} 生成。',
  ],
  masked: [
    'Recipients are masked and stand as tokens; numbers and codes in texts are replaced.',
    '接收号码已脱敏并以令牌表示；正文中的号码和验证码已替换。',
  ],
  inClear: [
    'This pack holds personal data in clear (recipient and texts). It is for the regulator; keep and send it accordingly.',
    '本材料含有未脱敏的个人信息（接收号码与短信正文），仅供监管机构使用，请妥善保管和传送。',
  ],
  complaint: ['Complaint', '投诉'],
  deadlines: ['Deadlines', '时限'],
  messages: ['Messages', '短信'],
  message: ['Message {n} of {count}', '短信 {n}/{count}'],
  registry: ['Registry', '报备'],
  consent: ['Consent', '用户同意'],
  decided: ['What sigwatch had decided', 'sigwatch 当时的判定'],
  timeline: ['Timeline', '时间线'],
  missing: ['What was not found', '未能查到的内容'],
  sources: ['Sources', '数据来源'],
  nothingMissing: ['Nothing is missing.', '无缺失。'],
  noMessages: ['No message was found.', '未找到相关短信。'],

  id: ['Id', '编号'],
  source: ['Source', '来源'],
  category: ['Category', '类别'],
  complainedAt: ['Complained', '投诉时间'],
  receivedAt: ['Received', '接收时间'],
  recipient: ['Recipient', '接收号码'],
  token: ['Token', '令牌'],
  port: ['Port', '端口号'],
  signature: ['Signature', '签名'],
  sp: ['Enterprise (sp)', '企业代码（SP）'],
  carrier: ['Carrier', '运营商'],
  province: ['Province', '省份'],
  template: ['Template', '模板'],
  submission: ['Submission', '提交批次'],
  disposition: ['Disposition', '处置'],
  accepted: ['accepted', '已受理'],
  blocked: ['blocked by the gateway', '已被网关拦截'],
  text: ['Text', '正文'],
  sentAt: ['Sent', '发送时间'],
  fit: ['Fits by', '匹配依据'],
  record: ['Record', '记录位置'],
  deadline: ['Deadline', '时限'],
  workingDays: ['Working days', '工作日'],
  countedFrom: ['Counted from', '起算'],
  lastDay: ['Last day', '截止日'],
  brand: ['Brand', '品牌'],
  scope: ['Scope', '用途'],
  status: ['Status', '状态'],
  ports: ['Ports', '端口'],
  period: ['Period', '有效期'],
  covers: ['Covers the port', '覆盖该端口'],
  inForce: ['In force then', '当时有效'],
  yes: ['yes', '是'],
  no: ['no', '否'],
  unlimited: ['not limited', '未限定'],
  consentRule: ['Consent rule', '同意规则'],
  when: ['When', '时间'],
  what: ['What', '事项'],
  proof: ['Proof', '凭据'],
  verdict: ['Verdict', '判定'],
  alert: ['Alert', '告警'],
  reason: ['Reason', '原因'],
  rule: ['Rule', '依据'],
  action: ['Action', '动作'],
  versions: ['Versions', '版本'],
  registryVersion: ['Version', '版本'],
  records: ['Records', '记录数'],
  unreadable: ['Unreadable', '无法读取'],

  fitId: ['its id', '短信编号'],
  fitNumber: ['recipient', '接收号码'],
  fitToken: ['recipient (token)', '接收号码（令牌）'],
  fitUnknown: ['recipient not given', '投诉未给出接收号码'],
  fitExact: ['port', '端口号'],
  fitPrefix: ['port, but for digits at its end', '端口号（末尾扩展位不同）'],
  fitSignature: ['signature', '签名'],
  fitText: ['text, {percent} % alike', '正文相似度 {percent}%'],

  passedOn: ['The reporting centre passes the complaint on', '举报中心转办'],
  answered: ['The provider answers', '答复处置结果'],

  consentIn: ['consent held', '当时已同意'],
  consentOut: ['refused', '当时已拒绝'],
  consentDefault: ['ticked by default, which is no consent', '仅默认勾选，不构成同意'],
  consentNone: ['no row found', '未找到记录'],
  atTheTime: ['At the time of the message: {standing}', '短信发送时：{standing}'],
  gaveConsent: ['consent given', '同意'],
  gaveDefault: ['ticked by default', '默认勾选'],
  refused: ['refused', '拒绝'],
  replied: ['replied "{text}"', '回复“{text}”'],
  repliedRefusing: ['replied "{text}", which refuses', '回复“{text}”（拒收）'],
  laterNote: ['after the message', '发送之后'],
  requiredConsent: ['only with consent', '须事先同意'],
  unlessRefused: ['unless refused', '未拒绝即可'],

  judgedAs: ['{action} ({label}, {score})', '{action}（{label}，{score}）'],
  judgedFor: ['{action} ({label}, {score}): {codes}', '{action}（{label}，{score}）：{codes}'],
  given: ['{code}: {detail}', '{code}：{detail}'],
  noted: ['{what} ({note})', '{what}（{note}）'],
  stateTold: ['{target} — {because}. {detail}', '{target}，{because}。{detail}'],
  stateId: ['Id: {state}', '编号：{state}'],
  state: ['State', '状态编号'],
  target: ['{kind} {id}', '{kind} {id}'],
  stateShown: ['shown in its alert', '告警中列出该短信'],
  stateVerdict: ['named by the verdict', '判定中引用'],
  stateMatch: ['in force and matching', '当时有效且匹配'],
  shadow: ['shadow: had no effect', '影子模式：未生效'],
  versionsOf: [
    'model {model}, policy {policy}, registry {registry}',
    '模型 {model}，策略 {policy}，报备库 {registry}',
  ],
  versionsWithRules: ['{versions}, own rules {rules}', '{versions}，自定义规则 {rules}'],
  versionsAround: [
    'no alert on this message; the alerts before and after it were all decided with {versions}',
    '该短信没有告警；其前后的告警均由以下版本判定：{versions}',
  ],

  sent: ['message {message} sent', '短信 {message} 发送'],
  judged: ['message {message} judged: {action}', '短信 {message} 判定：{action}'],
  alerted: ['alert on message {message}: {codes}, {action}', '短信 {message} 告警：{codes}，{action}'],
  stateRaised: ['{code} raised on {target}: {action}', '{target} 触发 {code}：{action}'],
  stateCleared: ['{code} on {target} cleared ({cause})', '{target} 的 {code} 解除（{cause}）'],
  complained: ['complaint made', '用户投诉'],
  received: ['complaint received', '收到投诉'],
  due: ['deadline: {name}', '时限：{name}'],

  noTo: [
    'The complaint names no recipient: that a message went to the complainant is not proven.',
    '投诉未给出接收号码，无法证明短信发给了投诉人。',
  ],
  noSender: ['The complaint names neither port nor signature.', '投诉未给出端口号或签名。'],
  noText: [
    'The complaint quotes no text: messages could not be told apart by what they say.',
    '投诉未附短信正文，无法按内容区分。',
  ],
  assumedReceived: [
    'When the complaint reached us is not known; the time of the complaint is used (--received sets it).',
    '接收时间未知，按投诉时间计（可用 --received 指定）。',
  ],
  repeats: [
    '{count} more complaints have this id; the first one is used.',
    '另有 {count} 条投诉编号相同，采用第一条。',
  ],
  noneMatched: [
    'No message of {from} to {to} fits; {others} other messages to the recipient were seen.',
    '{from} 至 {to} 之间没有匹配的短信；该接收号码另有 {others} 条其他短信。',
  ],
  noneShown: [
    'None of the messages was found between {from} and {to}.',
    '{from} 至 {to} 之间未找到相关短信。',
  ],
  moreMatched: [
    '{count} more messages fit; the {max} closest are shown.',
    '另有 {count} 条短信匹配，仅列出最接近的 {max} 条。',
  ],
  beginsLate: [
    '{name} begins at {at}: what was there before is not kept any more.',
    '{name} 的保留数据从 {at} 开始，更早的内容已不保留。',
  ],
  unreadableRows: [
    'Records of {name} that could not be read: {count}.',
    '{name} 中有 {count} 条记录无法读取。',
  ],
  noSource: ['{input}: no file or topic was given.', '{input}：未提供文件或主题。'],
  noRegistry: ['No registry was given: filings could not be looked up.', '未提供报备库，无法核对报备。'],
  partial: [
    'Message {message}: parts of it are missing; the text is not whole.',
    '短信 {message}：缺少部分分段，正文不完整。',
  ],
  noVerdict: ['Message {message}: no verdict was kept.', '短信 {message}：未保留判定记录。'],
  noAlert: [
    'Message {message}: no alert was raised on it, and none of a state shows it.',
    '短信 {message}：没有针对它的告警，也没有状态告警列出它。',
  ],
  noState: [
    'Message {message}: its verdict names the state {state}, of which no alert was kept.',
    '短信 {message}：判定引用了状态 {state}，但未保留其告警。',
  ],
  noVersions: [
    'Message {message}: with which versions it was judged is not known.',
    '短信 {message}：判定所用版本未知。',
  ],
  noSignature: ['Message {message}: it carries no signature.', '短信 {message}：无签名。'],
  unfiled: ['Message {message}: its signature is not in the registry.', '短信 {message}：签名未报备。'],
  noFiling: [
    'Message {message}: no filing in force at that time covers its port.',
    '短信 {message}：当时没有有效报备覆盖该端口。',
  ],
  registryChanged: [
    'Message {message}: the registry has changed since (then {before}, now {now}); the rows shown are those of now.',
    '短信 {message}：报备库此后已变更（当时 {before}，现在 {now}），所列为现在的内容。',
  ],
  registryUnknown: [
    'Message {message}: which registry was in force is not known; the rows shown are those of now.',
    '短信 {message}：当时的报备库版本未知，所列为现在的内容。',
  ],
  noSp: ['Message {message}: the submitting enterprise is not known.', '短信 {message}：提交企业未知。'],
  noConsent: [
    'Message {message}: no consent and no refusal was found.',
    '短信 {message}：未找到同意或拒绝的记录。',
  ],
  noProof: [
    'Message {message}: how consent was given is not recorded.',
    '短信 {message}：没有同意方式的凭据。',
  ],
  otherToken: [
    'Message {message}: its alert was made with another token key than the one used here.',
    '短信 {message}：其告警使用的令牌密钥与此处不同。',
  ],
  noCalendar: [
    'No calendar was given: only weekends are taken off, no holidays (--calendar sets one).',
    '未提供工作日历：只扣除周末，未扣除法定节假日（可用 --calendar 指定）。',
  ],
  uncovered: [
    'The calendar names no holiday of {years}: the deadlines may be later.',
    '工作日历没有 {years} 年的节假日，时限可能顺延。',
  ],
} as const satisfies Record<string, readonly [en: string, zh: string]>

export type Word = keyof typeof WORDS
/** Returns a sentence or heading in the language of the pack. */
export interface Say {
  (word: Word, slots?: Slots): string
  readonly term: Term
  list(items: readonly string[]): string
}
/** Records that something was not found. */
export type Lacks = (what: Word, slots?: Slots) => void

const SLOT = /\{(\w+)\}/g

export function speaker(locale: Locale): Say {
  const [column, comma] = locale === 'zh-CN' ? ([1, '、'] as const) : ([0, ', '] as const)
  const say = (word: Word, slots: Slots = {}) =>
    WORDS[word][column].replace(SLOT, (whole, name: string) => String(slots[name] ?? whole))
  return Object.assign(say, { term: termsOf(locale), list: (items: readonly string[]) => items.join(comma) })
}

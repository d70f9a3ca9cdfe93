import { LABELS } from '../../domain/labels.ts'
import { clockTime } from '../../domain/time.ts'
import { CODES } from './all.ts'
import { SIGNS, type Sign } from './brand-decision/signs.ts'
import type { ChineseWords } from './evidence-fields.ts'
import type { Request } from './shared/requests.ts'
import { type Locale, WORDS } from './words.ts'

/** Evidence as a page or a letter shows it. */
export interface ShownEvidence {
  readonly speaksFor: readonly string[]
  readonly speaksAgainst: readonly string[]
  /** The other fields. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/**
 * Fields of evidence in Chinese; in English they stand as in the records. A code whose evidence has another field names it
 * in its own module (`fields.chinese`).
 */
const FIELDS: Readonly<Record<string, string>> = {
  allowed: '允许数量',
  after: '间隔',
  baselineSource: '基线来源',
  brand: '品牌',
  certainty: '综合置信度',
  claimed: '自称',
  claimedBy: '自称方式',
  count: '数量',
  domains: '域名',
  found: '不属于该品牌的内容',
  hotlines: '客服电话',
  how: '相似方式',
  imitation: '仿冒写法',
  kind: '类型',
  label: '文本类别',
  limit: '上限',
  messages: '短信数',
  neutral: '不影响判断的特征',
  official: '品牌官方信息',
  original: '原名',
  port: '端口号',
  ports: '端口号',
  reason: '原因',
  recipients: '接收号码数',
  rules: '适用规则',
  score: '模型分值',
  shared: '共同点',
  signature: '签名',
  signatures: '签名',
  similarity: '相似度',
  threshold: '阈值',
  value: '内容',
  window: '时间窗',
}

const REQUESTS: Readonly<Record<Request, string>> = {
  app: '安装应用、共享屏幕或加入会议',
  payment: '转账或扫码付款',
  secret: '提供验证码、密码或卡号',
  scan: '扫码',
  reply: '回复',
  search: '复制口令或搜索',
  follow: '关注公众号、小程序或加群',
}

/** Fixed values by the field that has them. */
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  claimedBy: {
    signature: '签名为品牌名称',
    lookalike: '签名仿冒品牌名称',
    speaker: '以品牌口吻行文',
    domain: '链接仿冒品牌域名',
    mention: '文中提及品牌',
  },
  how: {
    glyph: '字形相近',
    sound: '读音相近',
    edit: '增减或替换字符',
    'added-word': '添加字词',
    subdomain: '用作子域名',
    internationalised: '国际化域名',
    'other-suffix': '更换后缀',
  },
  kind: {
    domain: '链接域名',
    shortener: '短链接',
    callback: '回拨号码或联系账号',
    request: '要求',
    port: '端口号',
    sender: '发送号码',
    signature: '签名',
    otp: '验证码短信',
    commercial: '商业短信',
  },
  reason: {
    unknown: '未报备',
    suspended: '已暂停',
    revoked: '已撤销',
    expired: '不在有效期',
    port: '端口号不符',
    carrier: '运营商不符',
    sp: '企业不符',
    none: '无同意记录',
    refused: '已拒绝',
    default: '仅默认勾选',
  },
  baselineSource: {
    'hour-of-day': '同一时段',
    'recent-hours': '最近几小时',
    'trailing-hour': '最近一小时',
    none: '无',
  },
  window: { '1m': '1 分钟', '10m': '10 分钟', '1h': '1 小时', climb: '缓慢爬升' },
  shared: { place: '指向同一号码、账号或域名' },
  label: Object.fromEntries(LABELS.map((label) => [label, WORDS['zh-CN'].label(label)])),
}

/** What the modules of the codes call their own fields. */
const OF_MODULES: ReadonlyMap<string, ChineseWords> = new Map(
  Object.values(CODES).flatMap(({ evidence }) =>
    Object.entries(evidence).flatMap(([name, { chinese }]) => (chinese ? [[name, chinese] as const] : [])),
  ),
)

const GROUPS: Readonly<Record<string, string>> = {
  text: '文本模型判为诈骗的把握',
  wording: '用词与仿冒短信的相似度',
}

/** Signs in Chinese; those of a range are put together. */
const SIGNS_ZH: Readonly<Partial<Record<Sign, string>>> = {
  'claim:signature': '签名为品牌名称',
  'claim:imitation': '签名仿冒品牌名称',
  'claim:speaker': '文本明显以品牌口吻行文',
  'claim:faint-speaker': '文本疑似以品牌口吻行文',
  'claim:domain': '链接仿冒文中所提品牌的域名',
  'claim:mention': '文本提及该品牌',
  'claim:none': '未自称任何已登记品牌',
  'sender:own': '来自该品牌的端口号或号码',
  'sender:filed': '来自为其签名报备的端口号',
  'sender:official': '来自另一已登记品牌或机构的官方号码',
  'sender:foreign-port': '来自未为该品牌报备的端口号',
  'sender:port': '来自端口号，该品牌没有报备端口号',
  'sender:mobile': '来自手机号码',
  'sender:landline': '来自固定电话',
  'sender:overseas': '来自境外号码',
  'sender:unknown': '发送方不详',
  'signed:other': '署名为另一名称',
  'signed:anybody': '以企业形式署名，却来自任何人都可使用的号码',
  'signed:public-body': '由公共机构署名，且来自为其报备的端口号',
  'link:own': '链接指向该品牌',
  'link:official': '链接指向另一已登记品牌或机构',
  'link:neutral': '链接为公共短链接',
  'link:foreign': '链接指向任何人都可注册的域名',
  'link:cheap': '以品牌口吻行文，链接使用廉价后缀域名',
  'link:cheap-stranger': '未以品牌口吻行文，链接使用廉价后缀域名',
  'link:imitates': '链接仿冒官方域名',
  'link:disguised': '链接经过伪装或为网络地址',
  'contact:official': '留有官方号码',
  'contact:mobile': '留有手机号码',
  'contact:landline': '留有固定电话或其他服务号码',
  'contact:overseas': '留有境外号码',
  'contact:handle': '留有聊天账号',
  'contact:spaced': '号码或账号的字符被拆开',
  'contact:account': '要求就账户事宜拨打非官方号码',
  'contact:account-stranger': '要求就账户事宜拨打非官方号码，且发送方并非该品牌',
  'leads:nowhere': '没有非官方的链接、号码或账号，也没有任何要求',
  'words:lure': '提及退款、奖品等诱饵',
  'words:pressure': '施加压力',
  'words:errand': '提及正当事由',
  'words:warning': '提醒防骗',
  'words:trade': '提及招聘、店铺或商品',
  'words:opt-out': '给出退订方式',
  'words:disguised': '字符经过伪装',
  'words:one-time-password': '为一次性验证码',
  'text:personal': '文本模型判为个人来往短信',
  'text:advertises': '文本模型判为广告',
}

/** A sign in words; one of a later version stays as it is. */
export function signIn(locale: Locale, sign: string): string {
  if (!Object.hasOwn(SIGNS, sign)) return sign
  if (locale === 'en') return SIGNS[sign as Sign]
  const known = SIGNS_ZH[sign as Sign]
  if (known !== undefined) return known
  const [group = '', rest = ''] = sign.split(':')
  if (group === 'asks') return `要求${REQUESTS[rest as Request]}`
  const range = rest.replace('below-', '低于 ').replace(/^from-(.*)$/, '$1 以上')
  return `${GROUPS[group]}为 ${range}`
}

/** Epoch ms. */
const TIMES = new Set(['askedAt', 'refusedAt'])

/** Evidence in the words of a language: what a later version has beside stays as it is. */
export function evidenceIn(locale: Locale, evidence: Readonly<Record<string, unknown>>): ShownEvidence {
  const { speaksFor, speaksAgainst, ...facts } = evidence
  const signs = (said: unknown) =>
    Array.isArray(said) ? said.map((sign) => signIn(locale, String(sign))) : []
  return {
    speaksFor: signs(speaksFor),
    speaksAgainst: signs(speaksAgainst),
    facts: Object.entries(facts).map(([name, value]) => [nameIn(locale, name), valueIn(locale, name, value)]),
  }
}

function nameIn(locale: Locale, name: string): string {
  if (locale === 'en') return name
  return Object.hasOwn(FIELDS, name) ? FIELDS[name]! : (OF_MODULES.get(name)?.name ?? name)
}

function valueIn(locale: Locale, name: string, value: unknown): string {
  if (Array.isArray(value))
    return value.map((each) => valueIn(locale, name, each)).join(locale === 'en' ? ', ' : '、')
  if (typeof value === 'object' && value !== null) return groupIn(locale, name, value)
  if (TIMES.has(name) && typeof value === 'number') return `${clockTime(value)} (UTC+8)`
  if (name === 'neutral') return signIn(locale, String(value))
  if (name === 'after' && typeof value === 'number') return WORDS[locale].duration(value)
  return fixedIn(locale, name === 'scope' ? 'label' : name, String(value))
}

/** What was found by kind, counts by name, or a group of fields. */
function groupIn(locale: Locale, name: string, value: object): string {
  const { kind, value: content, ...others } = value as Readonly<Record<string, unknown>>
  if (name === 'found' && typeof kind === 'string' && Object.keys(others).length === 0) {
    const said = kind === 'request' ? requestIn(locale, String(content)) : String(content)
    return `${fixedIn(locale, 'kind', kind)} ${said}`
  }
  return Object.entries(value)
    .map(
      ([key, each]) =>
        `${name === 'folds' ? fixedIn(locale, name, key) : nameIn(locale, key)} ${valueIn(locale, key, each)}`,
    )
    .join(locale === 'en' ? '; ' : '；')
}

function requestIn(locale: Locale, request: string): string {
  return locale !== 'en' && Object.hasOwn(REQUESTS, request) ? REQUESTS[request as Request] : request
}

function fixedIn(locale: Locale, name: string, value: string): string {
  const words = VALUES[name] ?? OF_MODULES.get(name)?.values
  return locale !== 'en' && words !== undefined && Object.hasOwn(words, value) ? words[value]! : value
}

import type { ContactMention, NormalisedText, Span, UrlMention } from '../domain/message.ts'

const MAX_CONTACTS = 10
const MAX_HANDLE = 32
/** Characters before a number in which its purpose is looked for. */
const CONTEXT = 12
/** Runs of digits looked at in one text. */
const MAX_RUNS = 200
const MAX_GROUPS = 16
const SPACE = 0x20

type Kind = ContactMention['kind']

const CALL =
  /(?:电话|致电|来电|去电|拨打|拨|热线|专线|客服|咨询|详询|垂询|查询|询|联系|联络|预约|报名|订座|品鉴|抢购|服务|投诉|举报|人工|官方|手机|座机|传真|机|电|☎|📞|📱|tel|call|phone|hotline|contact|dial|ring|whatsapp|helpline|landline)[^0-9。!?;,]{0,5}$/
const CALL_AFTER = /^[^0-9。!?;,]{0,2}(?:热线|客服|咨询|电话|专线|联系)/
/** What the digits are if not a number to call. */
const OTHER_NUMBER =
  /(?:单号|订单|编号|流水号?|运单|尾号|卡号|账号|帐号|户号|尾数|号码段|证号|身份证|合同|批号|单据|验证码|校验码|动态码|取件码|提货码|券码|密码|编码|代码|股票|基金|code|order|no|ref|id|otp|pin|account|acct|a\/c|card|invoice|txn|pnr)[^0-9。!?;,]{0,3}$/
const UNIT_AFTER =
  /^\s?(?:元|块|万|亿|千|百|%|折|分钟|分|积分|人|名|个|件|年|月|日|天|倍|米|平|㎡|m2|吨|斤|公斤|kg|km|点|笔|次|张|度|gb|mb|kb|rmb|usd|hkd)/

/** Digits without a sign between them. */
interface Group {
  readonly start: number
  readonly end: number
  /** A space, or nothing, lies before it: a number may begin here. */
  readonly apart: boolean
}

/** Groups that may be one number. */
interface Run {
  readonly digits: string
  readonly groups: readonly Group[]
  /** A + stands before it. */
  readonly plus: boolean
}

const isDigit = (code: number) => code >= 48 && code <= 57
const isLatin = (code: number) => code >= 97 && code <= 122
/** Signs inside a number: space - . · _ ( ) – — / */
const INNER = new Set([...' -.·_()–—\u2009'].map((c) => c.charCodeAt(0)))

/** Groups of digits from `start` on, with a sign between them, spaces around it, or a bracket and a space. */
function groupsAt(text: string, start: number): Group[] {
  const groups: Group[] = []
  let begin = start
  let apart = true
  while (groups.length < MAX_GROUPS) {
    let end = begin
    while (end < text.length && isDigit(text.charCodeAt(end))) end++
    groups.push({ start: begin, end, apart })
    let next = end
    apart = false
    while (next < end + 3 && INNER.has(text.charCodeAt(next))) {
      if (text.charCodeAt(next) === SPACE) apart = true
      next++
    }
    if (next === end || !isDigit(text.charCodeAt(next))) break
    begin = next
  }
  return groups
}

/** Groups as a person writes one number: not a list of amounts. */
function isGrouped(groups: readonly Group[], digits: number): boolean {
  if (groups.length === 1) return true
  if (groups.length > 6 && digits > groups.length) return false
  if (digits <= 6) return groups.length <= 2 && digits >= 5
  return groups.length === digits || groups.every((g) => g.end - g.start <= 8)
}

const MOBILE = /^1[3-9]\d{9}$/
const AREA = /^0(?:10|2[0-57-9]|[3-9]\d{2})\d{7,8}$/
/** Extension, written behind a landline. */
const AREA_WITH_EXTENSION = /^(0(?:10|2[0-57-9]|[3-9]\d{2})\d{7,8})\d{1,4}$/
const FREE = /^[48]00\d{7}$/
const SHORT_HOTLINE =
  /^(?:95\d{3,4}|951\d{5}|96\d{3,4}|100(?:00|0[1-9]|1\d|50|60|86|99)\d?|123\d{2}|12[0-9]{3}|118114|116114|11[0249]|12[02]|11185|12580|10198)$/

function classify(run: Run, before: string, after: string): { kind: Kind; value: string } | undefined {
  const { digits, groups, plus } = run
  if (!isGrouped(groups, digits.length)) return undefined
  if (OTHER_NUMBER.test(before) && !/(?:电话|手机|热线)[^0-9]{0,3}$/.test(before)) return undefined
  const called = CALL.test(before) || CALL_AFTER.test(after)
  let national = digits
  if (digits.startsWith('0086')) national = digits.slice(4)
  else if (digits.startsWith('86') && (plus || digits.length === 13)) national = digits.slice(2)
  if (MOBILE.test(national) && !(plus && national === digits)) return { kind: 'mobile', value: national }
  if (national === digits && (plus || /^00[1-9]/.test(digits))) {
    const international = digits.replace(/^00/, '')
    const long = international.length >= 9 && international.length <= 15
    return long && international[0] !== '0' ? { kind: 'overseas', value: international } : undefined
  }
  if (AREA.test(national)) return { kind: 'landline', value: national }
  if (national !== digits && /^(?:10|2\d|[3-9]\d{2})\d{7,8}$/.test(national))
    return { kind: 'landline', value: `0${national}` }
  const extended = AREA_WITH_EXTENSION.exec(national)
  if (extended !== null && groups.length > 1) return { kind: 'landline', value: extended[1] as string }
  if (FREE.test(digits) && (called || groups.length > 1 || !UNIT_AFTER.test(after)))
    return { kind: 'hotline', value: digits }
  if (!called || UNIT_AFTER.test(after)) return undefined
  if (SHORT_HOTLINE.test(national)) return { kind: 'hotline', value: national }
  if (/^[2-9]\d{6,7}$/.test(digits) && !looksLikeDate(digits)) return { kind: 'landline', value: digits }
  return undefined
}

function looksLikeDate(digits: string): boolean {
  return /^20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(digits)
}

/** Names of messengers in normalised text and what they hold. The longest first. */
const MESSENGERS: readonly { readonly name: string; readonly kind: 'qq' | 'wechat' | 'telegram' }[] = [
  { name: 'telegram', kind: 'telegram' },
  { name: 'wechat', kind: 'wechat' },
  { name: 'weixin', kind: 'wechat' },
  { name: '企鹅', kind: 'qq' },
  { name: '微信', kind: 'wechat' },
  { name: '电报', kind: 'telegram' },
  { name: '飞机', kind: 'telegram' },
  { name: '扣扣', kind: 'qq' },
  { name: 'qq', kind: 'qq' },
  { name: 'wx', kind: 'wechat' },
  { name: 'vx', kind: 'wechat' },
  { name: 'tg', kind: 'telegram' },
  { name: 'q', kind: 'qq' },
  { name: 'v', kind: 'wechat' },
]
/** Between the name and the id. */
const LEAD =
  /^(?:公众号|交流群|号码|客服|账号|群号|同号|号|群|id|是|为|加|或|搜|[\s:：,.=~→>\-"'“”(（【[<《+@]){0,6}/
const HANDLE = /^@?([a-z][a-z0-9_-]{1,31})(?![a-z0-9_-])/
const QQ_ID = /^(\d(?:[ -]?\d){4,11})(?!\d)/
const WORDS = new Set(
  'app pay vip ok id wechat weixin qq http https www official online service public group channel'.split(' '),
)

function spanOf(normalised: NormalisedText, original: string, start: number, end: number): Span {
  const last = normalised.offsets[end - 1] as number
  const high = original.charCodeAt(last)
  return { start: normalised.offsets[start] as number, end: last + (high >= 0xd800 && high < 0xdc00 ? 2 : 1) }
}

/**
 * Numbers and names by which the sender wants to be reached, from normalised text; at most 10, in the order of the text.
 * `original` is what was normalised. What lies inside a link is none, but for t.me.
 */
export function extractContacts(
  normalised: NormalisedText,
  original: string,
  urls: readonly UrlMention[] = [],
): ContactMention[] {
  const { text } = normalised
  const found: ContactMention[] = []
  const taken: Span[] = []
  const add = (kind: Kind, value: string, start: number, end: number) => {
    if (found.length >= MAX_CONTACTS) return
    const span = spanOf(normalised, original, start, end)
    if (taken.some((s) => span.start < s.end && s.start < span.end)) return
    taken.push(span)
    if (!found.some((c) => c.kind === kind && c.value === value)) found.push({ kind, value, span })
  }
  for (const url of urls) {
    if (url.domain === 't.me' || url.domain === 'telegram.me') {
      const handle = /^\/(?:s\/|\+)?([A-Za-z0-9_-]{2,40})/.exec(url.path)?.[1]
      if (handle !== undefined) found.push({ kind: 'telegram', value: handle.toLowerCase(), span: url.span })
    }
    taken.push(url.span)
  }
  messengers(text, add)
  numbers(text, add)
  return found.sort((a, b) => a.span.start - b.span.start)
}

type Add = (kind: Kind, value: string, start: number, end: number) => void

function messengers(text: string, add: Add): void {
  for (const { name, kind } of MESSENGERS) {
    let at = text.indexOf(name)
    for (let tries = 0; at >= 0 && tries < 20; tries++, at = text.indexOf(name, at + 1)) {
      const latin = isLatin(name.charCodeAt(0))
      const before = at > 0 ? text.charCodeAt(at - 1) : 0
      if (
        latin &&
        (isLatin(before) || isDigit(before) || before === 0x40 || before === 0x2e || before === 0x2f)
      )
        continue
      const end = at + name.length
      const lead = LEAD.exec(text.slice(end, end + 24))?.[0] ?? ''
      // A single letter needs a sign between it and the id; a word needs its own end.
      if (name.length === 1 && !/[:：=~→号]/.test(lead) && !(kind === 'qq' && isDigit(text.charCodeAt(end))))
        continue
      if (latin && lead === '' && isLatin(text.charCodeAt(end))) continue
      const start = end + lead.length
      const rest = text.slice(start, start + MAX_HANDLE + 2)
      if (kind === 'qq') {
        const id = QQ_ID.exec(rest)
        const digits = id?.[1]?.replace(/[ -]/g, '')
        if (id?.[1] !== undefined && digits !== undefined && digits.length <= 11)
          add('qq', digits, start, start + id[1].length)
        continue
      }
      const handle = HANDLE.exec(rest)
      if (handle?.[1] !== undefined && isHandle(handle[1], kind, lead)) {
        add(kind, handle[1], start + (handle[0].startsWith('@') ? 1 : 0), start + handle[0].length)
      } else if (kind === 'wechat') {
        const digits = /^\d{5,12}(?!\d)/.exec(rest)?.[0]
        if (digits !== undefined && !MOBILE.test(digits)) add('wechat', digits, start, start + digits.length)
        else if (digits !== undefined && lead !== '' && !lead.includes(' '))
          add('wechat', digits, start, start + digits.length)
      }
    }
  }
}

function isHandle(handle: string, kind: 'wechat' | 'telegram', lead: string): boolean {
  if (WORDS.has(handle)) return false
  if (/[\d_]/.test(handle)) return handle.length >= 3
  // Letters alone: long enough to be an id, or announced by a sign.
  return kind === 'telegram'
    ? handle.length >= 4 && /[@:]/.test(lead + handle)
    : handle.length >= 6 || (handle.length >= 4 && /[:：号]/.test(lead))
}

function numbers(text: string, add: Add): void {
  let runs = 0
  for (let i = 0; i < text.length && runs < MAX_RUNS; ) {
    if (!isDigit(text.charCodeAt(i))) {
      i++
      continue
    }
    const groups = groupsAt(text, i)
    runs++
    const last = groups.at(-1) as Group
    i = last.end
    if (!isPartOfWord(text, groups[0] as Group, last)) readGroups(text, groups, add)
  }
}

/** Digits that belong to a word, a masked number or a decimal fraction. */
function isPartOfWord(text: string, first: Group, last: Group): boolean {
  const before = text.charCodeAt(first.start - 1)
  const after = text.charCodeAt(last.end)
  if (before === 0x2a || after === 0x2a || isLatin(after)) return true
  if (before === 0x2e && isDigit(text.charCodeAt(first.start - 2))) return true
  if (!isLatin(before)) return false
  const word = /[a-z]{1,12}$/.exec(text.slice(Math.max(0, first.start - 12), first.start))?.[0] ?? ''
  return !/^(?:tel|call|phone|t|mob|whatsapp)$/.test(word)
}

/** Four groups of four and more: a card or an account. */
function isCardNumber(groups: readonly Group[]): boolean {
  return groups.length >= 4 && groups.slice(0, 4).every((g) => g.end - g.start === 4)
}

/** Finds the numbers in groups: from each group that stands apart, the longest one. */
function readGroups(text: string, groups: readonly Group[], add: Add): void {
  const first = groups[0] as Group
  if (isCardNumber(groups)) return
  let from = first.start
  if (text[from - 1] === '(') from--
  const plus = text[from - 1] === '+'
  const lead = text.slice(Math.max(0, from - CONTEXT), plus ? from - 1 : from)
  for (let s = 0; s < groups.length; ) {
    let next = s + 1
    const start = groups[s] as Group
    for (let e = Math.min(groups.length, s + MAX_GROUPS) - 1; start.apart && e >= s; e--) {
      const end = groups[e] as Group
      const following = groups[e + 1]
      if (following !== undefined && !following.apart) continue
      const part = groups.slice(s, e + 1)
      const digits = part.map((g) => text.slice(g.start, g.end)).join('')
      if (digits.length < 3 || digits.length > 17) continue
      const run = { digits, groups: part, plus: plus && s === 0 }
      const found = classify(run, lead, text.slice(end.end, end.end + 8))
      if (found === undefined) continue
      add(found.kind, found.value, start.start, end.end)
      next = e + 1
      break
    }
    s = next
  }
}

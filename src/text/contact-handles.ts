import { type AddContact, isDigit, isLatin, MOBILE } from './contact-numbers.ts'
import { contactHandlesWords } from './words.generated.ts'

const MAX_HANDLE = 32

type Messenger = 'qq' | 'wechat' | 'telegram' | 'line'

/** Names of messengers in normalised text and the kind of their ids, longest first. */
const MESSENGERS: readonly { readonly name: string; readonly kind: Messenger }[] = Object.entries(
  contactHandlesWords.messengers,
).map(([name, kind]) => ({ name, kind }))
/** Between the name and the id. */
const LEAD = contactHandlesWords.lead
const HANDLE = /^@?([a-z][a-z0-9_-]{1,31})(?![a-z0-9_-])/
const QQ_ID = /^(\d(?:[ -]?\d){4,11})(?!\d)/
const WORDS = new Set(
  'app pay vip ok id wechat weixin qq http https www official online service public group channel'.split(' '),
)

export function namesMessenger(text: string): boolean {
  return MESSENGERS.some(({ name }) => text.includes(name))
}

/** Finds messenger ids in a normalised text by the messenger's name before them. */
export function findHandles(text: string, add: AddContact): void {
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
      // A one-letter name needs a separator before the id; a longer one must end as a word.
      if (name.length === 1 && !contactHandlesWords.leadSign.test(lead) && !isPlainId(text, name, at, end))
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

/** An id without a separator before it: `q812345`, `加q 8 1 2 …` after a verb of adding, `薇 ms_zhai`. */
function isPlainId(text: string, name: string, at: number, end: number): boolean {
  if (name !== 'q') return name !== 'v' && /^ *[a-z][a-z-]*[\d_]/.test(text.slice(end, end + 16))
  if (isDigit(text.charCodeAt(end))) return true
  return contactHandlesWords.beforeQ.test(text.slice(Math.max(0, at - 5), at))
}

function isHandle(handle: string, kind: Exclude<Messenger, 'qq'>, lead: string): boolean {
  if (WORDS.has(handle)) return false
  if (/[\d_]/.test(handle)) return handle.length >= 3
  // Letters only: must be long enough for an id, or follow a separator.
  return kind !== 'wechat'
    ? handle.length >= 4 && /[@:]/.test(lead + handle)
    : handle.length >= 6 || (handle.length >= 4 && contactHandlesWords.idSign.test(lead))
}

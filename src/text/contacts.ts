import type { ContactMention, NormalisedText, Span, UrlMention } from '../domain/reading.ts'
import { findHandles } from './contact-handles.ts'
import { type AddContact, findNumbers } from './contact-numbers.ts'

const MAX_CONTACTS = 10
const NONE: readonly never[] = []

/** The contact in a link that opens a chat: `wa.me/8526…`, `line.me/ti/p/…`. */
function invitation({ host, path }: UrlMention): Pick<ContactMention, 'kind' | 'value'> | undefined {
  if (host === 'wa.me' || host === 'api.whatsapp.com') {
    const number = /^\/(?:send\?phone=)?\+?(\d{8,15})/.exec(path)?.[1]
    return number === undefined ? undefined : { kind: 'overseas', value: number }
  }
  if (host === 'line.me' || host === 'lin.ee') {
    const id = /^\/(?:r?\/?ti\/p\/)?([\w~%@-]{3,40})/.exec(path)?.[1]
    return id === undefined ? undefined : { kind: 'line', value: id.toLowerCase() }
  }
  const code = host === 'u.wechat.com' ? /^\/([\w-]{4,60})/.exec(path)?.[1] : undefined
  return code === undefined ? undefined : { kind: 'wechat', value: code.toLowerCase() }
}

function spanOf(offsets: NormalisedText['offsets'], original: string, start: number, end: number): Span {
  const last = offsets[end - 1] as number
  const high = original.charCodeAt(last)
  return { start: offsets[start] as number, end: last + (high >= 0xd800 && high < 0xdc00 ? 2 : 1) }
}

/** Working state, reused between calls; a result is a copy without spare capacity. */
const found: ContactMention[] = []
const taken: Span[] = []
const at: { offsets: NormalisedText['offsets']; original: string } = {
  offsets: new Uint16Array(1),
  original: '',
}

const add: AddContact = (kind, value, start, end) => {
  if (found.length >= MAX_CONTACTS) return
  const span = spanOf(at.offsets, at.original, start, end)
  for (const s of taken) if (span.start < s.end && s.start < span.end) return
  taken.push(span)
  for (const c of found) if (c.kind === kind && c.value === value) return
  found.push({ kind, value, span })
}

/**
 * Phone numbers and messenger ids in a normalised text, at most 10, in text order. `original` is the text before normalisation.
 * Links are skipped, except those of t.me. `mayHoldHandles`: false if the text names no messenger.
 */
export function extractContacts(
  normalised: NormalisedText,
  original: string,
  urls: readonly UrlMention[] = [],
  mayHoldHandles = true,
): readonly ContactMention[] {
  found.length = 0
  taken.length = 0
  at.offsets = normalised.offsets
  at.original = original
  for (const url of urls) {
    if (url.domain === 't.me' || url.domain === 'telegram.me') {
      const handle = /^\/(?:s\/|\+)?([A-Za-z0-9_-]{2,40})/.exec(url.path)?.[1]
      if (handle !== undefined) found.push({ kind: 'telegram', value: handle.toLowerCase(), span: url.span })
    }
    const invited = invitation(url)
    if (invited) found.push({ ...invited, span: url.span })
    taken.push(url.span)
  }
  if (mayHoldHandles) findHandles(normalised.text, add)
  findNumbers(normalised.text, add)
  if (found.length === 0) return NONE
  const contacts = found.slice()
  return contacts.length < 2 ? contacts : contacts.sort((a, b) => a.span.start - b.span.start)
}

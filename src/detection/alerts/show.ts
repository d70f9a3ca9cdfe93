import type { Contacts, Sample, ShownMessage } from '../../domain/alert.ts'
import { ACTIONS, type Action, type Evidence } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { numberWithin } from '../../text/canonical-number.ts'
import { redactText } from '../../text/redact.ts'

/** Values of the setting `privacy.senderContacts`. */
export type SenderContacts = 'clear' | 'masked'

/** Longest text of a sample, characters: samples are repeated with every change of a state. */
const SAMPLE_TEXT = 500
/** Longest message text in an alert, bytes: a joined message may have 1.5 MB, and brokers accept 1 MB. */
const MESSAGE_TEXT = 4_000
const MAX_CONTACTS = 20

const NUMBER = /^[0-9]+$/

/** Whether the contacts published by the sender are shown in clear under this action. */
export function contactsInClear(action: Action, setting: SenderContacts): boolean {
  return setting === 'clear' && ACTIONS.indexOf(action) >= ACTIONS.indexOf('review')
}

/**
 * Keeps the first 3 and last 4 digits of a canonical number; masks everything below 8 digits. Undefined for an opaque id, which
 * is not shown at all.
 */
export function maskRecipient(to: string): string | undefined {
  return NUMBER.test(to) ? maskNumber(to) : undefined
}

function maskNumber(digits: string): string {
  if (digits.length < 8) return '*'.repeat(digits.length)
  return `${digits.slice(0, 3)}${'*'.repeat(digits.length - 7)}${digits.slice(-4)}`
}

function maskContact(value: string): string {
  return NUMBER.test(value) ? maskNumber(value) : `${[...value][0] ?? ''}***`
}

export function showFrom(from: string, clear: boolean): string {
  return clear ? from : maskContact(from)
}

/** The message of an alert: recipient masked, text redacted, sender in clear only if allowed. */
export function showMessage(message: AnalysedMessage, clear: boolean): ShownMessage {
  const to = maskRecipient(message.to)
  const ext = message.record.ext
  return {
    id: message.id,
    ts: message.ts,
    from: showFrom(message.from, clear),
    ...given({ signature: message.signature?.name, to }),
    toToken: message.toToken,
    ...shownText(redactText(message.text, message.otp)),
    ...partsOf(message),
    ...given({ ext }),
  }
}

/** Ids of the received parts of a joined message, without duplicates; empty for a message of one record. */
export function partsOf({ origins }: Pick<AnalysedMessage, 'origins'>): { parts?: readonly string[] } {
  return origins.length < 2 ? {} : { parts: [...new Set(origins.map(({ id }) => id))] }
}

/** The text, cut if necessary, with the original length in characters. */
function shownText(text: string): Pick<ShownMessage, 'text' | 'truncated'> {
  if (text.length * 3 <= MESSAGE_TEXT || Buffer.byteLength(text) <= MESSAGE_TEXT) return { text }
  const points = [...text]
  let kept = 0
  for (let bytes = Buffer.byteLength('…'); ; kept++) {
    bytes += Buffer.byteLength(points[kept]!)
    if (bytes > MESSAGE_TEXT) break
  }
  return { text: `${points.slice(0, kept).join('')}…`, truncated: points.length }
}

/** Another message of the same state, with the position of its record. */
export function showSample(message: AnalysedMessage, clear: boolean): Sample {
  const text = redactText(message.text, message.otp)
  const { topic, partition, offset } = message.position
  return {
    id: message.id,
    ts: message.ts,
    from: showFrom(message.from, clear),
    text: text.length > SAMPLE_TEXT ? `${[...text].slice(0, SAMPLE_TEXT - 1).join('')}…` : text,
    topic,
    partition,
    offset,
  }
}

/** Contacts that the texts ask the recipient to call, open or add; without duplicates, at most 20 of a kind. */
export function showContacts(messages: readonly AnalysedMessage[], clear: boolean): Contacts {
  const urls = new Set<string>()
  const phones = new Set<string>()
  const qq = new Set<string>()
  const wechat = new Set<string>()
  for (const message of messages) {
    const number = numberWithin(message.to)
    for (const url of message.urls)
      add(urls, clear ? withoutRecipient(url.text, message.to) : maskHost(url.host))
    for (const { kind, value } of message.contacts) {
      // A text may repeat the recipient's number, which is not a contact of the sender.
      if (value === message.to || value === number) continue
      const shown = clear ? value : maskContact(value)
      if (kind === 'qq') add(qq, shown)
      else if (kind === 'wechat') add(wechat, shown)
      else if (kind !== 'telegram' && kind !== 'line') add(phones, shown)
      else add(urls, clear ? `https://t.me/${value}` : maskHost('t.me'))
    }
  }
  return { urls: [...urls], phones: [...phones], qq: [...qq], wechat: [...wechat] }
}

function add(set: Set<string>, value: string): void {
  if (set.size < MAX_CONTACTS) set.add(value)
}

/** Removes the recipient's number from personal links, which still identify the sender without it. */
function withoutRecipient(text: string, to: string): string {
  // Of a number with dashes, the plain form shows the recipient as well.
  const number = NUMBER.test(to) ? to : numberWithin(to)
  if (number === undefined || number.length < 5) return text
  return text.replaceAll(number, maskNumber(number)).replaceAll(to, maskNumber(number))
}

function maskHost(host: string): string {
  const dot = host.lastIndexOf('.')
  return `${host.slice(0, 1)}***${dot > 0 ? host.slice(dot) : ''}`
}

/**
 * Redacts evidence for display. In clear, single words (domains, ports, numbers to call) stay and quotations of the text are
 * redacted; masked, every string is redacted. The recipient is masked in both cases.
 */
export function showEvidence(evidence: Evidence, clear: boolean, to?: string): Evidence {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(evidence)) out[key] = showValue(value, clear, to, 0)
  return out
}

/** A time of day or quiet hours, not to be taken for a phone number. */
const CLOCK = /^[0-2]\d:[0-5]\d(?:-[0-2]\d:[0-5]\d)?$/
const ONE_WORD = /^[\x21-\x7e]{1,253}$/

function showValue(value: unknown, clear: boolean, to: string | undefined, depth: number): unknown {
  if (typeof value === 'string') {
    const safe = to === undefined ? value : withoutRecipient(value, to)
    return (clear && ONE_WORD.test(safe)) || CLOCK.test(safe) ? safe : redactText(safe)
  }
  if (depth > 4 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => showValue(item, clear, to, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, showValue(v, clear, to, depth + 1)]))
}

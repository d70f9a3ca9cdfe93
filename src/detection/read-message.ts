import type { Scores } from '../domain/labels.ts'
import type { Message, Span, TextMemo, TextReading } from '../domain/message.ts'
import type { Tokenise } from '../domain/token.ts'
import { readText } from '../text/read-text.ts'
import type { ExtractedMessage } from './classify.ts'
import type { TextCache } from './text-cache.ts'

const UNSCORED: Scores = { notice: 0, personal: 0, marketing: 0, finance: 0, fraud: 0, illicit: 0 }

/** Combines a message with the reading of its text, in one literal so that all messages have the same hidden class. */
function unscored(message: Message, reading: TextReading, memo: TextMemo, toToken: string): ExtractedMessage {
  return {
    id: message.id,
    ts: message.ts,
    from: message.from,
    to: message.to,
    text: message.text,
    record: message.record,
    origins: message.origins,
    position: message.position,
    receivedAt: message.receivedAt,
    partial: message.partial,
    byDeadline: message.byDeadline,
    seams: message.seams,
    normalised: reading.normalised,
    signature: reading.signature,
    signatures: reading.signatures,
    urls: reading.urls,
    contacts: reading.contacts,
    optOut: reading.optOut,
    asksConsent: reading.asksConsent,
    asksAlone: reading.asksAlone,
    traditional: reading.traditional,
    otp: reading.otp,
    bands: reading.bands,
    memo,
    toToken,
    scores: UNSCORED,
    label: 'notice',
    commercial: false,
    malicious: false,
    heads: undefined,
  }
}

const UNCACHED: Pick<TextCache, 'read'> = {
  read: (text, signature) => ({ reading: readText(text, signature), memo: {} }),
}

/**
 * Reads a message's text, or takes the reading from `texts`. Links and numbers next to a missing part are not used as evidence.
 */
export function readMessage(message: Message, tokenise: Tokenise, texts = UNCACHED): ExtractedMessage {
  const { reading, memo } = texts.read(message.text, message.record.signature)
  const toToken = tokenise(message.to)
  if (message.seams.length === 0) return unscored(message, reading, memo, toToken)
  const whole = ({ span }: { readonly span: Span }) =>
    !message.seams.some((at) => span.start <= at && at <= span.end)
  const { urls, contacts } = reading
  const seen = { ...reading, urls: urls.filter(whole), contacts: contacts.filter(whole) }
  return unscored(message, seen, {}, toToken)
}

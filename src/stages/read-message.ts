import type { Scores } from '../domain/labels.ts'
import type { Extracted, Message, Span } from '../domain/message.ts'
import type { Tokenise } from '../domain/token.ts'
import type { ExtractedMessage } from './classify.ts'
import { extract } from './extract.ts'

const UNSCORED: Scores = { notice: 0, personal: 0, marketing: 0, finance: 0, fraud: 0, illicit: 0 }

/** Puts a message and what was read from its text together: one literal, so that all messages have one shape. */
export function unscored(message: Message, extracted: Extracted, toToken: string): ExtractedMessage {
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
    normalised: extracted.normalised,
    signature: extracted.signature,
    signatures: extracted.signatures,
    urls: extracted.urls,
    contacts: extracted.contacts,
    optOut: extracted.optOut,
    asksConsent: extracted.asksConsent,
    otp: extracted.otp,
    bands: extracted.bands,
    toToken,
    scores: UNSCORED,
    label: 'notice',
    commercial: false,
    malicious: false,
  }
}

/** Reads a message's text. Links and numbers that touch a missing part are no evidence (contract, section 1). */
export function readMessage(message: Message, tokenise: Tokenise): ExtractedMessage {
  const extracted = extract(message.text, message.record.signature)
  const toToken = tokenise(message.to)
  if (message.seams.length === 0) return unscored(message, extracted, toToken)
  const whole = ({ span }: { readonly span: Span }) =>
    !message.seams.some((at) => span.start <= at && at <= span.end)
  const { urls, contacts } = extracted
  return unscored(
    message,
    { ...extracted, urls: urls.filter(whole), contacts: contacts.filter(whole) },
    toToken,
  )
}

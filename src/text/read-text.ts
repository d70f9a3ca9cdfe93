import type { TextReading } from '../domain/reading.ts'
import { extractContacts } from './contacts.ts'
import { fingerprint } from './fingerprint.ts'
import { urlsOfPlain } from './links.ts'
import { normalisePlain } from './normalise.ts'
import { asksForConsent, asksInUsualForm, hasWayOut, isOtp } from './phrases.ts'
import { newDraft, readPlain } from './plain.ts'
import { extractSignatures } from './signature.ts'
import { isWrittenTraditionally } from './traditional.ts'

const draft = newDraft()

/**
 * Entry point of the text layer. Reads a text once for all detectors: normalised form, signatures, links, contacts, phrases and
 * fingerprint. `fieldSignature`: from the record; takes precedence over the text. Depends only on the two strings, so the result
 * can be cached by them. Never throws; linear in the text.
 */
export function readText(text: string, fieldSignature?: string): TextReading {
  readPlain(draft, text)
  const urls = urlsOfPlain(draft, text)
  const normalised = normalisePlain(draft)
  const { signature, signatures } = extractSignatures(text, fieldSignature)
  const contacts = extractContacts(normalised, text, urls)
  const asksAlone = asksInUsualForm(normalised.text)
  return {
    normalised,
    ...(signature === undefined ? {} : { signature }),
    signatures,
    urls,
    contacts,
    optOut: hasWayOut(normalised.text),
    asksConsent: asksForConsent(normalised.text, asksAlone),
    asksAlone,
    traditional: isWrittenTraditionally(text),
    otp: isOtp(normalised.text),
    bands: fingerprint(normalised, { urls, contacts, signatures }),
  }
}

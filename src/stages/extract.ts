import type { Extracted } from '../domain/message.ts'
import { extractContacts } from './extract-contacts.ts'
import { asksForConsent, hasWayOut, isOtp } from './extract-phrases.ts'
import { extractSignatures } from './extract-signature.ts'
import { urlsOfPlain } from './extract-urls.ts'
import { fingerprint } from './fingerprint.ts'
import { normalisePlain } from './normalise.ts'
import { newDraft, readPlain } from './plain.ts'

const draft = newDraft()

/**
 * Reads a message once for all detectors: normalised form, signatures, links, contacts, phrases and fingerprint.
 * `fieldSignature`: what the record names, it wins over the text. Never throws; linear in the text.
 */
export function extract(text: string, fieldSignature?: string): Extracted {
  readPlain(draft, text)
  const urls = urlsOfPlain(draft, text)
  const normalised = normalisePlain(draft)
  const { signature, signatures } = extractSignatures(text, fieldSignature)
  const contacts = extractContacts(normalised, text, urls)
  return {
    normalised,
    ...(signature === undefined ? {} : { signature }),
    signatures,
    urls,
    contacts,
    optOut: hasWayOut(normalised.text),
    asksConsent: asksForConsent(normalised.text),
    otp: isOtp(normalised.text),
    bands: fingerprint(normalised, { urls, contacts, signatures }),
  }
}

import { claimOf } from '../../src/detection/detectors/brand-decision/claimed-brands.ts'
import { isPublicBody } from '../../src/detection/detectors/shared/public-body.ts'
import { requestsIn } from '../../src/detection/detectors/shared/requests.ts'
import { isHandle } from '../../src/detection/detectors/shared/traces.ts'
import { wordsOf } from '../../src/detection/detectors/shared/wording.ts'
import { accountCallWords, claimedKindWords } from '../../src/detection/rules/patterns.generated.ts'
import type { Head } from '../../src/domain/heads.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { Registry } from '../../src/domain/registry.ts'

const OFFICES = [
  ...[claimedKindWords.court, claimedKindWords.police, claimedKindWords.tax],
  ...[claimedKindWords.socialSecurity, claimedKindWords.school, claimedKindWords.hospital],
  claimedKindWords.mediation,
]
const OPENING = /^[^\s,.:;!?。]{2,20}(?=:)/

/** What the words, patterns and lists of the detectors say of a message, in terms of the heads. No list knows a shop. */
export function listsOf(message: AnalysedMessage, registry: Registry): ReadonlySet<Head> {
  const { text } = message.normalised
  const requests = requestsIn(text)
  const words = wordsOf(text)
  const handles = message.contacts.some(isHandle)
  const claim = claimOf(message, registry)
  const speaker = message.signature?.name ?? OPENING.exec(text)?.[0]
  const brand = claim !== undefined && claim.by !== 'mention'
  const said: Readonly<Record<Head, boolean>> = {
    payment: requests.includes('payment'),
    secret: requests.includes('secret'),
    app: requests.includes('app'),
    contact: handles || requests.includes('follow') || requests.includes('scan'),
    call: message.contacts.some((contact) => !isHandle(contact)),
    reply: requests.includes('reply'),
    link: message.urls.length > 0 || requests.includes('search'),
    lure: words.lure,
    pressure: words.pressure,
    threat: accountCallWords.threat.test(text),
    brand,
    office: isPublicBody(message) || (speaker !== undefined && OFFICES.some((name) => name.test(speaker))),
    person: message.label === 'personal',
    shop: false,
    warns: words.warning,
  }
  return new Set((Object.keys(said) as Head[]).filter((head) => said[head]))
}

import { isFiledHere } from '../../../domain/filing.ts'
import type { AnalysedMessage, TextMemo } from '../../../domain/message.ts'
import type { Brand, Claim, Registry } from '../../../domain/registry.ts'
import { namesContactService, signatureClaim, speakerClaim } from '../shared/claims.ts'
import { isSpokenOf } from '../shared/objects.ts'
import { isSuspicious, touchesSeam } from '../shared/traces.ts'
import { openingClaim } from './opening.ts'

/** The claim of the message, the strongest if it makes several. */
export function claimOf(message: AnalysedMessage, registry: Registry): Claim | undefined {
  const own = message.signature
  const signed = own && !touchesSeamOfName(message) ? signatureClaim(own, registry) : undefined
  if (signed) return signed
  // The signature is filed under another name.
  const proven = isFiledHere(message, registry)
  if (!proven) {
    for (const other of message.signatures) {
      const claim = other.key === own?.key ? undefined : signatureClaim(other, registry)
      if (claim) return claim
    }
  }
  const { spoken, mention } = namedIn(message, registry)
  // A filed name may contain the name of a brand or an office: 市公安局.
  if (proven) return spoken && isNameOfSender(message, spoken, registry) ? undefined : spoken
  if (spoken) return spoken
  if (mention || !isSuspicious(message)) return mention
  return openingClaim(message, registry)
}

function isNameOfSender({ signature }: AnalysedMessage, { by, brand }: Claim, registry: Registry): boolean {
  return (
    by === 'speaker' &&
    signature !== undefined &&
    registry.brandMentions(signature.key).some((mention) => mention.brand.id === brand.id)
  )
}

/** The claims of the text itself, the same for every message with this text. */
function namedIn(message: AnalysedMessage, registry: Registry): NonNullable<TextMemo['named']> {
  const { memo } = message
  if (memo.named?.in === registry) return memo.named
  const mentions = registry.brandMentions(message.normalised.text)
  const spoken =
    mentions.length === 0
      ? undefined
      : (speakerClaim(message, mentions) ??
        domainClaim(
          message,
          mentions.map((one) => one.brand),
          registry,
        ))
  const { text } = message.normalised
  const first = mentions.find((one) => !namesContactService(text, one) && !isSpokenOf(text, one))
  const mention =
    first && ({ brand: first.brand, by: 'mention', claimed: first.name, strength: 0.3 } as const)
  memo.named = { in: registry, spoken, mention }
  return memo.named
}

/** Claim of a brand that the text names while a link imitates its domain. */
function domainClaim(
  message: AnalysedMessage,
  brands: readonly Brand[],
  registry: Registry,
): Claim | undefined {
  for (const url of message.urls) {
    if (touchesSeam(message, url.span)) continue
    const imitated = registry.lookalikeOfHost(url.host)
    if (imitated && brands.some((brand) => brand.id === imitated.brand.id)) {
      return { brand: imitated.brand, by: 'domain', claimed: url.host, strength: imitated.similarity }
    }
  }
  return undefined
}

/** Whether a missing part borders on the signature, which may then be cut. */
function touchesSeamOfName(message: AnalysedMessage): boolean {
  const span = message.signature?.span
  return span !== undefined && touchesSeam(message, { start: span.start + 1, end: span.end - 1 })
}

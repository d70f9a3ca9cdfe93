import type { Finding } from '../domain/decision.ts'
import { type MessageContext, type MessageDetector, threshold } from '../domain/detector.ts'
import type { AnalysedMessage, UrlMention } from '../domain/message.ts'
import type { Lookalike } from '../domain/registry.ts'
import { signatureClaim } from './claims.ts'
import { namesBrand } from './forged-brand.ts'
import { touchesSeam, tracesOf } from './impersonation.ts'
import { fraudWording } from './wording.ts'

/** Below the policy's `minSimilarity`, down to here, an imitation counts when the message confirms it. */
const CONFIRMED_FROM = 0.8

/**
 * LOOKALIKE_SIGNATURE, LOOKALIKE_DOMAIN: near a registered name or domain by glyph, sound or edit distance, and itself
 * neither registered (for any brand), nor filed, nor a public shortener. From `minSimilarity` on the likeness is enough.
 * Below it other companies may be called so, and something else must speak for it: for a signature a foreign link, a
 * foreign number or anybody's number with fraud wording, or text labelled fraud; for a domain that the message names the
 * brand, or text labelled fraud. A signature on the brand's own port is never an imitation.
 *
 * Score: the similarity. Evidence: `brand` (id), `imitation` (the signature or host as written), `original` (the
 * registered name or domain), `how` (glyph, sound, edit, added-word, subdomain, internationalised, other-suffix),
 * `similarity`.
 */
export const lookalike: MessageDetector = {
  codes: ['LOOKALIKE_SIGNATURE', 'LOOKALIKE_DOMAIN'],
  detect(message, context) {
    const found: Finding[] = []
    const signature = bySignature(message, context)
    if (signature) found.push(signature)
    const domain = byDomain(message, context)
    if (domain) found.push(domain)
    return found
  },
}

function bySignature(message: AnalysedMessage, context: MessageContext): Finding | undefined {
  if (message.partial && message.signature?.place !== 'field' && message.seams.length > 0) return undefined
  const minSimilarity = threshold(context.judge('LOOKALIKE_SIGNATURE'), 'minSimilarity')
  for (const signature of message.signatures.length > 0
    ? message.signatures
    : message.signature
      ? [message.signature]
      : []) {
    const claim = signatureClaim(signature, context.registry)
    if (!claim?.lookalike) continue
    const traces = tracesOf(claim.brand, message, context)
    if (traces.ownPort) continue
    const { similarity } = claim.lookalike
    if (similarity < minSimilarity) {
      if (similarity < CONFIRMED_FROM) continue
      const fraud = fraudWording(message) >= 0.5
      const disguised = claim.strength === 1
      const confirmed =
        message.malicious ||
        (traces.foreignLink !== undefined && (fraud || disguised || claim.lookalike.how === 'added-word')) ||
        (fraud && (traces.foreignCallback !== undefined || traces.personal)) ||
        (disguised && traces.foreignPort)
      if (!confirmed) continue
    }
    return finding('LOOKALIKE_SIGNATURE', signature.name, claim.lookalike, traces.foreignLink)
  }
  return undefined
}

function byDomain(message: AnalysedMessage, context: MessageContext): Finding | undefined {
  const minSimilarity = threshold(context.judge('LOOKALIKE_DOMAIN'), 'minSimilarity')
  let best: { like: Lookalike; url: UrlMention } | undefined
  for (const url of message.urls) {
    if (touchesSeam(message, url.span)) continue
    const like = context.registry.lookalikeOfHost(url.host)
    if (!like || like.similarity <= (best?.like.similarity ?? 0)) continue
    if (like.similarity < minSimilarity) {
      if (like.similarity < CONFIRMED_FROM) continue
      if (!message.malicious && !namesBrand(message, like.brand, context)) continue
    }
    best = { like, url }
  }
  return best && finding('LOOKALIKE_DOMAIN', best.url.host, best.like, best.url)
}

function finding(
  code: 'LOOKALIKE_SIGNATURE' | 'LOOKALIKE_DOMAIN',
  imitation: string,
  { brand, original, how, similarity }: Lookalike,
  url: UrlMention | undefined,
): Finding {
  const evidence = { brand: brand.id, imitation, original, how, similarity }
  return { code, score: similarity, evidence, ...(url ? { domain: url.domain } : {}) }
}

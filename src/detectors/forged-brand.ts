import type { Evidence, Finding } from '../domain/decision.ts'
import { type MessageContext, type MessageDetector, threshold } from '../domain/detector.ts'
import { isFiledHere } from '../domain/filing.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Brand } from '../domain/registry.ts'
import { type Claim, signatureClaim, speakerClaim } from './claims.ts'
import { findings, surroundingsOf, type Traces, touchesSeam, tracesOf } from './impersonation.ts'
import { isPersonal } from './sender-kind.ts'
import { fraudWording, isAboutBrands, isWarning } from './wording.ts'

const LISTED = 5

/**
 * FORGED_BRAND: the text or the signature claims a brand, and the port, the domain or the callback is not that brand's.
 *
 * - A claim is a signature that is a brand's name or imitates one, or a text that speaks as the brand. A brand that is
 *   only mentioned is none, unless a link imitates that brand's domain or the text is fraud with a foreign link.
 * - A link is foreign when it belongs to no registered brand, no public shortener and no restricted suffix. It counts on
 *   every port. A number that is no registered hotline counts with fraud wording, on the brand's own port as elsewhere.
 * - The port counts when ports are filed for the brand. Anybody's number (a mobile, overseas) counts with fraud wording.
 * - A warning against fraud without link and number is genuine.
 *
 * Score: certainty; reported from `minScore` on. Evidence: `brand` (id), `claimedBy` (signature, lookalike, speaker,
 * domain or mention), `claimed` (as written), `found` ([{kind: domain|callback|port|sender, value}]), `official`
 * ({domains, ports, hotlines}, at most five each).
 */
export const forgedBrand: MessageDetector = {
  codes: ['FORGED_BRAND'],
  detect(message, context) {
    const surroundings = surroundingsOf(message, context.registry)
    const { foreignLink, foreignCallback, sender } = surroundings
    // Most messages lead nowhere foreign: without filed ports nothing could speak against them.
    if (!foreignLink && !foreignCallback && !isPersonal(sender) && !context.registry.hasSignatures) return []
    const claims = claimsOf(message, context)
    if (claims.length === 0) return []
    const minScore = threshold(context.judge('FORGED_BRAND'), 'minScore')
    let best: { claim: Claim; traces: Traces; score: number } | undefined
    for (const claim of claims) {
      const traces = tracesOf(claim.brand, message, context, surroundings)
      const score = scoreOf(claim, traces, message, context)
      if (score >= minScore && score > (best?.score ?? 0)) best = { claim, traces, score }
    }
    if (!best) return []
    const { claim, traces, score } = best
    const finding: Finding = {
      code: 'FORGED_BRAND',
      score,
      evidence: evidenceOf(claim, traces, message, context),
    }
    return [traces.foreignLink ? { ...finding, domain: traces.foreignLink.domain } : finding]
  },
}

function evidenceOf(
  { brand, by, claimed }: Claim,
  traces: Traces,
  message: AnalysedMessage,
  { registry }: MessageContext,
): Evidence {
  return {
    brand: brand.id,
    claimedBy: by,
    claimed,
    found: findings(traces, message.from),
    official: {
      domains: brand.domains.slice(0, LISTED),
      ports: registry.portsOfBrand(brand.id).slice(0, LISTED),
      hotlines: brand.hotlines.slice(0, LISTED),
    },
  }
}

/** What the message may claim, the plainest first. */
function claimsOf(message: AnalysedMessage, context: MessageContext): Claim[] {
  const { registry } = context
  const claims: Claim[] = []
  const add = (claim: Claim | undefined) => {
    if (claim) claims.push(claim)
  }
  const own = message.signature
  if (own && !touchesSeamOfName(message)) add(signatureClaim(own, registry))
  // The sender is known by another name.
  const proven = claims.length === 0 && isFiledHere(message, registry)
  if (!proven) {
    for (const other of message.signatures) if (other.key !== own?.key) add(signatureClaim(other, registry))
  }
  const mentions = registry.brandMentions(message.normalised.text)
  if (mentions.length === 0) return claims
  add(speakerClaim(message, mentions))
  add(
    domainClaim(
      message,
      mentions.map((mention) => mention.brand),
      registry,
    ),
  )
  const [first] = mentions
  if (first && !proven && mentions.every((mention) => mention.brand.id === first.brand.id)) {
    add({ brand: first.brand, by: 'mention', claimed: first.name, strength: 0.3 })
  }
  return claims
}

/** A brand that is named while a link imitates its domain. */
function domainClaim(
  message: AnalysedMessage,
  brands: readonly Brand[],
  registry: MessageContext['registry'],
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

/** A signature in a text whose beginning or end is missing may be cut. */
function touchesSeamOfName(message: AnalysedMessage): boolean {
  const { signature, seams, partial, text } = message
  if (!partial || !signature || signature.place === 'field') return false
  const at = signature.place === 'leading' ? text.indexOf(signature.name) : text.lastIndexOf(signature.name)
  return at >= 0 && seams.some((seam) => at <= seam && seam <= at + signature.name.length)
}

function scoreOf(claim: Claim, traces: Traces, message: AnalysedMessage, context: MessageContext): number {
  const silent = message.urls.length === 0 && message.contacts.length === 0
  if (silent && isWarning(message)) return 0
  if (claim.by === 'signature' || claim.by === 'lookalike') return bySignature(claim, traces, message)
  if (claim.by === 'domain') {
    return traces.foreignLink && !isWarning(message) ? 0.9 * claim.strength : 0
  }
  return byText(claim, traces, message, context)
}

function bySignature(claim: Claim, traces: Traces, message: AnalysedMessage): number {
  // Other companies may be called nearly so: they need the wording too.
  const doubtful = claim.strength < 0.85 && claim.lookalike?.how !== 'added-word'
  const fraud = doubtful || traces.foreignCallback || traces.personal ? fraudWording(message) : 0
  if (doubtful && fraud < 0.5) return 0
  let innocent = 1
  const count = (score: number) => {
    innocent *= 1 - score
  }
  if (traces.foreignLink) count(0.85)
  if (traces.foreignPort) count(0.8)
  if (traces.foreignCallback && fraud >= 0.5) count(traces.ownPort ? 0.6 : 0.5 + 0.4 * fraud)
  if (traces.personal && fraud >= 0.5) count(0.5 + 0.4 * fraud)
  return doubtful ? (1 - innocent) * claim.strength : 1 - innocent
}

/** A text that speaks as the brand, under no signature or under somebody else's. */
function byText(
  claim: Claim,
  traces: Traces,
  message: AnalysedMessage,
  { registry }: MessageContext,
): number {
  if (traces.ownPort && !traces.foreignLink) return 0
  const own = message.signature
  // An advertisement may end with the brand that it sells.
  const plain = claim.by === 'speaker' && claim.strength >= (message.commercial ? 0.85 : 0.8)
  if (claim.by === 'mention') {
    if (!message.malicious || message.label !== 'fraud' || isWarning(message) || isAboutBrands(message))
      return 0
    return traces.foreignLink && !own ? 0.7 : 0
  }
  if (own) {
    // Who signs with a name of his own (a shop, a partner, another brand) speaks about the brand, unless he defrauds.
    const known = registry.brandByName(own.key) !== undefined || registry.signature(own.key) !== undefined
    if (known || !plain ? !message.malicious : fraudWording(message) < 0.5) return 0
  }
  const fraud = fraudWording(message)
  let innocent = 1
  if (traces.foreignLink && (plain || fraud >= 0.5)) innocent *= plain ? 0.2 : 0.3
  if (traces.foreignCallback && fraud >= 0.5) innocent *= plain ? 0.3 : 0.4
  if (traces.foreignPort && plain && !own && !traces.personal) innocent *= 0.3
  if (traces.personal && plain && fraud >= 0.5) innocent *= 0.4
  return 1 - innocent
}

/** Whether the message claims the brand by signature or as its speaker, or names it. */
export function namesBrand(message: AnalysedMessage, brand: Brand, { registry }: MessageContext): boolean {
  const claim = message.signature && signatureClaim(message.signature, registry)
  if (claim?.brand.id === brand.id) return true
  return registry.brandMentions(message.normalised.text).some((mention) => mention.brand.id === brand.id)
}

import type { AnalysedMessage, SignatureMention } from '../../domain/message.ts'
import type { Claim, Lookalike } from '../../domain/registry.ts'
import { type Weighed, weigh } from './brand-decision/decision.ts'
import { BLOCK_FROM, blockDecision, WEIGHED_FIELDS, weighedEvidence } from './brand-decision/evidence.ts'
import { leadsAway } from './brand-decision/signs.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { rulesOf } from './own-rules/loaded-rules.ts'
import { signatureClaim } from './shared/claims.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import { BRAND_IMITATED, CONFIRMED_FROM, imitationOf, minSimilarity, SIMILARITY } from './shared/imitation.ts'
import { isPublicBody } from './shared/public-body.ts'
import { isSuspicious, type Traces, tracesOf } from './shared/traces.ts'
import { fraudWording, isFraudWording } from './shared/wording.ts'

/**
 * A signature similar to a registered name by glyph, sound or edit distance, and itself neither registered (for any brand) nor
 * filed. From `minSimilarity` the similarity suffices. Below it the name may be that of another company, and further evidence is
 * needed: a foreign link, a foreign number or a number anyone can use with fraud wording, or text labelled fraud. A signature on
 * the brand's own port is never an imitation.
 */
export const lookalikeSignature = defineMessageCode({
  code: 'LOOKALIKE_SIGNATURE',
  order: 20,
  forgery: true,
  confirms: 'fraud',
  escalates: ['domain', 'sender', 'campaign'],
  action: 'block',
  weight: 0.85,
  thresholds: {
    minSimilarity: minSimilarity('signature', 'name'),
    confirmedFrom: CONFIRMED_FROM,
    blockFrom: BLOCK_FROM,
    hold: ESCALATED_HOLD,
  },
  evidence: {
    brand: BRAND_IMITATED,
    imitation: fields.text('the signature as written'),
    original: fields.text('the registered name'),
    how: fields.oneOf(
      ['glyph', 'sound', 'edit', 'added-word', 'subdomain', 'internationalised', 'other-suffix'],
      'what is alike: glyph, sound, edit, added-word',
    ),
    similarity: SIMILARITY,
    ...WEIGHED_FIELDS,
  },
  summary: 'a signature made to look like a registered one',
  called: { 'zh-CN': '仿冒签名' },
  fires:
    'The signature resembles a registered name by glyph, sound or edit distance, and is neither registered nor filed.',
  tune: 'File genuine signatures that resemble a brand.',
  sentences: {
    en: ({ imitation, original, ...state }) =>
      state.messages === undefined
        ? `The signature ${imitation} imitates ${original}.`
        : `${state.messages} messages to ${state.recipients} recipients in ${state.window} minutes carry a signature, ${imitation}, that imitates ${original}.`,
    'zh-CN': ({ imitation, original, ...state }) =>
      state.messages === undefined
        ? `签名“${imitation}”仿冒“${original}”。`
        : `${state.window} 分钟内 ${state.messages} 条短信使用仿冒“${original}”的签名“${imitation}”发给 ${state.recipients} 个号码。`,
  },
  stillJustified: isStillForeign,
}).detectedBy((message, context, { thresholds }) => {
  const { registry } = context
  if (message.partial && message.signature?.place !== 'field' && message.seams.length > 0) return undefined
  for (const signature of signaturesOf(message)) {
    const claim = signatureClaim(signature, registry)
    const like = claim?.lookalike
    if (!like || like.similarity < Math.min(thresholds.confirmedFrom, thresholds.minSimilarity)) continue
    const traces = tracesOf(claim.brand, message, registry)
    if (traces.ownPort) continue
    if (like.similarity < thresholds.minSimilarity && !isConfirmed(claim, traces, message)) continue
    const weighed = weigh(claim, traces, message, registry, rulesOf(context))
    if (MAY_BE_A_NAME.has(like.how) && (leadsToOfficials(weighed) || isNoticeOfOffice(message, weighed)))
      continue
    const block = blockDecision('LOOKALIKE_SIGNATURE', weighed, thresholds.blockFrom)
    return {
      score: like.similarity,
      evidence: { ...imitationOf(signature.name, like), ...weighedEvidence(weighed, [block.rule]) },
      brand: claim.brand.id,
      ...block.cap,
      ...(traces.foreignLink ? { domain: traces.foreignLink.domain } : {}),
    }
  }
  return undefined
})

/** May be the name of another company or office: 深圳税务 sounds like 深圳水务. Characters that look alike are chosen on purpose. */
const MAY_BE_A_NAME: ReadonlySet<Lookalike['how']> = new Set<Lookalike['how']>(['sound', 'edit'])

/** Whether all links belong to registered brands and offices, and no number or request leads to anyone else. */
function leadsToOfficials({ signs }: Weighed): boolean {
  return signs.some((sign) => sign === 'link:own' || sign === 'link:official') && !leadsAway(signs)
}

/** Whether it is a notice of an office, without a destination: names of offices may sound alike. */
function isNoticeOfOffice(message: AnalysedMessage, { signs }: Weighed): boolean {
  return isPublicBody(message) && !isSuspicious(message) && !leadsAway(signs)
}

function signaturesOf({ signature, signatures }: AnalysedMessage): readonly SignatureMention[] {
  if (signatures.length > 0) return signatures
  return signature ? [signature] : []
}

/** Whether the message confirms a similarity that proves nothing by itself. */
function isConfirmed(claim: Claim, traces: Traces, message: AnalysedMessage): boolean {
  if (message.malicious) return true
  const fraud = isFraudWording(fraudWording(message))
  // 順豐 in a simplified text is deliberate.
  const disguised = claim.strength === 1 && !message.traditional
  if (traces.foreignLink && (fraud || disguised || claim.lookalike?.how === 'added-word')) return true
  if (fraud && (traces.foreignCallback || traces.personal)) return true
  return disguised && traces.foreignPort
}

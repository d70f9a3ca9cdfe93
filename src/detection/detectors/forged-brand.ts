import type { MessageContext } from '../../domain/detector.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Claim } from '../../domain/registry.ts'
import { forgedBrandWords } from '../rules/chinese.generated.ts'
import { SHIPPED_RULES } from '../rules/shipped.ts'
import { claimOf } from './brand-decision/claimed-brands.ts'
import { claimedKindFound, isNamedAs, KINDS } from './brand-decision/claimed-kind.ts'
import { shownAt, type Weighed, weigh } from './brand-decision/decision.ts'
import {
  BLOCK_FROM,
  blockDecision,
  CERTAINTY,
  WEIGHED_FIELDS,
  weighedEvidence,
} from './brand-decision/evidence.ts'
import { comparedNotices, TWIN_EVIDENCE } from './brand-decision/twin.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { rulesOf } from './own-rules/loaded-rules.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import { REQUESTS, type Request } from './shared/requests.ts'
import {
  type ForeignPart,
  foreignParts,
  leadsAnywhere,
  type Surroundings,
  surroundingsOf,
  tracesOf,
} from './shared/traces.ts'
import type { Locale } from './words.ts'

/** Limits of domains, of ports and of hotlines of the brand listed in evidence. */
const LISTED = 5

/**
 * - A claim is a signature that is or imitates a brand's name, a text that speaks as the brand or names it, or a
 *   link that imitates a domain of a named brand.
 * - A foreign link belongs to no registered brand, public shortener or restricted suffix.
 * - Without a foreign link, number or port, or a number anyone can use, there is no finding. A public shortener
 *   proves nothing by itself.
 * - The certainty follows from all signs together, with fitted weights (`brand-decision/`).
 */
export const forgedBrand = defineMessageCode({
  code: 'FORGED_BRAND',
  order: 10,
  forgery: true,
  confirms: 'fraud',
  escalates: ['domain', 'sender', 'campaign'],
  action: 'block',
  weight: 0.95,
  thresholds: {
    minScore: {
      default: 0.85,
      unit: 'certainty',
      min: 0,
      max: 1,
      says: 'certainty from which it is reported',
    },
    blockFrom: BLOCK_FROM,
    kindCertainty: {
      default: 0.4,
      unit: 'certainty',
      min: 0,
      max: 1,
      says: 'certainty from which an unlisted institution counts; 1 reports none',
    },
    hold: ESCALATED_HOLD,
  },
  evidence: {
    brand: fields.text('id of the brand; of an unlisted institution its name or kind'),
    claimedBy: fields.oneOf(
      ['signature', 'lookalike', 'speaker', 'domain', 'mention'],
      'what claims it: signature, lookalike (imitated signature), speaker (text speaks as the brand), domain (link imitates one), mention',
    ),
    claimed: fields.text('name or host as written; may be empty'),
    found: fields.list(
      fields.group(
        {
          kind: fields.oneOf(
            ['domain', 'shortener', 'callback', 'request', 'port', 'sender'],
            'domain of a link, shortener that hides one, number or handle to write to, what a suspicious text asks for, port not filed for the brand, or a number that anybody can use',
          ),
          value: fields.text("as the sender shows it, never the recipient's"),
        },
        "what is not the brand's",
      ),
      "what is not the brand's: kind (domain, shortener, callback, request, port, sender) and value",
    ),
    official: fields.group(
      {
        domains: fields.list(fields.text('a domain'), 'official domains', LISTED),
        ports: fields.list(fields.text('a port'), 'filed ports', LISTED),
        hotlines: fields.list(fields.text('a number'), 'official numbers', LISTED),
      },
      'domains, ports and hotlines of the brand, up to 5 each',
    ),
    twin: TWIN_EVIDENCE,
    claimedKind: fields.optional(fields.oneOf(KINDS, 'kind of an unlisted institution')),
    ...WEIGHED_FIELDS,
  },
  summary: 'claims a brand; the link, number or port is not the brand’s',
  called: { 'zh-CN': '冒充品牌' },
  fires:
    "The message claims a brand, but its port, link or number is not the brand's. Also fraud in the name of an unlisted bank, court, school, hospital, office or company (`claimedKind`), and copies of the brand's notices that lead elsewhere (`twin`). [What may be blocked](detection.md#what-may-be-blocked).",
  tune: "Most false alarms are gaps in the registry: add the brand's domains, hotlines and ports.",
  sentences: {
    en({ claimed, claimedKind, found, ...state }) {
      const whom = claimed || UNNAMED[unnamedKind(claimedKind)]
      const why = `${whom}: ${clauses(found, CLAUSES.en).join(', ')}.`
      return state.messages === undefined
        ? `Claims to be ${why}`
        : `${state.messages} messages to ${state.recipients} recipients in ${state.window} minutes claim to be ${why}`
    },
    'zh-CN'({ claimed, claimedKind, found, ...state }) {
      const why = claimed ? `冒用“${claimed}”` : forgedBrandWords.unnamed[unnamedKind(claimedKind)]
      const because = clauses(found, CLAUSES['zh-CN']).join('，')
      return state.messages === undefined
        ? `${why}：${because}。`
        : `${state.window} 分钟内 ${state.messages} 条短信${why}发给 ${state.recipients} 个号码：${because}。`
    },
  },
  stillJustified: isStillForeign,
}).detectedBy((message, context, { thresholds }) => {
  const { registry } = context
  const surroundings = surroundingsOf(message, registry)
  // Most messages lead nowhere foreign; without filed ports nothing else could contradict the claim.
  if (!leadsAnywhere(surroundings) && !registry.hasSignatures) return undefined
  const claim = claimOf(message, registry)
  const forged = claim && ofBrand(message, context, surroundings, claim, thresholds)
  if (forged === CLEARED) return undefined
  return forged ?? ofKind(message, context, surroundings, claim, thresholds)
})

/** A rule decided that the claim is not a forgery. */
const CLEARED = 'cleared'

function ofBrand(
  message: AnalysedMessage,
  context: MessageContext,
  surroundings: Surroundings,
  claim: Claim,
  { minScore, blockFrom }: { readonly minScore: number; readonly blockFrom: number },
) {
  const { registry, notices } = context
  const rules = rulesOf(context)
  const traces = tracesOf(claim.brand, message, registry, surroundings)
  const found = foreignParts(traces, message.from)
  if (found.length === 0) return undefined
  const weighed = weigh(claim, traces, message, registry, rules)
  const compared = comparedNotices(claim, traces, message, registry, notices)
  for (const sign of compared.signs) rules.add(weighed.shown, sign)
  if (rules.first('FORGED_BRAND', 'clear', weighed.shown) !== undefined) return CLEARED
  const plain = weighed.certainty < PLAIN_SCORE ? plainForgery(weighed) : undefined
  const score = plain === undefined ? weighed.certainty : PLAIN_SCORE
  if (score < minScore) return undefined
  const { brand } = claim
  const block = blockDecision('FORGED_BRAND', weighed, blockFrom)
  return {
    score,
    evidence: {
      brand: brand.id,
      claimedBy: claim.by,
      claimed: claim.claimed,
      found,
      official: {
        domains: brand.domains.slice(0, LISTED),
        ports: registry.portsOfBrand(brand.id).slice(0, LISTED),
        hotlines: brand.hotlines.slice(0, LISTED),
      },
      ...(compared.evidence === undefined ? {} : { twin: compared.evidence }),
      ...weighedEvidence(weighed, [plain, block.rule]),
    },
    brand: brand.id,
    ...block.cap,
    ...(traces.foreignLink ? { domain: traces.foreignLink.domain } : {}),
  }
}

function ofKind(
  message: AnalysedMessage,
  context: MessageContext,
  surroundings: Surroundings,
  claim: Claim | undefined,
  { kindCertainty, minScore, blockFrom }: Record<'kindCertainty' | 'minScore' | 'blockFrom', number>,
) {
  if (kindCertainty >= 1) return undefined
  const forged = claimedKindFound(message, context, surroundings, claim, kindCertainty)
  const score = Math.max(PLAIN_SCORE, forged?.certainty ?? 0)
  if (!forged || score < minScore) return undefined
  const { kind, claimedBy, name, found, traces, weighed } = forged
  // The weights know nothing of how a text speaks.
  const from = isNamedAs(kind) ? blockFrom : Math.max(blockFrom, CERTAINTY)
  const block = blockDecision('FORGED_BRAND', weighed, from)
  return {
    score,
    evidence: {
      ...{ brand: name ?? kind, claimedKind: kind, claimedBy, claimed: name ?? '', found },
      official: { domains: [], ports: [], hotlines: [] },
      ...weighedEvidence(weighed, [forged.rule, block.rule]),
    },
    ...block.cap,
    ...(traces.foreignLink ? { domain: traces.foreignLink.domain } : {}),
  }
}

/** Minimum score of a message whose claim is clearly contradicted, however harmless the rest of it. */
const PLAIN_SCORE = 0.85

/** The rule that reports the message with at least `PLAIN_SCORE`, if any. */
export function plainForgery({ shown, certainty }: Weighed): string | undefined {
  return SHIPPED_RULES.first('FORGED_BRAND', 'report', shownAt(shown, certainty))
}

const UNNAMED = { office: 'an office', brand: 'a company' } as const

function unnamedKind(kind: unknown): keyof typeof UNNAMED {
  return kind === 'office' ? 'office' : 'brand'
}

type Clauses = Readonly<Record<ForeignPart['kind'], (value: string) => string>>

const CLAUSES: Readonly<Record<Locale, Clauses>> = {
  en: {
    domain: (value) => `the link ${value} is not its own`,
    shortener: (value) => `the link is hidden behind ${value}`,
    callback: () => 'the number or handle to answer to is none of its',
    request: (value) => `it asks the reader ${REQUESTS[value as Request]}`,
    port: () => 'the port is not filed for it',
    sender: () => 'it comes from a number that anybody can use',
  },
  'zh-CN': {
    domain: (value) => `链接 ${value} 非其所有`,
    shortener: (value) => `链接经 ${value} 短链接隐藏`,
    callback: () => '所留号码或账号非其官方所有',
    request: (value) => forgedBrandWords.requests[value as Request],
    port: () => '端口未为其报备',
    sender: () => '发送号码为普通号码',
  },
}

/** The foreign parts in words. Numbers stay in the evidence, which is masked by its own rules. */
function clauses(found: readonly ForeignPart[], words: Clauses): string[] {
  return found.map(({ kind, value }) => words[kind](value))
}

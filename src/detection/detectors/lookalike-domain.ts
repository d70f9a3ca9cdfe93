import type { UrlMention } from '../../domain/message.ts'
import type { Lookalike } from '../../domain/registry.ts'
import { weigh } from './brand-decision/decision.ts'
import { BLOCK_FROM, blockDecision, WEIGHED_FIELDS, weighedEvidence } from './brand-decision/evidence.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { rulesOf } from './own-rules/loaded-rules.ts'
import { namesBrand } from './shared/claims.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import { BRAND_IMITATED, CONFIRMED_FROM, imitationOf, minSimilarity, SIMILARITY } from './shared/imitation.ts'
import { touchesSeam, tracesOf } from './shared/traces.ts'

/**
 * A domain similar to a registered one that is itself neither registered (for any brand) nor a public shortener. From
 * `minSimilarity` the similarity suffices; below it the message must name the brand, or be labelled fraud or illicit.
 */
export const lookalikeDomain = defineMessageCode({
  code: 'LOOKALIKE_DOMAIN',
  order: 30,
  forgery: true,
  confirms: 'fraud',
  escalates: ['domain', 'sender', 'campaign'],
  action: 'block',
  weight: 0.9,
  thresholds: {
    minSimilarity: minSimilarity('host', 'domain'),
    confirmedFrom: CONFIRMED_FROM,
    blockFrom: BLOCK_FROM,
    hold: ESCALATED_HOLD,
  },
  evidence: {
    brand: BRAND_IMITATED,
    imitation: fields.text('the host as written'),
    original: fields.text('the official domain, name or number of the brand'),
    how: fields.oneOf(
      ['glyph', 'sound', 'edit', 'added-word', 'subdomain', 'internationalised', 'other-suffix'],
      'what is alike: glyph, sound, edit, added-word, subdomain, internationalised, other-suffix',
    ),
    similarity: SIMILARITY,
    ...WEIGHED_FIELDS,
  },
  summary: 'a domain made to look like an official one',
  called: { 'zh-CN': '仿冒域名' },
  fires:
    'A link leads to a host that resembles a registered domain, and is neither registered nor a public shortener.',
  tune: 'Add genuine domains to the brand.',
  sentences: {
    en: ({ imitation, original, ...state }) =>
      state.messages === undefined
        ? `The link ${imitation} imitates ${original}.`
        : `${state.messages} messages to ${state.recipients} recipients in ${state.window} minutes link to ${imitation}, which imitates ${original}.`,
    'zh-CN': ({ imitation, original, ...state }) =>
      state.messages === undefined
        ? `链接 ${imitation} 仿冒 ${original}。`
        : `${state.window} 分钟内 ${state.messages} 条短信含有仿冒 ${original} 的链接 ${imitation}，发给 ${state.recipients} 个号码。`,
  },
  stillJustified: isStillForeign,
}).detectedBy((message, context, { thresholds }) => {
  const { registry } = context
  let best: { readonly like: Lookalike; readonly url: UrlMention } | undefined
  for (const url of message.urls) {
    if (touchesSeam(message, url.span)) continue
    const like = registry.lookalikeOfHost(url.host)
    if (!like || like.similarity <= (best?.like.similarity ?? 0)) continue
    if (like.similarity < thresholds.minSimilarity) {
      if (like.similarity < thresholds.confirmedFrom) continue
      if (!message.malicious && !namesBrand(message, like.brand, registry)) continue
    }
    best = { like, url }
  }
  if (!best) return undefined
  const { like, url } = best
  const claim = { brand: like.brand, by: 'domain', claimed: url.host, strength: like.similarity } as const
  const traces = tracesOf(like.brand, message, registry)
  const weighed = weigh(claim, traces, message, registry, rulesOf(context))
  if (weighed.rules.first('LOOKALIKE_DOMAIN', 'clear', weighed.shown) !== undefined) return undefined
  const block = blockDecision('LOOKALIKE_DOMAIN', weighed, thresholds.blockFrom)
  return {
    score: like.similarity,
    evidence: { ...imitationOf(url.host, like), ...weighedEvidence(weighed, [block.rule]) },
    brand: like.brand.id,
    ...block.cap,
    domain: url.domain,
  }
})

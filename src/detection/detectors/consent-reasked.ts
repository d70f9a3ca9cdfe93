import { defineMessageCode, period } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { secondsOf } from './shared/consent.ts'

export const consentReasked = defineMessageCode({
  code: 'CONSENT_REASKED',
  order: 140,
  action: 'review',
  weight: 0.5,
  thresholds: {
    minGap: {
      default: 600,
      unit: 'seconds',
      min: 0,
      max: 86_400,
      whole: true,
      says: 'seconds after a request for consent within which another is taken for a retry of the same',
    },
    window: period(
      15_552_000,
      15_552_000,
      'seconds for which an unanswered request forbids another; 180 days',
    ),
  },
  evidence: {
    signature: fields.text('the signature that asks'),
    askedAt: fields.chinese('上次征询时间', fields.count('event time of the request before, epoch ms')),
    after: fields.count('seconds between the two requests'),
  },
  rule: 'askingAgain',
  summary: 'consent is asked for again',
  called: { 'zh-CN': '重复征求同意' },
  fires:
    'A second request for consent by the same signature to the same recipient, with no "in" between, from `minGap` on and within `window`.',
  why: 'No answer is a refusal, and asking again is forbidden.',
  tune: '`minGap` keeps retries of the same request apart from new ones.',
  sentences: {
    en: ({ signature, after }, { duration }) =>
      `${signature} asks again for consent, ${duration(after)} after a request that was not answered with yes.`,
    'zh-CN': ({ signature, after }, { duration }) =>
      `“${signature}”在上次征求未获同意 ${duration(after)}后，再次征求同意。`,
  },
}).detectedBy(({ asksConsent, signature, ts }, { askedBefore, consents }, { thresholds }) => {
  if (!asksConsent || !signature || askedBefore === undefined) return undefined
  const after = secondsOf(ts - askedBefore)
  if (after < thresholds.minGap || after > thresholds.window) return undefined
  const given = consents?.some(
    (change) => change.state === 'in' && change.ts > askedBefore && change.ts <= ts,
  )
  if (given) return undefined
  return { score: 1, evidence: { signature: signature.name, askedAt: askedBefore, after } }
})

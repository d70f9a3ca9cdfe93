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
      says: 'seconds within which another request counts as a retry',
    },
    window: period(15_552_000, 15_552_000, 'seconds for which an unanswered request forbids another'),
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
    'A second request for consent by a signature to a recipient between `minGap` and `window` after the first, with no `in` between.',
  tune: 'Raise `minGap` if retries are reported.',
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

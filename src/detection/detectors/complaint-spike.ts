import { COMMERCIAL } from '../../domain/labels.ts'
import { defineStateCode, hold, period } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

/** Per signature and per port. One complaint about a small sender is not a spike. */
export const complaintSpike = defineStateCode({
  code: 'COMPLAINT_SPIKE',
  order: 220,
  targets: ['signature', 'port'],
  action: 'review',
  weight: 0.6,
  thresholds: {
    perMillion: {
      default: 5,
      unit: 'complaints a million',
      min: 0,
      says: 'complaints a million messages sent',
    },
    minComplaints: {
      default: 5,
      unit: 'complaints',
      min: 1,
      max: 1_000_000_000,
      whole: true,
      says: 'complaints in the window, at least, so that small senders are not reported by chance',
    },
    window: period(86_400, 15_552_000, 'seconds in which complaints are counted'),
    confidence: {
      default: 0.95,
      unit: 'probability',
      min: 0.5,
      below: 1,
      says: 'certainty that the true rate is above `perMillion` (lower Poisson bound)',
    },
    hold: hold(3600, 'seconds below the limit after which the state clears'),
  },
  evidence: {
    complaints: fields.chinese('投诉数', fields.count('complaints in the window')),
    sent: fields.chinese(
      '发送量',
      fields.count('messages sent in that time; hours without a feed are estimated from the others'),
    ),
    perMillion: fields.chinese('每百万条投诉数', fields.amount('complaints a million messages')),
    lowerBound: fields.chinese(
      '投诉率下限（每百万条）',
      fields.amount('the rate that is certain, a million'),
    ),
    limit: fields.amount('the rate that is allowed, a million'),
  },
  summary: 'more complaints than are allowed',
  called: { 'zh-CN': '投诉激增' },
  fires:
    'Complaints about a signature or port exceed `perMillion` with the certainty `confidence`, and are at least `minComplaints`. Its alerts have neither `message` nor `samples`.',
  tune: 'Set `perMillion` to your limit.',
  sentences: {
    en: ({ complaints, sent, lowerBound, limit }, { number }) =>
      `${complaints} complaints on ${sent} messages, at least ${number(lowerBound)} a million; ${number(limit)} are allowed.`,
    'zh-CN': ({ complaints, sent, lowerBound, limit }, { number }) =>
      `${sent} 条短信收到投诉 ${complaints} 件，每百万条至少 ${number(lowerBound)} 件，上限 ${number(limit)} 件。`,
  },
}).raisedBy({
  onComplaints({ target, complaints, sent }, at, _context, { thresholds }) {
    if (sent <= 0 || complaints < thresholds.minComplaints) return undefined
    const perMillion = (events: number) => Math.round((events / sent) * 1e8) / 100
    const limit = thresholds.perMillion
    const lowerBound = perMillion(poissonLowerBound(complaints, thresholds.confidence))
    if (lowerBound <= limit) return undefined
    return {
      target,
      at,
      over: true,
      level: lowerBound / limit,
      score: Math.min(1, 0.5 + (0.1 * lowerBound) / limit),
      // The block must not stop the sender's one-time passwords.
      match: {
        ...(target.kind === 'port' ? { ports: [target.id] } : { signature: target.id }),
        labels: COMMERCIAL,
      },
      evidence: { complaints, sent, perMillion: perMillion(complaints), lowerBound, limit },
    }
  },
})

/** Quantile of the standard normal for a confidence above one half: Abramowitz and Stegun 26.2.23, error below 4.5e-4. */
function normalQuantile(confidence: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - confidence))
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t * t
  const denominator = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t
  return t - numerator / denominator
}

/**
 * One-sided lower confidence bound of a Poisson mean, given `count` events: half the chi-square quantile with 2·count degrees of
 * freedom, by the Wilson-Hilferty approximation.
 */
export function poissonLowerBound(count: number, confidence: number): number {
  if (count <= 0) return 0
  const z = normalQuantile(confidence)
  const cube = 1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))
  return cube <= 0 ? 0 : count * cube ** 3
}

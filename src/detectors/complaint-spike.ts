import type { Signal, Target } from '../domain/decision.ts'
import { type SignalContext, threshold } from '../domain/detector.ts'

/** Complaints about one signature or port in the window, and the messages it sent in that time. */
export interface ComplaintCount {
  readonly target: Target
  readonly complaints: number
  readonly sent: number
}

/** Quantile of the standard normal for a confidence above one half: Abramowitz and Stegun 26.2.23, error below 4.5e-4. */
function normalQuantile(confidence: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - confidence))
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t * t
  const denominator = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t
  return t - numerator / denominator
}

/**
 * One-sided lower confidence bound of a Poisson mean of which `count` events were seen: half the chi-square quantile
 * with 2·count degrees of freedom, by the approximation of Wilson and Hilferty.
 */
export function poissonLowerBound(count: number, confidence: number): number {
  if (count <= 0) return 0
  const z = normalQuantile(confidence)
  const cube = 1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))
  return cube <= 0 ? 0 : count * cube ** 3
}

/**
 * COMPLAINT_SPIKE: complaints a million sent, by signature and by port, above the limit at the lower Poisson bound, so
 * that a small sender with one complaint is none; never on fewer than `minComplaints`.
 * Evidence: `complaints`, `sent`, `perMillion`, `lowerBound`, `limit` (all a million but the first two).
 */
export function complaintSpike(
  count: ComplaintCount,
  at: number,
  context: SignalContext,
): Signal | undefined {
  const { target, complaints, sent } = count
  const policy = context.judge('COMPLAINT_SPIKE', at)
  if (sent <= 0 || complaints < threshold(policy, 'minComplaints')) return undefined
  const perMillion = (events: number) => Math.round((events / sent) * 1e8) / 100
  const limit = threshold(policy, 'perMillion')
  const lowerBound = perMillion(poissonLowerBound(complaints, threshold(policy, 'confidence')))
  if (lowerBound <= limit) return undefined
  return {
    code: 'COMPLAINT_SPIKE',
    target,
    at,
    over: true,
    level: lowerBound / limit,
    score: Math.min(1, 0.5 + (0.1 * lowerBound) / limit),
    match: target.kind === 'port' ? { ports: [target.id] } : { signature: target.id },
    evidence: { complaints, sent, perMillion: perMillion(complaints), lowerBound, limit },
  }
}

import type { Signal } from '../domain/decision.ts'
import { type RateDetector, type SignalContext, threshold } from '../domain/detector.ts'
import { COMMERCIAL } from '../domain/labels.ts'
import type { TallyReading } from '../domain/ports.ts'

/** What is tallied by recipient: `kind` of the tally, the threshold of the policy, and the window in ms. */
const FLOODS = [
  { kind: 'otp-10m', counts: 'otp', threshold: 'otp10m', window: 600_000 },
  { kind: 'commercial-1h', counts: 'commercial', threshold: 'commercial1h', window: 3_600_000 },
  { kind: 'commercial-24h', counts: 'commercial', threshold: 'commercial24h', window: 86_400_000 },
] as const

/**
 * RECIPIENT_FLOOD: one recipient gets too many commercial messages, or too many one-time passwords (SMS bombing).
 * The target is the recipient's token, never the number. Evidence: `kind`, `count`, `limit`, `window` (s).
 */
function judgeTally(reading: TallyReading, at: number, context: SignalContext): Signal | undefined {
  const flood = FLOODS.find((f) => f.kind === reading.kind)
  if (!flood) return undefined
  const policy = context.judge('RECIPIENT_FLOOD', at)
  const limit = threshold(policy, flood.threshold)
  if (reading.count <= limit) return undefined
  return {
    code: 'RECIPIENT_FLOOD',
    target: { kind: 'recipient', id: reading.id },
    at,
    over: true,
    level: reading.count / limit,
    score: Math.min(1, 0.4 + (0.2 * reading.count) / limit),
    ...(policy.limit ? { limit: policy.limit } : {}),
    match: { toToken: reading.id, ...(flood.counts === 'commercial' ? { labels: COMMERCIAL } : {}) },
    evidence: { kind: flood.counts, count: reading.count, limit, window: flood.window / 1000 },
  }
}

export const recipientFlood: RateDetector = {
  tallies: ({ message }, context) => {
    if (!message.otp && !message.commercial) return []
    const policy = context.judge('RECIPIENT_FLOOD', message.ts)
    return FLOODS.filter((f) => (f.counts === 'otp' ? message.otp : message.commercial)).map((f) => ({
      kind: f.kind,
      id: message.toToken,
      window: f.window,
      reportFrom: threshold(policy, f.threshold) + 1,
    }))
  },
  onTally: judgeTally,
}

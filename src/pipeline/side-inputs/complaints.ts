import { complaintSpike } from '../../detection/detectors/complaint-spike.ts'
import type { Signal, Target } from '../../domain/decision.ts'
import type { ComplaintCount, SignalContext } from '../../domain/detector.ts'
import { SigwatchError } from '../../domain/errors.ts'
import type { FeatureStore } from '../../domain/feature-store.ts'
import type { Position } from '../../domain/message.ts'
import { COUNTED_FROM, portPrefix } from '../../domain/port-prefix.ts'
import { bucketEnd, DAY, MINUTE } from '../../domain/time.ts'
import type { Complaint } from './rows.ts'

/** Delay after a complaint's `ts`, ms, beyond which it counts at the event time at which it arrived. */
const LATE = MINUTE

/**
 * Counts a complaint for the signature and the port that it names, and returns the signals of those over or near their
 * limit. Idempotent. Rejects with a retryable error if the store cannot be reached.
 */
export async function countComplaint(
  row: Complaint,
  position: Position,
  eventTime: number,
  features: Pick<FeatureStore, 'count' | 'sent' | 'feedShare'>,
  context: SignalContext,
): Promise<Signal[]> {
  const targets: Target[] = []
  if (row.signature !== undefined) targets.push({ kind: 'signature', id: row.signature })
  if (row.from !== undefined) targets.push({ kind: 'port', id: row.from })
  if (targets.length === 0) return []
  const at = bucketEnd(eventTime - row.ts > LATE ? eventTime : row.ts)
  const window = complaintSpike.policyAt(context, row.ts).thresholds.window * 1000
  const member = row.id ?? `${position.topic}/${position.partition}/${position.offset}`
  const entityOf = (target: Target) => `complaints:${target.kind}:${target.id}`
  const { members, counted } = await features.count([
    {
      position,
      ts: row.ts,
      once: `complaint/${member}`,
      rates: [],
      members: targets.map((target) => ({
        entity: entityOf(target),
        member,
        window,
        reportFrom: 1,
        minCount: 1,
      })),
      tallies: [],
      sent: [],
    },
  ])
  if (!counted) throw new SigwatchError('REDIS_UNREACHABLE', 'a complaint could not be counted')
  if (at - row.ts > window) return []
  const days = daysOf(row.ts - window, row.ts)
  const share = features.feedShare(row.ts - window, row.ts)
  const signals: Signal[] = []
  for (const target of targets) {
    const reading = members.find((m) => m.entity === entityOf(target))
    if (!reading) continue
    const seen = await sentOf(target, days, features)
    const sent = share > 0 ? Math.round(seen / share) : 0
    const count: ComplaintCount = { target, complaints: reading.count, sent }
    const signal = complaintSpike.onComplaints?.(count, at, context)
    if (signal) signals.push(signal)
  }
  return signals
}

/** Messages sent by a signature or port; for a port, including the few that may have been counted under its prefix only. */
async function sentOf(
  { kind, id }: Target,
  days: readonly string[],
  features: Pick<FeatureStore, 'sent'>,
): Promise<number> {
  const of = async (name: string) =>
    (await features.sent(`${kind}:${name}`, days)).reduce((sum, count) => sum + count, 0)
  const own = await of(id)
  const prefix = kind === 'port' ? portPrefix(id) : undefined
  return prefix === undefined ? own : own + Math.min(await of(prefix), COUNTED_FROM)
}

/** UTC days `YYYY-MM-DD` that a span of event time touches. */
function daysOf(from: number, to: number): string[] {
  const days: string[] = []
  for (let day = Math.floor(from / DAY) * DAY; day <= to; day += DAY)
    days.push(new Date(day).toISOString().slice(0, 10))
  return days
}

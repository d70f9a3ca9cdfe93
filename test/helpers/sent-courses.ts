import { marketingBurst } from '../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { Signal } from '../../src/domain/decision.ts'
import type { FeatureStore, Observations } from '../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../src/domain/labels.ts'
import type { Random } from '../../src/offline/simulator/random.ts'
import { observation } from './feature-fixtures.ts'
import { signalContext } from './signal-context.ts'

const SECOND = 1000
export const MINUTE = 60 * SECOND
export const NEW = 'signature:从无到有超市'
const REPORT_FROM = 36

export interface Sent {
  readonly ts: number
  readonly entity: string
  readonly group: TrafficGroup
  readonly partition: number
}

export interface Course {
  readonly from: number
  readonly minutes: number
  readonly perMinute: number
  readonly entity?: string
  /** Number of partitions. */
  readonly partitions?: number
  /** Share of messages in the group `commercial`; the others are in `otherwise`. */
  readonly commercial?: number
  readonly otherwise?: TrafficGroup
  /** Messages sent at the same time. */
  readonly batch?: number
}

export function course(random: Random, options: Course): Sent[] {
  const { from, minutes, perMinute, entity = NEW, partitions = 1 } = options
  const { commercial = 1, otherwise = 'notice', batch = 1 } = options
  const sent: Sent[] = []
  for (let ts = from; ts < from + minutes * MINUTE; ts += SECOND) {
    const count = batch * random.poisson(perMinute / 60 / batch)
    for (let i = 0; i < count; i++) {
      const group = random.next() < commercial ? 'commercial' : otherwise
      sent.push({ ts, entity, group, partition: Math.floor(random.next() * partitions) })
    }
  }
  return sent
}

/** Steady background traffic of another sender, 30 messages a minute. */
export const others = (random: Random, from: number, minutes: number): Sent[] =>
  course(random, { from, minutes, perMinute: 30, entity: 'signature:某银行', commercial: 0 })

/** The first signal above the limit by signature, counting in batches of one second. */
export async function raised(store: FeatureStore, sent: readonly Sent[]): Promise<Map<string, Signal>> {
  const bySecond = new Map<number, Sent[]>()
  for (const one of sent) {
    const second = Math.floor(one.ts / SECOND)
    bySecond.set(second, [...(bySecond.get(second) ?? []), one])
  }
  const found = new Map<string, Signal>()
  let offset = 0
  for (const second of [...bySecond.keys()].sort((a, b) => a - b)) {
    const batch = bySecond.get(second)!.map(({ ts, entity, group, partition }): Observations => {
      const message = observation(offset++, ts)
      const baseline = group === 'commercial'
      const reportFrom = baseline ? REPORT_FROM : Number.POSITIVE_INFINITY
      return {
        ...message,
        position: { ...message.position, partition },
        rates: [{ entity, group, baseline, reportFrom }],
      }
    })
    for (const reading of (await store.count(batch)).rates) {
      const signal = marketingBurst.onRate!(reading, signalContext)
      if (signal?.over && !found.has(signal.target.id)) found.set(signal.target.id, signal)
    }
  }
  return found
}

import { describe, expect, it } from 'vitest'
import { marketingBurst } from '../../../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { Signal } from '../../../../src/domain/decision.ts'
import type { FeatureStore, Observations } from '../../../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../../../src/domain/labels.ts'
import { Random } from '../../../../src/offline/simulator/random.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { observation, T0 } from '../../../helpers/feature-fixtures.ts'
import { signalContext } from '../../../helpers/signal-context.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const NEW = 'signature:从无到有超市'
const REPORT_FROM = 36

interface Sent {
  readonly ts: number
  readonly entity: string
  readonly group: TrafficGroup
  readonly partition: number
}

interface Course {
  readonly from: number
  readonly minutes: number
  readonly perMinute: number
  readonly entity?: string
  /** Partitions that the messages are spread over. */
  readonly partitions?: number
  /** Share of the messages that the model takes for advertising; the others are of `otherwise`. */
  readonly commercial?: number
  readonly otherwise?: TrafficGroup
  /** Messages that leave together. */
  readonly batch?: number
}

function course(random: Random, options: Course): Sent[] {
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

/** Others that a deployment sees all the time, some a minute. */
const others = (random: Random, from: number, minutes: number): Sent[] =>
  course(random, { from, minutes, perMinute: 30, entity: 'signature:某银行', commercial: 0 })

/** Signals that were over their limit, by signature: the first of each, as the batches of a second are counted. */
async function raised(store: FeatureStore, sent: readonly Sent[]): Promise<Map<string, Signal>> {
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

/** Minutes from the beginning of a course to its raise, or undefined. */
async function delayOf(random: Random, options: Course, background: readonly Sent[]) {
  const found = await raised(memoryFeatureStore(), [...background, ...course(random, options)])
  const at = found.get('从无到有超市')?.at
  return at === undefined ? undefined : (at - options.from) / MINUTE
}

describe('MARKETING_BURST from nothing', () => {
  /** 862 messages in 15 minutes. */
  const BURST = { minutes: 15, perMinute: 862 / 15 }
  const variants: Record<string, Partial<Course>> = {
    'a minute after the hour': { from: T0 + 61 * MINUTE },
    'across the hour': { from: T0 + 59 * MINUTE },
    'half a minute before the hour': { from: T0 + 59.5 * MINUTE },
    'over six partitions': { partitions: 6 },
    'of which the model misses a fifth': { commercial: 0.8 },
    'of which a fifth looks like fraud': { commercial: 0.8, otherwise: 'fraud' },
    'in batches of five': { batch: 5 },
    'soon after the start of the deployment': { from: T0 + 4 * MINUTE },
    'at the end of the warm-up': { from: T0 + 9.5 * MINUTE },
    'hours later': { from: T0 + 200 * MINUTE },
  }
  it.each(Object.keys(variants))('is raised within two minutes: %s', async (name) => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = new Random(seed)
      const options: Course = { from: T0 + 30 * MINUTE, ...BURST, ...variants[name] }
      const background = others(random, T0, (options.from - T0) / MINUTE + 20)
      expect(await delayOf(random, options, background), `seed ${seed}`).toBeLessThanOrEqual(2)
    }
  })

  it('is raised after a few messages that tried the port, hours before', async () => {
    const random = new Random(7)
    const from = T0 + 179 * MINUTE
    const trials = [40, 41, 95].map((minute) => ({
      ...{ ts: T0 + minute * MINUTE, entity: NEW, group: 'commercial' as const, partition: 0 },
    }))
    const background = [...others(random, T0, 200), ...trials]
    expect(await delayOf(random, { from, ...BURST }, background)).toBeLessThanOrEqual(2)
  })

  it('is for review', async () => {
    const random = new Random(3)
    const sent = course(random, { from: T0 + 30 * MINUTE, ...BURST })
    const found = await raised(memoryFeatureStore(), [...others(random, T0, 50), ...sent])
    expect(found.get('从无到有超市')).toMatchObject({
      cap: 'review',
      evidence: { baseline: 0, baselineSource: 'none' },
    })
  })

  it('is not seen in who was there when counting began, however much they send', async () => {
    const random = new Random(5)
    const sent = [57, 400, 2000].flatMap((perMinute, i) =>
      course(random, { from: T0 + i * 20 * SECOND, minutes: 30, perMinute, entity: `signature:老店${i}` }),
    )
    expect(await raised(memoryFeatureStore(), sent)).toEqual(new Map())
  })

  it('is not seen in a shop that begins with twenty a minute, in batches, or slowly', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const random = new Random(seed)
      const from = T0 + 30 * MINUTE
      const sent = [
        ...course(random, { from, minutes: 60, perMinute: 12, entity: 'signature:新店' }),
        ...course(random, { from, minutes: 60, perMinute: 2.5, batch: 25, entity: 'signature:分批' }),
        ...Array.from({ length: 60 }, (_, i) =>
          course(random, {
            ...{ from: from + i * MINUTE, minutes: 1, perMinute: 3 + 0.5 * i, entity: 'signature:渐增' },
          }),
        ).flat(),
      ]
      const found = await raised(memoryFeatureStore(), [...others(random, T0, 95), ...sent])
      expect([...found.keys()], `seed ${seed}`).toEqual([])
    }
  })

  it('is not seen in the few of a bill run that the model takes for advertising', async () => {
    const random = new Random(2)
    const from = T0 + 30 * MINUTE
    const run = course(random, { from, minutes: 12, perMinute: 1500, commercial: 0.04 })
    expect(await raised(memoryFeatureStore(), [...others(random, T0, 45), ...run])).toEqual(new Map())
  })

  it('is not seen in a shop that opens on its first morning after a busy evening', async () => {
    const random = new Random(4)
    const sent = [
      ...course(random, { from: T0, minutes: 120, perMinute: 80 }),
      ...course(random, { from: T0 + 13 * 60 * MINUTE, minutes: 20, perMinute: 80 }),
      ...others(random, T0, 14 * 60),
    ]
    expect(await raised(memoryFeatureStore(), sent)).toEqual(new Map())
  })
})

import { describe, expect, it } from 'vitest'
import { Random } from '../../../../src/offline/simulator/random.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { T0 } from '../../../helpers/feature-fixtures.ts'
import { type Course, course, MINUTE, NEW, others, raised, type Sent } from '../../../helpers/sent-courses.ts'

const SECOND = 1000

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

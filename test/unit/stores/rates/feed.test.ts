import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../../src/offline/simulator/random.ts'
import { NewestTimes } from '../../../../src/stores/newest-times.ts'
import { absentMinutes, Feed } from '../../../../src/stores/rates/feed.ts'
import { observation, T0 } from '../../../helpers/feature-fixtures.ts'

const MINUTE = 60_000
const HOURS = 60

interface Seen {
  readonly minute: number
  readonly partition?: number
}

function feedOf(seen: readonly Seen[]): Feed {
  const feed = new Feed()
  const messages = seen.map(({ minute, partition = 0 }) => {
    const message = observation(0, Math.round(T0 + minute * MINUTE), { sent: ['port:1'] })
    return { ...message, position: { ...message.position, partition } }
  })
  feed.see(messages, new NewestTimes())
  return feed
}

/** Runs by minutes after `T0`, with what share was absent. */
const runsOf = (feed: Feed, key?: string) => {
  const { runs } = feed.absences(key)
  return Array.from({ length: runs.length / 3 }, (_, i) => [
    runs[3 * i]! - T0 / MINUTE,
    runs[3 * i + 1]! - T0 / MINUTE,
    runs[3 * i + 2]!,
  ])
}

/** A message a minute. */
const steady = (from: number, to: number, partition = 0): Seen[] =>
  Array.from({ length: to - from }, (_, i) => ({ minute: from + i, partition }))

/** Messages at random, so many a minute. */
function poisson(random: Random, from: number, to: number, perMinute: number): Seen[] {
  const seen: Seen[] = []
  for (let minute = from; minute < to; minute++) if (random.poisson(perMinute) > 0) seen.push({ minute })
  return seen
}

describe('absences of the feed', () => {
  it('are what is longer than the pace before explains', () => {
    expect(runsOf(feedOf([...steady(0, 60), ...steady(80, 120)]))).toEqual([[60, 80, 1]])
    expect(runsOf(feedOf([...steady(0, 60), ...steady(70, 120)]))).toEqual([])
    // A message in ten minutes: an hour without one is still chance, three are not.
    const tens = (from: number, to: number) => steady(from, to).filter(({ minute }) => minute % 10 === 0)
    expect(runsOf(feedOf([...tens(0, 240), ...tens(290, 400)]))).toEqual([])
    expect(runsOf(feedOf([...tens(0, 240), ...tens(420, 600)]))).toEqual([[232, 420, 1]])
  })

  it('are few by chance where the feed is thin', () => {
    for (const perMinute of [0.05, 0.1, 0.2, 0.5, 1, 3]) {
      const feed = feedOf(poisson(new Random(9), 0, 50 * HOURS, perMinute))
      const whole = feed.absences(undefined)
      const share = absentMinutes(whole, T0 / MINUTE, T0 / MINUTE + 50 * HOURS) / (50 * HOURS)
      expect(share, `${perMinute} a minute`).toBeLessThan(0.03)
    }
  })

  it('are found at any pace when the feed stops for hours', () => {
    for (const perMinute of [0.1, 0.3, 1, 10]) {
      const random = new Random(4)
      const seen = [...poisson(random, 0, 600, perMinute), ...poisson(random, 1200, 1300, perMinute)]
      const lost = absentMinutes(feedOf(seen).absences(undefined), T0 / MINUTE + 600, T0 / MINUTE + 1200)
      expect(lost, `${perMinute} a minute`).toBeGreaterThan(590)
    }
  })

  it('begin and end with those of all partitions, and count in part where some go on', () => {
    const feed = feedOf([
      ...steady(0, 300, 0),
      ...steady(0, 60, 1),
      ...steady(240, 300, 1),
      ...steady(0, 120, 2),
      ...steady(240, 300, 2),
    ])
    expect(runsOf(feed, 'sms.mt/0')).toEqual([])
    expect(runsOf(feed, 'sms.mt/1')).toEqual([[60, 240, 1]])
    expect(runsOf(feed)).toEqual([
      [60, 120, 1 / 3],
      [120, 240, 2 / 3],
    ])
  })

  it('are those of the whole feed where each of many partitions is thin', () => {
    const random = new Random(8)
    const spread = (from: number, to: number): Seen[] =>
      steady(from, to).map(({ minute }) => ({ minute, partition: Math.floor(random.next() * 64) }))
    const feed = feedOf([...spread(0, 300), ...spread(480, 780)])
    const [whole, one] = [feed.absences(undefined), feed.absences('sms.mt/5')]
    const within = (from: number, to: number) => [T0 / MINUTE + from, T0 / MINUTE + to] as const
    for (const absences of [whole, one]) expect(absentMinutes(absences, ...within(300, 480))).toBe(180)
    // By chance, and as a partition is back with its first message: less than what an hour may lack.
    expect(absentMinutes(whole, ...within(0, 300))).toBeLessThan(0.1 * 300)
    expect(absentMinutes(whole, ...within(540, 780))).toBeLessThan(0.2 * 240)
  })

  it('do not lie before the first message of a partition', () => {
    expect(runsOf(feedOf([...steady(0, 120, 0), ...steady(60, 120, 1)]))).toEqual([])
  })

  it('reach back as far as is looked at once a partition was there before', () => {
    const days = 5 * 24 * HOURS
    const [run] = runsOf(feedOf([...steady(0, 60), ...steady(days, days + 60)]))
    expect(run).toEqual([days - 50 * HOURS, days, 1])
  })

  it('are moved by no single time far ahead', () => {
    const feed = feedOf([...steady(0, 60), { minute: 9 * 24 * HOURS }, ...steady(60, 200)])
    expect(runsOf(feed).filter(([from]) => from! < 200)).toEqual([])
  })

  it('are the same in whatever order and how often messages come', () => {
    const minutes = fc.array(fc.record({ minute: fc.nat(600), partition: fc.nat(2) }), { minLength: 1 })
    fc.assert(
      fc.property(minutes, fc.nat(), (seen, seed) => {
        const random = new Random(seed)
        const again = [...seen, ...seen].sort(() => random.next() - 0.5)
        for (const key of [undefined, 'sms.mt/0', 'sms.mt/1', 'sms.mt/2'])
          expect(runsOf(feedOf(again), key)).toEqual(runsOf(feedOf(seen), key))
      }),
    )
  })
})

import { parseArgs } from 'node:util'
import { marketingBurst } from '../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { RateReading } from '../../src/domain/feature-store.ts'
import { BUCKET_MS } from '../../src/domain/time.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { levelAt } from '../../src/offline/simulator/scenarios.ts'
import { Feed } from '../../src/stores/rates/feed.ts'
import { MemoryRates } from '../../src/stores/rates/memory-rates.ts'
import { signalContext } from '../helpers/signal-context.ts'

/*
 * False alarm rate of MARKETING_BURST on steady senders, and its delay on senders whose rate climbs, under the shipped policy:
 * `npx tsx test/bench/run-length.ts [--days N] [--seed N]`. Each sender is counted in ten-second buckets.
 */

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
/** Midnight in China. */
const START = Date.UTC(2026, 8, 1, 16)

/** Commercial messages per minute at an event time; may depend on earlier calls. */
type Rate = (ts: number, random: Random) => number

interface Raise {
  readonly ts: number
  readonly window: string
}

/** Gamma with a mean of 1 and a standard deviation of one half (shape 4). */
function gamma4(random: Random): number {
  let sum = 0
  for (let i = 0; i < 4; i++) sum -= Math.log(1 - random.next())
  return sum / 4
}

/** Raises of one sender: a raise lasts an hour, so that one event counts once. `since`: start of counting. */
function raises(rate: Rate, days: number, seed: number, batch = 1, from = START, since = from): Raise[] {
  const random = new Random(seed)
  const rates = new MemoryRates(new Feed())
  const found: Raise[] = []
  let until = 0
  for (let ts = from; ts < from + days * DAY; ts += BUCKET_MS) {
    const count = batch * random.poisson(rate(ts, random) / 6 / batch)
    const readings: RateReading[] = []
    const delta = { entity: 'signature:某商城', from: undefined, baseline: true, reportFrom: 36 }
    rates.apply({ ...delta, buckets: [ts / BUCKET_MS, count, 0, 0] }, true, since, readings)
    for (const reading of readings) {
      const signal = marketingBurst.onRate!(reading, signalContext)
      if (!signal?.over) continue
      if (ts >= until) found.push({ ts, window: String(signal.evidence.window) })
      until = ts + 60 * MINUTE
    }
  }
  return found
}

/** A level drawn independently for each ten minutes. */
function independent(): Rate {
  let slot = 0
  let level = 1
  return (ts, random) => {
    const now = Math.floor(ts / (10 * MINUTE))
    if (now !== slot) level = gamma4(random)
    slot = now
    return level
  }
}

/** A wandering level: log-normal with standard deviation `sd`, correlated over an hour. */
function wandering(sd: number): Rate {
  const keep = Math.exp(-10 / 60)
  let slot = 0
  let log = 0
  return (ts, random) => {
    const now = Math.floor(ts / (10 * MINUTE))
    if (now !== slot) log = keep * log + Math.sqrt(1 - keep * keep) * sd * random.normal()
    slot = now
    return Math.exp(log - (sd * sd) / 2)
  }
}

const steady: Rate = () => 1
const daily: Rate = (ts) => levelAt(ts)
const times =
  (perMinute: number, ...rates: readonly Rate[]): Rate =>
  (ts, random) =>
    rates.reduce((product, rate) => product * rate(ts, random), perMinute)

/** Rises within a quarter of an hour from 08:00, ends at 21:00. */
const shopHours: Rate = (ts) => {
  const minute = ((ts - START) % DAY) / MINUTE
  return minute < 480 || minute >= 1260 ? 0 : Math.min(1, (minute - 480) / 15)
}

/** Grows by this share every day. */
const growing =
  (share: number): Rate =>
  (ts) =>
    (1 + share) ** ((ts - START) / DAY)

/** Rises linearly to its level within `minutes` after its first message. */
const beginning =
  (from: number, minutes: number): Rate =>
  (ts) =>
    Math.min(1, 0.05 + (ts - from) / (minutes * MINUTE))

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '14' },
    seed: { type: 'string', default: '1' },
    senders: { type: 'string', default: '20' },
  },
})
const days = Number(values.days)
const senders = Number(values.senders)
const firstSeed = Number(values.seed) * 1_000

console.log(
  `${senders} senders of ${days} days each; raises, of them for a slow climb (of these on the first day)`,
)
const honest: readonly (readonly [string, () => Rate, number?])[] = [
  ['10 a minute, even', () => times(10, steady)],
  ['30 a minute, even', () => times(30, steady)],
  ['100 a minute, even', () => times(100, steady)],
  ['30 a minute, daily curve', () => times(30, daily)],
  ['100 a minute, daily curve', () => times(100, daily)],
  ['30 a minute, shop hours', () => times(30, shopHours)],
  ['3 a minute in batches of 50', () => times(3, steady), 50],
  ['10 a minute in batches of 50', () => times(10, daily), 50],
  ['30 a minute in batches of 100', () => times(30, daily), 100],
  ['30, curve, independent spread 0.5', () => times(30, daily, independent())],
  ['100, even, independent spread 0.5', () => times(100, steady, independent())],
  ['30, curve, wandering by 0.3', () => times(30, daily, wandering(0.3))],
  ['100, curve, wandering by 0.3', () => times(100, daily, wandering(0.3))],
  ['100, curve, wandering by 0.5', () => times(100, daily, wandering(0.5))],
  ['30, curve, growing by 10% a day', () => times(30, daily, growing(0.1))],
  ['30, curve, growing by 20% a day', () => times(30, daily, growing(0.2))],
  ['30, curve, growing by 30% a day', () => times(30, daily, growing(0.3))],
]
for (const [name, rate, batch] of honest) {
  const all = Array.from({ length: senders }, (_, i) => raises(rate(), days, firstSeed + i, batch)).flat()
  const climbs = all.filter(({ window }) => window === 'climb')
  const first = climbs.filter(({ ts }) => ts < START + DAY)
  console.log(`  ${name.padEnd(40)} ${all.length} ${climbs.length} (${first.length})`)
}

console.log(
  'climbs to four times; minutes from the beginning to the raise: median, most, how many of the senders',
)
for (const perMinute of [10, 20, 50, 200])
  for (const length of [20, 40, 60])
    for (const history of [30 / 1440, 2 / 24, 3]) {
      const from = START + 10 * 60 * MINUTE
      const begin = from + history * DAY
      const climb: Rate = (ts) => (ts < begin ? 1 : Math.min(4, 1 + (3 * (ts - begin)) / (length * MINUTE)))
      const shape = history > 1 ? daily : steady
      const delays = Array.from({ length: senders }, (_, i) => {
        const found = raises(times(perMinute, shape, climb), history + 2 / 24, firstSeed + i, 1, from)
        return found.find(({ ts }) => ts >= begin)
      }).flatMap((raise) => (raise ? [(raise.ts + BUCKET_MS - begin) / MINUTE] : []))
      delays.sort((a, b) => a - b)
      const [median, most] = [delays[delays.length >> 1], delays.at(-1)]
      const name = `${perMinute} a minute, in ${length} minutes, history of ${Math.round(history * 1440)} minutes`
      console.log(`  ${name.padEnd(56)} ${median?.toFixed(1)} ${most?.toFixed(1)} ${delays.length}`)
    }

console.log(
  'senders that come while others are counted, up to their level within so many minutes; raises on the first day',
)
for (const perMinute of [15, 60, 200])
  for (const length of [20, 30, 60, 120, 240]) {
    const from = START + 8 * 60 * MINUTE
    const rate = times(perMinute, beginning(from, length))
    const found = Array.from({ length: senders }, (_, i) =>
      raises(rate, 1 / 3, firstSeed + i, 1, from, START - 3 * DAY),
    ).flat()
    const climbs = found.filter(({ window }) => window === 'climb')
    console.log(`  ${perMinute} a minute, in ${length} minutes`.padEnd(42), found.length, climbs.length)
  }

console.log(
  'climbs to four times of such senders, after half an hour or two hours at their level; minutes to the raise: median, most, how many',
)
for (const perMinute of [15, 60, 200])
  for (const length of [20, 40, 60])
    for (const held of [30, 120]) {
      const from = START + 8 * 60 * MINUTE
      const delays = [30, 60, 120].flatMap((first) => {
        const begin = from + (first + held) * MINUTE
        const climb: Rate = (ts) => (ts < begin ? 1 : Math.min(4, 1 + (3 * (ts - begin)) / (length * MINUTE)))
        const rate = times(perMinute, beginning(from, first), climb)
        return Array.from({ length: senders }, (_, i) =>
          raises(rate, (first + held + 120) / 1440, firstSeed + i, 1, from, START - 3 * DAY).find(
            ({ ts }) => ts >= begin,
          ),
        ).flatMap((raise) => (raise ? [(raise.ts + BUCKET_MS - begin) / MINUTE] : []))
      })
      delays.sort((a, b) => a - b)
      const [median, most] = [delays[delays.length >> 1], delays.at(-1)]
      const name = `${perMinute} a minute, in ${length} minutes, after ${held}`
      console.log(
        `  ${name.padEnd(56)} ${median?.toFixed(1)} ${most?.toFixed(1)} ${delays.length} of ${3 * senders}`,
      )
    }

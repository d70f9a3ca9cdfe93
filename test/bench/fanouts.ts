// Redis memory of PRIVATE_FANOUT per active private number, bytes.
//
//   npm run bench -- fanouts [--numbers 100000] [--days 13.9]
//
// First an hour in which every number writes to two strangers, then two weeks in which each writes about ten texts a week, 70% of
// them to five acquaintances and the others to strangers: with 30% personal traffic, 100,000 numbers represent 3.3M messages a
// week. Memory is what the server regains when the keys are deleted.
import { parseArgs } from 'node:util'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import type { FeatureStore, Observations } from '../../src/domain/feature-store.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'

const { values: options } = parseArgs({
  options: { numbers: { type: 'string', default: '100000' }, days: { type: 'string', default: '13.9' } },
})
const [numbers, days] = [Number(options.numbers), Number(options.days)]
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Start of a week of the filters. */
const T = Math.ceil(Date.UTC(2026, 10, 9) / (7 * DAY)) * 7 * DAY
const TEXTS_A_WEEK = 10
const BATCH = 4096

const random = new Random(5)
let offset = 0

/** A text from an active number: every 37th of a series is active. */
function text(number: number, ts: number, recipient: string): Observations {
  const digits = `13${String(800_000_000 + 37 * number).padStart(9, '0')}`
  const fanout = {
    ...{ number: digits, series: digits.slice(0, 7), toToken: `1.${recipient}` },
    signs: [Math.floor(random.next() * 2 ** 32), Math.floor(random.next() * 2 ** 32)] as const,
    ...{ reportFrom: 20, reportSeriesFrom: 20 },
  }
  const position = { topic: 't', partition: 0, offset: offset++ }
  return { position, ts: Math.floor(ts), rates: [], members: [], tallies: [], sent: [], fanout }
}

/** Counts `texts` texts; calls `between` every 32 batches. */
async function count(
  store: FeatureStore,
  texts: number,
  make: (i: number) => Observations,
  between: (done: number) => Promise<void> = async () => {},
): Promise<void> {
  for (let i = 0; i < texts; i += BATCH) {
    const size = Math.min(BATCH, texts - i)
    const { counted } = await store.count(Array.from({ length: size }, (_, k) => make(i + k)))
    if (!counted) throw new Error('not counted')
    if ((i / BATCH) % 32 === 0) await between(i)
  }
}

/** Deletes keys that would have expired by event time. */
async function expire(link: RedisLink, ts: number): Promise<void> {
  const [, keys] = (await link.command('SCAN', '0', 'COUNT', 10_000_000)) as [string, string[]]
  const gone = keys.filter((key) => {
    const [, kind, of] = /:([hgk]):[^:]+:(\d+)/.exec(key) ?? []
    if (kind === undefined) return false
    return kind === 'k' ? Number(of) < Math.floor(ts / (7 * DAY)) - 1 : Number(of) < Math.floor(ts / HOUR) - 1
  })
  if (gone.length > 0) await link.command('DEL', ...gone)
}

async function bytesOf(work: (store: FeatureStore, link: RedisLink) => Promise<void>): Promise<number> {
  const server = await startOwnRedis()
  const link = connectRedis({ url: server.url, commandTimeout: 60_000 })
  const used = async () => Number(/used_memory:(\d+)/.exec(String(await link.command('INFO', 'memory')))?.[1])
  const scope = { deployment: 'd', clusterId: 'c', topic: 't', budgetMs: 60_000 }
  try {
    const store = redisFeatureStore(link, { ...scope, tokenKeys: ['k'.repeat(32)] })
    await work(store, link)
    await store.close()
    const withAll = await used()
    await link.command('FLUSHALL', 'SYNC')
    return withAll - (await used())
  } finally {
    await link.close()
    await server.stop()
  }
}

const hour = await bytesOf((store) =>
  count(store, 2 * numbers, (i) => text(i % numbers, T + (i * HOUR) / (2 * numbers), `s${i}`)),
)
console.log(
  `${numbers} numbers, each to two strangers within an hour: ${(hour / numbers).toFixed(1)} bytes a number`,
)

const texts = Math.round((numbers * TEXTS_A_WEEK * days) / 7)
const began = performance.now()
const weeks = await bytesOf((store, link) => {
  const at = (i: number) => T + (i / texts) * days * DAY
  const make = (i: number) => {
    const number = random.int(0, numbers - 1)
    return text(number, at(i), random.chance(0.7) ? `f${number}-${random.int(0, 4)}` : `s${i}`)
  }
  return count(store, texts, make, (i) => expire(link, at(i)))
})
console.log(
  `${days} days of ${TEXTS_A_WEEK} texts a number and week: ${(weeks / numbers).toFixed(1)} bytes a number`,
)
console.log(`${Math.round((texts * 1000) / (performance.now() - began))} texts a second`)

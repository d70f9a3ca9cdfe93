import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import type { Observations } from '../../src/domain/feature-store.ts'
import { EntityGate } from '../../src/pipeline/entity-gate.ts'
import { redisLedger } from '../../src/stores/ledgers/redis.ts'
import { SHARDS, shardOf, tallyEntity } from '../../src/stores/rates/layout.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'

/**
 * Redis memory of data that grows with subscribers and senders, bytes, from samples of realistic density: for the ledger, rows and
 * hashes scaled down alike; for the features, one of 64 shards.
 */
const SAMPLE = 400_000
const DEFAULT_SLOTS = 1 << 19
const T = Date.UTC(2026, 10, 11, 4)
const MINUTE = 60_000

const mobile = (n: number) => `138${String(n).padStart(8, '0')}`
const signature = (n: number) => `签名${n}`
const port = (n: number) => `1069${String(n * 37).padStart(8, '0')}`

/** Memory that a server regains when the data written by `work` is dropped, bytes: excludes scripts and buffers. */
async function bytesOf(work: (link: RedisLink) => Promise<void>): Promise<number> {
  const server = await startOwnRedis()
  const link = connectRedis({ url: server.url, commandTimeout: 60_000 })
  const used = async () => Number(/used_memory:(\d+)/.exec(String(await link.command('INFO', 'memory')))?.[1])
  try {
    await work(link)
    const withAll = await used()
    await link.command('FLUSHALL', 'SYNC')
    return withAll - (await used())
  } finally {
    await link.close()
    await server.stop()
  }
}

async function inPieces<T>(count: number, make: (n: number) => T, take: (piece: T[]) => Promise<unknown>) {
  const step = 20_000
  for (let from = 0; from < count; from += step) {
    await take(Array.from({ length: Math.min(step, count - from) }, (_, i) => make(from + i)))
  }
}

function say(what: string, each: number, whole: number): void {
  console.log(`${what}: ${each.toFixed(1)} bytes each, ${((each * whole) / 1e9).toFixed(2)} GB in all`)
}

for (const full of [1_000_000, 10_000_000, 50_000_000]) {
  const slots = Math.round((DEFAULT_SLOTS * SAMPLE) / full)
  const consents = await bytesOf(async (link) => {
    const ledger = redisLedger({ link, prefix: 'bench', key: 'k'.repeat(32), slots, applyBudget: 60_000 })
    await inPieces(
      SAMPLE,
      (n) => ({
        signature: signature(n % 3000),
        to: mobile(n),
        state: n % 5 ? ('in' as const) : ('out' as const),
        ts: T + n * 1000,
      }),
      (rows) => ledger.apply(rows),
    )
  })
  say(`${full / 1e6}M consents`, consents / SAMPLE, full)
  const pairs = await bytesOf(async (link) => {
    const ledger = redisLedger({ link, prefix: 'bench', key: 'k'.repeat(32), slots })
    await inPieces(
      SAMPLE,
      (n) => ({ port: port(n % 3000), to: mobile(n), signature: signature(n % 3000), ts: T + n }),
      (rows) => ledger.remember(rows),
    )
  })
  say(`${full / 1e6}M pairs of port and subscriber, for replies`, pairs / SAMPLE, full)
}

/** Counts the traffic of `count` entities of all shards in one shard; resolves with bytes per entity of that shard. */
async function features(
  count: number,
  entityOf: (n: number) => string,
  observe: (n: number) => readonly Omit<Observations, 'position'>[],
): Promise<number> {
  let own = 0
  const bytes = await bytesOf(async (link) => {
    const scope = { deployment: 'bench', clusterId: 'c', topic: 't', budgetMs: 60_000 }
    const store = redisFeatureStore(link, scope)
    let offset = 0
    let batch: Observations[] = []
    const flush = async () => {
      const { counted } = await store.count(batch)
      if (!counted) throw new Error('a batch was not counted')
      batch = []
    }
    for (let n = 0; n < count; n++) {
      if (shardOf(entityOf(n), SHARDS) !== 0) continue
      own++
      for (const one of observe(n)) {
        batch.push({ ...one, position: { topic: 't', partition: 0, offset: offset++ } })
      }
      if (batch.length >= 2048) await flush()
    }
    await flush()
  })
  return bytes / own
}

const NOTHING = { rates: [], members: [], tallies: [], sent: [] }
const token = (n: number) => `1.${n.toString(36).padStart(22, 'x')}`

const RECIPIENTS = 10_000_000
for (const [kind, window, what] of [
  ['otp-10m', 10 * MINUTE, 'one-time passwords, 10 minutes'],
  ['commercial-1h', 60 * MINUTE, 'commercial messages, an hour'],
  ['commercial-24h', 24 * 60 * MINUTE, 'commercial messages, a day'],
] as const) {
  const each = await features(
    RECIPIENTS,
    (n) => tallyEntity(kind, token(n)),
    (n) => [{ ...NOTHING, ts: T, tallies: [{ kind, id: token(n), window, reportFrom: 10 }] }],
  )
  say(`10M recipients of ${what}`, each, RECIPIENTS)
}

const SIGNATURES = 1_000_000
const entity = (n: number) => `signature:${signature(n)}`
const rate = (n: number) => ({
  entity: entity(n),
  group: 'commercial' as const,
  baseline: true,
  reportFrom: 60,
})
const busy = await features(SIGNATURES, entity, (n) =>
  Array.from({ length: 60 }, (_, m) => ({ ...NOTHING, ts: T + m * MINUTE, rates: [rate(n)] })),
)
say('1M signatures busy in each minute of an hour, with their baseline', busy, SIGNATURES)
const quiet = await features(SIGNATURES, entity, (n) => [{ ...NOTHING, ts: T, rates: [rate(n)] }])
say('1M signatures with a message in the last hours, with their baseline', quiet, SIGNATURES)
const sent = await features(SIGNATURES, entity, (n) => [{ ...NOTHING, ts: T, sent: [entity(n)] }])
say('1M signatures sent on a day (kept 180 days)', sent, SIGNATURES)

/** Redis memory while one port sends 1,000 messages per second of event time for ten minutes, each with a unique name and text. */
async function randomNames(): Promise<void> {
  const server = await startOwnRedis()
  const link = connectRedis({ url: server.url, commandTimeout: 60_000 })
  const store = redisFeatureStore(link, { deployment: 'b', clusterId: 'c', topic: 't', budgetMs: 60_000 })
  const gate = new EntityGate()
  const word = () => Math.floor(Math.random() * 1e12).toString(36)
  let offset = 0
  for (let second = 0; second < 600; second++) {
    const ts = T + second * 1000
    const batch = Array.from({ length: 1000 }, (): Observations => {
      const name = word()
      const isLetIn = gate.name('1069', name, ts)
      const bands = Array.from({ length: 4 }, () => ({
        entity: `campaign-senders:${word()}`,
        member: `${name}@1069`,
        window: 3_600_000,
        reportFrom: 4,
        minCount: 1,
      })).filter((band) => gate.entity('1069', band, ts))
      const rates = isLetIn
        ? [{ entity: `signature:${name}`, group: 'commercial' as const, baseline: true, reportFrom: 60 }]
        : []
      const sent = isLetIn ? [`signature:${name}`, 'port:1069'] : ['port:1069']
      return {
        position: { topic: 't', partition: 0, offset: offset++ },
        ts,
        rates,
        members: bands,
        tallies: [],
        sent,
      }
    })
    await store.count(batch)
    if (second % 60 !== 59) continue
    const used = /used_memory:(\d+)/.exec(String(await link.command('INFO', 'memory')))?.[1]
    console.log(`random names, minute ${(second + 1) / 60}: ${(Number(used) / 1e6).toFixed(1)} MB`)
  }
  await store.close()
  await link.close()
  await server.stop()
}
await randomNames()

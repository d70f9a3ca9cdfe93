import { Redis } from 'ioredis'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import { DETECTORS } from '../../src/detection/detectors/all.ts'
import type { Code } from '../../src/domain/codes.ts'
import type { Detected } from '../../src/domain/detector.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { Rates } from '../../src/pipeline/rate.ts'
import { redisLedger } from '../../src/stores/ledgers/redis.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { RedisSenderMinutes } from '../../src/stores/sender-statistics/redis.ts'
import { senderCountsOf } from '../../src/stores/sender-statistics/sender-counts.ts'
import { messageOf, registryOf } from '../helpers/detector-fixtures.ts'
import { loadPolicy } from '../helpers/policies.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'

const T = Date.UTC(2026, 10, 11, 8)
const EARLIEST = Date.UTC(2000, 0, 1)
const BATCH = 2048
const ESCALATION = { count: 3, recipients: 3, within: 600_000 }
const KEY = 'a key of the measurement, long enough'
const PORT = '106901234567'
/** Number of recipients if they are not made up. */
const KNOWN = 200

let seed = 7
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 0x1_0000_0000
}
const digits = (count: number) => String(Math.floor(random() * 10 ** count)).padStart(count, '0')

/** Which values the sender makes up for each message. */
export const KINDS = ['signature', 'port', 'recipient', 'ts', 'everything', 'mobile'] as const
export type Kind = (typeof KINDS)[number]

function stranger(kind: Kind, n: number, now: number): Detected {
  const isMadeUp = (what: Kind) => kind === what || kind === 'everything'
  if (kind === 'mobile') return fromMobile(n, now)
  const name = isMadeUp('signature') ? `店${digits(9)}` : '京东商城'
  const message = {
    ...messageOf(`【${name}】今天全场五折，欢迎光临，回复T退订`, {
      ts: isMadeUp('ts') ? Math.floor(EARLIEST + random() * (now - EARLIEST)) : now,
      from: isMadeUp('port') ? `${PORT}${digits(8)}` : PORT,
      label: 'marketing',
    }),
    position: { topic: 't', partition: 0, offset: n },
    bands: ['b0', 'b1', 'b2', 'b3'],
    toToken: `1.${isMadeUp('recipient') ? digits(16) : Math.floor(random() * KNOWN)}`,
  }
  const evidence = { signature: name, reason: 'unknown' as const }
  return { message, findings: [{ code: 'SIGNATURE_UNFILED', score: 1, evidence }] }
}

/** A personal text from a new number. */
function fromMobile(n: number, now: number): Detected {
  const message = {
    ...messageOf('明天下午三点在老地方见，别忘了把上次借的书带来', {
      ts: now,
      from: `13${digits(9)}`,
      label: 'personal',
    }),
    position: { topic: 't', partition: 0, offset: n },
    toToken: `1.${digits(16)}`,
  }
  return { message, findings: [] }
}

export interface Cost {
  readonly messages: number
  /** Redis memory per message, bytes: of all, and of the second half, when the hourly budget is exhausted. */
  readonly each: number
  readonly later: number
}

export interface CostOptions {
  /** Messages per second of event time; default 1,000. */
  readonly aSecond?: number
  /** Whether replies are read, for which sender and recipient of every message are stored. */
  readonly replies?: boolean
  /** Whether sender statistics are written. */
  readonly stats?: boolean
}

/** Sends messages to a new Redis server. Excludes its memory before the first message. */
export async function costOf(
  kind: Kind,
  messages: number,
  { aSecond = 1000, replies = false, stats = false }: CostOptions = {},
): Promise<Cost> {
  const server = await startOwnRedis()
  const admin = new Redis(server.url)
  const link = connectRedis({ url: server.url, commandTimeout: 60_000 })
  const used = async () => Number(/used_memory_dataset:(\d+)/.exec(await admin.info('memory'))![1])
  try {
    const scope = { deployment: 'd', clusterId: 'c', topic: 't', budgetMs: 60_000, tokenKeys: [KEY] }
    const rates = new Rates(redisFeatureStore(link, scope), DETECTORS.rate)
    const minutes = new RedisSenderMinutes({ link, prefix: 'd', clock: exactClock(Date.now) })
    const ledger = redisLedger({ link, prefix: 'd', key: KEY })
    const policy = loadPolicy()
    const codePolicy = (code: Code, ts: number) => policy.codePolicy(code, ts)
    const context = { registry: registryOf(), codePolicy }
    let n = 0
    const send = async (until: number) => {
      while (n < until) {
        const size = Math.min(BATCH, until - n)
        const batch = Array.from({ length: size }, () =>
          stranger(kind, n, T + Math.floor((n++ / aSecond) * 1000)),
        )
        const observed = batch.map((one) => rates.observe(one, context, ESCALATION))
        if (!(await rates.count(observed, context, ESCALATION)).counted) throw new Error('not counted')
        const all = batch.map(({ message }) => message)
        if (stats) await minutes.count(senderCountsOf(all))
        if (!replies) continue
        await ledger.remember(
          all.map(({ from, to, toToken, signature, ts }) => {
            return { port: from, to, token: toToken.slice(2), signature: signature?.name ?? '', ts }
          }),
        )
      }
    }
    await send(1)
    const before = await used()
    await send(messages / 2)
    const half = await used()
    await send(messages)
    const all = await used()
    return { messages, each: (all - before) / messages, later: (all - half) / (messages / 2) }
  } finally {
    await link.close()
    admin.disconnect()
    await server.stop()
  }
}

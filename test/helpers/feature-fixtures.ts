import { randomUUID } from 'node:crypto'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import type {
  FanoutObservation,
  FanoutReading,
  FeatureStore,
  Observations,
  Readings,
} from '../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../src/domain/labels.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { BacklogWait, waitingCounts } from '../../src/pipeline/backlog-wait.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { delegate } from './delegate.ts'
import { startRedis, startRedisCluster } from './redis-server.ts'

export const TOPIC = 'sms.mt'
/** 2026-11-11T08:00:00Z, the start of a bucket, a minute and an hour. */
export const T0 = Date.UTC(2026, 10, 11, 8)

/** Long enough for a loaded machine; tests of the budget set their own. */
export const PATIENT_MS = 10_000

/** One kind of store, for the suites. */
export interface Backend {
  readonly name: string
  /** Opens a store on the data named `scope`; stores of one scope share their counts if `shared`. */
  open(scope: string): FeatureStore
  readonly shared: boolean
  stop(): Promise<void>
}

export async function memoryBackend(): Promise<Backend> {
  return { name: 'memory', shared: false, open: () => memoryFeatureStore(), stop: async () => {} }
}

function redisBackend(name: string, link: RedisLink, stop: () => Promise<void>): Backend {
  return {
    name,
    shared: true,
    open: (scope) =>
      redisFeatureStore(link, { deployment: scope, clusterId: 'test', topic: TOPIC, budgetMs: PATIENT_MS }),
    stop: async () => {
      await link.close()
      await stop()
    },
  }
}

export async function singleBackend(): Promise<Backend> {
  const server = await startRedis()
  return redisBackend('Redis', connectRedis({ url: server.url, commandTimeout: PATIENT_MS }), () =>
    server.stop(),
  )
}

export async function clusterBackend(): Promise<Backend> {
  const servers = await startRedisCluster()
  return redisBackend(
    'Redis Cluster',
    connectRedis({ nodes: servers.nodes, commandTimeout: PATIENT_MS }),
    () => servers.stop(),
  )
}

/** The store as used for live traffic: batches that cannot be counted at once are given up. */
export function asLive(store: FeatureStore): FeatureStore {
  const { signal } = new AbortController()
  const wait = new BacklogWait({ clock: exactClock(Date.now), most: 0, signal, began: () => {} })
  return delegate(store, waitingCounts(store, wait))
}

export function freshScope(): string {
  return `t-${randomUUID()}`
}

/** An observation, empty except for `over`. */
export function observation(offset: number, ts: number, over: Partial<Observations> = {}): Observations {
  return {
    position: { topic: TOPIC, partition: 0, offset },
    ts,
    rates: [],
    members: [],
    tallies: [],
    sent: [],
    ...over,
  }
}

/** One message for one rate entity. */
export function rated(
  offset: number,
  ts: number,
  entity: string,
  group: TrafficGroup = 'commercial',
  over: { readonly baseline?: boolean; readonly reportFrom?: number } = {},
): Observations {
  return observation(offset, ts, {
    rates: [{ entity, group, baseline: over.baseline ?? false, reportFrom: over.reportFrom ?? 0 }],
  })
}

/** One member of one set. */
export function joined(
  offset: number,
  ts: number,
  entity: string,
  member: string,
  over: { readonly window?: number; readonly reportFrom?: number; readonly minCount?: number } = {},
): Observations {
  return observation(offset, ts, {
    members: [
      {
        entity,
        member,
        window: over.window ?? 600_000,
        reportFrom: over.reportFrom ?? 1,
        minCount: over.minCount ?? 1,
      },
    ],
  })
}

/** Readings in a canonical order: adapters report them by shard. */
export function sorted({ rates, members, tallies, fanouts, counted }: Readings) {
  const by = (key: (x: never) => string) => (a: unknown, b: unknown) =>
    key(a as never) < key(b as never) ? -1 : 1
  return {
    counted,
    rates: [...rates].sort(by((r: { entity: string; bucketEnd: number }) => `${r.entity} ${r.bucketEnd}`)),
    fanouts: [...fanouts].sort(
      by((f: FanoutReading) => `${f.number} ${f.position.partition}/${f.position.offset}`),
    ),
    members: [...members].sort(by((m: { entity: string }) => m.entity)),
    tallies: [...tallies].sort(
      by((t: { kind: string; id: string; count: number }) => `${t.kind}/${t.id} ${t.count}`),
    ),
  }
}

/** `n` messages with offsets from `from`. */
export function many(
  n: number,
  from: number,
  make: (offset: number, i: number) => Observations,
): Observations[] {
  return Array.from({ length: n }, (_, i) => make(from + i, i))
}

/** A text from a private number to a recipient. */
export function fannedOut(
  offset: number,
  ts: number,
  number: string,
  toToken: string,
  over: Partial<FanoutObservation> & Pick<Partial<Observations>, 'once' | 'position'> = {},
): Observations {
  const { once, position, ...own } = over
  return observation(offset, ts, {
    ...(once === undefined ? {} : { once }),
    ...(position === undefined ? {} : { position }),
    fanout: {
      number,
      series: number.slice(0, 7),
      toToken,
      signs: [0x0f0f0f0f, 0x12345678],
      reportFrom: 3,
      reportSeriesFrom: 3,
      ...own,
    },
  })
}

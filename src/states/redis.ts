import {
  type Clock,
  type OutboxEntry,
  type PartitionId,
  type PartitionProgress,
  partitionKey,
  type SideOffset,
  type Standing,
  type StateRecord,
  type StateStore,
} from '../domain/ports.ts'
import type { RedisLink } from '../redis/client.ts'
import { loadScript, type ScriptCall } from '../redis/script.ts'
import { OWNERLESS_AFTER, watermarkOf } from './watermark.ts'

export interface RedisStateStoreOptions {
  readonly link: RedisLink
  /** Begins every key: deployment, cluster id, topic. No braces. */
  readonly prefix: string
  readonly clock: Clock
  /** How long a closed state is kept, ms of wall clock. */
  readonly keepClosed?: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Fixed for good: the shard of a state follows from its id. */
const SHARDS = 16
/** Keys of one call: keeps each script short for the others that wait on the server. */
const CHUNK = 100
const PENDING_LIMIT = 100
/** Reading everything is no part of the way of a message and may take longer than its budget. */
const BULK_BUDGET = 2000
/** A partition without a report holds the watermark back; after this long it is taken to be gone with its topic. */
const FORGET_PARTITION_AFTER = DAY

/** A report names its place in this list. */
const STANDINGS: readonly Standing[] = ['behind', 'idle', 'current']

const script = (name: string) => loadScript(new URL(`./${name}.lua`, import.meta.url), name)
const PUT = script('put')
const READ = script('read')
const VERSIONS = script('versions')
const PENDING = script('pending')
const ACKNOWLEDGE = script('acknowledge')
const LEASE = script('lease')
const REPORT = script('report-progress')
const PROGRESS = script('read-progress')
const REPORT_SIDE = script('report-side-offsets')

/**
 * States shared by all instances. A state, its event in the outbox and its suppression lie on one of 16 shards, whose
 * hash tag puts them into one slot of a Cluster; one script changes them together. Rejects with REDIS_UNREACHABLE.
 */
export function createRedisStateStore(options: RedisStateStoreOptions): StateStore {
  const { link, prefix, clock, keepClosed = DAY } = options
  const channel = `${prefix}:states`
  const shardKeys = Array.from({ length: SHARDS }, (_, shard) => {
    const tag = `{${prefix}:states:${shard}}`
    return { tag, open: `${tag}:open`, outbox: `${tag}:outbox`, outboxTimes: `${tag}:outbox-times` }
  })
  const control = `{${prefix}:states}`

  const shardOf = (id: string) => shardKeys[Number.parseInt(id.slice(0, 8), 16) % SHARDS]!
  const stateKey = (id: string) => `${shardOf(id).tag}:state:${id}`
  const suppressionKey = (id: string) => `${shardOf(id).tag}:suppressed:${id}`

  /** Reads one string for each id, by shard and in chunks; in the order of the ids. */
  async function read(ids: readonly string[], keyOf: (id: string) => string): Promise<(string | null)[]> {
    const byShard = new Map<string, number[]>()
    for (const [i, id] of ids.entries()) {
      const { tag } = shardOf(id)
      const group = byShard.get(tag)
      if (group) group.push(i)
      else byShard.set(tag, [i])
    }
    const places: number[][] = []
    const calls: ScriptCall[] = []
    for (const group of byShard.values()) {
      for (let at = 0; at < group.length; at += CHUNK) {
        const place = group.slice(at, at + CHUNK)
        places.push(place)
        calls.push({ script: READ, keys: place.map((i) => keyOf(ids[i]!)), args: [] })
      }
    }
    const out = new Array<string | null>(ids.length).fill(null)
    const replies = (await link.run(calls, ids.length > CHUNK ? BULK_BUDGET : undefined)) as (
      | string
      | null
    )[][]
    for (const [n, place] of places.entries()) for (const [k, i] of place.entries()) out[i] = replies[n]![k]!
    return out
  }

  async function get(ids: readonly string[]): Promise<(StateRecord | undefined)[]> {
    const values = await read(ids, stateKey)
    return values.map((value) =>
      value === null ? undefined : (JSON.parse(value.slice(value.indexOf('\n') + 1)) as StateRecord),
    )
  }

  async function versions(): Promise<Map<string, number>> {
    const calls = shardKeys.map(({ open }) => ({ script: VERSIONS, keys: [open], args: [] }))
    const out = new Map<string, number>()
    for (const reply of (await link.run(calls, BULK_BUDGET)) as string[][]) {
      for (let i = 0; i < reply.length; i += 2) out.set(reply[i]!, Number(reply[i + 1]))
    }
    return out
  }

  async function progress(): Promise<PartitionProgress[]> {
    const call = { script: PROGRESS, keys: [`${control}:progress`], args: [FORGET_PARTITION_AFTER] }
    const [reply] = (await link.run([call])) as [(string | number)[]]
    const out: PartitionProgress[] = []
    for (let i = 0; i < reply.length; i += 4) {
      out.push({
        ...partitionOf(String(reply[i])),
        eventTime: Number(reply[i + 1]),
        standing: STANDINGS[Number(reply[i + 2])]!,
        ownerless: Number(reply[i + 3]) >= OWNERLESS_AFTER,
      })
    }
    return out
  }

  return {
    get,
    versions,
    progress,

    async put(next, expected, event) {
      const { open, outbox, outboxTimes } = shardOf(next.id)
      const [written] = await link.run([
        {
          script: PUT,
          keys: [stateKey(next.id), open, outbox, outboxTimes, suppressionKey(next.id)],
          args: [
            expected,
            next.version,
            JSON.stringify(next),
            next.id,
            next.open ? '1' : '0',
            next.lastSeenAt,
            keepClosed,
            channel,
            event?.id ?? '',
            event ? JSON.stringify(event) : '',
          ],
        },
      ])
      return written === 1
    },

    async open() {
      const states = await get([...(await versions()).keys()])
      return states.filter((state): state is StateRecord => state?.open === true)
    },

    async suppress(id, until) {
      const ttl = Math.max(DAY, until - clock.now() + HOUR)
      await link.command('SET', suppressionKey(id), until, 'PX', ttl)
    },

    async suppressed(ids) {
      return (await read(ids, suppressionKey)).map((value) => (value === null ? undefined : Number(value)))
    },

    subscribe(listener, missed) {
      link.subscribe(channel, (message) => listener(JSON.parse(message) as StateRecord), missed)
    },

    async pending(olderThanMs) {
      const calls = shardKeys.map(({ outbox, outboxTimes }) => ({
        script: PENDING,
        keys: [outbox, outboxTimes],
        args: [olderThanMs, PENDING_LIMIT],
      }))
      const replies = (await link.run(calls, BULK_BUDGET)) as (string | null)[][]
      return replies
        .flat()
        .filter((entry) => entry !== null)
        .map((entry) => JSON.parse(entry) as OutboxEntry)
        .sort((a, b) => a.at - b.at)
    },

    async acknowledge(entryIds, stateIds) {
      const byShard = new Map<(typeof shardKeys)[number], string[]>()
      for (const [i, id] of entryIds.entries()) {
        const shard = shardOf(stateIds[i]!)
        const group = byShard.get(shard)
        if (group) group.push(id)
        else byShard.set(shard, [id])
      }
      await link.run(
        [...byShard].map(([{ outbox, outboxTimes }, ids]) => ({
          script: ACKNOWLEDGE,
          keys: [outbox, outboxTimes],
          args: ids,
        })),
      )
    },

    async lease(name, holder, ttlMs) {
      const [held] = await link.run([
        { script: LEASE, keys: [`${control}:lease:${name}`], args: [holder, ttlMs] },
      ])
      return held === 1
    },

    async reportProgress(reports) {
      if (reports.length === 0) return
      const args = reports.flatMap((p) => [
        partitionKey(p),
        p.eventTime ?? '-',
        STANDINGS.indexOf(p.standing),
      ])
      await link.run([{ script: REPORT, keys: [`${control}:progress`], args }])
    },

    async reportSideOffsets(offsets) {
      if (offsets.length === 0) return
      const args = offsets.flatMap((o) => [partitionKey(o), o.timestamp, o.offset])
      await link.run([{ script: REPORT_SIDE, keys: [`${control}:side-offsets`], args }])
    },

    async sideOffsets() {
      const flat = (await link.command('HGETALL', `${control}:side-offsets`)) as string[]
      const out: SideOffset[] = []
      for (let i = 0; i < flat.length; i += 2) {
        const [timestamp, offset] = flat[i + 1]!.split(' ').map(Number) as [number, number]
        out.push({ ...partitionOf(flat[i]!), offset, timestamp })
      }
      return out
    },

    async watermark() {
      return watermarkOf(await progress())
    },

    unready: () => link.unready(),
    /** The link belongs to whoever opened it. */
    async close() {},
  }
}

/** The partition of a `partitionKey`. */
function partitionOf(key: string): PartitionId {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}

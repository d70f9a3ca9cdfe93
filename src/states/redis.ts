import type { AlertedMessage, Allowance } from '../domain/allowance.ts'
import { type BoundedClock, type PartitionId, partitionKey } from '../domain/ports.ts'
import type {
  OutboxEntry,
  PartitionProgress,
  PartitionReport,
  SideOffset,
  Standing,
  StateRecord,
  StateStore,
} from '../domain/state-store.ts'
import { DAY, HOUR } from '../domain/time.ts'
import type { RedisLink } from '../redis/link.ts'
import { loadScript, type ScriptCall } from '../redis/script.ts'
import { RedisFeedback } from './redis-feedback.ts'
import { OWNERLESS_AFTER, watermarkOf } from './watermark.ts'

export interface RedisStateStoreOptions {
  readonly link: RedisLink
  /** Begins every key: deployment, cluster id, topic. No braces. */
  readonly prefix: string
  readonly clock: BoundedClock
  /** How long a closed state is kept, ms of wall clock. */
  readonly keepClosed?: number
}

/** Keys of one shard, all under its hash tag. */
interface Shard {
  readonly tag: string
  readonly open: string
  readonly outbox: string
  readonly outboxTimes: string
}

/** Fixed for good: the shard of a state follows from its id. */
const SHARDS = 16
/** Keys of one call: keeps each script short for the others that wait on the server. */
const CHUNK = 100
const PENDING_LIMIT = 100
/** How long attempts are kept of work that is not taken up again, ms. */
const KEEP_ATTEMPTS = DAY
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
export class RedisStateStore implements StateStore {
  readonly #link: RedisLink
  readonly #clock: BoundedClock
  readonly #keepClosed: number
  readonly #channel: string
  readonly #control: string
  readonly #shards: readonly Shard[]
  readonly #feedback: RedisFeedback

  constructor({ link, prefix, clock, keepClosed = DAY }: RedisStateStoreOptions) {
    this.#link = link
    this.#clock = clock
    this.#keepClosed = keepClosed
    this.#channel = `${prefix}:states`
    this.#control = `{${prefix}:states}`
    this.#shards = Array.from({ length: SHARDS }, (_, shard) => {
      const tag = `{${prefix}:states:${shard}}`
      return { tag, open: `${tag}:open`, outbox: `${tag}:outbox`, outboxTimes: `${tag}:outbox-times` }
    })
    this.#feedback = new RedisFeedback({ link, clock, prefix, tagOf: (id) => this.#shardOf(id).tag })
  }

  async get(ids: readonly string[]): Promise<(StateRecord | undefined)[]> {
    const values = await this.#read(ids, (id) => this.#stateKey(id))
    return values.map((value) =>
      value === null ? undefined : (JSON.parse(value.slice(value.indexOf('\n') + 1)) as StateRecord),
    )
  }

  async put(next: StateRecord, expected: number, event?: OutboxEntry): Promise<boolean> {
    const { open, outbox, outboxTimes } = this.#shardOf(next.id)
    const [written] = await this.#link.run([
      {
        script: PUT,
        keys: [this.#stateKey(next.id), open, outbox, outboxTimes, this.#suppressionKey(next.id)],
        args: [
          expected,
          next.version,
          JSON.stringify(next),
          next.id,
          next.open ? '1' : '0',
          next.lastSeenAt,
          this.#keepClosed,
          this.#channel,
          event?.id ?? '',
          event ? JSON.stringify(event) : '',
        ],
      },
    ])
    return written === 1
  }

  async versions(): Promise<Map<string, number>> {
    const calls = this.#shards.map(({ open }) => ({ script: VERSIONS, keys: [open], args: [] }))
    const out = new Map<string, number>()
    for (const reply of (await this.#link.run(calls, BULK_BUDGET)) as string[][]) {
      for (let i = 0; i < reply.length; i += 2) out.set(reply[i]!, Number(reply[i + 1]))
    }
    return out
  }

  async open(): Promise<StateRecord[]> {
    const states = await this.get([...(await this.versions()).keys()])
    return states.filter((state): state is StateRecord => state?.open === true)
  }

  async suppress(id: string, until: number): Promise<void> {
    const ttl = Math.max(DAY, until - this.#clock.earliest() + HOUR)
    await this.#link.command('SET', this.#suppressionKey(id), until, 'PX', ttl)
  }

  async suppressed(ids: readonly string[]): Promise<(number | undefined)[]> {
    const values = await this.#read(ids, (id) => this.#suppressionKey(id))
    return values.map((value) => (value === null ? undefined : Number(value)))
  }

  allow(allowance: Allowance): Promise<void> {
    return this.#feedback.allow(allowance)
  }

  allowances(): Promise<Allowance[]> {
    return this.#feedback.allowances()
  }

  rememberAlerted(messages: readonly AlertedMessage[]): Promise<void> {
    return this.#feedback.remember(messages)
  }

  alerted(messageId: string): Promise<AlertedMessage | undefined> {
    return this.#feedback.alerted(messageId)
  }

  subscribe(listener: (state: StateRecord) => void, missed?: () => void): void {
    this.#link.subscribe(this.#channel, (message) => listener(JSON.parse(message) as StateRecord), missed)
  }

  async pending(olderThanMs: number): Promise<OutboxEntry[]> {
    const calls = this.#shards.map(({ outbox, outboxTimes }) => ({
      script: PENDING,
      keys: [outbox, outboxTimes],
      args: [olderThanMs, PENDING_LIMIT],
    }))
    const replies = (await this.#link.run(calls, BULK_BUDGET)) as (string | null)[][]
    return replies
      .flat()
      .filter((entry) => entry !== null)
      .map((entry) => JSON.parse(entry) as OutboxEntry)
      .sort((a, b) => a.at - b.at)
  }

  async acknowledge(entryIds: readonly string[], stateIds: readonly string[]): Promise<void> {
    const byShard = new Map<Shard, string[]>()
    for (const [i, id] of entryIds.entries()) {
      const shard = this.#shardOf(stateIds[i]!)
      const group = byShard.get(shard)
      if (group) group.push(id)
      else byShard.set(shard, [id])
    }
    await this.#link.run(
      [...byShard].map(([{ outbox, outboxTimes }, ids]) => ({
        script: ACKNOWLEDGE,
        keys: [outbox, outboxTimes],
        args: ids,
      })),
    )
  }

  async lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
    const keys = [`${this.#control}:lease:${name}`]
    const [held] = await this.#link.run([{ script: LEASE, keys, args: [holder, ttlMs] }])
    return held === 1
  }

  async reportProgress(reports: readonly PartitionReport[]): Promise<void> {
    if (reports.length === 0) return
    const args = reports.flatMap((p) => [partitionKey(p), p.eventTime ?? '-', STANDINGS.indexOf(p.standing)])
    await this.#link.run([{ script: REPORT, keys: [`${this.#control}:progress`], args }])
  }

  async progress(): Promise<PartitionProgress[]> {
    const call = { script: PROGRESS, keys: [`${this.#control}:progress`], args: [FORGET_PARTITION_AFTER] }
    const [reply] = (await this.#link.run([call])) as [(string | number)[]]
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

  async watermark(): Promise<number | undefined> {
    return watermarkOf(await this.progress())
  }

  async reportSideOffsets(offsets: readonly SideOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const args = offsets.flatMap((o) => [partitionKey(o), o.timestamp, o.offset])
    await this.#link.run([{ script: REPORT_SIDE, keys: [`${this.#control}:side-offsets`], args }])
  }

  async sideOffsets(): Promise<SideOffset[]> {
    const flat = (await this.#link.command('HGETALL', `${this.#control}:side-offsets`)) as string[]
    const out: SideOffset[] = []
    for (let i = 0; i < flat.length; i += 2) {
      const [timestamp, offset] = flat[i + 1]!.split(' ').map(Number) as [number, number]
      out.push({ ...partitionOf(flat[i]!), offset, timestamp })
    }
    return out
  }

  async countAttempt(work: string): Promise<number> {
    const key = `${this.#control}:attempts:${work}`
    const count = Number(await this.#link.command('INCR', key))
    await this.#link.command('PEXPIRE', key, KEEP_ATTEMPTS)
    return count
  }

  async forgetAttempt(work: string): Promise<void> {
    await this.#link.command('DEL', `${this.#control}:attempts:${work}`)
  }

  unready(): readonly string[] {
    return this.#link.unready()
  }

  /** The link belongs to whoever opened it. */
  async close(): Promise<void> {}

  #shardOf(id: string): Shard {
    return this.#shards[Number.parseInt(id.slice(0, 8), 16) % SHARDS]!
  }

  #stateKey(id: string): string {
    return `${this.#shardOf(id).tag}:state:${id}`
  }

  #suppressionKey(id: string): string {
    return `${this.#shardOf(id).tag}:suppressed:${id}`
  }

  /** Reads one string for each id, by shard and in chunks; in the order of the ids. */
  async #read(ids: readonly string[], keyOf: (id: string) => string): Promise<(string | null)[]> {
    const byShard = new Map<Shard, number[]>()
    for (const [i, id] of ids.entries()) {
      const shard = this.#shardOf(id)
      const group = byShard.get(shard)
      if (group) group.push(i)
      else byShard.set(shard, [i])
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
    const budget = ids.length > CHUNK ? BULK_BUDGET : undefined
    const replies = (await this.#link.run(calls, budget)) as (string | null)[][]
    for (const [n, place] of places.entries()) for (const [k, i] of place.entries()) out[i] = replies[n]![k]!
    return out
  }
}

/** The partition of a `partitionKey`. */
function partitionOf(key: string): PartitionId {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}

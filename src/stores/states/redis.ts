import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import type { AlertedMessage, Allowance } from '../../domain/allowance.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type {
  FeedbackCheck,
  GivenFeedbackStore,
  OutboxEntry,
  PartitionProgress,
  PartitionReport,
  PutDown,
  SideOffset,
  StateRecord,
  StateStore,
} from '../../domain/state-store.ts'
import { DAY } from '../../domain/time.ts'
import { chunksByShard } from '../chunks.ts'
import { RedisAlerted } from './redis-alerted.ts'
import { RedisFeedback } from './redis-feedback.ts'
import { RedisProgress } from './redis-progress.ts'
import { watermarkOf } from './watermark.ts'

export interface RedisStateStoreOptions {
  readonly link: RedisLink
  /** Prefix of every key: deployment, cluster id, topic. No braces. */
  readonly prefix: string
  readonly clock: BoundedClock
  /** Retention of closed states, ms of wall clock. */
  readonly keepClosed?: number
  readonly onPutBack?: (entries: number) => void
}

interface Shard {
  readonly index: number
  readonly tag: string
  readonly open: string
  readonly outbox: string
  readonly outboxTimes: string
}

/** Must never change: the shard of a state follows from its id. */
const SHARDS = 16
/** Attempts at opening a state, each after lost feedback was put back. */
const OPENINGS = 3
/** Maximum number of keys per call: keeps scripts short for other clients of the server. */
const CHUNK = 100
const PENDING_LIMIT = 100
/** Retention of attempt counters of work that is not resumed, ms. */
const KEEP_ATTEMPTS = DAY

const PUT = loadScript(import.meta.url, 'put')
const READ = loadScript(import.meta.url, 'read')
const VERSIONS = loadScript(import.meta.url, 'versions')
const PENDING = loadScript(import.meta.url, 'pending')
const ACKNOWLEDGE = loadScript(import.meta.url, 'acknowledge')
const LEASE = loadScript(import.meta.url, 'lease')

/**
 * States shared by all instances. A state, its outbox event and its suppression are on one of 16 shards, whose hash tag
 * maps to a single slot of a Cluster; one script changes them together. Rejects with REDIS_UNREACHABLE.
 */
export class RedisStateStore implements StateStore {
  readonly #link: RedisLink
  readonly #keepClosed: number
  readonly #channel: string
  readonly #control: string
  readonly #shards: readonly Shard[]
  readonly #feedback: RedisFeedback
  readonly #alerted: RedisAlerted
  readonly #progress: RedisProgress

  constructor({ link, prefix, clock, keepClosed = DAY, onPutBack }: RedisStateStoreOptions) {
    this.#link = link
    this.#keepClosed = keepClosed
    this.#channel = `${prefix}:states`
    this.#control = `{${prefix}:states}`
    this.#shards = Array.from({ length: SHARDS }, (_, index) => {
      const tag = `{${prefix}:states:${index}}`
      return { index, tag, open: `${tag}:open`, outbox: `${tag}:outbox`, outboxTimes: `${tag}:outbox-times` }
    })
    const tags = this.#shards.map(({ tag }) => tag)
    const control = this.#control
    this.#feedback = new RedisFeedback({ link, clock, tags, control, ...given({ onPutBack }) })
    this.#progress = new RedisProgress(link, control)
    this.#alerted = new RedisAlerted({ link, clock, tagOf: (id) => this.#shardOf(id).tag })
  }

  async get(ids: readonly string[]): Promise<(StateRecord | undefined)[]> {
    const values = await this.#read(ids, (id) => this.#stateKey(id))
    return values.map((value) =>
      value === null ? undefined : (JSON.parse(value.slice(value.indexOf('\n') + 1)) as StateRecord),
    )
  }

  async put(next: StateRecord, expected: number, event?: OutboxEntry): Promise<boolean> {
    const { index, open, outbox, outboxTimes } = this.#shardOf(next.id)
    const keys = [this.#stateKey(next.id), open, outbox, outboxTimes, this.#suppressionKey(next.id)]
    for (let attempt = 0; attempt < OPENINGS; attempt++) {
      const feedback = next.open ? await this.#feedback.factsOf(index) : undefined
      const args = [
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
        feedback?.epoch ?? '',
        feedback?.changes ?? 0,
      ]
      const call = { script: PUT, keys: [...keys, this.#feedback.metaOf(index)], args }
      const [written] = await this.#link.run([call])
      if (written !== -1) return written === 1
      await this.#feedback.look()
    }
    throw new SigwatchError('STORE_CONFLICT', 'feedback was lost again while it was being put back')
  }

  async versions(): Promise<Map<string, number>> {
    const calls = this.#shards.map(({ open }) => ({ script: VERSIONS, keys: [open], args: [] }))
    const out = new Map<string, number>()
    for (const reply of (await this.#link.run(calls, BACKGROUND_MS)) as string[][]) {
      for (let i = 0; i < reply.length; i += 2) out.set(reply[i]!, Number(reply[i + 1]))
    }
    return out
  }

  async open(): Promise<StateRecord[]> {
    const states = await this.get([...(await this.versions()).keys()])
    return states.filter((state): state is StateRecord => state?.open === true)
  }

  suppress(id: string, until: number, by?: string): Promise<void> {
    return this.#feedback.suppress(this.#shardOf(id).index, id, until, by)
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

  get given(): GivenFeedbackStore {
    return this.#feedback.given
  }

  check(): Promise<FeedbackCheck> {
    return this.#feedback.check()
  }

  takePutDown(): PutDown[] {
    return this.#feedback.takePutDown()
  }

  rememberAlerted(messages: readonly AlertedMessage[]): Promise<void> {
    return this.#alerted.remember(messages)
  }

  alerted(messageId: string): Promise<AlertedMessage | undefined> {
    return this.#alerted.alerted(messageId)
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
    const replies = (await this.#link.run(calls, BACKGROUND_MS)) as (string | null)[][]
    return replies
      .flat()
      .filter((entry) => entry !== null)
      .map((entry) => JSON.parse(entry) as OutboxEntry)
      .sort((a, b) => a.at - b.at)
  }

  async acknowledge(entryIds: readonly string[], stateIds: readonly string[]): Promise<void> {
    const byShard = new Map<Shard, string[]>()
    for (const [i, id] of entryIds.entries()) {
      addTo(byShard, this.#shardOf(stateIds[i]!), id)
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

  reportProgress(reports: readonly PartitionReport[]): Promise<void> {
    return this.#progress.report(reports)
  }

  progress(): Promise<PartitionProgress[]> {
    return this.#progress.read()
  }

  async watermark(): Promise<number | undefined> {
    return watermarkOf(await this.progress())
  }

  reportSideOffsets(offsets: readonly SideOffset[]): Promise<void> {
    return this.#progress.reportSideOffsets(offsets)
  }

  sideOffsets(): Promise<SideOffset[]> {
    return this.#progress.sideOffsets()
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
    return [...this.#link.unready(), ...this.#feedback.unready()]
  }

  /** The caller that opened the link closes it. */
  async close(): Promise<void> {}

  #shardOf(id: string): Shard {
    return this.#shards[Number.parseInt(id.slice(0, 8), 16) % SHARDS]!
  }

  #stateKey(id: string): string {
    return `${this.#shardOf(id).tag}:state:${id}`
  }

  #suppressionKey(id: string): string {
    return this.#feedback.suppressionOf(this.#shardOf(id).index, id)
  }

  /** Reads one string for each id, by shard and in chunks; results are in the order of the ids. */
  async #read(ids: readonly string[], keyOf: (id: string) => string): Promise<(string | null)[]> {
    const chunks = chunksByShard(ids, (id) => this.#shardOf(id), CHUNK)
    const calls = chunks.map(({ indices }) => ({
      script: READ,
      keys: indices.map((i) => keyOf(ids[i]!)),
      args: [],
    }))
    const out = new Array<string | null>(ids.length).fill(null)
    const budget = ids.length > CHUNK ? BACKGROUND_MS : undefined
    const replies = (await this.#link.run(calls, budget)) as (string | null)[][]
    for (const [n, { indices }] of chunks.entries())
      for (const [k, i] of indices.entries()) out[i] = replies[n]![k]!
    return out
  }
}

import type { LogId, Observations } from '../../domain/feature-store.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { CountedOffsets } from './aggregate.ts'
import { SHARDS } from './layout.ts'

const STEPS = 256

/** Records up to an offset, with their first event time. */
interface Step {
  readonly to: number
  from: number
}

interface Partition {
  readonly id: PartitionId
  /** As the brokers last reported it; undefined if they were not asked yet. */
  log: LogId | undefined
  /** Last counted offset by shard; NaN if unknown. */
  readonly counted: Float64Array
  begin: number
  /** Ascending. */
  steps: Step[]
}

/** How far each shard has counted each partition, as known to this instance. */
export class CountedPartitions {
  readonly #partitions = new Map<string, Partition>()
  readonly #offsets = new Map<string, Float64Array>()

  /** In the form expected by `aggregate`. */
  get offsets(): CountedOffsets {
    return this.#offsets
  }

  /** Starts over, with unknown offsets. `log` is absent while the brokers have not been asked for it. */
  assign({ topic, partition }: PartitionId, log?: LogId): void {
    const id = { topic, partition }
    const counted = new Float64Array(SHARDS).fill(Number.NaN)
    this.#partitions.set(partitionKey(id), { id, log, counted, begin: Number.POSITIVE_INFINITY, steps: [] })
    this.#offsets.set(partitionKey(id), counted)
  }

  /** The log of a partition as reported by the brokers; undefined if they were not asked yet, or if it is not assigned. */
  logOf(key: string): LogId | undefined {
    return this.#partitions.get(key)?.log
  }

  noteLog(key: string, log: LogId): void {
    const partition = this.#partitions.get(key)
    if (partition) partition.log = log
  }

  forget(id: PartitionId): void {
    this.#partitions.delete(partitionKey(id))
    this.#offsets.delete(partitionKey(id))
  }

  has(key: string): boolean {
    return this.#partitions.has(key)
  }

  /** The given partitions that the shard has not been asked about yet. */
  unknown(shard: number, keys: Iterable<string>): PartitionId[] {
    const out: PartitionId[] = []
    for (const key of keys) {
      const partition = this.#partitions.get(key)
      if (partition && Number.isNaN(partition.counted[shard])) out.push(partition.id)
    }
    return out
  }

  /** By key, the assigned partitions that the shard is known to have counted, with the last offset. */
  countedBy(shard: number): Map<string, { readonly id: PartitionId; readonly offset: number }> {
    const some = new Map<string, { readonly id: PartitionId; readonly offset: number }>()
    for (const [key, { id, counted }] of this.#partitions)
      if (counted[shard]! >= 0) some.set(key, { id, offset: counted[shard]! })
    return some
  }

  /** Sets the counted offset of a shard; ignored for partitions that are not assigned (any more). */
  learn(shard: number, key: string, offset: number): void {
    const partition = this.#partitions.get(key)
    if (partition) partition.counted[shard] = offset
  }

  /** Records that a shard has counted at least up to an offset. */
  reached(shard: number, key: string, offset: number): void {
    const counted = this.#partitions.get(key)?.counted
    if (counted && !(counted[shard]! >= offset)) counted[shard] = offset
  }

  /** A shard lost its data: its offsets are unknown. */
  forgetShard(shard: number): void {
    for (const { counted } of this.#partitions.values()) counted[shard] = Number.NaN
  }

  /** Records offsets and event times of a chunk, so that losses can be dated; returns its partitions. */
  noteAll(chunk: readonly Observations[]): Set<string> {
    const spans = new Map<string, { first: number; last: number; from: number }>()
    for (const { position, once, ts } of chunk) {
      if (once !== undefined) continue
      const key = partitionKey(position)
      const { offset } = position
      const span = spans.get(key)
      if (span === undefined) {
        spans.set(key, { first: offset, last: offset, from: ts })
        if (!this.has(key)) this.assign(position, {})
      } else {
        span.first = Math.min(span.first, offset)
        span.last = Math.max(span.last, offset)
        span.from = Math.min(span.from, ts)
      }
    }
    for (const [key, { first, last, from }] of spans) this.#note(key, first, last, from)
    return new Set(spans.keys())
  }

  /** Records that the event times of records from `first` to `last` begin at `from`. */
  #note(key: string, first: number, last: number, from: number): void {
    const partition = this.#partitions.get(key)
    if (!partition) return
    const { steps } = partition
    if (steps.length === 0) partition.begin = first
    const newest = steps.at(-1)
    if (newest && last <= newest.to) newest.from = Math.min(newest.from, from)
    else steps.push({ to: last, from })
    if (steps.length > STEPS) partition.steps = inPairs(steps)
  }

  /** First event time of the records behind an offset, ms; undefined if they were not all counted here. */
  since(key: string, offset: number): number | undefined {
    const partition = this.#partitions.get(key)
    if (!partition || offset < partition.begin - 1) return undefined
    const steps = partition.steps.filter(({ to }) => to > offset)
    return steps.length === 0 ? undefined : Math.min(...steps.map(({ from }) => from))
  }
}

function inPairs(steps: readonly Step[]): Step[] {
  const out: Step[] = []
  for (let i = 0; i < steps.length; i += 2) {
    const [one, two = one] = steps.slice(i, i + 2) as [Step, Step?]
    out.push({ to: two.to, from: Math.min(one.from, two.from) })
  }
  return out
}

import { messageOf, originOf, partOf, seamsOf } from '../detection/message-of.ts'
import {
  bytesOf,
  type Message,
  type Origin,
  type Part,
  type Position,
  type SmsRecord,
} from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { SECOND } from '../domain/time.ts'
import { canonicalNumber } from '../text/canonical-number.ts'

export interface JoinPartsOptions {
  /** How long a group waits for its parts, ms. */
  readonly wait?: number
  readonly maxGroups?: number
  /** Maximum size of the records in open groups, bytes; above it, the oldest is flushed. */
  readonly maxBytes?: number
  /** Maximum number of records of one partition that wait for parts; above it, its oldest group is flushed. Default: unlimited. */
  readonly maxPartsOfPartition?: number
}

interface HeldPart {
  readonly record: SmsRecord
  readonly position: Position
  /** Duplicates of the part, the latest last; all are answered. */
  readonly origins: Origin[]
}

interface PartGroup {
  readonly key: string
  readonly waiting: Waiting
  readonly part: Part
  readonly parts: Map<number, HeldPart>
  /** Reference clock of the first part that arrived, ms. */
  readonly openedAt: number
  /** Number of `flushSilent` calls that found its partition active while it waited. */
  activeChecks: number
  bytes: number
  held: number
  lastPosition: Position
  lastReceivedAt: number
}

interface Waiting {
  readonly groups: Map<string, PartGroup>
  held: number
  /** Groups flushed by their deadline, with the missing parts: these are scored alone when they arrive. */
  readonly flushed: Map<string, { readonly missing: Set<number>; readonly at: number }>
  /** Reference clock of the oldest group; Infinity if there is none. */
  earliest: number
  /** Records arrived since the last `flushSilent`. */
  active: boolean
  /** When `flushSilent` last saw it active, by its clock. */
  lastActiveAt: number
}

const WAIT = 10_000
const MAX_GROUPS = 100_000
const MAX_BYTES = 64_000_000
/**
 * Multiple of the wait, in wall-clock time with records arriving, after which a group is flushed whatever their
 * timestamps: a producer's clock that stopped or runs ahead would hold back the commit indefinitely.
 */
const FLUSH_AFTER_WAITS = 3
/** Maximum number of flushed groups remembered per partition, and for how long on the reference clock: references are reused. */
const MAX_FLUSHED = 10_000
const REMEMBER = 300_000

/**
 * Joins the parts of concatenated SMS. Parts belong together by partition, `from`, `to`, `ref` and `count`. It has no
 * clock of its own: callers pass the reference clock of each record, and to `flushSilent` a clock that stops while the
 * process does. Every record that is added is returned as exactly one origin of one message, unless its partition is
 * dropped.
 */
export class JoinParts {
  readonly #wait: number
  readonly #maxGroups: number
  readonly #maxBytes: number
  readonly #maxPartsOfPartition: number
  #bytes = 0
  readonly #partitions = new Map<string, Waiting>()
  /** The bytes copied last: items of one record share them. */
  #copied: { readonly of: Buffer; readonly value: Buffer } | undefined
  /** Oldest first. */
  readonly #open = new Set<PartGroup>()

  constructor(options: JoinPartsOptions = {}) {
    this.#wait = options.wait ?? WAIT
    this.#maxGroups = options.maxGroups ?? MAX_GROUPS
    this.#maxBytes = options.maxBytes ?? MAX_BYTES
    this.#maxPartsOfPartition = options.maxPartsOfPartition ?? Number.POSITIVE_INFINITY
  }

  get open(): number {
    return this.#open.size
  }

  /** Adds a record; returns the messages it completes: itself, a joined message, or a group that was overdue. */
  add(record: SmsRecord, position: Position, receivedAt: number): Message[] {
    const { part } = record
    if (part === undefined) {
      const waiting = this.#partitions.get(partitionKey(position))
      if (waiting !== undefined) waiting.active = true
      return [messageOf(record, position, receivedAt)]
    }
    const waiting = this.#waiting(position)
    waiting.active = true
    const key = [canonicalNumber(record.from), canonicalNumber(record.to), part.ref, part.count].join(
      '\u0000',
    )
    const done: Message[] = []
    let group = waiting.groups.get(key)
    if (group !== undefined && receivedAt - group.openedAt > this.#wait) {
      done.push(this.#flush(group))
      group = undefined
    }
    if (group === undefined) {
      const earlier = waiting.flushed.get(key)
      if (earlier !== undefined && receivedAt - earlier.at > REMEMBER) waiting.flushed.delete(key)
      else if (earlier?.missing.delete(part.index)) {
        if (earlier.missing.size === 0) waiting.flushed.delete(key)
        done.push(partOf(record, part, position, receivedAt))
        return done
      }
      group = this.#openGroup(key, waiting, part, position, receivedAt)
    }
    this.#hold(group, part, record, position)
    group.lastPosition = position
    group.lastReceivedAt = receivedAt
    if (group.parts.size === part.count) {
      this.#close(group)
      done.push(joined(group, false))
    } else {
      while (this.#open.size > this.#maxGroups || this.#bytes > this.#maxBytes) {
        const [oldest] = this.#open
        done.push(this.#flush(oldest!))
      }
      while (waiting.held > this.#maxPartsOfPartition) {
        const [oldest] = waiting.groups.values()
        done.push(this.#flush(oldest!))
      }
    }
    return done
  }

  /** Flushes the groups of a partition that are older than the wait at `now` on the reference clock. */
  flushExpired(partition: PartitionId, now: number): Message[] {
    const waiting = this.#partitions.get(partitionKey(partition))
    if (waiting === undefined || now - waiting.earliest <= this.#wait) return []
    const done: Message[] = []
    let earliest = Number.POSITIVE_INFINITY
    for (const group of waiting.groups.values()) {
      if (now - group.openedAt > this.#wait) done.push(this.#flush(group))
      else earliest = Math.min(earliest, group.openedAt)
    }
    waiting.earliest = earliest
    return done
  }

  /**
   * Flushes groups of partitions without records for the length of the wait, by a clock (ms) that stops while the
   * process is busy or paused, and groups that waited three times as long while records arrived. Call it every
   * second: silence counts from the first call without records, and only while `isRead` confirms that everything in
   * the partition was read.
   */
  flushSilent(now: number, isRead: (partition: string) => boolean = () => true): Message[] {
    const done: Message[] = []
    const limit = (FLUSH_AFTER_WAITS * this.#wait) / SECOND
    for (const [key, waiting] of this.#partitions) {
      const { active } = waiting
      waiting.active = false
      if (active || !isRead(key)) waiting.lastActiveAt = now
      if (active) {
        for (const group of waiting.groups.values())
          if (++group.activeChecks > limit) done.push(this.#flush(group))
      } else if (now - waiting.lastActiveAt >= this.#wait) {
        for (const group of waiting.groups.values()) done.push(this.#flush(group))
      }
    }
    return done
  }

  /** Flushes all groups: the input has ended. */
  flushAll(): Message[] {
    return [...this.#open].map((group) => this.#flush(group))
  }

  /** Drops the groups of a partition: its next owner reads the records again. */
  drop(partition: PartitionId): void {
    const key = partitionKey(partition)
    const waiting = this.#partitions.get(key)
    if (waiting === undefined) return
    for (const group of waiting.groups.values()) this.#close(group)
    this.#partitions.delete(key)
  }

  #waiting(partition: PartitionId): Waiting {
    const key = partitionKey(partition)
    let waiting = this.#partitions.get(key)
    if (waiting === undefined) {
      waiting = {
        groups: new Map(),
        held: 0,
        flushed: new Map(),
        earliest: Number.POSITIVE_INFINITY,
        active: true,
        lastActiveAt: 0,
      }
      this.#partitions.set(key, waiting)
    }
    return waiting
  }

  #openGroup(key: string, waiting: Waiting, part: Part, position: Position, receivedAt: number): PartGroup {
    const group: PartGroup = {
      key,
      waiting,
      part,
      parts: new Map(),
      openedAt: receivedAt,
      activeChecks: 0,
      bytes: 0,
      held: 0,
      lastPosition: position,
      lastReceivedAt: receivedAt,
    }
    waiting.groups.set(key, group)
    waiting.earliest = Math.min(waiting.earliest, receivedAt)
    this.#open.add(group)
    return group
  }

  /** The bytes are copied, as they are a small slice of a large fetch, which they would keep in memory. */
  #hold(group: PartGroup, part: Part, read: SmsRecord, position: Position): void {
    if (this.#copied?.of !== read.value) this.#copied = { of: read.value, value: Buffer.from(read.value) }
    const record = { ...read, value: this.#copied.value }
    const bytes = bytesOf(record)
    const held = group.parts.get(part.index)
    const origins = held?.origins ?? []
    origins.push(originOf(record, position))
    group.parts.set(part.index, { record, position, origins })
    // The items of a record either all wait or few of them do, so each counts as a fraction.
    const share = record.item === undefined ? 1 : 1 / record.item.of
    group.held += share
    group.waiting.held += share
    group.bytes += bytes
    this.#bytes += bytes
  }

  #close(group: PartGroup): void {
    group.waiting.groups.delete(group.key)
    this.#open.delete(group)
    group.waiting.held -= group.held
    this.#bytes -= group.bytes
  }

  #flush(group: PartGroup): Message {
    this.#close(group)
    const { flushed } = group.waiting
    const missing = new Set<number>()
    for (let index = 1; index <= group.part.count; index++) if (!group.parts.has(index)) missing.add(index)
    flushed.delete(group.key)
    flushed.set(group.key, { missing, at: group.lastReceivedAt })
    if (flushed.size > MAX_FLUSHED) {
      const [oldest] = flushed.keys()
      if (oldest !== undefined) flushed.delete(oldest)
    }
    return joined(group, true)
  }
}

/** The message of a group, with the parts that have arrived. */
function joined(group: PartGroup, byDeadline: boolean): Message {
  const { part, lastPosition, lastReceivedAt } = group
  const held = [...group.parts].sort(([a], [b]) => a - b)
  const texts = held.map(([index, { record }]) => ({ index, text: record.text }))
  const [, lowest] = held[0] as [number, HeldPart]
  const signature = held.find(([, { record }]) => record.signature !== undefined)?.[1].record.signature
  const record = signature === undefined ? lowest.record : { ...lowest.record, signature }
  const partial = held.length < part.count
  return {
    ...messageOf(record, lastPosition, lastReceivedAt),
    text: texts.map(({ text }) => text).join(''),
    origins: held.flatMap(([, { origins }]) => origins),
    partial,
    byDeadline,
    seams: partial ? seamsOf(texts, part.count) : [],
  }
}

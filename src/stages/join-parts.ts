import type { Message, Origin, Part, Position, SmsRecord } from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { canonicalNumber } from './canonical-number.ts'

export interface JoinPartsOptions {
  /** How long a group waits for its parts, ms. */
  readonly wait?: number
  /** Open groups over all partitions; beyond it the oldest is flushed. */
  readonly maxGroups?: number
}

interface HeldPart {
  readonly record: SmsRecord
  readonly position: Position
  /** Repeats of the part, the latest last; all are answered. */
  readonly origins: Origin[]
}

interface Group {
  readonly key: string
  readonly shelf: Shelf
  readonly part: Part
  readonly parts: Map<number, HeldPart>
  /** Reference clock of the first part that came, ms. */
  readonly openedAt: number
  lastPosition: Position
  lastReceivedAt: number
}

/** What is held of one partition. */
interface Shelf {
  readonly groups: Map<string, Group>
  /** Groups flushed by their deadline, to the parts that had not come: these are scored alone when they do. */
  readonly flushed: Map<string, { readonly missing: Set<number>; readonly at: number }>
  /** Reference clock of the oldest group; Infinity: none. */
  earliest: number
  /** Something came since `flushSilent` looked last. */
  stirred: boolean
  /** Wall clock at which `flushSilent` saw it stirred last. */
  stirredAt: number
}

const WAIT = 10_000
const MAX_GROUPS = 100_000
/** Flushed groups remembered for each partition, and for how long on the reference clock: references come round again. */
const MAX_FLUSHED = 10_000
const REMEMBER = 300_000

function originOf(record: SmsRecord, position: Position): Origin {
  const { id, value, ext } = record
  return ext === undefined ? { id, position, value } : { id, position, value, ext }
}

/** A record that is a message by itself. */
export function messageOf(record: SmsRecord, position: Position, receivedAt: number): Message {
  return {
    id: record.id,
    ts: record.ts,
    from: canonicalNumber(record.from),
    to: canonicalNumber(record.to),
    text: record.text,
    record,
    origins: [originOf(record, position)],
    position,
    receivedAt,
    partial: false,
    byDeadline: false,
    seams: [],
  }
}

/**
 * Joins the parts of concatenated SMS (contract, section 1). Parts belong together by partition, `from`, `to`, `ref`
 * and `count`. No clock of its own: callers pass the reference clock of each record, and the wall clock to
 * `flushSilent`. Every record that goes in comes out as exactly one origin of one message, unless its partition is
 * dropped.
 */
export class JoinParts {
  readonly #wait: number
  readonly #maxGroups: number
  readonly #shelves = new Map<string, Shelf>()
  /** Oldest first. */
  readonly #open = new Set<Group>()

  constructor(options: JoinPartsOptions = {}) {
    this.#wait = options.wait ?? WAIT
    this.#maxGroups = options.maxGroups ?? MAX_GROUPS
  }

  /** Groups that wait. */
  get open(): number {
    return this.#open.size
  }

  /** Takes in one record; returns what it completes: itself, a joined message, or a group that was overdue. */
  add(record: SmsRecord, position: Position, receivedAt: number): Message[] {
    const { part } = record
    if (part === undefined) {
      const shelf = this.#shelves.get(partitionKey(position))
      if (shelf !== undefined) shelf.stirred = true
      return [messageOf(record, position, receivedAt)]
    }
    const shelf = this.#shelf(position)
    shelf.stirred = true
    const key = [canonicalNumber(record.from), canonicalNumber(record.to), part.ref, part.count].join(
      '\u0000',
    )
    const done: Message[] = []
    let group = shelf.groups.get(key)
    if (group !== undefined && receivedAt - group.openedAt > this.#wait) {
      done.push(this.#flush(group))
      group = undefined
    }
    if (group === undefined) {
      const earlier = shelf.flushed.get(key)
      if (earlier !== undefined && receivedAt - earlier.at > REMEMBER) shelf.flushed.delete(key)
      else if (earlier?.missing.delete(part.index)) {
        if (earlier.missing.size === 0) shelf.flushed.delete(key)
        done.push(this.#alone(record, part, position, receivedAt))
        return done
      }
      group = this.#openGroup(key, shelf, part, position, receivedAt)
    }
    const held = group.parts.get(part.index)
    const origins = [...(held?.origins ?? []), originOf(record, position)]
    group.parts.set(part.index, { record, position, origins })
    group.lastPosition = position
    group.lastReceivedAt = receivedAt
    if (group.parts.size === part.count) {
      this.#close(group)
      done.push(joined(group, false))
    } else if (this.#open.size > this.#maxGroups) {
      const [oldest] = this.#open
      if (oldest !== undefined) done.push(this.#flush(oldest))
    }
    return done
  }

  /** Flushes the groups of a partition that are older than the wait at `now` on the reference clock. */
  flushExpired(partition: PartitionId, now: number): Message[] {
    const shelf = this.#shelves.get(partitionKey(partition))
    if (shelf === undefined || now - shelf.earliest <= this.#wait) return []
    const done: Message[] = []
    let earliest = Number.POSITIVE_INFINITY
    for (const group of shelf.groups.values()) {
      if (now - group.openedAt > this.#wait) done.push(this.#flush(group))
      else earliest = Math.min(earliest, group.openedAt)
    }
    shelf.earliest = earliest
    return done
  }

  /**
   * Flushes the groups of partitions on which nothing came for the wait, by the wall clock. To be called every second
   * or so: silence is counted from the first call that saw no record.
   */
  flushSilent(now: number): Message[] {
    const done: Message[] = []
    for (const shelf of this.#shelves.values()) {
      if (shelf.stirred) {
        shelf.stirred = false
        shelf.stirredAt = now
      } else if (now - shelf.stirredAt >= this.#wait) {
        for (const group of shelf.groups.values()) done.push(this.#flush(group))
      }
    }
    return done
  }

  /** Flushes everything: the input has ended. */
  flushAll(): Message[] {
    return [...this.#open].map((group) => this.#flush(group))
  }

  /** Forgets what is held of a partition: its next owner reads it again. */
  drop(partition: PartitionId): void {
    const key = partitionKey(partition)
    const shelf = this.#shelves.get(key)
    if (shelf === undefined) return
    for (const group of shelf.groups.values()) this.#open.delete(group)
    this.#shelves.delete(key)
  }

  /** The lowest offset held of a partition: nothing from there on may be committed. */
  oldestOffset(partition: PartitionId): number | undefined {
    const shelf = this.#shelves.get(partitionKey(partition))
    let oldest: number | undefined
    for (const group of shelf?.groups.values() ?? []) {
      for (const held of group.parts.values()) {
        for (const { position } of held.origins) {
          if (oldest === undefined || position.offset < oldest) oldest = position.offset
        }
      }
    }
    return oldest
  }

  #shelf(partition: PartitionId): Shelf {
    const key = partitionKey(partition)
    let shelf = this.#shelves.get(key)
    if (shelf === undefined) {
      shelf = {
        groups: new Map(),
        flushed: new Map(),
        earliest: Number.POSITIVE_INFINITY,
        stirred: true,
        stirredAt: 0,
      }
      this.#shelves.set(key, shelf)
    }
    return shelf
  }

  #openGroup(key: string, shelf: Shelf, part: Part, position: Position, receivedAt: number): Group {
    const group: Group = {
      key,
      shelf,
      part,
      parts: new Map(),
      openedAt: receivedAt,
      lastPosition: position,
      lastReceivedAt: receivedAt,
    }
    shelf.groups.set(key, group)
    shelf.earliest = Math.min(shelf.earliest, receivedAt)
    this.#open.add(group)
    return group
  }

  #close(group: Group): void {
    group.shelf.groups.delete(group.key)
    this.#open.delete(group)
  }

  #flush(group: Group): Message {
    this.#close(group)
    const { flushed } = group.shelf
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

  #alone(record: SmsRecord, part: Part, position: Position, receivedAt: number): Message {
    const parts = [{ index: part.index, text: record.text }]
    return { ...messageOf(record, position, receivedAt), partial: true, seams: seamsOf(parts, part.count) }
  }
}

/** The message of a group as far as it came. */
function joined(group: Group, byDeadline: boolean): Message {
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

/** Offsets in the joined text at which a missing part touches. */
function seamsOf(
  parts: readonly { readonly index: number; readonly text: string }[],
  count: number,
): number[] {
  const seams: number[] = []
  let expected = 1
  let at = 0
  for (const { index, text } of parts) {
    if (index !== expected) seams.push(at)
    at += text.length
    expected = index + 1
  }
  if (expected <= count) seams.push(at)
  return seams
}

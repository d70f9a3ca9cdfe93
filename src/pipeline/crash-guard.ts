import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Position } from '../domain/message.ts'
import { isSamePartition, type OutputRecord, type PartitionId, partitionKey } from '../domain/ports.ts'
import type { StateStore } from '../domain/state-store.ts'
import { deadLetterRecord, type Intaken, positionOf } from './outputs.ts'
import type { Pipeline, Write } from './pipeline.ts'

/** Starts at the same offset without an orderly end after which records are handled carefully. */
const CAREFUL_FROM = 2
/** Number of crashes on a single record after which it is given up. */
const MAX_CRASHES = 3
/** More than a process can have in flight. */
const CAREFUL_OFFSETS = 50_000
/**
 * Time that reading has gone on after which its start caused no crash, ms: by then offsets behind it are committed. A later
 * start at the same offset, such as after a reset of the group, is a new one.
 */
const PROVEN_AFTER = 60_000

type Worked = Pick<Pipeline, 'process' | 'readAhead'>
type Attempts = Pick<StateStore, 'countAttempt' | 'forgetAttempt'>

interface Reading {
  readonly attempt: string
  /** Offset up to which records are processed one at a time. */
  carefulUntil: number
  /** Monotonic time of the start, or of the last attempt to forget it, ms; undefined once it is forgotten. */
  since: number | undefined
}

/**
 * Finds records that crash the process and turns them into dead letters. If reading restarts at the same offset
 * after an unclean exit, records are processed one at a time and the store keeps the current one; a record that was
 * current at every crash is the cause. Requires a reachable store that outlives the process.
 */
export class CrashGuard {
  readonly #pipeline: Worked
  readonly #store: Attempts
  readonly #emit: Emit
  readonly #readings = new Map<string, Reading>()
  /** Number of items of a batch that may be read ahead, valid until a partition is given up. */
  #fit = new WeakMap<readonly Intaken[], number>()
  #failed = false
  readonly #now: () => number

  constructor(pipeline: Worked, store: Attempts, emit: Emit, now: () => number = () => performance.now()) {
    this.#pipeline = pipeline
    this.#store = store
    this.#emit = emit
    this.#now = now
  }

  async process(items: readonly Intaken[], write: Write): Promise<void> {
    try {
      for (const first of this.#firstOfNew(items)) await this.#begin(first)
      if (this.#areCareful(items)) await this.#oneByOne(items, write)
      else await this.#pipeline.process(items, write)
      await this.#forgetProven()
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  /** See Pipeline. Reads ahead only where a crash would be tracked: not before the partition's attempt was recorded. */
  readAhead(items: readonly Intaken[]): void {
    const added = items.slice(this.#fit.get(items) ?? 0)
    const [first] = this.#firstOfNew(added)
    if (first !== undefined || this.#areCareful(added)) return
    this.#fit.set(items, items.length)
    this.#pipeline.readAhead(items)
  }

  /** Partitions that are given up in order: later crashes do not count against them. */
  async revoked(partitions: readonly PartitionId[]): Promise<void> {
    this.#fit = new WeakMap()
    for (const id of partitions) {
      const reading = this.#readings.get(partitionKey(id))
      this.#readings.delete(partitionKey(id))
      if (reading && !this.#failed) await this.#store.forgetAttempt(reading.attempt).catch(() => {})
    }
  }

  /** The lowest position of each partition that has not been read yet. */
  #firstOfNew(items: readonly Intaken[]): Iterable<Position> {
    const first = new Map<string, Position>()
    let known: Position | undefined
    for (const item of items) {
      const position = positionOf(item)
      // Records of the same partition often follow one another.
      if (known !== undefined && isSamePartition(known, position)) continue
      const key = partitionKey(position)
      if (this.#readings.has(key)) {
        known = position
        continue
      }
      const lowest = first.get(key)
      if (!lowest || position.offset < lowest.offset) first.set(key, position)
    }
    return first.values()
  }

  async #begin(first: Position): Promise<void> {
    const { topic, partition, offset } = first
    const attempt = nameOf('read', first)
    const times = await this.#count(attempt)
    const isCareful = times >= CAREFUL_FROM
    this.#readings.set(partitionKey(first), {
      attempt,
      carefulUntil: isCareful ? offset + CAREFUL_OFFSETS : offset,
      since: this.#now(),
    })
    if (!isCareful) return
    const message = `${topic}/${partition}: reading began ${times} times at offset ${offset} without ending in order: for a minute records are worked on one at a time`
    this.#emit({ name: 'warning', message })
  }

  /** Forgets starts that reading has left behind, and ends the careful processing after them. */
  async #forgetProven(): Promise<void> {
    const now = this.#now()
    for (const reading of this.#readings.values()) {
      const { since, attempt } = reading
      if (since === undefined || now - since < PROVEN_AFTER) continue
      reading.since = now
      const forgotten = this.#store.forgetAttempt(attempt).then(
        () => true,
        () => false,
      )
      if (!(await forgotten)) continue
      reading.since = undefined
      reading.carefulUntil = Number.NEGATIVE_INFINITY
    }
  }

  /** Whether one of the items must be processed alone. */
  #areCareful(items: readonly Intaken[]): boolean {
    let partition: Position | undefined
    let carefulUntil = Number.NEGATIVE_INFINITY
    for (const item of items) {
      const position = positionOf(item)
      if (partition === undefined || !isSamePartition(partition, position)) {
        partition = position
        // The partition may have been given up meanwhile.
        carefulUntil = this.#readings.get(partitionKey(position))?.carefulUntil ?? Number.NEGATIVE_INFINITY
      }
      if (position.offset < carefulUntil) return true
    }
    return false
  }

  async #oneByOne(items: readonly Intaken[], write: Write): Promise<void> {
    const pieces: (readonly OutputRecord[])[] = []
    for (const record of recordsOf(items)) {
      const attempt = nameOf('work', positionOf(record[0]!))
      const crashes = (await this.#count(attempt)) - 1
      if (crashes >= MAX_CRASHES) pieces.push(...record.map((item) => this.#giveUp(item, crashes)))
      else {
        await this.#pipeline.process(record, async (records) => void pieces.push(records))
        await this.#store.forgetAttempt(attempt).catch(() => {})
      }
    }
    await write(pieces.flat())
  }

  #giveUp(item: Intaken, crashes: number): OutputRecord[] {
    if (item.kind === 'rejected') return [item.output]
    const detail = `the process ended ${crashes} times while it worked on this record`
    return item.message.origins.map((origin) => {
      this.#emit({ name: 'dead_lettered', error: 'INTERNAL', count: 1 })
      return deadLetterRecord(origin, 'process', 'INTERNAL', detail)
    })
  }

  async #count(attempt: string): Promise<number> {
    try {
      return await this.#store.countAttempt(attempt)
    } catch (error) {
      this.#emit({ name: 'warning', message: `attempts are not counted: ${codeOf(error)}` })
      return 1
    }
  }
}

/** Groups items by the record that completed them, as the items of one record are counted together. */
function recordsOf(items: readonly Intaken[]): Intaken[][] {
  const records: Intaken[][] = []
  let last: Position | undefined
  for (const item of items) {
    const position = positionOf(item)
    const isSame = last !== undefined && isSamePartition(last, position) && last.offset === position.offset
    if (isSame) records.at(-1)!.push(item)
    else records.push([item])
    last = position
  }
  return records
}

function nameOf(work: 'read' | 'work', { topic, partition, offset }: Position): string {
  return `${work}/${topic}/${partition}/${offset}`
}

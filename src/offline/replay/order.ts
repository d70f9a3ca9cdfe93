import { setImmediate } from 'node:timers/promises'
import { digest, hash48 } from '../../domain/hash.ts'
import { BUCKET_MS } from '../../domain/time.ts'
import { type SortKey, SpillSort } from './spill-sort.ts'
import {
  decodeSpooled,
  encodeSpooled,
  readVerdict,
  type Spooled,
  slotOf,
  type WrittenVerdict,
} from './spooled.ts'

export interface OrderOptions {
  /** Folder for sorted runs that do not fit into memory. */
  readonly folder: string
  /** Topics keep the order of their partitions; lines of files are sorted by `ts`. */
  readonly from: 'topic' | 'files'
  /** Whether verdicts are added too, to be matched with their records. */
  readonly withVerdicts: boolean
  /**
   * Whether only some of the records are added. Verdicts must then be added after the records, and those on other records are
   * dropped.
   */
  readonly isSample?: boolean
  /** Memory per sort, bytes. */
  readonly maxBytes?: number
}

/** A record in its place. Records that were judged together the first time have the same `turn`. */
export interface Ordered {
  readonly turn: number
  readonly record: Spooled
}

/** Offsets are below this, so that one number can hold partition and offset. */
const PLACES = 2 ** 38
/** Turn of records that were judged before the first stored verdict. */
const BEFORE = -1
const NO_TURN = 0
/** Entries processed between yields to timers and signals. */
const YIELD_EVERY = 4_096
/** Number of ids remembered; a Set can hold about twice as many. */
const MAX_IDS = 8_000_000

/**
 * Puts records in the order in which they are judged, in bounded memory. With verdicts of an earlier run this is the order of
 * its decisions (`decidedAt`): states are raised in the middle of a bucket of event time, so it matters which message is judged
 * first. Without them, records of topics are ordered like a backlog, by bucket of event time and then by partition, and lines
 * of files by `ts`.
 */
export class Order {
  readonly #options: OrderOptions
  readonly #byId: SpillSort
  readonly #byPlace: SpillSort
  readonly #byTurn: SpillSort
  /** Hashes of the record ids of a sample; undefined if all verdicts are taken or there are too many ids. */
  #ids: Set<number> | undefined
  #verdicts = 0
  #added = 0
  #firstDecided = Number.POSITIVE_INFINITY
  #lastDecided = Number.NEGATIVE_INFINITY

  constructor(options: OrderOptions) {
    const { folder, maxBytes } = options
    this.#options = options
    if (options.isSample && options.withVerdicts) this.#ids = new Set()
    this.#byId = new SpillSort(folder, 'id', maxBytes)
    this.#byPlace = new SpillSort(folder, 'place', maxBytes)
    this.#byTurn = new SpillSort(folder, 'turn', maxBytes)
  }

  get records(): number {
    return this.#added - this.#verdicts
  }

  get verdicts(): number {
    return this.#verdicts
  }

  /** Adds a record. Records of one partition must be added in order. */
  add(id: string, record: Omit<Spooled, 'verdict'>): void {
    const bytes = encodeSpooled(record)
    const order = this.#added++
    if (this.#ids && this.#ids.add(hash48(id)).size > MAX_IDS) this.#ids = undefined
    if (this.#options.withVerdicts) this.#byId.add(idKey(id, true, order), bytes)
    else this.#byTurn.add(this.#keyOf(NO_TURN, record, order), bytes)
  }

  addVerdict(verdict: WrittenVerdict): void {
    const { decidedAt } = verdict
    if (this.#ids && !this.#ids.has(hash48(verdict.id))) return
    this.#firstDecided = Math.min(this.#firstDecided, decidedAt)
    this.#lastDecided = Math.max(this.#lastDecided, decidedAt)
    const stored = { ...verdict, decidedAt: new Date(decidedAt).toISOString() }
    this.#byId.add(idKey(verdict.id, false, decidedAt), Buffer.from(JSON.stringify(stored)))
    this.#verdicts++
    this.#added++
  }

  /** Whether the verdicts determine the order; false if all have the same time, as under a stopped clock. */
  get isGuided(): boolean {
    return this.#firstDecided < this.#lastDecided
  }

  /** Yields all records in order. Can be called once. */
  async *ordered(): AsyncGenerator<Ordered> {
    if (this.#options.withVerdicts) {
      await this.#join()
      await this.#takeTurns()
    }
    for (const { key, payload } of this.#byTurn.sorted())
      yield { turn: key[0], record: decodeSpooled(payload) }
  }

  /** Matches records with verdicts by id; the nth record with an id gets its nth verdict. */
  async #join(): Promise<void> {
    let verdicts: Buffer[] = []
    let used = 0
    let [high, low] = [Number.NaN, Number.NaN]
    let done = 0
    for (const { key, payload } of this.#byId.sorted()) {
      if (++done % YIELD_EVERY === 0) await setImmediate()
      const isRecord = key[1] % 2 === 1
      const id = key[1] - (isRecord ? 1 : 0)
      if (key[0] !== high || id !== low) {
        ;[high, low] = [key[0], id]
        verdicts = []
        used = 0
      }
      if (!isRecord) {
        verdicts.push(payload)
        continue
      }
      const verdict = verdicts[Math.min(used++, verdicts.length - 1)]
      const record = decodeSpooled(payload)
      this.#byPlace.add(this.#placeOf(record, key[2]), encodeSpooled(record, verdict))
    }
  }

  /** A record without a verdict, such as a dead letter, gets the turn of its predecessor in the partition. */
  async #takeTurns(): Promise<void> {
    const turns = new Map<number, number>()
    let done = 0
    for (const { key, payload } of this.#byPlace.sorted()) {
      if (++done % YIELD_EVERY === 0) await setImmediate()
      const record = decodeSpooled(payload)
      const slot = slotOf(record)
      const decidedAt = record.verdict.length === 0 ? undefined : readVerdict(record.verdict)?.decidedAt
      const turn = this.isGuided ? (decidedAt ?? turns.get(slot) ?? BEFORE) : NO_TURN
      turns.set(slot, turn)
      this.#byTurn.add(this.#keyOf(turn, record, key[2]), payload)
    }
  }

  /**
   * `order` is the position in which the record was read, which is how a file was judged within one turn. Without turns, lines
   * with the same `ts` are ordered by a hash, so that the sorting of the dump does not matter.
   */
  #keyOf(turn: number, record: Omit<Spooled, 'verdict'>, order: number): SortKey {
    const { offset, eventTime, value } = record
    if (this.#options.from === 'topic')
      return [turn, Math.floor(eventTime / BUCKET_MS), slotOf(record) * PLACES + offset]
    return turn > 0 ? [turn, order, 0] : [turn, eventTime, hash48(value)]
  }

  #placeOf(record: Spooled, order: number): SortKey {
    return this.#options.from === 'files' ? [0, order, order] : [slotOf(record), record.offset, order]
  }
}

/** Sorts the verdicts of an id before its records. With 96 bits of a hash, collisions can be ignored. */
function idKey(id: string, isRecord: boolean, order: number): SortKey {
  const hash = digest(id)
  return [hash.readUIntBE(0, 6), hash.readUIntBE(6, 6) * 2 + (isRecord ? 1 : 0), order]
}

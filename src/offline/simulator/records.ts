import type { Code } from '../../domain/codes.ts'
import { given } from '../../domain/given.ts'
import type { Label } from '../../domain/labels.ts'
import { DAY } from '../../domain/time.ts'
import { type PlannedMessage, subscriber } from './plants.ts'
import type { Random } from './random.ts'

/** Ground truth for a record; ordinary records have none. */
export interface RecordTruth {
  readonly id: string
  /** Epoch ms. */
  readonly ts: number
  readonly label: Label | 'invalid'
  readonly codes: readonly Code[]
  readonly event?: string
  /** Index of the plant it belongs to. */
  readonly plant?: number
}

/** An input record; its value is bytes if it is broken on purpose. */
export interface SimulatedRecord {
  readonly key: string
  readonly value: string | Buffer
  readonly truth?: RecordTruth
}

/** A record with the time at which the gateway passes it on, epoch ms. */
export interface TimedRecord extends SimulatedRecord {
  readonly at: number
}

/** Maximum delay at the gateway, ms. */
const JITTER = 3_000
/** Characters per segment of a concatenated SMS in UCS-2. */
const SEGMENT = 67
const SINGLE = 70

/** Turns messages into input records; long ones are split into parts. */
export class RecordWriter {
  readonly #random: Random
  readonly #run: string
  #sequence = 0

  /** `run` is part of every id, so that runs with different values share no id. */
  constructor(random: Random, run = '') {
    this.#random = random
    this.#run = run
  }

  /** The records of a message; `plant` is the index of the plant it belongs to. */
  *of(draft: PlannedMessage, plant?: number): Generator<TimedRecord> {
    const random = this.#random
    const submission = (this.#sequence++).toString(36)
    const signs = [...draft.text]
    const count = signs.length > SINGLE ? Math.ceil(signs.length / SEGMENT) : 1
    const at = draft.ts + Math.floor(random.next() * JITTER)
    for (let index = 1; index <= count; index++) {
      const id = `g${this.#run}${submission}.1.${index}`
      const record = {
        id,
        ts: draft.ts,
        from: draft.from,
        to: draft.to,
        text: count === 1 ? draft.text : signs.slice((index - 1) * SEGMENT, index * SEGMENT).join(''),
        ...(count === 1 ? {} : { part: { ref: `${this.#run}${submission}`, index, count } }),
        ...(draft.blocked ? { disposition: 'blocked' } : {}),
      }
      const truth = truthOf(draft, id, plant)
      yield {
        at: at + (count === 1 ? 0 : random.int(0, 2_000)),
        key: draft.from,
        value: JSON.stringify(record),
        ...(truth ? { truth } : {}),
      }
    }
  }

  /** An unreadable record, broken in one of the ways that gateways break them. */
  broken(at: number): TimedRecord {
    const random = this.#random
    const id = `p${this.#run}${(this.#sequence++).toString(36)}`
    const record = { id, ts: at, from: '10690000001', to: subscriber(random), text: '测试' }
    const values: (() => string | Buffer)[] = [
      () => Buffer.from(Array.from({ length: 40 }, () => 128 + random.int(0, 100))),
      () => JSON.stringify(record).slice(0, -8),
      () => JSON.stringify({ ...record, text: 42 }),
      () => JSON.stringify({ ...record, ts: 'yesterday' }),
      () => JSON.stringify({ ...record, ts: at + 30 * DAY }),
      () => JSON.stringify({ ...record, text: '' }),
      () => JSON.stringify({ ...record, text: '长'.repeat(5000) }),
      () => JSON.stringify([record]),
      () => JSON.stringify({ ...record, to: undefined }),
    ]
    const value = random.pick(values)()
    return { at, key: 'poison', value, truth: { id, ts: at, label: 'invalid', codes: [], event: 'poison' } }
  }
}

/** The ground truth of a message, or undefined for ordinary ones. */
function truthOf(draft: PlannedMessage, id: string, plant: number | undefined): RecordTruth | undefined {
  if (!draft.event) return undefined
  return {
    id,
    ts: draft.ts,
    label: draft.label,
    codes: draft.codes ?? [],
    event: draft.event,
    ...given({ plant }),
  }
}

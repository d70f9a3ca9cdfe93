import { readMessage } from '../../detection/read-message.ts'
import { given } from '../../domain/given.ts'
import type { RawRecord } from '../../domain/message.ts'
import { HOUR, MINUTE } from '../../domain/time.ts'
import type { TokeniseLike } from '../../domain/token.ts'
import { type Decoded, isRejection, itemsOf } from '../../pipeline/decode.ts'
import { JoinParts } from '../../pipeline/join-parts.ts'
import { type Complaint, readSideValue } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import type { FedRecord, Feed, Prepare, Reading } from './feed.ts'
import type { Candidate, Sought } from './match.ts'

/** Kinds of rows in the order in which they are read. */
export const INPUTS = ['complaints', 'messages', 'verdicts', 'alerts', 'consents', 'replies'] as const
export type Input = (typeof INPUTS)[number]

/** Result of reading one feed. */
export interface SourceReading extends Reading {
  readonly input: Input
  readonly name: string
  /** Number of records that do not conform to docs/asyncapi.yaml. */
  readonly unreadable: number
}

/** Reads the feeds of one kind one after the other. `take` returns whether it could read the record. */
export async function readFeeds(
  input: Input,
  feeds: readonly Feed[],
  range: { readonly from?: number; readonly to?: number },
  take: (record: FedRecord, feed: Feed) => boolean,
  prepare?: Prepare,
): Promise<SourceReading[]> {
  const readings: SourceReading[] = []
  for (const feed of feeds) {
    let unreadable = 0
    const count = (record: FedRecord) => {
      if (!take(record, feed)) unreadable++
    }
    const reading = await feed.read(range, count, prepare)
    readings.push({ input, name: feed.name, unreadable, ...reading })
  }
  return readings
}

export interface FoundComplaint {
  readonly complaint: Complaint
  /** When its record was appended, epoch ms; absent for lines of files. */
  readonly appendedAt?: number
  /** Number of further rows with the same id; the first row counts. */
  readonly repeats: number
}

/** Finds the complaint with this id; `found` is undefined if there is none. */
export async function findComplaint(
  feeds: readonly Feed[],
  id: string,
): Promise<{ readonly found: FoundComplaint | undefined; readonly readings: readonly SourceReading[] }> {
  let first: Omit<FoundComplaint, 'repeats'> | undefined
  let count = 0
  const readings = await readFeeds('complaints', feeds, {}, ({ value, timestamp }) => {
    const read = readSideValue('complaints', value, canonicalNumber)
    if (read === undefined) return true
    if ('message' in read) return false
    if (read.row.id !== id) return true
    count++
    first ??= {
      complaint: read.row,
      ...given({ appendedAt: Number.isFinite(timestamp) ? timestamp : undefined }),
    }
    return true
  })
  return { found: first && { ...first, repeats: count - 1 }, readings }
}

export interface MessageSearch {
  readonly feeds: readonly Feed[]
  readonly sought: Sought
  /** Range of event times, epoch ms, both ends inclusive. */
  readonly window: { readonly from: number; readonly to: number }
  readonly tokenise: TokeniseLike
  /** Decoder of the configured input. */
  readonly decode: (raw: RawRecord) => Decoded
  readonly prepare: Prepare
  /** How long parts wait for missing ones, as in the pipeline, ms. */
  readonly partWait: number
}

export interface FoundMessages {
  readonly kept: readonly Candidate[]
  readonly matched: number
  readonly others: number
  readonly readings: readonly SourceReading[]
}

/** How long before its time (clock differences) or after it (queues at the gateway) a record may be appended, ms. */
const APPENDED_BEFORE = 10 * MINUTE
const APPENDED_AFTER = HOUR

/** Finds the messages that are searched for, with their parts joined. */
export async function findMessages(search: MessageSearch): Promise<FoundMessages> {
  const { feeds, sought, window, tokenise, decode, prepare, partWait } = search
  const join = new JoinParts({ wait: partWait })
  const admit = (messages: ReturnType<JoinParts['add']>) => {
    for (const message of messages) sought.add(message, () => readMessage(message, tokenise))
  }
  const range = { from: window.from - APPENDED_BEFORE, to: window.to + APPENDED_AFTER }
  const take = (fed: FedRecord) => {
    const { key, value, position } = fed
    if (value === null) return false
    const records = itemsOf(decode({ ...fed, value, key: Buffer.from(key) }))
    for (const record of records) {
      if (isRejection(record) || record.ts < window.from || record.ts > window.to) continue
      if (sought.mayFit(record)) admit(join.add(record, position, record.ts))
    }
    return !records.every(isRejection)
  }
  const readings = await readFeeds('messages', feeds, range, take, prepare)
  admit(join.flushAll())
  sought.finish()
  const { kept, matched, others } = sought
  return { kept, matched, others, readings }
}

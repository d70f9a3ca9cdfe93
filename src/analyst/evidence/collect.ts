import { readMessage } from '../../detection/read-message.ts'
import type { RawRecord } from '../../domain/message.ts'
import { HOUR, MINUTE } from '../../domain/time.ts'
import type { TokeniseLike } from '../../domain/token.ts'
import { type Decoded, isRejection, itemsOf } from '../../pipeline/decode.ts'
import { JoinParts } from '../../pipeline/join-parts.ts'
import { type Complaint, readSideValue } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import type { FedRecord, Feed, Prepare, Reading } from './feed.ts'
import { type Candidate, Candidates } from './match.ts'

/** What is looked for, in the order in which it is read. */
export const INPUTS = ['complaints', 'messages', 'verdicts', 'alerts', 'consents', 'replies'] as const
export type Input = (typeof INPUTS)[number]

/** What became of reading one feed. */
export interface SourceReading extends Reading {
  readonly input: Input
  readonly name: string
  /** Records that are not as docs/asyncapi.yaml describes them. */
  readonly unreadable: number
}

/** Reads feeds of one kind one after the other; `take` says whether it could read the record. */
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
  /** When its record was appended, epoch ms; absent for a line of a file. */
  readonly appendedAt?: number
  /** Other rows with the same id; the first counts. */
  readonly repeats: number
}

/** The complaint with an id; undefined when no row has it. */
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
    first ??= { complaint: read.row, ...(Number.isFinite(timestamp) ? { appendedAt: timestamp } : {}) }
    return true
  })
  return { found: first && { ...first, repeats: count - 1 }, readings }
}

export interface MessageSearch {
  readonly feeds: readonly Feed[]
  readonly complaint: Complaint
  /** Event time, epoch ms, both ends included. */
  readonly window: { readonly from: number; readonly to: number }
  readonly tokenise: TokeniseLike
  /** As the service reads the records of its input. */
  readonly decode: (raw: RawRecord) => Decoded
  readonly prepare: Prepare
  /** ms; as the pipeline joins them. */
  readonly partWait: number
  /** Messages to keep, the best ones. */
  readonly max: number
}

export interface FoundMessages {
  readonly kept: readonly Candidate[]
  readonly matched: number
  readonly others: number
  readonly readings: readonly SourceReading[]
}

/** A record is appended at most this long before its time (clocks) or after it (queues of the gateway), ms. */
const APPENDED_BEFORE = 10 * MINUTE
const APPENDED_AFTER = HOUR

/** The messages that a complaint may be about, parts joined. */
export async function findMessages(search: MessageSearch): Promise<FoundMessages> {
  const { feeds, complaint, window, tokenise, decode, prepare, partWait, max } = search
  const candidates = new Candidates(complaint, tokenise, max)
  const join = new JoinParts({ wait: partWait })
  const admit = (messages: ReturnType<JoinParts['add']>) => {
    for (const message of messages) candidates.add(readMessage(message, tokenise))
  }
  const range = { from: window.from - APPENDED_BEFORE, to: window.to + APPENDED_AFTER }
  const take = (fed: FedRecord) => {
    const { key, value, position } = fed
    if (value === null) return false
    const records = itemsOf(decode({ ...fed, value, key: Buffer.from(key) }))
    for (const record of records) {
      if (isRejection(record) || record.ts < window.from || record.ts > window.to) continue
      if (candidates.mayFit(canonicalNumber(record.to))) admit(join.add(record, position, record.ts))
    }
    return !records.every(isRejection)
  }
  const readings = await readFeeds('messages', feeds, range, take, prepare)
  admit(join.flushAll())
  candidates.finish()
  const { kept, matched, others } = candidates
  return { kept, matched, others, readings }
}

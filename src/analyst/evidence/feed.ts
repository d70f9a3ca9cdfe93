import { createLinesSource } from '../../adapters/sources/lines.ts'
import { InvalidInput } from '../../domain/errors.ts'
import type { Position, RawRecord, RecordHeaders } from '../../domain/message.ts'
import type { MapRow } from '../../pipeline/side-inputs/mapped-rows.ts'
import { type RowMap, readRows } from '../../settings/files/row-file.ts'

/** A record of a file or a topic, as it lies there. */
export interface FedRecord {
  /** Empty when there is none. */
  readonly key: string
  readonly headers?: RecordHeaders
  /** null: a tombstone. */
  readonly value: Buffer | null
  /** When it was appended, epoch ms; Infinity for a line of a file, for which it is not known. */
  readonly timestamp: number
  readonly position: Position
}

/** When records were appended, epoch ms: from `from` on, before `to`. Absent: no bound. */
export interface AppendRange {
  readonly from?: number
  readonly to?: number
}

export interface Reading {
  readonly records: number
  /** The records of before this time, epoch ms, are gone although they were asked for. */
  readonly beginsAt?: number
}

/** What has to be there before records can be read. */
export type Prepare = (records: readonly RawRecord[]) => Promise<void>

/** Where rows of one kind are kept. */
export interface Feed {
  /** For people: `messages.jsonl`, `topic sms.mt`. */
  readonly name: string
  /**
   * Shows every record of the range, in the order of its partition. A file has no times of its own: all of it. Records that
   * come together are shown when `prepare` has resolved.
   */
  read(range: AppendRange, take: (record: FedRecord) => void, prepare?: Prepare): Promise<Reading>
}

/** Rows of a JSONL or CSV file, in another form where there is a map; rows that do not fit are as they were written. */
export function rowFeed(path: string, map?: RowMap): Feed {
  return {
    name: path,
    async read(_range, take) {
      let records = 0
      for (const { line, value, problem } of readRows(path, map)) {
        if (problem && problem.line === undefined) throw new InvalidInput('USAGE', [problem])
        records++
        take({
          key: '',
          value: problem || value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value)),
          timestamp: Number.POSITIVE_INFINITY,
          position: { topic: path, partition: 0, offset: line - 1 },
        })
      }
      return { records }
    },
  }
}

/** Records of a topic in another form, as sigwatch has them; what does not fit is shown as it is. */
export function mappedFeed(feed: Feed, map: MapRow): Feed {
  const shown = (record: FedRecord): FedRecord => {
    const mapped = map(record)
    return 'message' in mapped ? record : { ...record, key: mapped.key, value: mapped.value }
  }
  return {
    name: feed.name,
    read: (range, take, prepare) => feed.read(range, (record) => take(shown(record)), prepare),
  }
}

const MAX_LINE = 10_000_000

/** The lines of a file. Rejects with USAGE when it cannot be opened. */
export function fileFeed(path: string): Feed {
  return {
    name: path,
    async read(_range, take, prepare) {
      let records = 0
      const source = createLinesSource({
        path,
        maxLineBytes: MAX_LINE,
        clock: { now: () => Number.POSITIVE_INFINITY },
      })
      await source.run({
        assigned: async () => {},
        revoked: async () => {},
        records: async (run) => {
          records += run.records.length
          await prepare?.(run.records)
          for (const record of run.records) take({ ...record, key: '' })
        },
      })
      return { records }
    },
  }
}

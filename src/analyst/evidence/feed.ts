import { createLinesSource } from '../../adapters/sources/lines.ts'
import { InvalidInput } from '../../domain/errors.ts'
import type { Position, RawRecord, RecordHeaders } from '../../domain/message.ts'
import type { MapRow } from '../../pipeline/side-inputs/mapped-rows.ts'
import { type RowMap, readRows } from '../../settings/files/row-file.ts'

/** A record of a file or topic, unmodified. */
export interface FedRecord {
  /** Empty if there is none. */
  readonly key: string
  readonly headers?: RecordHeaders
  /** null for a tombstone. */
  readonly value: Buffer | null
  /** When it was appended, epoch ms; Infinity for lines of files, where it is unknown. */
  readonly timestamp: number
  readonly position: Position
}

/** Range of append times, epoch ms; `to` is exclusive. Absent bounds are open. */
export interface AppendRange {
  readonly from?: number
  readonly to?: number
}

export interface Reading {
  readonly records: number
  /** Set if earlier records were requested but no longer exist: the time of the first available one, epoch ms. */
  readonly beginsAt?: number
}

/** Prepares the reading of records, for example by fetching their schemas. */
export type Prepare = (records: readonly RawRecord[]) => Promise<void>

/** A source of rows of one kind. */
export interface Feed {
  /** Name for display: `messages.jsonl`, `topic sms.mt`. */
  readonly name: string
  /**
   * Passes every record of the range in the order of its partition. Files have no append times and are passed as a whole. Each
   * batch of records is passed after `prepare` has resolved for it.
   */
  read(range: AppendRange, take: (record: FedRecord) => void, prepare?: Prepare): Promise<Reading>
}

/** Rows of a JSONL or CSV file, mapped if there is a field map. Rows that do not fit the map are passed unchanged. */
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

/** A feed with its records mapped to the form of sigwatch. Records that do not fit are passed unchanged. */
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

/** Lines of a file. Reading rejects with USAGE if it cannot be opened. */
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

import type { Locale } from '../../detection/detectors/words.ts'
import type { Emit } from '../../domain/events.ts'
import type { ArchiveReader } from '../archive/reader.ts'
import type { Login } from './sessions.ts'

/** Where the desk writes feedback. */
export interface FeedbackWriter {
  /** The time that a row is stamped with, epoch ms. */
  now(): Promise<number>
  /** Rejects with USAGE for a row that is not allowed. */
  write(key: string, row: Readonly<Record<string, unknown>>): Promise<void>
}

export interface DeskOptions {
  readonly host: string
  readonly port: number
  readonly logins: readonly Login[]
  readonly archive: Pick<
    ArchiveReader,
    'search' | 'case' | 'sent' | 'overview' | 'judged' | 'note' | 'accesses'
  >
  readonly locale: Locale
  /** Proxies whose word is taken for whom they speak for. */
  readonly isTrustedProxy: (address: string) => boolean
  readonly emit: Emit
  /** Absent: no user may give feedback. */
  readonly feedback?: FeedbackWriter
}

import type { Locale } from '../../detection/detectors/words.ts'
import type { Emit } from '../../domain/events.ts'
import type { GivenRow } from '../archive/given-feedback.ts'
import type { ArchiveReader } from '../archive/reader.ts'
import type { Calendar } from '../words/calendar.ts'
import type { ProviderLogins } from './provider-login.ts'
import type { Login } from './sessions.ts'

/** Where the desk writes feedback. */
export interface FeedbackWriter {
  /** The time that a row is stamped with, epoch ms. */
  now(): Promise<number>
  /** Resolves when the row is written. */
  write(key: string, row: GivenRow): Promise<void>
}

export interface DeskOptions {
  readonly host: string
  readonly port: number
  readonly logins: readonly Login[]
  /** Where people log in besides tokens. */
  readonly provider?: ProviderLogins
  readonly archive: Pick<
    ArchiveReader,
    'search' | 'case' | 'sent' | 'overview' | 'judged' | 'note' | 'accesses' | 'ask' | 'change' | 'now'
  >
  readonly locale: Locale
  /** Proxies whose word is taken for whom they speak for. */
  readonly isTrustedProxy: (address: string) => boolean
  readonly emit: Emit
  /** Absent: no user may give feedback. */
  readonly feedback?: FeedbackWriter
  /** The tokens of a number in canonical form, under the key of today and former ones; absent: no key is known. */
  readonly numberTokens?: (canonical: string) => readonly string[]
  /** What stands on letters, and how their file numbers are made: `{year}` and `{n}` are filled in. */
  readonly letters?: {
    readonly letterhead: readonly string[]
    readonly fileNumber: string
    readonly contact: string | null
  }
  /** Working days and deadlines of complaints; absent: weekends are free. */
  readonly calendar?: Calendar
  /** A page as PDF; absent, or undefined: there is no Chromium. */
  readonly printPdf?: (page: string) => Promise<Buffer | undefined>
  /** The topic in which the service answers feedback. */
  readonly answers?: string
}

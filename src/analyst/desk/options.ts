import type { Locale } from '../../detection/detectors/words.ts'
import type { Emit } from '../../domain/events.ts'
import type { GivenRow } from '../archive/given-feedback.ts'
import type { ArchiveReader } from '../archive/reader.ts'
import type { Calendar } from '../words/calendar.ts'
import type { ProviderLogins } from './provider-login.ts'
import type { Login } from './sessions.ts'

/** The destination of feedback. */
export interface FeedbackWriter {
  /** Timestamp for new rows, epoch ms. */
  now(): Promise<number>
  /** Resolves when the row has been written. */
  write(key: string, row: GivenRow): Promise<void>
}

export interface DeskOptions {
  readonly host: string
  readonly port: number
  readonly logins: readonly Login[]
  /** Login through an OpenID provider, in addition to tokens. */
  readonly provider?: ProviderLogins
  readonly archive: Pick<
    ArchiveReader,
    | 'search'
    | 'case'
    | 'sent'
    | 'overview'
    | 'judged'
    | 'note'
    | 'accesses'
    | 'ask'
    | 'askLong'
    | 'change'
    | 'now'
  >
  readonly locale: Locale
  /** Proxies whose `X-Forwarded-For` is trusted. */
  readonly isTrustedProxy: (address: string) => boolean
  readonly emit: Emit
  /** Absent if feedback cannot be given. */
  readonly feedback?: FeedbackWriter
  /** The tokens of a number in canonical form, under the current and former keys; absent if no key is configured. */
  readonly numberTokens?: (canonical: string) => readonly string[]
  /** Letterhead, and template of the file numbers with `{year}` and `{n}`. */
  readonly letters?: {
    readonly letterhead: readonly string[]
    readonly fileNumber: string
    readonly contact: string | null
  }
  /** Working days and deadlines of complaints; by default only weekends are free. */
  readonly calendar?: Calendar
  /** Prints a page to PDF; absent, or resolving with undefined, without Chromium. */
  readonly printPdf?: (page: string) => Promise<Buffer | undefined>
  /** The topic of the service's feedback results. */
  readonly answers?: string
}

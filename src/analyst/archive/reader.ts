import type { Alert } from '../../domain/alert.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { MINUTE } from '../../domain/time.ts'
import type { Ask, AskUntil } from './ask.ts'
import { type Case, COLUMNS, caseOf, type FoundAlert, MOST } from './case.ts'
import { databaseError, openPool, takeClient } from './database.ts'
import { limitedRows, type RowLimits } from './limited-rows.ts'
import { requireSchema } from './migrate.ts'
import { withoutMobiles, withoutSender } from './mobiles.ts'
import { type Overview, overviewOf } from './overview.ts'
import { COMPLAINED, JUDGED, JUDGED_ALERTS } from './questions.ts'
import { SENT, type Sent } from './sent.ts'

/** Search fields with their condition on the third parameter. */
const CONDITIONS = {
  message: '(message_id = $3 OR id = $3)',
  token: 'to_token = $3',
  signature: "(signature = $3 OR (target_kind = 'signature' AND target_id = $3))",
  port: "(port = $3 OR (target_kind = 'port' AND target_id = $3))",
  domain: 'domains @> ARRAY[$3]',
  code: 'codes @> ARRAY[$3]',
  campaign: 'campaign = $3',
}
export type SearchField = keyof typeof CONDITIONS
export const SEARCH_FIELDS = Object.keys(CONDITIONS) as readonly SearchField[]

export interface Search {
  readonly field?: SearchField
  readonly value?: string
  /** Epoch ms; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

/** How often analysts confirmed a code. */
export interface ReviewedCode {
  readonly code: string
  readonly confirmed: number
  readonly judged: number
}

/** The last judgement on a message, a state or a target with its alert, or null if the alert is not stored. */
export interface JudgedAlert {
  readonly verdict: 'confirmed' | 'false_positive'
  readonly by: string
  readonly ts: Date
  readonly codes: readonly string[] | null
  readonly note: string | null
  readonly event: Alert | null
}

/** Complaints about a sender. `sent`: messages under its signature in the same period, null if unknown. */
export interface Complained {
  readonly sender: string
  readonly complaints: number
  readonly sent: number | null
}

/** A user of the desk and their address. */
export interface Visitor {
  readonly name: string
  readonly address?: string
}

export interface Access {
  readonly at: Date
  readonly who: string
  readonly what: string
  readonly subject: string
  readonly address: string | null
}

/** Actions of users at the desk in the access log; `denied` is for missing rights. */
export const ACCESS_KINDS = [
  ...([
    'login',
    'logout',
    'refused',
    'denied',
    'search',
    'number',
    'case',
    'queue',
    'overview',
    'thing',
  ] as const),
  ...(['feedback', 'access', 'letter', 'complaints', 'erase'] as const),
]

/** Filter on the access log; times are epoch ms. */
export interface AccessSearch {
  readonly who?: string | undefined
  readonly what?: string | undefined
  readonly address?: string | undefined
  readonly from?: number
  readonly to?: number
  readonly skip?: number
  readonly most?: number
}

/** Alerts read per query. */
const PAGE = 1000

/** Default query timeout, ms. */
const WITHIN = MINUTE

/** Connections of statements that take long. */
const LONG_CONNECTIONS = 2

const isUnreachable = (error: unknown) =>
  error instanceof SigwatchError && error.code === 'ARCHIVE_UNREACHABLE'

type Pool = ReturnType<typeof openPool>

/** Reads the archive. All methods reject with ARCHIVE_UNREACHABLE, ARCHIVE_TOO_SLOW or ARCHIVE_REFUSED. */
export class ArchiveReader {
  readonly #pool: Pool
  readonly #longPool: Pool
  readonly #within: number

  /** Runs a read-only statement with the query timeout. */
  readonly ask: Ask = (sql, values) => this.#rows(sql, values)
  /** Like `ask`, on connections of its own, so that no other statement waits for one that takes long. Also rejects with ARCHIVE_BUSY. */
  readonly askLong: AskUntil = async (sql, values, signal) => {
    try {
      return await this.#rows(sql, values, { signal }, this.#longPool)
    } catch (error) {
      // A connection that broke is not in the pool any more: the statement got none in time.
      if (!isUnreachable(error) || this.#longPool.totalCount < LONG_CONNECTIONS) throw error
      throw new SigwatchError('ARCHIVE_BUSY', 'other statements that take long are running', { cause: error })
    }
  }
  /** Runs a writing statement with the query timeout. */
  readonly change: Ask = (sql, values) => this.#rows(sql, values, { access: 'READ WRITE' })

  private constructor(pool: Pool, longPool: Pool, within: number) {
    this.#pool = pool
    this.#longPool = longPool
    this.#within = within
  }

  /** `within`: query timeout, ms. Rejects also if the schema is that of another version. */
  static async open(url: string, applicationName: string, within = WITHIN): Promise<ArchiveReader> {
    const pool = openPool(url, applicationName, within)
    try {
      const client = await takeClient(pool)
      await requireSchema(client).finally(() => client.release())
      return new ArchiveReader(pool, openPool(url, applicationName, within, LONG_CONNECTIONS), within)
    } catch (error) {
      await pool.end()
      throw databaseError(error, within)
    }
  }

  /** Time of the database, epoch ms. */
  async now(): Promise<number> {
    const [row] = await this.#rows<{ now: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
      [],
    )
    return row!.now
  }

  /** The newest alerts that match, at most 200. Also rejects with the reason of the signal once that is aborted. */
  async search({ field, value, from, to }: Search, signal?: AbortSignal): Promise<FoundAlert[]> {
    const isNarrow = field !== undefined && value !== undefined
    const found = await this.#rows<FoundAlert>(
      `SELECT ${COLUMNS} FROM alert WHERE ts >= $1 AND ts < $2 ${isNarrow ? `AND ${CONDITIONS[field]}` : ''}
        ORDER BY ts DESC LIMIT ${MOST}`,
      [new Date(from), new Date(to), ...(isNarrow ? [value] : [])],
      { signal },
    )
    return found.map(withoutSender)
  }

  /** The case of an alert, or of the alert on a message; undefined if there is none. */
  case(id: string, answers?: string): Promise<Case | undefined> {
    return caseOf(this.ask, id, answers)
  }

  /** The alerts of a period, oldest first. */
  async *alerts(from: number, to: number): AsyncGenerator<Alert> {
    let after: [Date, string] = [new Date(from), '']
    for (;;) {
      const page = await this.#rows<{ ts: Date; id: string; event: Alert }>(
        `SELECT ts, id, event FROM alert WHERE ts >= $1 AND ts < $2 AND (ts, id) > ($1, $3) ORDER BY ts, id LIMIT ${PAGE}`,
        [after[0], new Date(to), after[1]],
      )
      for (const { event } of page) yield event
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      after = [last.ts, last.id]
    }
  }

  /** Number of cases judged and confirmed in a period by code; the last judgement on a case counts. */
  judged(from: number, to: number): Promise<ReviewedCode[]> {
    return this.askLong(JUDGED, [new Date(from), new Date(to)])
  }

  /** The cases judged in a period, in the order of judgement; the last judgement on each counts. */
  judgedAlerts(from: number, to: number): Promise<JudgedAlert[]> {
    return this.askLong(JUDGED_ALERTS, [new Date(from), new Date(to)])
  }

  /** Senders with the most complaints in a period, with the messages under their signature. */
  complained(from: number, to: number): Promise<Complained[]> {
    return this.#rows(COMPLAINED, [new Date(from), new Date(to)])
  }

  /** What a signature sent in a period, or undefined if nothing is known. */
  async sent(signature: string, from: number, to: number): Promise<Sent | undefined> {
    const [row] = await this.#rows<Sent>(SENT, [new Date(from), new Date(to), signature])
    return row?.messages ? row : undefined
  }

  /** Overview of a period, epoch ms. */
  overview(from: number, to: number, ask = this.ask): Promise<Overview> {
    return overviewOf(ask, new Date(from), new Date(to))
  }

  /** Writes an access log entry with user and address. Mobile numbers in searches are masked. */
  async note(who: Visitor, what: string, subject: string): Promise<void> {
    const shown = what === 'search' ? withoutMobiles(subject) : subject
    const sql = 'INSERT INTO access_log (who, what, subject, address) VALUES ($1, $2, $3, $4)'
    await this.#rows(sql, [who.name, what, shown, who.address ?? null], { access: 'READ WRITE' })
  }

  /** Access log entries, newest first. */
  accesses({
    who,
    what,
    address,
    from = 0,
    to,
    skip = 0,
    most = MOST,
  }: AccessSearch = {}): Promise<Access[]> {
    return this.#rows(
      `SELECT at, who, what, subject, address FROM access_log WHERE at >= $1 AND ($2::timestamptz IS NULL OR at < $2)
        AND ($3::text IS NULL OR who = $3) AND ($4::text IS NULL OR what = $4) AND ($5::text IS NULL OR address = $5)
        ORDER BY at DESC, who, what, subject LIMIT $6 OFFSET $7`,
      [
        new Date(from),
        to === undefined ? null : new Date(to),
        who ?? null,
        what ?? null,
        address ?? null,
        most,
        skip,
      ],
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#longPool.end()])
  }

  async #rows<T extends object>(
    sql: string,
    values: readonly unknown[],
    { access = 'READ ONLY', signal }: Partial<RowLimits> = {},
    pool = this.#pool,
  ): Promise<T[]> {
    try {
      return await limitedRows<T>(pool, { within: this.#within, access, signal }, [sql, values])
    } catch (error) {
      signal?.throwIfAborted()
      throw databaseError(error, this.#within)
    }
  }
}

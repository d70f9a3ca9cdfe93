import type { BoundedClock } from '../../domain/ports.ts'
import { DAY } from '../../domain/time.ts'
import { type Client, inTransaction } from './database.ts'
import { DAILY, type DailyTable, dayOf, partitionName } from './days.ts'

/** Rows further ahead of the clock than this come from a wrong clock. */
const AHEAD = 2 * DAY
/** Number of days for which partitions are created in advance. */
const DAYS_AHEAD = 7
/** Advisory lock: only one process creates partitions at a time. */
const LOCK = 7_446_284_927
/**
 * Lock timeout, ms. Attaching a partition takes a lock that conflicts with other schema changes of the table and with ANALYZE,
 * but not with reads or writes.
 */
const LOCK_WITHIN = 1_000
/** Pause after a lock timeout before the table is tried again, ms. */
const PAUSE = 30_000

/** SQLSTATE of a lock timeout. */
const LOCK_TIMEOUT = '55P03'

export const isLockTimeout = (error: unknown) => (error as { code?: string }).code === LOCK_TIMEOUT

/** How the time of a row compares with the retention and the clock. */
export type Standing = 'kept' | 'past' | 'ahead'

interface Placed {
  readonly table: DailyTable
  readonly ts: number
}

/** Tracks the day partitions and creates missing ones without a lock that blocks readers. */
export class Partitions {
  readonly #retention: number
  #known: ReadonlySet<string> = new Set()
  readonly #pausedUntil = new Map<DailyTable, number>()

  /** `retention` in ms. */
  constructor(retention: number) {
    this.#retention = retention
  }

  /** Whether a row with this time (epoch ms) is kept, certainly older than the retention, or too far ahead of the clock. */
  standingOf(ts: number, clock: BoundedClock): Standing {
    if (ts < firstDay(clock.earliest(), this.#retention)) return 'past'
    return ts < latestOf(clock) + AHEAD ? 'kept' : 'ahead'
  }

  /**
   * Creates missing partitions for these rows. Resolves with the rows whose partition cannot be created now because another
   * session is using the table.
   */
  async ensure<R extends Placed>(client: Client, rows: readonly R[]): Promise<ReadonlySet<R>> {
    const isMissing = ({ table, ts }: Placed) => !this.#known.has(partitionName(table, dayOf(ts)))
    if (!rows.some(isMissing)) return new Set()
    await this.#look(client)
    for (const table of DAILY) {
      const days = rows.flatMap((row) => (row.table === table && isMissing(row) ? [dayOf(row.ts)] : []))
      if (days.length > 0) await this.#make(client, table, [...new Set(days)])
    }
    return new Set(rows.filter(isMissing))
  }

  /** Creates the partitions for today and the days ahead. Resolves with the tables that have to wait. */
  async prepare(client: Client, clock: BoundedClock): Promise<readonly DailyTable[]> {
    const today = dayOf(clock.now())
    const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, i) => today + i * DAY)
    const missing = await this.ensure(
      client,
      DAILY.flatMap((table) => days.map((ts) => ({ table, ts }))),
    )
    return [...new Set([...missing].map(({ table }) => table))]
  }

  /** Discards the cached state of the database, so that it is read again. */
  forget(): void {
    this.#known = new Set()
  }

  async #look(client: Client): Promise<void> {
    this.#known = new Set(await attachedPartitions(client))
  }

  /** Attaches a new table, because `CREATE TABLE … PARTITION OF` would block all readers. */
  async #make(client: Client, table: DailyTable, days: readonly number[]): Promise<void> {
    if (performance.now() < (this.#pausedUntil.get(table) ?? 0)) return
    const attach = async () => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
      const { rows } = await client.query<{ name: string }>(EXISTING, [
        days.map((day) => partitionName(table, day)),
      ])
      const taken = new Set(rows.map(({ name }) => name))
      const wanted = days.filter((day) => !taken.has(partitionName(table, day)))
      for (const day of wanted) await client.query(attaching(table, day))
    }
    try {
      await inTransaction(client, attach, `BEGIN; SET LOCAL lock_timeout = ${LOCK_WITHIN}`)
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      this.#pausedUntil.set(table, performance.now() + PAUSE)
    }
    await this.#look(client)
  }
}

/** Start of the first day that is kept, epoch ms. */
export function firstDay(now: number, retention: number): number {
  return dayOf(now - retention)
}

/** Without a reference for the upper bound, the clock itself is used. */
function latestOf(clock: BoundedClock): number {
  const latest = clock.latest()
  return Number.isFinite(latest) ? latest : clock.now()
}

const EXISTING =
  'SELECT relname AS name FROM pg_class WHERE oid = ANY (SELECT to_regclass(n) FROM unnest($1::text[]) n)'

function attaching(table: DailyTable, day: number): string {
  const name = partitionName(table, day)
  const [from, to] = [day, day + DAY].map((ms) => new Date(ms).toISOString())
  return `CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL);
    ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`
}

export async function attachedPartitions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = ANY ($1::regclass[]) AND NOT i.inhdetachpending ORDER BY 1`,
    [DAILY],
  )
  return rows.map(({ name }) => name)
}

import { DAY } from '../domain/time.ts'
import type { Client } from './database.ts'

/** Tables with a partition a day. */
export const DAILY = ['alert', 'verdict', 'sender_minute', 'feedback', 'enforcement', 'complaint'] as const
export type DailyTable = (typeof DAILY)[number]

/** Rows this far ahead of the clock have a wrong clock behind them. */
const AHEAD = 2 * DAY
/** One process makes or drops partitions at a time. */
const LOCK = 7_446_284_927

/** Rows of the registry that another one followed before the retention began, and rows that were deleted before it. */
const SUPERSEDED = `DELETE FROM registry_row old WHERE at < $1 AND (content IS NULL OR EXISTS (
    SELECT FROM registry_row next WHERE next.kind = old.kind AND next.key = old.key AND next.at > old.at AND next.at <= $1))`

/** Makes partitions as they are needed, and drops those that are past the retention. */
export class Partitions {
  readonly #retention: number
  readonly #known = new Set<string>()

  /** `retention`: ms. */
  constructor(retention: number) {
    this.#retention = retention
  }

  /** Whether a row of this time is kept: neither past the retention nor far ahead of `now`, epoch ms. */
  keeps(ts: number, now: number): boolean {
    return ts >= this.#firstDay(now) && ts < now + AHEAD
  }

  /** Makes the partitions of these times, epoch ms, that are not there. */
  async ensure(
    client: Client,
    rows: readonly { readonly table: DailyTable; readonly ts: number }[],
  ): Promise<void> {
    const missing = new Map<string, { table: DailyTable; day: number }>()
    for (const { table, ts } of rows) {
      const day = Math.floor(ts / DAY) * DAY
      const name = nameOf(table, day)
      if (!this.#known.has(name)) missing.set(name, { table, day })
    }
    if (missing.size === 0) return
    await locked(client, async () => {
      for (const [name, { table, day }] of missing) {
        const [from, to] = [day, day + DAY].map((ms) => new Date(ms).toISOString())
        await client.query(
          `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
        )
      }
    })
    for (const name of missing.keys()) this.#known.add(name)
  }

  /** Drops what is past the retention; resolves with the names of the partitions. */
  async expire(client: Client, now: number): Promise<string[]> {
    const first = this.#firstDay(now)
    await client.query('DELETE FROM complaint_case WHERE ts < $1', [new Date(first)])
    await client.query(SUPERSEDED, [new Date(first)])
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ANY ($1::regclass[]) ORDER BY 1`,
      [DAILY],
    )
    const old = rows.map(({ name }) => name).filter((name) => dayOf(name) < first)
    if (old.length === 0) return []
    await locked(client, async () => {
      for (const name of old) await client.query(`DROP TABLE IF EXISTS ${name}`)
    })
    for (const name of old) this.#known.delete(name)
    return old
  }

  #firstDay(now: number): number {
    return Math.floor((now - this.#retention) / DAY) * DAY
  }
}

/** `alert_20261126` */
function nameOf(table: DailyTable, day: number): string {
  return `${table}_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`
}

function dayOf(name: string): number {
  const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
  return year === undefined
    ? Number.POSITIVE_INFINITY
    : Date.UTC(Number(year), Number(month) - 1, Number(day))
}

async function locked(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  try {
    await work()
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK])
  }
}

import type { BoundedClock } from '../../domain/ports.ts'
import type { Client } from './database.ts'
import { DAILY, type DailyTable, dayOfPartition, isoDay } from './days.ts'
import { attachedPartitions, firstDay, isLockTimeout } from './partitions.ts'

/** Advisory lock: only one process drops days at a time. */
const LOCK = 7_446_284_929
/** Lock timeout, ms; shorter than that of a writer that adds a day to the same table. */
const LOCK_WITHIN = 300
/** Maximum number of days dropped at once if the clocks disagree. */
const MOST_DAYS = 3
/** Table comment that marks a partition no longer part of the archive; any archive process may drop it. */
const MARK = 'sigwatch: past the retention, to be dropped'

export interface ExpiryOptions {
  readonly clock: BoundedClock
  /** How long data is kept, ms. */
  readonly retention: number
  /** Whether PostgreSQL and this host agree on the time. */
  readonly agreed: boolean
  /** Set if an operator ordered the expiry: everything due is dropped, however much it is. */
  readonly forced?: boolean
}

export interface Expired {
  /** Days (`2026-11-26`) of removed partitions, oldest first. */
  readonly days: readonly string[]
  readonly partitions: number
  /** Other rows deleted after the retention. */
  readonly rows: number
  /** Days that are due but were kept, because dropping more than three at once requires agreeing clocks or an operator. */
  readonly held: readonly string[]
  /** Due partitions that another session was using; they are dropped at the next attempt. */
  readonly deferred: readonly string[]
}

/** Registry rows that were replaced or deleted before the retention period. */
const SUPERSEDED = `DELETE FROM registry_row old WHERE at < $1 AND (content IS NULL OR EXISTS (
    SELECT FROM registry_row next WHERE next.kind = old.kind AND next.key = old.key AND next.at > old.at AND next.at <= $1))`
const DELETES = [
  'DELETE FROM complaint_case WHERE ts < $1',
  SUPERSEDED,
  'DELETE FROM given_feedback WHERE ts < $1',
  'DELETE FROM case_alert WHERE ts < $1',
  'DELETE FROM fallen_judgement WHERE at < $1',
  'DELETE FROM case_feature WHERE at < $1',
  'DELETE FROM case_event WHERE at < $1',
  'DELETE FROM stored_search WHERE at < $1',
  'DELETE FROM letter_form WHERE at < $1',
  'UPDATE letter SET content = NULL WHERE at < $1 AND content IS NOT NULL',
  'DELETE FROM rollup_due WHERE to_ts < $1',
  ...[
    'sent_minute',
    'uncounted_minute',
    'sender_hour',
    'sent_hour',
    'alert_minute',
    'thing_hour',
    'complaint_hour',
  ].map((table) => `DELETE FROM ${table} WHERE ts < $1`),
  ...['thing', 'state_episode'].map((table) => `DELETE FROM ${table} WHERE last_at < $1`),
  'DELETE FROM refused WHERE at < $1',
  'DELETE FROM refused_row WHERE at < $1 OR ts < $1',
]

/**
 * Drops everything older than the retention. Returns undefined if another process is doing so. If the clocks disagree, a day is
 * due only by the earliest clock and the newest row, at most three days are dropped and no rows are deleted. One wrong clock
 * then drops nothing, and two wrong clocks do limited damage. Requires a direct connection to PostgreSQL. No statement waits
 * long for a lock or blocks readers.
 */
export async function expire(client: Client, options: ExpiryOptions): Promise<Expired | undefined> {
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [LOCK])
  if (!rows[0]!.mine) return undefined
  try {
    await client.query(`SET lock_timeout = ${LOCK_WITHIN}`)
    return await expireAlone(client, options)
  } finally {
    await client.query('RESET lock_timeout')
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK])
  }
}

async function expireAlone(client: Client, options: ExpiryOptions): Promise<Expired> {
  const { clock, retention, agreed, forced = false } = options
  const earliest = clock.earliest()
  const sure = agreed || forced
  const first = firstDay(sure ? earliest : Math.min(earliest, await newestRow(client)), retention)
  const deferred = await finish(client, first)
  const attached = await attachedPartitions(client)
  const dueBefore = (day: number) => attached.filter((name) => dayOfPartition(name) < day)
  const due = daysOf(dueBefore(first)).length > MOST_DAYS && !sure ? [] : dueBefore(first)
  const held = daysOf(dueBefore(firstDay(earliest, retention)).filter((name) => !due.includes(name)))
  const dropped: string[] = []
  for (const name of due.sort((a, b) => dayOfPartition(a) - dayOfPartition(b))) {
    const how = await detach(client, name)
    if (how !== 'attached') dropped.push(name)
    if (how !== 'dropped') deferred.push(name)
  }
  let deleted = 0
  if (sure) for (const sql of DELETES) deleted += (await client.query(sql, [new Date(first)])).rowCount ?? 0
  return { days: daysOf(dropped), partitions: dropped.length, rows: deleted, held, deferred }
}

function daysOf(partitions: readonly string[]): string[] {
  return [...new Set(partitions.map((name) => isoDay(dayOfPartition(name))))].sort()
}

/** Time of the newest row, epoch ms; -Infinity if there is none. */
async function newestRow(client: Client): Promise<number> {
  const newest = DAILY.map((table) => `(SELECT max(ts) FROM ${table})`).join(', ')
  const { rows } = await client.query<{ at: Date | null }>(`SELECT greatest(${newest}) AS at`)
  return rows[0]!.at?.getTime() ?? Number.NEGATIVE_INFINITY
}

/** Completes an earlier attempt. Resolves with the partitions that still have to wait. */
async function finish(client: Client, first: number): Promise<string[]> {
  const deferred: string[] = []
  const { rows: pending } = await client.query<{ name: string; parent: DailyTable }>(
    `SELECT c.relname AS name, p.relname AS parent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      JOIN pg_class p ON p.oid = i.inhparent WHERE p.oid = ANY ($1::regclass[]) AND i.inhdetachpending ORDER BY 1`,
    [DAILY],
  )
  for (const { name, parent } of pending.filter(({ name }) => dayOfPartition(name) < first))
    if (!(await attempted(client, `ALTER TABLE ${parent} DETACH PARTITION ${name} FINALIZE`)))
      deferred.push(name)
  const { rows: left } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
      AND NOT relispartition AND obj_description(oid, 'pg_class') = $1 ORDER BY 1`,
    [MARK],
  )
  for (const { name } of left)
    if (!(await attempted(client, `DROP TABLE IF EXISTS ${name}`))) deferred.push(name)
  return deferred
}

/** A transaction that still sees the rows, such as pg_dump, can leave the partition detached or with its detach pending. */
async function detach(client: Client, name: string): Promise<'attached' | 'detached' | 'dropped'> {
  const parent = name.slice(0, name.lastIndexOf('_'))
  if (!(await attempted(client, `COMMENT ON TABLE ${name} IS '${MARK}'`))) return 'attached'
  if (!(await attempted(client, `ALTER TABLE ${parent} DETACH PARTITION ${name} CONCURRENTLY`))) {
    const { rows } = await client.query<{ pending: boolean }>(
      'SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass($1)',
      [name],
    )
    return rows[0]?.pending === false ? 'attached' : 'detached'
  }
  return (await attempted(client, `DROP TABLE IF EXISTS ${name}`)) ? 'dropped' : 'detached'
}

/** SQLSTATE for detaching a partition while the detach of another one of its table is pending. */
const NOT_NOW = '55000'

/** Runs a statement. Returns false if it could not get its lock. */
async function attempted(client: Client, sql: string): Promise<boolean> {
  try {
    await client.query(sql)
    return true
  } catch (error) {
    if (isLockTimeout(error) || (error as { code?: string }).code === NOT_NOW) return false
    throw error
  }
}

import type { BoundedClock } from '../../domain/ports.ts'
import type { Client } from './database.ts'
import { DAILY, type DailyTable, dayOfPartition, isoDay } from './days.ts'
import { attachedPartitions, firstDay, isLockTimeout } from './partitions.ts'

/** One process drops days at a time. */
const LOCK = 7_446_284_929
/** Shorter than a writer waits that makes a day of the same table, ms. */
const LOCK_WITHIN = 300
/** Days that are dropped at once where the clocks do not agree. */
const MOST_DAYS = 3
/** The comment on a table whose rows are no longer part of the archive: any process of the archive drops it. */
const MARK = 'sigwatch: past the retention, to be dropped'

export interface ExpiryOptions {
  readonly clock: BoundedClock
  /** ms */
  readonly retention: number
  /** Whether PostgreSQL and this host agree on the time. */
  readonly agreed: boolean
  /** A person has said that what is due is to be dropped, however much it is. */
  readonly forced?: boolean
}

export interface Expired {
  /** Days (`2026-11-26`) of which partitions are no longer part of the archive, the first one first. */
  readonly days: readonly string[]
  readonly partitions: number
  /** Other rows past the retention that were deleted. */
  readonly rows: number
  /** Days that are due and were kept: more than three at once need agreement of the clocks, or a person. */
  readonly held: readonly string[]
  /** Partitions that are due and whose table another session changes or reads: dropped at the next attempt. */
  readonly deferred: readonly string[]
}

/** Rows of the registry that another one followed before the retention began, and rows that were deleted before it. */
const SUPERSEDED = `DELETE FROM registry_row old WHERE at < $1 AND (content IS NULL OR EXISTS (
    SELECT FROM registry_row next WHERE next.kind = old.kind AND next.key = old.key AND next.at > old.at AND next.at <= $1))`
const DELETES = [
  'DELETE FROM complaint_case WHERE ts < $1',
  SUPERSEDED,
  'DELETE FROM given_feedback WHERE ts < $1',
  'DELETE FROM case_alert WHERE ts < $1',
  'DELETE FROM case_feature WHERE at < $1',
  'DELETE FROM case_event WHERE at < $1',
  'DELETE FROM stored_search WHERE at < $1',
  'UPDATE letter SET content = NULL WHERE at < $1 AND content IS NOT NULL',
  'DELETE FROM rollup_due WHERE to_ts < $1',
  ...['sent_minute', 'sender_hour', 'sent_hour', 'alert_minute', 'thing_hour', 'complaint_hour'].map(
    (table) => `DELETE FROM ${table} WHERE ts < $1`,
  ),
  ...['thing', 'state_episode'].map((table) => `DELETE FROM ${table} WHERE last_at < $1`),
  'DELETE FROM refused WHERE at < $1',
  'DELETE FROM refused_row WHERE at < $1 OR ts < $1',
]

/**
 * Drops what is past the retention; undefined: another process is at it. Where the clocks agree that is all that is due. Else
 * it is what is due by the earliest of all clocks and by the newest row, three days at most, and no row is deleted: one
 * odd clock drops nothing, and of two odd ones the damage is bounded.
 *
 * The connection must be one to PostgreSQL itself. No statement waits long for a lock, and none stops those who read.
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

/** Time of the newest row, epoch ms; -Infinity without one. */
async function newestRow(client: Client): Promise<number> {
  const newest = DAILY.map((table) => `(SELECT max(ts) FROM ${table})`).join(', ')
  const { rows } = await client.query<{ at: Date | null }>(`SELECT greatest(${newest}) AS at`)
  return rows[0]!.at?.getTime() ?? Number.NEGATIVE_INFINITY
}

/** Goes on with what an earlier attempt began, and resolves with what still has to wait. */
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

/** A transaction that still sees the rows, as that of pg_dump, leaves the partition detached or half detached. */
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

/** SQLSTATE of a partition that cannot be detached while another one of its table is half detached. */
const NOT_NOW = '55000'

/** Whether the statement was done; false: a lock was not to be had. */
async function attempted(client: Client, sql: string): Promise<boolean> {
  try {
    await client.query(sql)
    return true
  } catch (error) {
    if (isLockTimeout(error) || (error as { code?: string }).code === NOT_NOW) return false
    throw error
  }
}

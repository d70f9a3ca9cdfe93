import type { Refusal } from '../../domain/archive-events.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import { type Client, isOfRows } from './database.ts'
import type { DailyTable } from './days.ts'
import type { Partitions } from './partitions.ts'
import type { ArchiveRow } from './rows.ts'
import { storableJson } from './storable.ts'

/** Inserts rows in a transaction (ArchiveWriter). */
export interface RowInserter {
  inTransaction<T>(work: (insert: (rows: readonly ArchiveRow[]) => Promise<void>) => Promise<T>): Promise<T>
}

export interface Refused {
  readonly offset: number
  readonly kind: Refusal
  /** What is wrong. Never quotes the record. */
  readonly reason: string
  /** The row as the table would store it (masked), kept until it can be placed. */
  readonly row?: DailyRow
}

export type DailyRow = Extract<ArchiveRow, { readonly table: DailyTable }>

/**
 * Rows that could not be placed. Not part of the numbered migrations, so that an older version, which ignores this table, can
 * still use the schema.
 */
const TABLE = `CREATE TABLE IF NOT EXISTS refused_row (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  kind text NOT NULL,
  -- The table that the row belongs to, and its time.
  table_name text NOT NULL,
  ts timestamptz NOT NULL,
  "row" jsonb NOT NULL
)`

/** Creates the table for rows that could not be placed, if it does not exist. */
export async function ensureRefusedRows(client: Client): Promise<void> {
  await client.query(TABLE)
}

const NOTES = `INSERT INTO refused (topic, partition, "offset", reason)
  SELECT $1, $2, r."offset", r.reason FROM jsonb_to_recordset($3) AS r ("offset" bigint, reason text) ON CONFLICT DO NOTHING`
const ROWS = `INSERT INTO refused_row (topic, partition, "offset", kind, table_name, ts, "row")
  SELECT $1, $2, r."offset", r.kind, r.table_name, r.ts, r."row"
  FROM jsonb_to_recordset($3) AS r ("offset" bigint, kind text, table_name text, ts timestamptz, "row" jsonb)`

/** Records refused records of a partition in the caller's transaction. */
export async function noteRefused(
  client: Client,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  refused: readonly Refused[],
): Promise<void> {
  if (refused.length === 0) return
  const notes = refused.map(({ offset, reason }) => ({ offset, reason }))
  await client.query(NOTES, [topic, partition, JSON.stringify(notes)])
  const rows = refused.flatMap(({ offset, kind, row }) =>
    row ? [storableJson({ offset, kind, table_name: row.table, ts: new Date(row.ts), row: row.row })] : [],
  )
  if (rows.length > 0) await client.query(ROWS, [topic, partition, `[${rows.join(',')}]`])
}

/** Rows placed per transaction. */
const BATCH = 500

interface StoredRow {
  readonly id: number
  readonly table_name: DailyTable
  readonly ts: Date
  readonly row: Readonly<Record<string, unknown>>
}

const PAGE = `SELECT id, table_name, ts, "row" FROM refused_row WHERE id > $1 AND kind IN ('ahead', 'day') ORDER BY id LIMIT ${BATCH}`
/** If two processes try, only one gets the row. */
const TAKEN =
  'SELECT id, table_name, ts, "row" FROM refused_row WHERE id = ANY ($1) ORDER BY id FOR UPDATE SKIP LOCKED'
const PLACED = `WITH placed AS (DELETE FROM refused_row WHERE id = ANY ($1) RETURNING topic, partition, "offset")
  DELETE FROM refused r USING placed p WHERE (r.topic, r.partition, r."offset") = (p.topic, p.partition, p."offset")`

/** Places the rows whose time is no longer ahead of the clock and whose partition exists. Resolves with their number. */
export async function placeRefused(
  client: Client,
  writer: RowInserter,
  partitions: Partitions,
  clock: BoundedClock,
): Promise<number> {
  let placed = 0
  for (let after = 0; ; ) {
    const { rows } = await client.query<StoredRow>(PAGE, [after])
    if (rows.length === 0) return placed
    after = rows.at(-1)!.id
    const due = rows.map(({ id, ...stored }) => ({ id, ...rowOf(stored) }))
    const now = due.filter(({ ts }) => partitions.standingOf(ts, clock) === 'kept')
    const unmade = await partitions.ensure(client, now)
    placed += await placeAll(
      client,
      writer,
      now.filter((row) => !unmade.has(row)).map(({ id }) => id),
    )
  }
}

/** Places rows one by one if the database refuses them together. A row that is refused on its own is not tried again. */
async function placeAll(client: Client, writer: RowInserter, ids: readonly number[]): Promise<number> {
  try {
    return await placeTogether(client, writer, ids)
  } catch (error) {
    if (!isOfRows(error)) throw error
    if (ids.length === 1) {
      await client.query("UPDATE refused_row SET kind = 'database' WHERE id = $1", [ids[0]])
      return 0
    }
    let placed = 0
    for (const id of ids) placed += await placeAll(client, writer, [id])
    return placed
  }
}

function placeTogether(client: Client, writer: RowInserter, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return Promise.resolve(0)
  return writer.inTransaction(async (insert) => {
    const { rows } = await client.query<StoredRow>(TAKEN, [ids])
    await insert(rows.map(rowOf))
    await client.query(PLACED, [rows.map(({ id }) => id)])
    return rows.length
  })
}

function rowOf({ table_name: table, ts, row }: Omit<StoredRow, 'id'>): DailyRow {
  return { table, ts: ts.getTime(), row }
}

/** Number of rows waiting to be placed. */
export async function countRefusedRows(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>('SELECT count(*) AS n FROM refused_row')
  return rows[0]!.n
}

/** A member of a row, as text. */
const of = (name: string) => `"row" ->> '${name}'`
const OF_PERSON = `DELETE FROM refused_row WHERE
  (table_name = 'alert' AND ${of('to_token')} = $1 AND ${of('target_kind')} IN ('message', 'recipient'))
  OR (table_name = 'complaint' AND ${of('to_token')} = $1)
  OR (table_name = 'verdict' AND ${of('id')} = ANY ($2))
  OR (table_name IN ('feedback', 'enforcement') AND (${of('message_id')} = ANY ($2) OR ${of('state_id')} = ANY ($3)))
  OR (table_name = 'feedback' AND ${of('target')} = 'recipient:' || $1)`
const WITHOUT_PERSON = `UPDATE refused_row SET "row" = ("row" || '{"message_id": null, "message_ts": null, "to_token": null}')
    #- '{event,data,message}' #- '{event,data,match,toToken}'
  WHERE table_name = 'alert' AND ${of('to_token')} = $1`
const SAMPLES = `CASE jsonb_typeof("row" #> '{event,data,samples}') WHEN 'array' THEN "row" #> '{event,data,samples}' ELSE '[]' END`
const WITHOUT_SAMPLES = `UPDATE refused_row SET "row" = jsonb_set("row", '{event,data,samples}', (
    SELECT coalesce(jsonb_agg(sample), '[]') FROM jsonb_array_elements(${SAMPLES}) sample WHERE NOT sample ->> 'id' = ANY ($1)))
  WHERE table_name = 'alert' AND EXISTS (
    SELECT FROM jsonb_array_elements(${SAMPLES}) sample WHERE sample ->> 'id' = ANY ($1))`

/**
 * Does the work of `erase` for rows that could not be placed, in the caller's transaction. `ids`: ids of the person's messages;
 * `states`: ids of states about the person as a recipient. Resolves with the number of rows.
 */
export async function eraseRefused(
  client: Client,
  token: string,
  ids: readonly string[],
  states: readonly string[],
): Promise<number> {
  const deleted = await client.query(OF_PERSON, [token, ids, states])
  const changed = await client.query(WITHOUT_PERSON, [token])
  const sampled = await client.query(WITHOUT_SAMPLES, [ids])
  return [deleted, changed, sampled].reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
}

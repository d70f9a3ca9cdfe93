import type { Alert } from '../../domain/alert.ts'
import { EARLIEST_TIME, iso, LATEST_TIME } from '../../domain/time.ts'
import type { Client } from './database.ts'
import type { ArchiveRow } from './rows.ts'
import { storableText } from './storable.ts'

/** Held shared by a transaction that inserts rows, and alone by an erasure: rows are inserted before it, or know of it. */
const LOCK = 7_446_284_931
export const ALONE = `SELECT pg_advisory_xact_lock(${LOCK})`
/** Also marks the transaction as one of a version that leaves erased persons out, see migration 039. */
const SHARED = `SELECT pg_advisory_xact_lock_shared(${LOCK}), set_config('sigwatch.without_erased', 'on', true)`

const hashOf = (text: string) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`
/** Keeps hashes of the ids in $1. */
export const KEEP_IDS = `INSERT INTO erased_id SELECT DISTINCT ${hashOf('id')}, now() FROM unnest($1::text[]) AS id
  ON CONFLICT (id_hash) DO UPDATE SET at = excluded.at`
const ERASED_IDS = `SELECT r.id FROM unnest($1::text[], $2::timestamptz[]) AS r (id, ts)
  WHERE EXISTS (SELECT FROM erased_id) AND EXISTS (SELECT FROM erased_id e WHERE e.id_hash = ${hashOf('r.id')} AND e.at >= r.ts)`
const ERASED_TOKENS = `SELECT r.id FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS r (id, token, ts)
  WHERE EXISTS (SELECT FROM erasure e WHERE e.token_hash = ${hashOf('r.token')} AND e.at >= r.ts)`

/** A message id has no time: it is never used again. */
const EVER = '-infinity'

/** What is asked about: an id, the token of its recipient (absent if unknown), and when it happened. */
interface Asked {
  readonly id: string
  readonly token?: string
  readonly ts: string
}

/** The rows without those on a person that was erased after they happened, and without such messages in alerts on others. */
export async function withoutErased(
  client: Client,
  rows: readonly ArchiveRow[],
): Promise<readonly ArchiveRow[]> {
  await client.query(SHARED)
  const asked = rows.flatMap(askedOf)
  if (asked.length === 0) return rows
  const [ids, tokens, times] = [
    asked.map(({ id }) => id),
    asked.map((one) => one.token),
    asked.map((one) => one.ts),
  ]
  const known = await client.query<{ id: string }>(ERASED_IDS, [ids, times])
  const late = await client.query<{ id: string }>(ERASED_TOKENS, [ids, tokens, times])
  const erased = new Set([...known.rows, ...late.rows].map(({ id }) => id))
  if (erased.size === 0) return rows
  await client.query(KEEP_IDS, [late.rows.map(({ id }) => id)])
  return rows.flatMap((one) => without(one, erased))
}

function askedOf({ table, row, ts }: ArchiveRow): Asked[] {
  const at = ts === undefined ? EVER : iso(ts)
  const named = (id: unknown, when = EVER) =>
    typeof id === 'string' ? [{ id: storableText(id), ts: when }] : []
  if (table === 'verdict') return [...named(row.id), ...statesOf(row).flatMap((id) => named(id, at))]
  if (table === 'alert')
    return [...named(row.message_id), ...samplesOf(row).flatMap(({ id }) => named(id)), ...personOf(row, at)]
  if (table !== 'enforcement' && table !== 'feedback') return []
  const [, token] = /^recipient:(.*)$/.exec(String(row.target)) ?? []
  const onPerson = token === undefined ? [] : [{ id: row.id as string, token: storableText(token), ts: at }]
  return [...named(row.message_id), ...named(row.state_id, at), ...onPerson]
}

/** The recipient of an alert. A state on a recipient happened when its episode began. */
function personOf(row: ArchiveRow['row'], at: string): Asked[] {
  const { target_kind, episode, to_token } = row
  if (typeof to_token !== 'string') return []
  const token = storableText(to_token)
  if (target_kind !== 'recipient')
    return [{ id: storableText(row.message_id as string), token, ts: row.message_ts as string }]
  const began = typeof episode === 'number' && episode >= EARLIEST_TIME && episode <= LATEST_TIME
  return [{ id: storableText(row.id as string), token, ts: began ? iso(episode) : at }]
}

const statesOf = ({ states }: ArchiveRow['row']) => states as readonly unknown[]

function samplesOf({ event }: ArchiveRow['row']): readonly { readonly id?: unknown }[] {
  const { samples } = (event as Alert).data
  return Array.isArray(samples) ? samples.filter((one) => typeof one === 'object' && one !== null) : []
}

function without(one: ArchiveRow, erased: ReadonlySet<string>): ArchiveRow[] {
  const { table, row } = one
  const has = (id: unknown) => typeof id === 'string' && erased.has(storableText(id))
  if (table === 'verdict') return [row.id, ...statesOf(row)].some(has) ? [] : [one]
  if (table !== 'alert') return [row.id, row.message_id, row.state_id].some(has) ? [] : [one]
  const { data, ...event } = row.event as Alert
  const samples = samplesOf(row).filter(({ id }) => !has(id))
  const { message: _, ...rest } = data
  if (has(row.message_id) || has(row.id)) {
    if (row.target_kind === 'message' || row.target_kind === 'recipient') return []
    const anonymous = { message_id: null, message_ts: null, to_token: null, grams: null }
    return [{ ...one, row: { ...row, ...anonymous, event: { ...event, data: { ...rest, samples } } } }]
  }
  if (samples.length === samplesOf(row).length) return [one]
  return [{ ...one, row: { ...row, grams: null, event: { ...event, data: { ...data, samples } } } }]
}

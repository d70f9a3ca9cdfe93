import type { Client } from './database.ts'
import { TOLD } from './overview.ts'
import { IN_HOURS } from './questions.ts'

/** A complaint with its message, if the archive has an alert on it. */
export interface StoredComplaint {
  readonly id: string
  readonly ts: Date
  readonly source: string
  readonly category: string | null
  /** When the operator received it; null if unknown. */
  readonly received_at: Date | null
  readonly answered_at: Date | null
  readonly label: string | null
  readonly bands: readonly string[]
  /** From the complaint, or else from the message. */
  readonly signature: string | null
  readonly port: string | null
  readonly sp: string | null
  readonly alert_id: string | null
}

/** A complaint as far as its deadlines depend on it. */
export type TimedComplaint = Pick<StoredComplaint, 'id' | 'ts' | 'source' | 'received_at' | 'answered_at'>

/** How long before a complaint its message may have been sent, and how much later that may have been judged. */
const LOOK_BACK = '30 days'
const JUDGED_WITHIN = '2 days'

/**
 * The enterprise is the latest one to send under the signature and port, or the one of them, named by the complaint or its
 * message; otherwise the one that the registry names. For a period it is the one that the sums of the period use (`told`).
 */
const STORED = `SELECT c.id, c.ts, c.source, c.category, k.received_at, k.answered_at, k.label,
    coalesce(k.bands, '{}') AS bands, coalesce(c.signature, m.signature) AS signature, coalesce(c.port, m.port) AS port,
    coalesce(nullif(told.sp, ''), s.sp, filed_sp(coalesce(n.signature, ''), coalesce(n.port, ''), c.ts)) AS sp,
    m.id AS alert_id
  FROM complaint c LEFT JOIN complaint_case k USING (id)
  LEFT JOIN LATERAL (
    SELECT id, signature, port FROM alert
    WHERE to_token = c.to_token AND target_kind = 'message' AND message_ts <= c.ts AND ts > c.ts - interval '${LOOK_BACK}' AND ts < c.ts + interval '${JUDGED_WITHIN}'
      AND (c.port IS NULL OR port = c.port) AND (c.signature IS NULL OR signature = c.signature)
    ORDER BY message_ts DESC, mode = 'enforce' DESC, id LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT coalesce(c.signature, m.signature) AS signature, coalesce(c.port, m.port) AS port) n ON true
  LEFT JOIN LATERAL (
    SELECT sp FROM (${[
      'h.signature = n.signature AND h.port = n.port',
      'h.signature = n.signature AND n.port IS NULL',
      'h.port = n.port AND n.signature IS NULL',
    ]
      .map(
        (isNamed) =>
          `(SELECT sp, ts FROM sender_hour h WHERE sp IS NOT NULL AND ${isNamed} AND ts <= c.ts AND ts > c.ts - interval '${LOOK_BACK}' ORDER BY ts DESC LIMIT 1)`,
      )
      .join(' UNION ALL ')}) sent LIMIT 1) s ON true
  LEFT JOIN told ON told.signature = coalesce(c.signature, '') AND told.port = coalesce(c.port, '')`

/** The complaints of a period, oldest first. */
export async function complaintsOf(
  client: Pick<Client, 'query'>,
  from: number,
  to: number,
): Promise<StoredComplaint[]> {
  const sql = `WITH ${TOLD} ${STORED} WHERE c.ts >= $1 AND c.ts < $2 ORDER BY c.ts, c.id`
  return (await client.query<StoredComplaint>(sql, [new Date(from), new Date(to)])).rows
}

const UNTOLD = "told AS (SELECT '' AS signature, '' AS port, NULL AS sp WHERE false)"

/** Unanswered complaints, oldest first. */
export async function openComplaints(client: Pick<Client, 'query'>): Promise<StoredComplaint[]> {
  const sql = `WITH ${UNTOLD} ${STORED} WHERE k.answered_at IS NULL ORDER BY c.ts, c.id`
  return (await client.query<StoredComplaint>(sql)).rows
}

/** The times of unanswered complaints, oldest first. */
export async function openTimes(client: Pick<Client, 'query'>): Promise<TimedComplaint[]> {
  const sql = `SELECT c.id, c.ts, c.source, k.received_at, k.answered_at FROM complaint c LEFT JOIN complaint_case k USING (id)
    WHERE k.answered_at IS NULL ORDER BY c.ts, c.id`
  return (await client.query<TimedComplaint>(sql)).rows
}

/** Complaints by id. */
export async function complaintsNamed(
  client: Pick<Client, 'query'>,
  named: readonly TimedComplaint[],
): Promise<ReadonlyMap<string, StoredComplaint>> {
  const sql = `WITH ${UNTOLD} ${STORED} WHERE c.id = ANY ($1) AND date_trunc('milliseconds', c.ts) = ANY ($2) AND c.ts >= $3 AND c.ts < $4`
  const times = named.map(({ ts }) => ts.getTime())
  const range = [new Date(Math.min(...times)), new Date(Math.max(...times) + 1)]
  const values = [named.map(({ id }) => id), named.map(({ ts }) => ts), ...range]
  const { rows } = named.length === 0 ? { rows: [] } : await client.query<StoredComplaint>(sql, values)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Number of messages of signatures in a period, by whole hours. */
export async function sentBySignature(
  client: Pick<Client, 'query'>,
  [from, to]: readonly [from: number, to: number],
  complaints: readonly Pick<StoredComplaint, 'signature'>[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ signature: string; sent: number }>(
    `SELECT name AS signature, sum(total)::bigint AS sent FROM sent_hour WHERE kind = 'signature' AND ${IN_HOURS} AND name = ANY ($3) GROUP BY name`,
    [new Date(from), new Date(to), [...new Set(complaints.flatMap(({ signature }) => signature ?? []))]],
  )
  return new Map(rows.map(({ signature, sent }) => [signature, sent]))
}

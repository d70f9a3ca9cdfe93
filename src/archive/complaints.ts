import type { Client } from './database.ts'
import { Partitions } from './partitions.ts'
import type { ArchiveRow } from './rows.ts'
import { storableJson, storableText } from './storable.ts'

/** A complaint with what is known of it beside its record. Times are epoch ms. */
export interface ComplaintCase {
  /** Of the table `complaint`. */
  readonly row: ArchiveRow
  readonly id: string
  readonly ts: number
  /** When it reached us; absent: not known. */
  readonly receivedAt?: number
  readonly answeredAt?: number
  /** Of the text model. */
  readonly label?: string
  /** Fingerprint of the text. */
  readonly bands: readonly string[]
}

export interface WrittenComplaints {
  readonly added: number
  /** Those that were there already. */
  readonly known: number
  /** Of those that were there, how many have come to be answered. */
  readonly answered: number
  /** Past the retention, or of the future. */
  readonly left: number
  /** Ids under which another complaint is there, which was left as it is. */
  readonly conflicting: readonly string[]
}

const CASE = `INSERT INTO complaint_case (id, ts, received_at, answered_at, label, bands) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (id) DO UPDATE SET answered_at = coalesce(complaint_case.answered_at, excluded.answered_at),
    received_at = coalesce(excluded.received_at, complaint_case.received_at),
    label = coalesce(complaint_case.label, excluded.label),
    bands = CASE WHEN complaint_case.bands = '{}' THEN excluded.bands ELSE complaint_case.bands END`

/** What has its id already is there, even if its time is another now. */
const RECORD = `INSERT INTO complaint SELECT r.* FROM jsonb_populate_record(NULL::complaint, $1) r
  WHERE NOT EXISTS (SELECT FROM complaint c WHERE c.id = r.id) ON CONFLICT DO NOTHING`

/**
 * Whether the id is that of a complaint of other content: what both sides say and say otherwise. Its time and category may
 * differ, as exports do, and so may a token that was made with another key: the masked recipient tells persons apart.
 */
const CONFLICTS = `SELECT EXISTS (SELECT FROM complaint c, jsonb_populate_record(NULL::complaint, $1) r WHERE c.id = r.id AND (
    c.port <> r.port OR c.signature <> r.signature OR c.text <> r.text OR c.source <> r.source
    OR c.recipient <> r.recipient)) AS conflicts`

/** Writes complaints, all or none; what is there already is not written again. Rejects with what PostgreSQL says. */
export async function writeComplaints(
  client: Client,
  cases: readonly ComplaintCase[],
  retention: number,
  now: number,
): Promise<WrittenComplaints> {
  const partitions = new Partitions(retention)
  const kept = cases.filter(({ ts }) => partitions.keeps(ts, now))
  await partitions.ensure(
    client,
    kept.map(({ ts }) => ({ table: 'complaint', ts })),
  )
  let added = 0
  let answered = 0
  const conflicting: string[] = []
  await client.query('BEGIN')
  try {
    for (const one of kept) {
      const id = storableText(one.id)
      const record = storableJson(one.row.row)
      const there = await client.query<{ conflicts: boolean }>(CONFLICTS, [record])
      if (there.rows[0]?.conflicts) {
        conflicting.push(one.id)
        continue
      }
      const { rows } = await client.query<{ answered: boolean }>(
        'SELECT answered_at IS NOT NULL AS answered FROM complaint_case WHERE id = $1 FOR UPDATE',
        [id],
      )
      if (rows.length === 0) added++
      else if (one.answeredAt !== undefined && !rows[0]!.answered) answered++
      await client.query(RECORD, [record])
      await client.query(CASE, [
        id,
        new Date(one.ts),
        timeOf(one.receivedAt),
        timeOf(one.answeredAt),
        one.label ?? null,
        one.bands,
      ])
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
  const known = kept.length - added - conflicting.length
  return { added, known, answered, left: cases.length - kept.length, conflicting }
}

function timeOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}

/** Notes that complaints were answered; resolves with the ids that are not there. */
export async function answerComplaints(
  client: Client,
  ids: readonly string[],
  at: number,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO complaint_case (id, ts, received_at, answered_at, bands)
      SELECT DISTINCT ON (id) id, ts, NULL::timestamptz, $2::timestamptz, '{}' FROM complaint WHERE id = ANY ($1) ORDER BY id, ts
      ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at RETURNING id`,
    [ids, new Date(at)],
  )
  const found = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !found.has(id))
}

/** A complaint with the message that it is about, where the archive has an alert on one. */
export interface StoredComplaint {
  readonly id: string
  readonly ts: Date
  readonly source: string
  readonly category: string | null
  /** When it reached us; null: not known. */
  readonly received_at: Date | null
  readonly answered_at: Date | null
  readonly label: string | null
  readonly bands: readonly string[]
  /** As the complaint says, else as the message has them. */
  readonly signature: string | null
  readonly port: string | null
  readonly sp: string | null
  readonly alert_id: string | null
}

/** How long before a complaint the message may lie. */
const LOOK_BACK = '30 days'

const STORED = `SELECT c.id, c.ts, c.source, c.category, k.received_at, k.answered_at, k.label,
    coalesce(k.bands, '{}') AS bands, coalesce(c.signature, m.signature) AS signature, coalesce(c.port, m.port) AS port,
    s.sp, m.id AS alert_id
  FROM complaint c LEFT JOIN complaint_case k USING (id)
  LEFT JOIN LATERAL (
    SELECT id, signature, port FROM alert
    WHERE to_token = c.to_token AND target_kind = 'message' AND message_ts <= c.ts AND ts > c.ts - interval '${LOOK_BACK}'
      AND (c.port IS NULL OR port = c.port) AND (c.signature IS NULL OR signature = c.signature)
    ORDER BY message_ts DESC, mode = 'enforce' DESC, id LIMIT 1) m ON true
  LEFT JOIN LATERAL (
    SELECT sp FROM sender_minute WHERE sp IS NOT NULL AND signature = coalesce(c.signature, m.signature)
      AND (coalesce(c.port, m.port) IS NULL OR port = coalesce(c.port, m.port))
      AND ts <= c.ts AND ts > c.ts - interval '${LOOK_BACK}' ORDER BY ts DESC LIMIT 1) s ON true`

/** The complaints of a time, the first one first. */
export async function complaintsOf(
  client: Pick<Client, 'query'>,
  from: number,
  to: number,
): Promise<StoredComplaint[]> {
  const sql = `${STORED} WHERE c.ts >= $1 AND c.ts < $2 ORDER BY c.ts, c.id`
  return (await client.query<StoredComplaint>(sql, [new Date(from), new Date(to)])).rows
}

/** Complaints that nobody has answered yet. */
export async function openComplaints(client: Pick<Client, 'query'>): Promise<StoredComplaint[]> {
  return (await client.query<StoredComplaint>(`${STORED} WHERE k.answered_at IS NULL ORDER BY c.ts, c.id`))
    .rows
}

/** Messages by signature in a time. */
export async function sentBySignature(
  client: Pick<Client, 'query'>,
  from: number,
  to: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ signature: string; sent: number }>(
    'SELECT signature, sum(total)::bigint AS sent FROM sender_minute WHERE ts >= $1 AND ts < $2 GROUP BY signature',
    [new Date(from), new Date(to)],
  )
  return new Map(rows.map(({ signature, sent }) => [signature, sent]))
}

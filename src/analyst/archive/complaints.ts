import { SigwatchError } from '../../domain/errors.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import { type Client, inTransaction } from './database.ts'
import { isErased } from './erase.ts'
import { Partitions, type Standing } from './partitions.ts'
import { markChanged } from './rollups.ts'
import type { ArchiveRow } from './rows.ts'
import { storableJson, storableText } from './storable.ts'

/** A complaint with facts that are not part of its record. Times are epoch ms. */
export interface ComplaintCase {
  /** A row of the table `complaint`. */
  readonly row: ArchiveRow
  readonly id: string
  readonly ts: number
  /** When the operator received it; absent if unknown. */
  readonly receivedAt?: number
  readonly answeredAt?: number
  /** Label from the text model. */
  readonly label?: string
  /** Fingerprint of the text. */
  readonly bands: readonly string[]
}

export interface WrittenComplaints {
  readonly added: number
  /** Complaints that were already stored. */
  readonly known: number
  /** Stored complaints that are now marked as answered. */
  readonly answered: number
  /** Ids of complaints left out because they are older than the retention. */
  readonly past: readonly string[]
  /** Ids of complaints left out because they are in the future. */
  readonly ahead: readonly string[]
  /** Ids under which a different complaint is stored, which was left unchanged. */
  readonly conflicting: readonly string[]
  /** Ids of complaints that were erased with their person and are not stored again. */
  readonly erased: readonly string[]
}

const ERASED = `SELECT id FROM unnest($1::text[]) AS id WHERE ${isErased('id')}`

const CASES = `INSERT INTO complaint_case (id, ts, received_at, answered_at, label, bands)
  SELECT id, ts, received_at, answered_at, label, bands FROM jsonb_populate_recordset(NULL::complaint_case, $1)
  ON CONFLICT (id) DO UPDATE SET answered_at = coalesce(complaint_case.answered_at, excluded.answered_at),
    received_at = coalesce(excluded.received_at, complaint_case.received_at),
    label = coalesce(complaint_case.label, excluded.label),
    bands = CASE WHEN complaint_case.bands = '{}' THEN excluded.bands ELSE complaint_case.bands END`

/** A complaint with a stored id is skipped, even if its time differs. */
const RECORDS = `INSERT INTO complaint SELECT r.* FROM jsonb_populate_recordset(NULL::complaint, $1) r
  WHERE NOT EXISTS (SELECT FROM complaint c WHERE c.id = r.id) ON CONFLICT DO NOTHING`

/**
 * Ids under which a different complaint is stored, that is, with another value where both have one. Time and category may
 * differ between exports, and tokens between keys; recipients are compared by their masked numbers.
 */
const CONFLICTS = `SELECT DISTINCT c.id FROM jsonb_populate_recordset(NULL::complaint, $1) r JOIN complaint c ON c.id = r.id
  WHERE c.id = ANY ($2) AND (c.port <> r.port OR c.signature <> r.signature OR c.text <> r.text OR c.source <> r.source
    OR c.recipient <> r.recipient)`

/** Imports are serialised: they lock rows in the order of their files and could deadlock otherwise. */
const ALONE = 'SELECT pg_advisory_xact_lock(7446284928)'

/** Locked, so that no other session marks them as answered until these are written. */
const STANDING = `SELECT id, answered_at IS NOT NULL AS answered FROM complaint_case WHERE id = ANY ($1) ORDER BY id FOR UPDATE`

/** Complaints looked up and written per statement. */
const BATCH = 500

/** Writes complaints in one transaction, skipping those already stored. Rejects with the errors of PostgreSQL. */
export async function writeComplaints(
  client: Client,
  cases: readonly ComplaintCase[],
  retention: number,
  clock: BoundedClock,
): Promise<WrittenComplaints> {
  const partitions = new Partitions(retention)
  const standing = (wanted: Standing) => cases.filter(({ ts }) => partitions.standingOf(ts, clock) === wanted)
  const kept = standing('kept')
  const unmade = await partitions.ensure(
    client,
    kept.map(({ ts }) => ({ table: 'complaint', ts })),
  )
  if (unmade.size > 0)
    throw new SigwatchError(
      'ARCHIVE_UNREACHABLE',
      'no partition can be created because another session uses the table complaint: run the import again',
    )
  let added = 0
  let answered = 0
  const conflicting: string[] = []
  const erased: string[] = []
  await inTransaction(client, async () => {
    await client.query(ALONE)
    for (const all of batchesOf(kept)) {
      const gone = await client.query<{ id: string }>(ERASED, [idsOf(all)])
      const out = new Set(gone.rows.map(({ id }) => id))
      const batch = all.filter(({ id }) => !out.has(storableText(id)))
      erased.push(...out)
      const written = await writeBatch(client, batch)
      added += written.added
      answered += written.answered
      conflicting.push(...written.conflicting)
    }
    await markChanged(
      client,
      'complaint',
      kept.map(({ ts }) => ts),
    )
  })
  const known = kept.length - added - conflicting.length - erased.length
  return {
    added,
    known,
    answered,
    past: idsOf(standing('past')),
    ahead: idsOf(standing('ahead')),
    conflicting,
    erased,
  }
}

/** Batches in order, without an id occurring twice in a batch. */
function* batchesOf(cases: readonly ComplaintCase[]): Generator<ComplaintCase[]> {
  let batch: ComplaintCase[] = []
  let ids = new Set<string>()
  for (const one of cases) {
    const id = storableText(one.id)
    if (batch.length === BATCH || ids.has(id)) {
      yield batch
      batch = []
      ids = new Set()
    }
    batch.push(one)
    ids.add(id)
  }
  if (batch.length > 0) yield batch
}

const idsOf = (cases: readonly ComplaintCase[]) => cases.map(({ id }) => storableText(id))

async function writeBatch(
  client: Client,
  batch: readonly ComplaintCase[],
): Promise<Pick<WrittenComplaints, 'added' | 'answered' | 'conflicting'>> {
  const recordsOf = (cases: readonly ComplaintCase[]) =>
    `[${cases.map(({ row }) => storableJson(row.row)).join(',')}]`
  const conflicts = await client.query<{ id: string }>(CONFLICTS, [recordsOf(batch), idsOf(batch)])
  const others = new Set(conflicts.rows.map(({ id }) => id))
  const isOther = ({ id }: ComplaintCase) => others.has(storableText(id))
  const own = batch.filter((one) => !isOther(one))
  const there = await client.query<{ id: string; answered: boolean }>(STANDING, [idsOf(own)])
  const standing = new Map(there.rows.map(({ id, answered }) => [id, answered]))
  await client.query(RECORDS, [recordsOf(own)])
  await client.query(CASES, [`[${own.map((one) => storableJson(caseRow(one))).join(',')}]`])
  return {
    added: own.filter(({ id }) => !standing.has(storableText(id))).length,
    answered: own.filter(
      (one) => one.answeredAt !== undefined && standing.get(storableText(one.id)) === false,
    ).length,
    conflicting: batch.filter(isOther).map(({ id }) => id),
  }
}

function caseRow({ id, ts, receivedAt, answeredAt, label, bands }: ComplaintCase): Record<string, unknown> {
  return {
    ...{ id, ts: new Date(ts), label: label ?? null, bands },
    ...{ received_at: timeOf(receivedAt), answered_at: timeOf(answeredAt) },
  }
}

function timeOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}

/** Result for one id. */
export interface AnswerNoted {
  readonly id: string
  readonly outcome: 'noted' | 'same' | 'unknown' | 'standing' | 'before it was made' | 'in the future'
  /** The time of the answer now stored, or the bound that the time violates. Epoch ms. */
  readonly at?: number
}

/** How far a time may lie outside its bounds, ms, because clocks differ. */
const CLOCKS_APART = 60_000

/**
 * Records that complaints were answered, at `at` (epoch ms) or now by the database's clock. An earlier answer is kept unless
 * `replace` is set. A time before the complaint or in the future is refused.
 */
export async function answerComplaints(
  client: Client,
  ids: readonly string[],
  { at, replace }: { readonly at?: number | undefined; readonly replace: boolean },
): Promise<AnswerNoted[]> {
  return inTransaction(client, async () => {
    await client.query(ALONE)
    const { rows } = await client.query<{ id: string; ts: Date; answered_at: Date | null; now: Date }>(
      `SELECT DISTINCT ON (id) id, c.ts, k.answered_at, now() AS now FROM complaint c LEFT JOIN complaint_case k USING (id)
        WHERE id = ANY ($1) ORDER BY id, c.ts`,
      [ids],
    )
    const found = new Map(rows.map((row) => [row.id, row]))
    const all = [...new Set(ids)].map((id): AnswerNoted => {
      const row = found.get(id)
      if (!row) return { id, outcome: 'unknown' }
      const time = at ?? row.now.getTime()
      const standing = row.answered_at?.getTime()
      if (time < row.ts.getTime() - CLOCKS_APART)
        return { id, outcome: 'before it was made', at: row.ts.getTime() }
      if (time > row.now.getTime() + CLOCKS_APART)
        return { id, outcome: 'in the future', at: row.now.getTime() }
      if (standing === time) return { id, outcome: 'same', at: time }
      if (standing !== undefined && !replace) return { id, outcome: 'standing', at: standing }
      return { id, outcome: 'noted', at: time }
    })
    for (const { id, outcome, at: time } of all)
      if (outcome === 'noted') await client.query(ANSWERED, [id, found.get(id)!.ts, new Date(time!)])
    return all
  })
}

const ANSWERED = `INSERT INTO complaint_case (id, ts, answered_at, bands) VALUES ($1, $2, $3, '{}')
  ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at`

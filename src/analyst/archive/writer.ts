import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Alert } from '../../domain/alert.ts'
import { SigwatchError } from '../../domain/errors.ts'
import type { PartitionId } from '../../domain/ports.ts'
import { DAY } from '../../domain/time.ts'
import { groupAlerts } from './case-writer.ts'
import { type Client, databaseError, inTransaction } from './database.ts'
import type { DailyTable } from './days.ts'
import { isErased } from './erase.ts'
import { withoutErased } from './erased-rows.ts'
import { noteRefused, type Refused } from './refused.ts'
import { MARK_STAGED, SUMMED } from './rollups.ts'
import type { ArchiveRow } from './rows.ts'
import { storableJson } from './storable.ts'

/** Consecutive records of a partition, as rows. */
export interface Stretch extends PartitionId {
  /** Archived offset before and after these records. */
  readonly from: number
  readonly to: number
  readonly rows: readonly (ArchiveRow & { readonly offset: number })[]
  /** Records that are invalid or cannot be placed. */
  readonly refused: readonly Refused[]
}

const STAGING = `CREATE TEMP TABLE IF NOT EXISTS staging (seq integer, kind text, row jsonb) ON COMMIT DELETE ROWS`

/** A row with a stored id and time is skipped. */
const PLAIN = ['alert', 'feedback', 'feedback_result', 'enforcement'] as const
const plain = (table: DailyTable) =>
  `INSERT INTO ${table} SELECT r.* FROM staging s, jsonb_populate_record(NULL::${table}, s.row) r
    WHERE s.kind = '${table}' ORDER BY s.seq ON CONFLICT DO NOTHING`

const hasHistogram = (row: string) => `coalesce(${row}.card->'scores' ? 'histogram', false)`

/**
 * The content behind a hash never changes, but the card of a model may gain a histogram. An instance with an older card may
 * start later, so an existing card or histogram is never removed.
 */
const VERSIONS = `INSERT INTO version AS old
    SELECT DISTINCT ON (r.hash, r.kind) r.* FROM staging s, jsonb_populate_record(NULL::version, s.row) r
    WHERE s.kind = 'version' ORDER BY r.hash, r.kind, ${hasHistogram('r')} DESC, r.card IS NULL, s.seq DESC
    ON CONFLICT (hash, kind) DO UPDATE SET card = excluded.card WHERE excluded.card IS DISTINCT FROM old.card
      AND excluded.card IS NOT NULL AND (${hasHistogram('excluded')} OR NOT ${hasHistogram('old')})`

/** A repeated verdict has another time, so it is looked up by id within two days. */
const VERDICTS = `INSERT INTO verdict SELECT DISTINCT ON (r.id) r.* FROM staging s, jsonb_populate_record(NULL::verdict, s.row) r
    WHERE s.kind = 'verdict' AND NOT EXISTS (
      SELECT FROM verdict v WHERE v.id = r.id AND v.ts >= $1 AND v.ts < $2)
    ORDER BY r.id, s.seq ON CONFLICT DO NOTHING`

/** A repeated complaint may have another time, so it is looked up by id. Erased complaints are skipped. */
const COMPLAINTS = `INSERT INTO complaint SELECT DISTINCT ON (r.id) r.* FROM staging s, jsonb_populate_record(NULL::complaint, s.row) r
    WHERE s.kind = 'complaint' AND NOT EXISTS (SELECT FROM complaint c WHERE c.id = r.id) AND NOT ${isErased('r.id')}
    ORDER BY r.id, s.seq ON CONFLICT DO NOTHING`

/** Rows in the order of the records. A row equal to the previous one of its key is skipped. */
const REGISTRY = `WITH changed AS (
    SELECT DISTINCT ON (r.kind, r.key, r.at) r.* FROM staging s, jsonb_populate_record(NULL::registry_row, s.row) r
    WHERE s.kind = 'registry_row' ORDER BY r.kind, r.key, r.at, s.seq DESC
  ), said AS (
    SELECT changed.*, lag(content) OVER w AS before, row_number() OVER w = 1 AS is_first
    FROM changed WINDOW w AS (PARTITION BY kind, key ORDER BY at)
  )
  INSERT INTO registry_row SELECT kind, key, at, content, signature_key FROM said
    WHERE content IS DISTINCT FROM CASE WHEN is_first THEN (
        SELECT old.content FROM registry_row old WHERE old.kind = said.kind AND old.key = said.key AND old.at < said.at
        ORDER BY old.at DESC LIMIT 1)
      ELSE before END
    ON CONFLICT (kind, key, at) DO UPDATE SET content = excluded.content`

/**
 * Forces index lookups by id in each partition. Without statistics on today's partition, the planner would compare all rows
 * with each other, which is quadratic.
 */
const BY_INDEX = ['hashjoin', 'mergejoin', 'material', 'bitmapscan']
  .map((way) => `SET LOCAL enable_${way} = off`)
  .join('; ')

/** For the same sender and minute, the row with the higher count is kept. */
const MINUTES = `INSERT INTO sender_minute AS old
    SELECT DISTINCT ON (r.signature, r.port, r.ts) r.* FROM staging s, jsonb_populate_record(NULL::sender_minute, s.row) r
    WHERE s.kind = 'sender_minute' ORDER BY r.signature, r.port, r.ts, r.total DESC
    ON CONFLICT (signature, port, ts) DO UPDATE SET sp = excluded.sp, total = excluded.total, notice = excluded.notice,
      personal = excluded.personal, marketing = excluded.marketing, finance = excluded.finance, fraud = excluded.fraud,
      illicit = excluded.illicit, baseline_mean = excluded.baseline_mean, baseline_sd = excluded.baseline_sd,
      declared = excluded.declared
    WHERE excluded.total >= old.total`

const SENDERS = `INSERT INTO sender_sp SELECT DISTINCT r.sp, r.signature, r.port
    FROM staging s, jsonb_populate_record(NULL::sender_minute, s.row) r WHERE s.kind = 'sender_minute' AND r.sp IS NOT NULL
    ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING`

const UNCOUNTED = `INSERT INTO uncounted_minute SELECT DISTINCT date_trunc('minute', ts) FROM unnest($1::timestamptz[]) ts
  ORDER BY 1 ON CONFLICT DO NOTHING`

const ADVANCE = 'UPDATE input_offset SET next = $4 WHERE topic = $1 AND partition = $2 AND next = $3'
const TWO_DAYS = 2 * DAY

/**
 * Writes rows and the offsets reached in one transaction, so that a crash neither loses nor repeats records. A process that has
 * lost its partition to another changes nothing (STORE_CONFLICT). Each row needs an existing partition (Partitions).
 */
export class ArchiveWriter {
  readonly #client: Client
  #staged = false

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * Resolves with the number of rows that were left out as those of erased persons. Rejects with ARCHIVE_UNREACHABLE,
   * ARCHIVE_REFUSED or STORE_CONFLICT; nothing is written then.
   */
  async write(stretches: readonly Stretch[]): Promise<number> {
    const rows = stretches.flatMap((stretch) => stretch.rows)
    return this.#transaction(async () => {
      // Before the offsets are locked: a process that is stopped while it sends rows holds up no other one.
      await this.#stage(rows)
      for (const stretch of stretches) await this.#advance(stretch)
      return this.#insertStaged(rows)
    })
  }

  /** Runs the work, which inserts rows, in one transaction. Rejects like `write`, or as the work does. */
  inTransaction<T>(work: (insert: (rows: readonly ArchiveRow[]) => Promise<void>) => Promise<T>): Promise<T> {
    return this.#transaction(() =>
      work(async (rows) => {
        await this.#stage(rows)
        await this.#insertStaged(rows)
      }),
    )
  }

  async #transaction<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (!this.#staged) await this.#client.query(STAGING)
      this.#staged = true
      return await inTransaction(this.#client, work)
    } catch (error) {
      throw databaseError(error)
    }
  }

  async #advance({ topic, partition, from, to, refused }: Stretch): Promise<void> {
    const { rowCount } = await this.#client.query(ADVANCE, [topic, partition, from, to])
    if (rowCount !== 1)
      throw new SigwatchError('STORE_CONFLICT', `another process archives ${topic}/${partition}`)
    await noteRefused(this.#client, { topic, partition }, refused)
  }

  async #stage(rows: readonly ArchiveRow[]): Promise<void> {
    if (rows.length === 0) return
    const copy = this.#client.query(copyFrom('COPY staging (seq, kind, row) FROM STDIN'))
    await pipeline(Readable.from(linesOf(rows)), copy)
  }

  /** Inserts the staged rows, which these are, except those of erased persons. Resolves with the number of these. */
  async #insertStaged(staged: readonly ArchiveRow[]): Promise<number> {
    const rows = staged.length === 0 ? staged : await withoutErased(this.#client, staged)
    if (rows !== staged) {
      await this.#client.query('DELETE FROM staging')
      await this.#stage(rows)
    }
    const erased = staged.length - rows.length
    if (rows.length === 0) return erased
    const tables = new Set(rows.map(({ table }) => table))
    for (const table of PLAIN) if (tables.has(table)) await this.#client.query(plain(table))
    if (tables.has('alert')) await groupAlerts(this.#client, rows.flatMap(alertOf))
    if (tables.has('version')) await this.#client.query(VERSIONS)
    if (tables.has('verdict') || tables.has('complaint')) await this.#client.query(BY_INDEX)
    if (tables.has('complaint')) await this.#client.query(COMPLAINTS)
    if (tables.has('verdict')) {
      const times = rows.flatMap((row) => (row.table === 'verdict' ? [row.ts] : []))
      const [first, last] = [Math.min(...times) - TWO_DAYS, Math.max(...times) + TWO_DAYS]
      await this.#client.query(VERDICTS, [new Date(first), new Date(last)])
    }
    if (tables.has('sender_minute')) {
      await this.#client.query(MINUTES)
      await this.#client.query(SENDERS)
    }
    if (tables.has('registry_row')) await this.#client.query(REGISTRY)
    const uncounted = rows.flatMap(uncountedTime)
    if (uncounted.length > 0) await this.#client.query(UNCOUNTED, [uncounted])
    if (SUMMED.some((table) => tables.has(table))) await this.#client.query(MARK_STAGED)
    return erased
  }
}

/** When a message was judged without counts; an alert without a message, such as that on the end of a state, says nothing about it. */
function uncountedTime({ table, row }: ArchiveRow): unknown[] {
  if (row.degraded !== true) return []
  if (table !== 'alert') return [row.ts]
  return row.message_ts === null ? [] : [row.message_ts]
}

function alertOf({ table, row }: ArchiveRow): Alert[] {
  return table === 'alert' ? [row.event as Alert] : []
}

/** Lines in COPY format, in chunks. */
function* linesOf(rows: readonly ArchiveRow[]): Generator<string> {
  const CHUNK = 500
  for (let at = 0; at < rows.length; at += CHUNK) {
    yield rows
      .slice(at, at + CHUNK)
      .map(({ table, row }, i) => `${at + i}\t${table}\t${storableJson(row).replaceAll('\\', '\\\\')}\n`)
      .join('')
  }
}

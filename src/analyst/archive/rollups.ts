import { FORGERY_CODES } from '../../detection/detectors/all.ts'
import { LABELS } from '../../domain/labels.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { MINUTE, SECOND } from '../../domain/time.ts'
import { type Client, inTransaction } from './database.ts'

/** Sums computed together from the events between two times ($1, $2) within an hour. */
interface Rollup {
  readonly what: string
  /** How long to gather changes before computing, ms. */
  readonly after: number
  readonly statements: readonly string[]
  /** Another rollup whose same hours become due. */
  readonly then?: string
}

const IN_TIME = 'ts >= $1 AND ts < $2'
const HOUR_OF = "date_trunc('hour', ts, 'UTC')"
const columns = (of: readonly string[]) => of.join(', ')
const COUNTS = ['total', ...LABELS]
const sums = (of: readonly string[]) => of.map((name) => `sum(${name})::int AS ${name}`).join(', ')

/** Upserts rows by key. Unchanged rows are not written. */
function upsert(table: string, key: readonly string[], values: readonly string[], select: string): string {
  const tuple = (row: string) => `(${values.map((name) => `${row}.${name}`).join(', ')})`
  return `INSERT INTO ${table} AS old (${columns([...key, ...values])}) ${select}
    ON CONFLICT (${columns(key)}) DO UPDATE SET ${values.map((name) => `${name} = excluded.${name}`).join(', ')}
    WHERE ${tuple('old')} IS DISTINCT FROM ${tuple('excluded')}`
}

const SENT_MINUTE = upsert(
  'sent_minute',
  ['ts'],
  COUNTS,
  `SELECT ts, ${sums(COUNTS)} FROM sender_minute WHERE ${IN_TIME} GROUP BY ts`,
)

const SENDER_HOUR = upsert(
  'sender_hour',
  ['signature', 'port', 'ts'],
  ['sp', ...COUNTS],
  `SELECT signature, port, ${HOUR_OF}, coalesce(max(sp), filed_sp(signature, port, max(ts))), ${sums(COUNTS)} FROM sender_minute WHERE ${IN_TIME} GROUP BY 1, 2, 3`,
)

const SENDER_SP = `INSERT INTO sender_sp SELECT DISTINCT sp, signature, port FROM sender_hour WHERE ${IN_TIME} AND sp IS NOT NULL
  ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING`

const SENT_HOUR = upsert(
  'sent_hour',
  ['kind', 'name', 'ts'],
  COUNTS,
  `SELECT kind, name, ts, ${sums(COUNTS)} FROM sender_hour
    CROSS JOIN LATERAL (VALUES ('all', ''), ('signature', signature), ('port', port), ('enterprise', coalesce(sp, ''))) thing (kind, name)
    WHERE ${IN_TIME} GROUP BY kind, name, ts`,
)

/** Removes sums of enterprises that have no sender left in the hour, since a sender was assigned to another one. */
const FORMER_ENTERPRISE = `DELETE FROM sent_hour WHERE kind = 'enterprise' AND ${IN_TIME}
  AND (ts, name) NOT IN (SELECT ts, coalesce(sp, '') FROM sender_hour WHERE ${IN_TIME})`

/** A signature sends from several ports in a minute; each row carries the baseline and the campaign of the whole signature. */
const SIGNATURE_RATES = `WITH minute AS (
    SELECT signature, ts, sum(marketing + finance)::int AS commercial, max(baseline_mean) AS usual, max(declared) AS declared
    FROM sender_minute WHERE ${IN_TIME} GROUP BY signature, ts
  ), hour AS (
    SELECT signature, ${HOUR_OF} AS ts, max(commercial) AS peak, avg(usual) AS usual, max(declared) AS declared FROM minute GROUP BY 1, 2
  )
  UPDATE sent_hour s SET peak = hour.peak, usual = hour.usual, declared = hour.declared FROM hour
  WHERE s.kind = 'signature' AND s.name = hour.signature AND s.ts = hour.ts
    AND (s.peak, s.usual, s.declared) IS DISTINCT FROM (hour.peak, hour.usual, hour.declared)`

const RAISED = `${IN_TIME} AND type = 'raised' AND mode = 'enforce'`
const BLOCKED = "(count(*) FILTER (WHERE action = 'block'))::int"
const PARTS = "CROSS JOIN LATERAL (SELECT '' UNION SELECT unnest(codes)) part (part)"

const ALERT_MINUTE = upsert(
  'alert_minute',
  ['ts', 'code'],
  ['n', 'blocked'],
  `SELECT date_trunc('minute', ts), part, count(*)::int, ${BLOCKED} FROM alert ${PARTS} WHERE ${RAISED} GROUP BY 1, 2`,
)

/** Names are cut at this length: longer ones are not real names, and an index entry could not hold them. */
const LONGEST = 300
const FORGERIES = `ARRAY[${FORGERY_CODES.map((code) => `'${code}'`).join(', ')}]`
const BRANDS = `SELECT r #>> '{evidence,brand}' FROM jsonb_array_elements(event #> '{data,reasons}') r`
/** The names that alerts of a period refer to, with the parts that they are counted under. */
const NAMED = `WITH named AS (
    SELECT a.id, a.ts, a.action, kind, left(name, ${LONGEST}) AS name, part FROM alert a
    CROSS JOIN LATERAL (
      SELECT 'all' AS kind, '' AS name UNION ALL SELECT 'signature', signature UNION ALL SELECT 'port', port
      UNION ALL SELECT 'sender', signature || '@' || port UNION ALL SELECT 'campaign', campaign
      UNION SELECT 'domain', unnest(domains) UNION SELECT 'brand', brand FROM (${BRANDS}) said (brand)) thing ${PARTS}
    WHERE ${RAISED} AND name IS NOT NULL
    UNION ALL
    SELECT DISTINCT a.id, a.ts, a.action, 'forged', left(brand, ${LONGEST}), left(part, ${LONGEST}) FROM alert a
    CROSS JOIN LATERAL (${BRANDS} WHERE r ->> 'code' = ANY (${FORGERIES})) said (brand)
    CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT 'port:' || port UNION ALL SELECT 'host:' || unnest(domains)) part (part)
    WHERE ${RAISED} AND target_kind = 'message' AND codes && ${FORGERIES} AND brand IS NOT NULL AND part IS NOT NULL
  )`
const EXAMPLES = 5

const THING_HOUR = upsert(
  'thing_hour',
  ['kind', 'name', 'ts', 'part'],
  ['n', 'blocked', 'ids'],
  `${NAMED} SELECT kind, name, ${HOUR_OF}, part, count(*)::int, ${BLOCKED}, (array_agg(id ORDER BY ts DESC, id))[1:${EXAMPLES}]
    FROM named GROUP BY 1, 2, 3, 4`,
)

const THING = `INSERT INTO thing AS old (kind, name, first_at, last_at)
  ${NAMED} SELECT kind, name, min(ts), max(ts) FROM named WHERE part = '' AND kind NOT IN ('all', 'sender', 'forged') GROUP BY 1, 2
  ON CONFLICT (kind, name) DO UPDATE SET first_at = least(old.first_at, excluded.first_at), last_at = greatest(old.last_at, excluded.last_at)
  WHERE excluded.first_at < old.first_at OR excluded.last_at > old.last_at`

/** Columns of a state that are taken from its newest event. */
const NEWEST = ['revision', 'mode', 'action', 'severity', 'codes', 'alert_id', 'last_at', 'cleared_at']
const STATE_EPISODE = `INSERT INTO state_episode AS old (state_id, episode, target_kind, target_id, raised_at, ${columns(NEWEST)})
  SELECT DISTINCT ON (state_id, episode) state_id, episode, target_kind, target_id, min(ts) OVER (PARTITION BY state_id, episode),
    revision, mode, action, severity, codes, id, ts, CASE WHEN type = 'cleared' THEN ts END
  FROM alert WHERE ${IN_TIME} AND state_id IS NOT NULL AND episode IS NOT NULL AND revision IS NOT NULL AND target_kind <> 'recipient'
  ORDER BY state_id, episode, revision DESC
  ON CONFLICT (state_id, episode) DO UPDATE SET raised_at = least(old.raised_at, excluded.raised_at),
    ${NEWEST.map((name) => `${name} = CASE WHEN excluded.revision >= old.revision THEN excluded.${name} ELSE old.${name} END`).join(', ')}`

const COMPLAINT_HOUR = upsert(
  'complaint_hour',
  ['ts', 'signature', 'port'],
  ['n'],
  `SELECT ${HOUR_OF}, left(coalesce(signature, ''), ${LONGEST}), left(coalesce(port, ''), ${LONGEST}), count(*)::int
    FROM complaint WHERE ts >= date_trunc('hour', $1::timestamptz, 'UTC') AND ts < date_trunc('hour', $1::timestamptz, 'UTC') + interval '1 hour'
      AND $2::timestamptz IS NOT NULL GROUP BY 1, 2, 3`,
)

const emptied = (table: string) => `DELETE FROM ${table} WHERE ${IN_TIME}`

const ROLLUPS: readonly Rollup[] = [
  // Otherwise sums of deleted alerts would remain. Readers see the old sums until the new ones are committed.
  {
    what: 'alert_gone',
    after: 0,
    statements: [emptied('alert_minute'), ALERT_MINUTE, emptied('thing_hour'), THING_HOUR],
  },
  { what: 'complaint_gone', after: 0, statements: [emptied('complaint_hour'), COMPLAINT_HOUR] },
  { what: 'alert', after: 0, statements: [ALERT_MINUTE, STATE_EPISODE], then: 'thing_hour' },
  { what: 'sender_minute', after: 0, statements: [SENT_MINUTE], then: 'sent_hour' },
  { what: 'complaint', after: 0, statements: [COMPLAINT_HOUR] },
  { what: 'thing_hour', after: 30 * SECOND, statements: [THING_HOUR, THING] },
  {
    what: 'sent_hour',
    after: 5 * MINUTE,
    statements: [SENDER_HOUR, SENDER_SP, FORMER_ENTERPRISE, SENT_HOUR, SIGNATURE_RATES],
  },
]

/**
 * The newest hour first, so that an archive that catches up shows today before the past. Rows from the future were written before
 * the clock of PostgreSQL was set back.
 */
const FIRST_DUE = `SELECT ${HOUR_OF.replace('ts', 'max(from_ts)')} AS hour FROM rollup_due
  WHERE what = $1 AND (at <= now() - $2 * interval '1 ms' OR at > now())`
const TAKEN = `WITH taken AS (
    DELETE FROM rollup_due WHERE what = $1 AND from_ts >= $2 AND from_ts < $2::timestamptz + interval '1 hour' RETURNING from_ts, to_ts
  ) SELECT min(from_ts) AS first, max(to_ts) AS last FROM taken`
const NEXT_DUE = `INSERT INTO rollup_due (what, from_ts, to_ts) SELECT $1, $2, $2::timestamptz + interval '1 hour'
  WHERE NOT EXISTS (SELECT FROM rollup_due WHERE what = $1 AND from_ts = $2)`
/** Waiting between computations of the same sums, as a multiple of how long the last one took: they take at most a fifth of the time. */
const WAIT_BY_DURATION = 4
/** How long the last computation took, by connection and rollup, ms. */
const durations = new WeakMap<Client, Map<string, number>>()

/** Only one process computes sums at a time. If two computed the same hour, the older result might overwrite the newer. */
const ALONE = 'SELECT pg_try_advisory_xact_lock(7446284930) AS mine'

/**
 * Computes the sums whose events changed, one hour per transaction, until none is due or `within` ms have passed. Resolves with
 * whether some are still due. `patient: false` does not wait to gather changes.
 */
export async function rollUp(client: Client, within: number, patient = true): Promise<boolean> {
  const end = performance.now() + within
  const took = getOrInsert(durations, client, () => new Map<string, number>())
  for (const rollup of ROLLUPS)
    for (;;) {
      const { what, after } = rollup
      const wait = patient ? Math.max(after, WAIT_BY_DURATION * (took.get(what) ?? 0)) : 0
      const { rows } = await client.query<{ hour: Date | null }>(FIRST_DUE, [what, wait])
      const { hour } = rows[0]!
      if (hour === null) break
      const began = performance.now()
      const isComputed = await computeHour(client, rollup, hour)
      took.set(what, performance.now() - began)
      if (!isComputed || performance.now() > end) return true
    }
  return false
}

/** Returns false if another process is computing sums. */
async function computeHour(client: Client, { what, statements, then }: Rollup, hour: Date): Promise<boolean> {
  const compute = async () => {
    const { rows: locks } = await client.query<{ mine: boolean }>(ALONE)
    const { rows } = locks[0]!.mine
      ? await client.query<{ first: Date | null; last: Date }>(TAKEN, [what, hour])
      : { rows: [] }
    const [taken] = rows
    if (taken?.first) {
      for (const statement of statements) await client.query(statement, [taken.first, taken.last])
      if (then !== undefined) await client.query(NEXT_DUE, [then, hour])
    }
    return taken !== undefined
  }
  // The many days make a plan look costly enough to compile, which takes longer than to run it.
  return inTransaction(client, compute, 'BEGIN; SET LOCAL jit = off')
}

/** Tables whose changes affect sums. */
export const SUMMED = ['alert', 'sender_minute', 'complaint'] as const

/** Marks the minutes of staged rows (`staging`) as due, in the transaction that writes them. */
export const MARK_STAGED = `INSERT INTO rollup_due (what, from_ts, to_ts)
  SELECT DISTINCT kind, minute, minute + interval '1 minute' FROM (
    SELECT kind, date_trunc('minute', (row ->> 'ts')::timestamptz) AS minute FROM staging
    WHERE kind IN (${SUMMED.map((table) => `'${table}'`).join(', ')})) staged`

const CHANGED = `INSERT INTO rollup_due (what, from_ts, to_ts) SELECT DISTINCT $1, hour, hour + interval '1 hour'
  FROM (SELECT ${HOUR_OF} AS hour FROM unnest($2::timestamptz[]) AS ts) changed`

/** Marks the hours of rows that were deleted or written in another way as due, by their times (epoch ms), in the caller's transaction. */
export async function markChanged(
  client: Client,
  what: (typeof SUMMED)[number] | 'alert_gone' | 'complaint_gone',
  times: readonly number[],
): Promise<void> {
  if (times.length > 0) await client.query(CHANGED, [what, times.map((ms) => new Date(ms))])
}

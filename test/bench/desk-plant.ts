import { type Client, openClient } from '../../src/analyst/archive/database.ts'
import { DAILY } from '../../src/analyst/archive/days.ts'
import { alertGrams } from '../../src/analyst/archive/grams.ts'
import { migrate } from '../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../src/analyst/archive/partitions.ts'
import { rollUp } from '../../src/analyst/archive/rollups.ts'
import { FORGERY_CODES } from '../../src/detection/detectors/all.ts'
import type { Alert } from '../../src/domain/alert.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import { messageAlertAt } from '../helpers/archive-records.ts'

/** Number of planted rows, over 30 days. */
export interface Planted {
  readonly verdicts: number
  /** Half of them in the last seven days, and a sixth of that half in one case. */
  readonly alerts: number
  readonly feedback: number
  readonly complaints: number
}

export const DAYS = 30
/** Of a statement, ms. */
const LONGEST = 4 * HOUR
export const SENDERS = 3000
const ENTERPRISES = 300
export const BIG_CASE = 'big'
const CASES = 5000
const TEXTS = [
  '您的商品因质量问题已下架，三倍理赔请点 https://D/a 填写收款信息',
  '账户今日异常，请登录 https://D/b 核实身份',
]
const CODES = [
  'FORGED_BRAND',
  'TEXT_FRAUD',
  'LOOKALIKE_DOMAIN',
  'SIGNATURE_UNFILED',
  'CAMPAIGN_BURST',
  'OBFUSCATED_TEXT',
]

/** One alert per sender. */
function templates(): Alert[] {
  return Array.from({ length: SENDERS }, (_, n) => {
    const one = messageAlertAt(`t${n}`, 0)
    const [domain, signature] = [`kf${n}.top`, `商户${n}`]
    const text = `【${signature}】${TEXTS[n % TEXTS.length]!.replace('D', domain)}`
    const [reason] = one.data.reasons
    const codes = [CODES[n % CODES.length]!, CODES[(n + 1) % CODES.length]!]
    const reasons = codes.map((code) => ({ ...reason!, code, evidence: { brand: `brand${n % 200}` } }))
    const message = { ...one.data.message!, text, signature, from: `1069${String(n).padStart(7, '0')}` }
    const contacts = { ...one.data.contacts!, urls: [`https://${domain}/a`] }
    return { ...one, data: { ...one.data, reasons, message, contacts } } as Alert
  })
}

const TEMPLATES = `CREATE TABLE template AS SELECT (row_number() OVER ())::int - 1 AS n, event, grams::integer[],
    event #>> '{data,message,signature}' AS signature, event #>> '{data,message,from}' AS port,
    ARRAY(SELECT r ->> 'code' FROM jsonb_array_elements(event #> '{data,reasons}') r) AS codes
  FROM unnest($1::jsonb[], $2::text[]) AS one (event, grams)`

/** Time of alert `i` of `$1`: half of them in the last seven days. */
const TIME = `now() - interval '1 minute' - (CASE WHEN i % 2 = 0 THEN 7.0 ELSE ${DAYS}.0 END * i / $1) * interval '1 day'`
const ALERTS = `INSERT INTO alert (id, ts, mode, type, target_kind, target_id, action, severity, score, label, codes, state_id, episode,
    revision, message_id, message_ts, signature, port, to_token, domains, campaign, model, policy, registry, degraded, late, event, grams)
  SELECT 'a' || i, ts, 'enforce', 'raised', CASE WHEN state IS NULL THEN 'message' ELSE 'campaign' END, coalesce(state, 'm' || i),
    CASE WHEN i % 3 = 0 THEN 'review' ELSE 'block' END, 'high', 0.95, 'fraud', t.codes, state, 1, i, 'm' || i, ts, t.signature, t.port,
    'k' || i % ($1 / 2), ARRAY['kf' || n || '.top'], 'campaign' || n % 1000, 'sms-zh@2', 'p1', 'r1', false, false,
    jsonb_set(jsonb_set(t.event, '{data,message,id}', to_jsonb('m' || i)), '{id}', to_jsonb('a' || i)), t.grams
  FROM (SELECT i, ${TIME} AS ts, CASE WHEN i % 50 = 0 THEN 'state' || i % 20000 END AS state, (i * 7919 % ${SENDERS})::int AS n
    FROM generate_series($2::bigint, $3::bigint) i) one JOIN template t USING (n)`
const CASES_OF = `INSERT INTO review_case (id, grouped_by, name, standing) SELECT 'case' || i, 'domain', 'kf' || i % ${SENDERS} || '.top', 'stranger'
  FROM generate_series(1, ${CASES}) i UNION ALL SELECT '${BIG_CASE}', 'code', 'SIGNATURE_UNFILED', 'filed'`
const CASE_ALERTS = `INSERT INTO case_alert (alert_id, case_id, ts, sender, to_token, message_id, state_id, certainty, harm, codes, in_force)
  SELECT id, CASE WHEN revision % 3 = 0 THEN '${BIG_CASE}' ELSE 'case' || 1 + revision % ${CASES} END, ts, signature || '@' || port, to_token, message_id, state_id,
    0.9, 5, codes, true FROM alert WHERE ts > now() - interval '7 days'`
const VERDICTS = `INSERT INTO verdict (id, ts, action, label, score, codes, states, campaign, degraded, late, partial, sampled, share)
  SELECT 'm' || i, now() - (i * ${DAYS}.0 / $1) * interval '1 day', 'review', 'fraud', 0.9, ARRAY['TEXT_FRAUD'], '{}', NULL, false, false, false, false, 1
  FROM generate_series($2::bigint, $3::bigint) i`
/** One row per hour and sender; a third of the senders are active in any hour. */
const HOURS = `INSERT INTO sender_hour (signature, port, ts, sp, total, notice, personal, marketing, finance, fraud, illicit)
  SELECT t.signature, t.port, hour, 'sp' || n % ${ENTERPRISES}, 600, 300, 0, 300, 0, 0, 0
  FROM generate_series(date_trunc('hour', now(), 'UTC') - interval '${DAYS} days', now(), interval '1 hour') WITH ORDINALITY AS h (hour, nth)
    JOIN template t ON (t.n + nth) % 3 = 0`
const SENT = `INSERT INTO sent_hour (kind, name, ts, total, notice, personal, marketing, finance, fraud, illicit, peak, usual)
  SELECT kind, name, ts, sum(total), sum(notice), 0, sum(marketing), 0, 0, 0, 20, 5 FROM sender_hour
    CROSS JOIN LATERAL (VALUES ('all', ''), ('signature', signature), ('port', port), ('enterprise', sp)) thing (kind, name) GROUP BY kind, name, ts`
const MINUTES = `INSERT INTO sender_minute (ts, signature, port, sp, total, notice, personal, marketing, finance, fraud, illicit, baseline_mean)
  SELECT minute, t.signature, t.port, 'sp' || n % ${ENTERPRISES}, 10, 5, 0, 5, 0, 0, 0, 5
  FROM generate_series(date_trunc('minute', now()) - interval '1 day', now(), interval '1 minute') WITH ORDINALITY AS m (minute, nth)
    JOIN template t ON (t.n + nth) % 6 = 0`
const SENT_MINUTES = `INSERT INTO sent_minute SELECT minute, 10000, 5000, 0, 5000, 0, 0, 0
  FROM generate_series(date_trunc('minute', now()) - interval '${DAYS} days', now(), interval '1 minute') minute`
const SPS = `INSERT INTO sender_sp SELECT DISTINCT sp, signature, port FROM sender_hour`
/** Feedback on messages of alerts: every fifth with a note, every hundredth refused. */
const FEEDBACK = `INSERT INTO feedback (id, ts, message_id, verdict, by, note, feedback_id, batch)
  SELECT 'f' || i, ts + interval '1 hour', message_id, CASE WHEN i % 10 = 0 THEN 'false_positive' ELSE 'confirmed' END, 'lin',
    CASE WHEN i % 5 = 0 THEN 'seen before, called the bank' END, 'f' || i, 'b' || i / 50
  FROM (SELECT row_number() OVER (ORDER BY ts) AS i, ts, message_id FROM alert WHERE state_id IS NULL AND revision % ($1::int / $2::int) = 1
    AND ts < now() - interval '1 hour') one`
const GIVEN = `INSERT INTO given_feedback (feedback_id, ts, message_id, verdict, by, note, batch)
  SELECT feedback_id, ts, message_id, verdict, by, note, batch FROM feedback`
const RESULTS = `INSERT INTO feedback_result (feedback_id, ts, batch, outcome, states)
  SELECT feedback_id, ts + interval '1 second', batch, CASE WHEN substr(id, 2)::int % 100 = 0 THEN 'refused' ELSE 'applied' END, '{}' FROM feedback`
/** Complaints, nine out of ten answered. */
const COMPLAINTS = `INSERT INTO complaint (id, ts, port, signature, to_token, recipient, text, source, category)
  SELECT 'c' || i, now() - (i * ${DAYS}.0 / $1) * interval '1 day', CASE WHEN i % 3 > 0 THEN t.port END, CASE WHEN i % 3 < 2 THEN t.signature END,
    'k' || i, '138****5678', '骚扰短信', CASE WHEN i % 3 = 0 THEN 'hotline' ELSE '12321' END, 'marketing'
  FROM generate_series(1, $1::int) i JOIN template t ON t.n = i * 31 % 600`
const ANSWERS = `INSERT INTO complaint_case (id, ts, received_at, answered_at, label, bands)
  SELECT id, ts, ts + interval '1 hour', CASE WHEN substr(id, 2)::int % 10 > 0 THEN ts + interval '2 days' END, 'marketing', ARRAY['b' || substr(id, 2)::int % 50]
  FROM complaint`
const COMPLAINED = `INSERT INTO complaint_hour SELECT date_trunc('hour', ts, 'UTC'), coalesce(signature, ''), coalesce(port, ''), count(*)
  FROM complaint GROUP BY 1, 2, 3`
/** One span of time, so that sums by minute and states are computed at once. */
const DUE = `INSERT INTO rollup_due (what, from_ts, to_ts) SELECT 'alert', min(ts), now() FROM alert`
/** As rollups compute them, but from the alerts of a template in an hour instead of each alert. */
const THINGS = `WITH said AS MATERIALIZED (
    SELECT date_trunc('hour', a.ts, 'UTC') AS ts, t.n, count(*) AS alerts, count(*) FILTER (WHERE a.action = 'block') AS blocked,
      count(*) FILTER (WHERE a.state_id IS NULL) AS messages, (array_agg(a.id))[1:5] AS ids
    FROM alert a JOIN template t USING (signature) WHERE a.ts >= $1::timestamptz AND a.ts < $2::timestamptz GROUP BY 1, 2
  ), named AS (
    SELECT kind, name, s.ts, part, alerts, blocked, ids FROM said s JOIN template t USING (n)
      CROSS JOIN LATERAL (VALUES ('all', ''), ('signature', signature), ('port', port), ('sender', signature || '@' || port),
        ('campaign', 'campaign' || n % 1000), ('domain', 'kf' || n || '.top'), ('brand', 'brand' || n % 200)) thing (kind, name)
      CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT unnest(codes)) part (part)
    UNION ALL
    SELECT 'forged', 'brand' || n % 200, s.ts, part, messages, blocked, ids FROM said s JOIN template t USING (n)
      CROSS JOIN LATERAL (VALUES (''), ('port:' || port), ('host:kf' || n || '.top')) part (part) WHERE codes && $3 AND messages > 0
  ) INSERT INTO thing_hour (kind, name, ts, part, n, blocked, ids)
    SELECT kind, name, ts, part, sum(alerts), sum(blocked), min(ids) FROM named GROUP BY kind, name, ts, part`
const NAMED = `INSERT INTO thing (kind, name, first_at, last_at) SELECT kind, name, min(ts), max(ts) FROM thing_hour
  WHERE part = '' AND kind NOT IN ('all', 'sender', 'forged') GROUP BY kind, name`

/** While planting: nothing survives a crash, and few checkpoints. */
const HASTE = {
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
}
const SESSION = { maintenance_work_mem: '1GB', work_mem: '256MB', synchronous_commit: 'off', jit: 'off' }
/** Tables that get their indexes after their rows. */
const LARGE = [
  ...['alert', 'verdict', 'case_alert', 'feedback', 'thing_hour'],
  ...['sender_hour', 'sender_minute', 'sent_hour'],
]
/** Primary keys and the indexes that rollups need come first. */
const INDEXES = `SELECT x.indexrelid::regclass::text AS name, con.conname AS key, pg_get_constraintdef(con.oid) AS of_key,
    replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON ') AS made
  FROM pg_index x LEFT JOIN pg_constraint con ON con.conindid = x.indexrelid AND con.conrelid = x.indrelid WHERE x.indrelid = $1::regclass
  ORDER BY con.oid IS NULL, pg_get_indexdef(x.indexrelid) NOT LIKE '%(ts)', pg_get_indexdef(x.indexrelid) LIKE '%gin%', 1`
const COUNT_CASES = `SELECT sum_cases(array_agg(id)) FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM review_case) one GROUP BY n / 500`

type Run = (text: string, values?: readonly unknown[]) => Promise<unknown>

const runOn =
  (client: Client): Run =>
  (text, values = []) => {
    const statement = { text, values: [...values], query_timeout: LONGEST }
    return client.query(statement)
  }

async function inSteps(run: Run, sql: string, n: number, step: number): Promise<void> {
  for (let from = 1; from <= n; from += step) await run(sql, [n, from, Math.min(n, from + step - 1)])
}

/** Drops the indexes of a table; resolves with the statements that make them again. */
async function withoutIndexes(client: Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; key: string | null; of_key: string; made: string }>(
    INDEXES,
    [table],
  )
  for (const { name, key } of rows)
    await client.query(key === null ? `DROP INDEX ${name}` : `ALTER TABLE ${table} DROP CONSTRAINT ${key}`)
  return rows.map(({ key, of_key, made }) =>
    key === null ? made : `ALTER TABLE ${table} ADD CONSTRAINT ${key} ${of_key}`,
  )
}

/** Tables whose triggers keep the sums of cases row by row; planting computes these sums once for all cases. */
const TRIGGERING = ['case_alert', 'feedback', 'given_feedback', 'feedback_result']

/** Tables, days and templates. Resolves with the statements that make the indexes of the large tables. */
async function prepare(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  await migrate(client)
  const days = Array.from({ length: DAYS + 9 }, (_, i) => Date.now() + 7 * DAY - i * DAY)
  await new Partitions(180 * DAY).ensure(
    client,
    DAILY.flatMap((table) => days.map((ts) => ({ table, ts }))),
  )
  const all = templates()
  await client.query(TEMPLATES, [
    all.map((one) => JSON.stringify(one)),
    all.map((one) => `{${alertGrams(one).join()}}`),
  ])
  const indexes = new Map<string, readonly string[]>()
  for (const table of LARGE) indexes.set(table, await withoutIndexes(client, table))
  for (const table of TRIGGERING) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
  return indexes
}

/** The planted database can be measured: `isPlanted` looks for this comment. */
const PLANTED = 'planted for the desk benchmark'

async function settle(client: Client): Promise<void> {
  const run = runOn(client)
  await run('DROP TABLE template')
  await run('VACUUM ANALYZE')
  await run('CHECKPOINT')
  await client.query(`COMMENT ON TABLE alert IS '${PLANTED}'`)
}

/** Whether a database was planted to the end. */
export async function isPlanted(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ said: string | null }>(
    "SELECT obj_description(to_regclass('alert')) AS said",
  )
  return rows[0]!.said === PLANTED
}

async function hurry(client: Client, isOn: boolean): Promise<void> {
  for (const [name, value] of Object.entries(HASTE))
    await client.query(`ALTER SYSTEM ${isOn ? `SET ${name} = '${value}'` : `RESET ${name}`}`)
  await client.query('SELECT pg_reload_conf()')
}

interface Planting {
  readonly indexes: ReadonlyMap<string, readonly string[]>
  readonly say: (what: string) => void
}

/** `found` resolves when alerts can be found by time. */
async function plantAlerts(
  client: Client,
  alerts: number,
  { indexes, say }: Planting,
  found: () => void,
): Promise<void> {
  const run = runOn(client)
  await inSteps(run, ALERTS, alerts, 50_000)
  say('alerts')
  const [key, byTime, ...others] = indexes.get('alert')!
  for (const sql of [key!, byTime!, 'ANALYZE alert']) await run(sql)
  found()
  for (const sql of others) await run(sql)
  say('indexes of alerts')
}

async function plantVerdicts(client: Client, verdicts: number, { indexes, say }: Planting): Promise<void> {
  const run = runOn(client)
  await inSteps(run, VERDICTS, verdicts, 500_000)
  say('verdicts')
  for (const sql of indexes.get('verdict')!) await run(sql)
  say('indexes of verdicts')
}

async function plantSenders(
  client: Client,
  complaints: number,
  { indexes, say }: Planting,
  found: Promise<void>,
): Promise<void> {
  const run = runOn(client)
  for (const sql of [HOURS, SENT, MINUTES, SENT_MINUTES, SPS]) await run(sql)
  await run(COMPLAINTS, [complaints])
  for (const sql of [ANSWERS, COMPLAINED]) await run(sql)
  for (const table of ['sender_hour', 'sender_minute', 'sent_hour'])
    for (const sql of indexes.get(table)!) await run(sql)
  say('senders and complaints')
  await found
  await run(DUE)
  await rollUp(client, 0, false)
  await run('DELETE FROM rollup_due')
  const first = Date.now() - DAYS * DAY - HOUR
  for (let day = Math.floor(first / DAY) * DAY; day < Date.now(); day += DAY)
    await run(THINGS, [new Date(day), new Date(day + DAY), FORGERY_CODES])
  await run(NAMED)
  for (const sql of indexes.get('thing_hour')!) await run(sql)
  say('sums')
}

async function plantCases(
  client: Client,
  { alerts, feedback }: Planted,
  { indexes, say }: Planting,
  found: Promise<void>,
): Promise<void> {
  const run = runOn(client)
  await found
  for (const sql of [CASES_OF, CASE_ALERTS, ...indexes.get('case_alert')!]) await run(sql)
  await run('ANALYZE case_alert')
  await run(COUNT_CASES)
  say('cases')
  await run(FEEDBACK, [alerts, feedback])
  for (const sql of indexes.get('feedback')!) await run(sql)
  for (const sql of [GIVEN, RESULTS]) await run(sql)
  for (const table of TRIGGERING) await run(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
  say('feedback')
}

/**
 * Fills an empty database on four connections: large tables without indexes, then these. Its user is a superuser, and the settings of
 * `HASTE` are those of postgresql.conf afterwards, also after a failure.
 */
export async function plant(url: string, planted: Planted, say: Planting['say']): Promise<void> {
  const clients = await Promise.all([1, 2, 3, 4].map(() => openClient(url, 'bench', LONGEST)))
  const [one] = clients
  try {
    await hurry(one!, true)
    await fill(clients, planted, say)
  } finally {
    await hurry(one!, false)
    for (const client of clients) await client.end()
  }
}

async function fill(clients: readonly Client[], planted: Planted, say: Planting['say']): Promise<void> {
  const [one, two, three, four] = clients
  const planting = { indexes: await prepare(one!), say }
  for (const client of clients)
    for (const [name, value] of Object.entries(SESSION)) await client.query(`SET ${name} = '${value}'`)
  let resolve = () => {}
  const found = new Promise<void>((done) => {
    resolve = done
  })
  await Promise.all([
    plantAlerts(one!, planted.alerts, planting, resolve),
    plantVerdicts(two!, planted.verdicts, planting),
    plantSenders(three!, planted.complaints, planting, found),
    plantCases(four!, planted, planting, found),
  ])
  await settle(one!)
}

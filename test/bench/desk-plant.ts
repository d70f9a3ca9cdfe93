import type { Client } from '../../src/analyst/archive/database.ts'
import { DAILY } from '../../src/analyst/archive/days.ts'
import { alertGrams } from '../../src/analyst/archive/grams.ts'
import { migrate } from '../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../src/analyst/archive/partitions.ts'
import { rollUp } from '../../src/analyst/archive/rollups.ts'
import type { Alert } from '../../src/domain/alert.ts'
import { DAY } from '../../src/domain/time.ts'
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

const TEMPLATES = `CREATE TEMP TABLE template AS SELECT (row_number() OVER ())::int - 1 AS n, event, grams::integer[],
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
    0.9, 5, codes, true FROM alert WHERE ts > now() - interval '7 days' AND revision BETWEEN $1 AND $2`
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

/** Fills an empty database. */
export async function plant(
  client: Client,
  { verdicts, alerts, feedback, complaints }: Planted,
): Promise<void> {
  await migrate(client)
  const days = Array.from({ length: DAYS + 9 }, (_, i) => Date.now() + 7 * DAY - i * DAY)
  await new Partitions(180 * DAY).ensure(
    client,
    DAILY.flatMap((table) => days.map((ts) => ({ table, ts }))),
  )
  const run = (text: string, values: readonly unknown[] = []) => {
    const statement = { text, values: [...values], query_timeout: 3_600_000 }
    return client.query(statement)
  }
  const all = templates()
  await run(TEMPLATES, [
    all.map((one) => JSON.stringify(one)),
    all.map((one) => `{${alertGrams(one).join()}}`),
  ])
  const inSteps = async (sql: string, n: number, step: number, values: readonly unknown[] = []) => {
    for (let from = 1; from <= n; from += step)
      await run(sql, [...values, from, Math.min(n, from + step - 1)])
  }
  await run('SET synchronous_commit = off')
  await inSteps(ALERTS, alerts, 50_000, [alerts])
  await inSteps(VERDICTS, verdicts, 500_000, [verdicts])
  await run('ANALYZE')
  await run(CASES_OF)
  await inSteps(CASE_ALERTS, alerts, 10_000)
  for (const sql of [HOURS, SENT, MINUTES, SENT_MINUTES, SPS]) await run(sql)
  await run(FEEDBACK, [alerts, feedback])
  for (const sql of [GIVEN, RESULTS]) await run(sql)
  await run(COMPLAINTS, [complaints])
  for (const sql of [ANSWERS, COMPLAINED]) await run(sql)
  await run(`INSERT INTO rollup_due (what, from_ts, to_ts) SELECT 'alert', hour, hour + interval '1 hour' FROM
    generate_series(date_trunc('hour', now(), 'UTC') - interval '${DAYS} days', now(), interval '1 hour') hour`)
  while (await rollUp(client, 3_600_000, false));
  await run('VACUUM ANALYZE')
}

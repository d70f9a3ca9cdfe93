import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { queuedCase, sendersOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { migrate, migrations } from '../../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { DAY } from '../../helpers/archive-intake.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { readsOf } from '../../helpers/query-plans.ts'
import { describeWith } from '../../helpers/services.ts'

const CASES = 100
const ALERTS_OF_CASE = 200
const COLUMNS = 'alert_id, case_id, ts, sender, to_token, message_id, certainty, harm'
/** Alerts `$1` to `$2`, as a version writes them that knows no codes. */
const ALERTS = `INSERT INTO alert (id, ts, mode, type, target_kind, target_id, action, severity, score, codes, domains, model, policy, registry,
    degraded, late, event)
  SELECT 'a' || i, to_timestamp($3), 'enforce', 'raised', 'message', 'm' || i, 'block', 'high', 1, ARRAY['TEXT_FRAUD'], '{}', 'm', 'p', 'r', false, false, '{}'
  FROM generate_series($1::int, $2::int) i`
const OF_CASES = `INSERT INTO case_alert (${COLUMNS}) SELECT 'a' || i, 'c' || i % ${CASES}, to_timestamp($3), 'n@' || i % 37, 't' || i, 'm' || i, 1, 5
  FROM generate_series($1::int, $2::int) i`

describeWith('postgres', 'the sums of cases, one change', () => {
  let server: PostgresServer
  let client: Client
  const at = Math.floor(Date.now() / 1000) - 3600
  const sum = async (id: string) =>
    (await client.query('SELECT counted_from, alerts FROM case_sum WHERE case_id = $1 AND is_open', [id]))
      .rows[0]

  beforeAll(async () => {
    server = await startPostgres()
    client = await openClient(server.url, 'test')
    await migrate(client)
    const days = Array.from({ length: 30 }, (_, i) => Date.now() - i * DAY)
    const tables = ['alert', 'feedback_result'] as const
    await new Partitions(180 * DAY).ensure(
      client,
      tables.flatMap((table) => days.map((ts) => ({ table, ts }))),
    )
    await client.query(
      `INSERT INTO review_case (id, grouped_by, name, standing) SELECT 'c' || i, 'code', 'X', 'filed' FROM generate_series(0, ${CASES - 1}) i`,
    )
    for (const sql of [ALERTS, OF_CASES]) await client.query(sql, [0, CASES * ALERTS_OF_CASE - 1, at])
    await client.query('ANALYZE')
  })
  beforeEach(() => client.query('BEGIN'))
  afterEach(() => client.query('ROLLBACK'))
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  it('adds the alerts whose judgement was refused, and counts no case again', async () => {
    await client.query(
      "INSERT INTO given_feedback (feedback_id, ts, message_id, verdict, by, batch) VALUES ('f7', now(), 'm7', 'false_positive', 'lin', 'b')",
    )
    await client.query(
      "UPDATE review_case SET status = 'done', finding = 'false_positive', done_at = now(), settled_until = now(), batch = 'b' WHERE id = 'c7'",
    )
    // A later alert of the case, which is open.
    await client.query(
      `INSERT INTO case_alert (${COLUMNS}) VALUES ('later', 'c7', now() + interval '1 s', 'n@1', 't', 'later', 1, 5)`,
    )
    await client.query(
      "UPDATE case_sum SET counted_from = counted_from - interval '1 min' WHERE case_id = 'c7'",
    )
    const open = await sum('c7')
    expect(open.alerts).toBe(1)
    await client.query(
      "INSERT INTO feedback_result (feedback_id, ts, batch, outcome, states) VALUES ('f7', now(), 'b', 'refused', '{}')",
    )
    expect(await sum('c7')).toEqual({ alerts: 2, counted_from: open.counted_from })
  })

  it('have the codes of alerts that earlier versions write, without reading the alerts', async () => {
    const reads = await readsOf(client, async (ask) => {
      const found = await queuedCase(ask, 'c7')
      expect(found?.codes).toEqual(['TEXT_FRAUD'])
      expect((await sendersOf(ask, found!))[0]).toMatchObject({ codes: ['TEXT_FRAUD'] })
    })
    expect(reads.rows(/^alert_\d/)).toBeLessThan(150)
  })

  it('have the codes of alerts that earlier versions wrote, once they are migrated', async () => {
    await client.query("UPDATE case_alert SET codes = NULL, in_force = NULL WHERE case_id = 'c7'")
    const { sql } = migrations().find(({ name }) => name === '029-alert-codes.sql')!
    expect((await client.query(sql)).rowCount).toBe(ALERTS_OF_CASE)
    expect((await client.query(sql)).rowCount).toBe(0)
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM case_alert WHERE codes = ARRAY['TEXT_FRAUD'] AND in_force",
    )
    expect(rows).toEqual([{ n: CASES * ALERTS_OF_CASE }])
  })
})

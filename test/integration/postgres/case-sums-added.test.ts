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

  /** Rows of `case_alert` that this transaction has read so far. */
  const fetched = async () => {
    const { rows } = await client.query(
      "SELECT (idx_tup_fetch + seq_tup_read)::int AS n FROM pg_stat_xact_user_tables WHERE relname = 'case_alert'",
    )
    return rows[0].n as number
  }

  /** Entries of its indexes that this transaction has read so far. */
  const entries = async () => {
    const { rows } = await client.query(
      "SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::int AS n FROM pg_index WHERE indrelid = 'case_alert'::regclass",
    )
    return rows[0].n as number
  }

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

  it('adds the alerts of a judgement whose undo was refused first and applied later', async () => {
    await client.query(`INSERT INTO given_feedback (feedback_id, ts, message_id, verdict, by, batch, undo)
      VALUES ('f7', now(), 'm7', 'false_positive', 'lin', 'b', NULL), ('u7', now(), NULL, 'undo', 'lin', NULL, 'f7')`)
    await client.query(
      "UPDATE review_case SET status = 'done', finding = 'false_positive', done_at = now(), settled_until = now(), batch = 'b' WHERE id = 'c7'",
    )
    const answer = async (outcome: string, seconds: number) => {
      await client.query(
        "INSERT INTO feedback_result (feedback_id, ts, outcome, states) VALUES ('u7', now() + $2 * interval '1 s', $1, '{}')",
        [outcome, seconds],
      )
      return (await sum('c7'))?.alerts
    }
    expect(await answer('refused', 1)).toBeUndefined()
    expect(await answer('applied', 2)).toBe(1)
  })

  it('reads the alerts that are refused at once, not those of their case, and none for its senders', async () => {
    const MANY = 4000
    await client.query(
      "INSERT INTO review_case (id, grouped_by, name, standing) VALUES ('many', 'code', 'X', 'filed')",
    )
    await client.query(
      `INSERT INTO case_alert (${COLUMNS}, codes, in_force) SELECT 'b' || i, 'many', to_timestamp($2::int - i), 'n@' || i % 3, 't' || i,
      'b' || i, 1, 5, ARRAY['TEXT_FRAUD'], true FROM generate_series(1, $1::int) i`,
      [MANY, at],
    )
    await client.query(`INSERT INTO given_feedback (feedback_id, ts, message_id, verdict, by, batch)
      SELECT message_id, now(), message_id, 'false_positive', 'lin', 'b' FROM case_alert WHERE case_id = 'many'`)
    await client.query(
      "UPDATE review_case SET status = 'done', finding = 'false_positive', done_at = now(), settled_until = now(), batch = 'b' WHERE id = 'many'",
    )
    await client.query('ANALYZE review_case, case_alert, given_feedback')
    const refuse = (from: number) =>
      client.query(
        `INSERT INTO feedback_result (feedback_id, ts, batch, outcome, states)
          SELECT 'b' || i, now(), 'b', 'refused', '{}' FROM generate_series($1::int, $1 + 99) i`,
        [from],
      )
    await refuse(1)
    const before = await fetched()
    await refuse(101)
    expect((await fetched()) - before).toBeLessThan(1500)
    expect((await sum('many')).alerts).toBe(200)
    const reads = await readsOf(client, async (ask) => {
      const senders = await sendersOf(ask, { id: 'many', isOpen: true })
      expect(senders.map(({ sender, alerts, recipients }) => [sender, alerts, recipients])).toEqual([
        ['n@1', 67, 67],
        ['n@2', 67, 67],
        ['n@0', 66, 66],
      ])
    })
    expect(reads.rows(/^case_alert/)).toBeLessThan(10)
  })

  it('reads few alerts of a recipient who has many', async () => {
    await client.query(
      "INSERT INTO review_case (id, grouped_by, name, standing) VALUES ('flood', 'code', 'X', 'filed')",
    )
    const add = (prefix: string, n: number) =>
      client.query(
        `INSERT INTO case_alert (${COLUMNS}, codes, in_force) SELECT $1 || i, 'flood', to_timestamp($3::int - i), 'n@1', 't' || i % 5, $1 || i, 1, 5,
          ARRAY['TEXT_FRAUD'], true FROM generate_series(1, $2::int) i`,
        [prefix, n, at],
      )
    await add('first', 5000)
    await client.query('ANALYZE review_case, case_alert')
    const before = await entries()
    await add('then', 50)
    expect((await entries()) - before).toBeLessThan(3000)
    const { rows } = await client.query(
      "SELECT alerts, recipients, senders FROM case_sum WHERE case_id = 'flood'",
    )
    expect(rows).toEqual([{ alerts: 5050, recipients: 5, senders: 1 }])
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

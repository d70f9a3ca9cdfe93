import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { queuedCase, queueOf, sendersOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, limitedRows, openClient, openPool } from '../../../src/analyst/archive/database.ts'
import { DAILY } from '../../../src/analyst/archive/days.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { overviewOf } from '../../../src/analyst/archive/overview.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { worstCases } from '../../../src/analyst/archive/totals.ts'
import { DAY } from '../../helpers/archive-intake.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { readsOf } from '../../helpers/query-plans.ts'
import { describeWith } from '../../helpers/services.ts'

const DAYS = 30
const ALERTS_A_DAY = 400

/** Alerts of 30 days, one in twenty on a state. */
const ALERTS = `INSERT INTO alert (id, ts, mode, type, target_kind, target_id, action, severity, score, label, codes, state_id, episode,
    revision, message_id, message_ts, signature, port, to_token, domains, model, policy, registry, degraded, late, event, grams)
  SELECT 'a' || i, ts, 'enforce', 'raised', CASE WHEN state IS NULL THEN 'message' ELSE 'campaign' END, 'm' || i, 'block', 'high', 1, 'fraud',
    ARRAY['TEXT_FRAUD'], state, 1, i, 'm' || i, ts, 'n', '1069', 't' || i, '{}', 'm', 'p', 'r', false, false, jsonb_build_object('data', jsonb_build_object('message', jsonb_build_object('text', 'text ' || i))), '{}'
  FROM (SELECT i, now() - i * interval '${DAYS} days' / ${DAYS * ALERTS_A_DAY} AS ts, CASE WHEN i % 20 = 0 THEN 's' || i % 1000 END AS state
    FROM generate_series(1, ${DAYS * ALERTS_A_DAY} - 1) i) n`

describeWith('postgres', 'the plans of the desk', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    client = await openClient(server.url, 'test')
    await migrate(client)
    const days = Array.from({ length: DAYS + 2 }, (_, i) => Date.now() + DAY - i * DAY)
    await new Partitions(180 * DAY).ensure(
      client,
      DAILY.flatMap((table) => days.map((ts) => ({ table, ts }))),
    )
    await client.query(ALERTS)
    await client.query(`INSERT INTO feedback (id, ts, state_id, message_id, verdict, by, feedback_id)
      SELECT 'f' || i, now() - i * interval '1 hour', CASE WHEN i % 5 = 0 THEN 's' || i * 20 END, CASE WHEN i % 5 > 0 THEN 'm' || i * 100 END,
        'false_positive', 'lin', 'f' || i FROM generate_series(1, 40) i`)
    await client.query(
      "INSERT INTO review_case (id, grouped_by, name, standing) SELECT 'c' || i, 'code', 'X', 'filed' FROM generate_series(0, 19) i",
    )
    await client.query(`INSERT INTO case_alert (alert_id, case_id, ts, sender, to_token, message_id, certainty, harm, codes, in_force)
      SELECT id, 'c' || revision % 20, ts, 'n@1069', to_token, message_id, 1, 5, codes, true FROM alert`)
    await client.query('ANALYZE')
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  it('read few alerts for the releases of the overview', async () => {
    const reads = await readsOf(client, (ask) =>
      overviewOf(ask, new Date(Date.now() - 7 * DAY), new Date(Date.now())),
    )
    expect(reads.rows(/^alert_\d/)).toBeLessThan(20_000)
  })

  it('are made for the days of the alerts whose text is shown', async () => {
    const texts: (string | null)[] = []
    const reads = await readsOf(client, async (ask) => {
      const [first] = await queueOf(ask, 'open', 'lin')
      const one = await queuedCase(ask, first!.id)
      const senders = await sendersOf(ask, first!)
      const worst = await worstCases(ask)
      texts.push(first!.text, one!.text, senders[0]!.text, ...worst.map(({ text }) => text))
    })
    expect(texts).toHaveLength(8)
    for (const text of texts) expect(text).toMatch(/^text \d+$/)
    expect(reads.planned(/^alert_\d/)).toBeLessThan(40)
  })

  it('keep an idle connection, whose successor would read the catalogue again', async () => {
    const pool = openPool(server.url, 'test', 60_000)
    const pid = () =>
      limitedRows<{ pid: number }>(pool, 60_000, 'READ ONLY', ['SELECT pg_backend_pid() AS pid', []])
    try {
      const first = await pid()
      await sleep(12_000)
      expect(await pid()).toEqual(first)
    } finally {
      await pool.end()
    }
  }, 30_000)
})

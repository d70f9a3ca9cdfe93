import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { searchAlerts } from '../../../src/analyst/archive/alert-search.ts'
import { queuedCase, queueOf, sendersOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient, openPool } from '../../../src/analyst/archive/database.ts'
import { DAILY } from '../../../src/analyst/archive/days.ts'
import { judgementsOf } from '../../../src/analyst/archive/given-feedback.ts'
import { limitedRows } from '../../../src/analyst/archive/limited-rows.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { overviewOf } from '../../../src/analyst/archive/overview.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { JUDGED } from '../../../src/analyst/archive/questions.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { type AlertSearch, readSearch } from '../../../src/analyst/archive/search-conditions.ts'
import { newDomains, totalsOf, worstCases } from '../../../src/analyst/archive/totals.ts'
import { DAY } from '../../helpers/archive-intake.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { readsOf } from '../../helpers/query-plans.ts'
import { describeWith } from '../../helpers/services.ts'

const DAYS = 30
/** Complaints on a page. */
const MOST_COMPLAINTS = 500
const ALERTS_A_DAY = 400

const ALERT_COLUMNS = `id, ts, mode, type, target_kind, target_id, action, severity, score, label, codes, state_id, episode,
    revision, message_id, message_ts, signature, port, to_token, domains, model, policy, registry, degraded, late, event, grams`
/** Columns after the time, of a number `i` and a state. */
const ALERT_VALUES = `'enforce', 'raised', CASE WHEN state IS NULL THEN 'message' ELSE 'campaign' END, 'm' || i, 'block', 'high', 1, 'fraud',
    ARRAY['TEXT_FRAUD'], state, 1, i, 'm' || i, ts, 'n', '1069', 't' || i, '{}', 'm', 'p', 'r', false, false, jsonb_build_object('data', jsonb_build_object('message', jsonb_build_object('text', 'text ' || i))), ARRAY[i, i + 1]`
/** Alerts of 30 days, one in twenty on a state. */
const ALERTS = `INSERT INTO alert (${ALERT_COLUMNS}) SELECT 'a' || i, ts, ${ALERT_VALUES}
  FROM (SELECT i, now() - i * interval '${DAYS} days' / ${DAYS * ALERTS_A_DAY} AS ts, CASE WHEN i % 20 = 0 THEN 's' || i % 1000 END AS state
    FROM generate_series(1, ${DAYS * ALERTS_A_DAY} - 1) i) n`

/** Unanswered complaints about messages of the alerts. */
const OPEN_COMPLAINTS = 3000
const COMPLAINTS = `INSERT INTO complaint (id, ts, signature, to_token, source)
  SELECT 'c' || i, ts + interval '1 hour', 'n', to_token, '12321' FROM (
    SELECT revision AS i, ts, to_token FROM alert WHERE target_kind = 'message' AND ts < now() - interval '2 hours' ORDER BY ts DESC LIMIT ${OPEN_COMPLAINTS}) a;
  INSERT INTO complaint_hour SELECT date_trunc('hour', ts, 'UTC'), CASE WHEN i % 100 = 1 THEN 'n' ELSE 's' || i % 50 END, '', count(*)
    FROM (SELECT ts, substr(id, 2)::int AS i FROM complaint) c GROUP BY 1, 2`
const SENT = `INSERT INTO sender_minute (ts, signature, port, total, notice, personal, marketing, finance, fraud, illicit)
  SELECT now() - i * interval '1 minute', 'n', '1069', 1, 1, 0, 0, 0, 0, 0 FROM generate_series(1, 5000) i`
/** 50 brands forged with 20 hosts each in each hour of seven days, and as many new domains. */
const FORGED = `INSERT INTO thing_hour (kind, name, ts, part, n, blocked, ids)
  SELECT 'forged', 'b' || b, date_trunc('hour', now(), 'UTC') - h * interval '1 hour', CASE WHEN p = 0 THEN '' ELSE format('host:%s-%s.top', b, p) END, 60 - b, 0, '{}'
    FROM generate_series(1, 50) b, generate_series(0, 20) p, generate_series(0, 167) h;
  INSERT INTO thing (kind, name, first_at, last_at)
    SELECT 'domain', format('%s-%s.top', b, p), now() - interval '6 days', now() FROM generate_series(1, 50) b, generate_series(1, 20) p
    ON CONFLICT DO NOTHING;
  INSERT INTO thing_hour (kind, name, ts, part, n, blocked, ids)
    SELECT 'domain', name, date_trunc('hour', first_at, 'UTC'), '', 1, 0, ARRAY['a1'] FROM thing`

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
    await client.query(COMPLAINTS)
    await client.query(SENT)
    await client.query(FORGED)
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

  it('look up hosts and ports of the forged brands that are shown, and brands of the new domains that are', async () => {
    const [from, to] = [Date.now() - 7 * DAY, Date.now()]
    const reads = await readsOf(client, async (ask) => {
      const { forged, totals } = await overviewOf(ask, new Date(from), new Date(to))
      expect(forged).toHaveLength(10)
      expect(forged[0]).toMatchObject({ brand: 'b1', host_count: 20 })
      expect(totals?.forged).toBe(50)
      const domains = await newDomains(ask, from, to)
      expect(domains).toHaveLength(10)
      expect(domains[0]!.brands).toHaveLength(1)
    })
    expect(reads.rows(/^thing_hour/)).toBeLessThan(100_000)
  })

  it('find the few alerts of a word by its index, not in the order of their time', async () => {
    await client.query(`BEGIN;
      INSERT INTO alert (${ALERT_COLUMNS}) SELECT 'w' || i, ts, ${ALERT_VALUES.replace("'n'", "'w' || i")}
        FROM (SELECT i, date_trunc('day', now(), 'UTC') - i * interval '1 second' AS ts, NULL AS state FROM generate_series(1, 40000) i) n;
      ANALYZE alert`)
    const search = readSearch('zzqqxx last:30d') as AlertSearch
    const range = { from: Date.now() - search.last, to: Date.now(), most: 101 }
    const reads = await readsOf(client, async (ask) => {
      expect(await searchAlerts(ask, search, range)).toEqual([])
    })
    await client.query('ROLLBACK')
    expect(reads.rows(/^alert_\d/)).toBeLessThan(20_000)
  })

  // Six whole days: PostgreSQL reads a day of few rows from end to end.
  it('look no result up that undid nothing', async () => {
    await client.query(`BEGIN;
      INSERT INTO feedback (id, ts, message_id, verdict, by, feedback_id)
        SELECT 'r' || i, date_trunc('day', now(), 'UTC') - i * interval '1 minute', 'm' || i, 'false_positive', 'lin', 'r' || i
          FROM generate_series(1, ${6 * 24 * 60}) i;
      INSERT INTO feedback_result (feedback_id, ts, batch, outcome, states)
        SELECT feedback_id, ts + interval '1 second', NULL, 'applied', '{}' FROM feedback;
      ANALYZE feedback, feedback_result`)
    const reads = await readsOf(client, (ask) =>
      overviewOf(ask, new Date(Date.now() - 7 * DAY), new Date(Date.now())),
    )
    await client.query('ROLLBACK')
    expect(reads.rows(/^feedback_result_\d/)).toBeLessThan(200)
  })

  it('read undos once for all findings, and findings by what they are about', async () => {
    const [from, to] = [Date.now() - 7 * DAY, Date.now()]
    await client.query('BEGIN')
    await client.query(`INSERT INTO feedback (id, ts, message_id, verdict, by, feedback_id, batch)
      SELECT 'g' || revision, now() - interval '1 hour', message_id, 'confirmed', 'wu', 'g' || revision, 'b' FROM alert WHERE ts > now() - interval '7 days'`)
    await client.query(`INSERT INTO given_feedback (feedback_id, ts, message_id, verdict, by, batch)
      SELECT feedback_id, ts, message_id, verdict, by, batch FROM feedback`)
    await client.query('ANALYZE feedback, given_feedback')
    const reads = await readsOf(client, async (ask) => {
      const judged = (await totalsOf(ask, from, to)).find(({ name }) => name === 'judged')
      expect(judged?.now).toBeGreaterThan(7 * ALERTS_A_DAY)
    })
    expect(reads.buffers).toBeLessThan(2000)
    const counts = await readsOf(client, async (ask) => {
      const [first] = await ask<{ judged: number }>(JUDGED, [new Date(from), new Date(to)])
      expect(first!.judged).toBeGreaterThan(6 * ALERTS_A_DAY)
    })
    expect(counts.rows(/^case_alert/)).toBeLessThan(8 * ALERTS_A_DAY)
    const ofOne = await readsOf(client, async (ask) => {
      const about = { message: 'm100', state: '', targets: ['domain:a.top'] }
      expect(await judgementsOf(ask, about, '')).not.toEqual([])
    })
    expect(ofOne.rows(/feedback/)).toBeLessThan(200)
    await client.query('ROLLBACK')
  })

  it('compare many cases of like worth in a few statements', async () => {
    await client.query('BEGIN')
    await client.query(
      "INSERT INTO review_case (id, grouped_by, name, standing) SELECT 'like' || i, 'code', 'X', 'filed' FROM generate_series(1, 1000) i",
    )
    await client.query(`INSERT INTO case_alert (alert_id, case_id, ts, sender, to_token, message_id, certainty, harm, codes, in_force)
      SELECT 'l' || i, 'like' || i % 1000 + 1, now() - CASE WHEN i > 1000 THEN interval '2 days' ELSE interval '1 hour' END, 'n@1069', 'l' || i, 'l' || i, 1, 5, '{}', true
        FROM generate_series(1, 100000) i`)
    const reads = await readsOf(client, async (ask) => {
      expect(await worstCases(ask)).toHaveLength(5)
    })
    await client.query('ROLLBACK')
    expect(reads.statements.length).toBeLessThan(8)
  })

  it('look up the messages of the complaints that are shown, and count no minutes', async () => {
    const archive = await ArchiveReader.open(server.url, 'test')
    const desk = await startDeskOn(archive, {
      logins: [{ name: 'lin', token: 'a-token-of-lin', may: 'judge' }],
    })
    const user = deskClient(() => desk.port)
    await user.login('lin', 'a-token-of-lin')
    const reads = await readsOf(client, async (ask) => {
      Object.assign(archive, { ask })
      expect(await user.see('lin', '/complaints')).toContain(`Open (${OPEN_COMPLAINTS})`)
      expect(await user.see('lin', '/signature/n')).toContain('12321')
    })
    await desk.close()
    await archive.close()
    expect(reads.rows(/^alert_\d/)).toBeLessThan(3 * MOST_COMPLAINTS)
    expect(reads.rows(/^sender_minute/)).toBe(0)
    expect(reads.rows(/^complaint_hour/)).toBeLessThan(400)
  })

  it('do not wait for statements that take long', async () => {
    const archive = await ArchiveReader.open(server.url, 'test')
    const long = Array.from({ length: 5 }, () => archive.askLong('SELECT pg_sleep(3)', []))
    const began = performance.now()
    await archive.ask('SELECT 1', [])
    expect(performance.now() - began).toBeLessThan(2_500)
    await Promise.all(long)
    await archive.close()
  })

  it('keep an idle connection, whose successor would read the catalogue again', async () => {
    const pool = openPool(server.url, 'test', 60_000)
    const pid = () =>
      limitedRows<{ pid: number }>(pool, { within: 60_000, access: 'READ ONLY' }, [
        'SELECT pg_backend_pid() AS pid',
        [],
      ])
    try {
      const first = await pid()
      await sleep(12_000)
      expect(await pid()).toEqual(first)
    } finally {
      await pool.end()
    }
  }, 30_000)
})

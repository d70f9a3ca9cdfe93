import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mergeCases, splitCase, unmergeCase } from '../../../src/analyst/archive/case-merge.ts'
import * as queue from '../../../src/analyst/archive/case-queue.ts'
import { countOutdated } from '../../../src/analyst/archive/case-writer.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { type GivenRow, keepGiven } from '../../../src/analyst/archive/given-feedback.ts'
import { migrate, migrations } from '../../../src/analyst/archive/migrate.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { worstCases } from '../../../src/analyst/archive/totals.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { DAY, type OpenIntake, openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { seededRandom } from '../../helpers/fake-brokers.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const TEXTS = [
  '【甲银行】您的账户今日异常，请登录 a88.top 核实身份信息',
  '【乙快递】包裹滞留仓库，补填地址请点 b99.top 谢谢配合',
  '【丙彩票】周末开奖大放送，注册 c77.top 立即领取八百元',
  '【丁商城】积分即将清零作废，点 d66.top 兑换话费礼品',
]
const TAKEN_BACK = `SELECT u.undo FROM (SELECT feedback_id, undo FROM given_feedback WHERE undo IS NOT NULL
    UNION SELECT feedback_id, undo FROM feedback WHERE undo IS NOT NULL) u
  LEFT JOIN feedback_result r ON r.feedback_id = u.feedback_id WHERE r.outcome IS DISTINCT FROM 'refused'`
const FALLEN = `SELECT g.batch, coalesce(g.state_id, g.message_id) FROM (
    SELECT undo AS feedback_id, false AS is_refused FROM (${TAKEN_BACK}) taken
    UNION SELECT feedback_id, outcome = 'refused' FROM feedback_result WHERE outcome <> 'applied') fell
  JOIN given_feedback g USING (feedback_id)
  WHERE g.batch IS NOT NULL AND coalesce(g.state_id, g.message_id) IS NOT NULL AND NOT (is_refused AND (g.verdict = 'confirmed' OR EXISTS (
    SELECT FROM given_feedback e JOIN feedback_result r USING (feedback_id)
    WHERE (e.state_id = g.state_id OR e.message_id = g.message_id) AND e.verdict = g.verdict AND e.ts < g.ts AND r.outcome = 'refused')))`
const UNSETTLED = `(own.settled_until IS NULL OR a.ts > own.settled_until OR own.batch IN (${TAKEN_BACK})
  OR (own.batch, coalesce(a.state_id, a.message_id)) IN (${FALLEN}))`
const OF_CASE = `case_alert a JOIN review_case own ON own.id = a.case_id JOIN review_case c ON c.id = coalesce(own.merged_into, own.id)`
const FROM = (isOpen: boolean) =>
  `a.ts > coalesce((SELECT counted_from FROM case_sum s WHERE s.case_id = c.id AND s.is_open = ${isOpen}), now() - interval '7 days')`
/** Sums of all cases, from alerts and feedback alone. */
const recount = (isOpen: boolean) => {
  const where = `${FROM(isOpen)} AND ${isOpen ? UNSETTLED : 'true'}`
  return `WITH coded AS (
      SELECT id, coalesce(array_agg(code ORDER BY n DESC, code) FILTER (WHERE in_force), array_agg(code ORDER BY n DESC, code)) AS codes
      FROM (SELECT c.id, code, bool_or(alert.mode = 'enforce') AS in_force, count(*) AS n FROM ${OF_CASE}
        JOIN alert ON alert.id = a.alert_id AND alert.ts = a.ts CROSS JOIN unnest(alert.codes) code WHERE ${where} GROUP BY 1, 2) counted GROUP BY id)
    SELECT c.id, count(*)::int AS alerts, count(*) FILTER (WHERE a.ts > c.done_at)::int AS since,
      count(DISTINCT coalesce(a.state_id, a.message_id))::int AS subjects, count(DISTINCT a.state_id)::int AS states,
      count(DISTINCT a.to_token)::int AS recipients, count(DISTINCT a.sender)::int AS senders, bool_or(strpos(a.sender, '*') > 0) AS has_masks,
      round(avg(a.certainty)::numeric, 6)::float8 AS certainty, max(a.harm)::float8 AS harm, min(a.ts) AS first_at, max(a.ts) AS last_at,
      round((greatest(count(DISTINCT a.to_token), 1) * avg(a.certainty) * max(a.harm))::numeric, 4)::float8 AS worth,
      (array_agg(a.alert_id ORDER BY a.ts DESC, a.alert_id))[1] AS alert_id,
      (array_agg(a.alert_id ORDER BY a.message_id IS NULL, a.harm DESC, a.ts, a.alert_id))[1] AS example_id, coded.codes
    FROM ${OF_CASE} LEFT JOIN coded ON coded.id = c.id WHERE ${where} GROUP BY c.id, coded.codes ORDER BY c.id`
}
const KEPT = `SELECT case_id AS id, alerts, since, subjects, states, recipients, senders, has_masks,
    round((certainty / alerts)::numeric, 6)::float8 AS certainty, harm, first_at, last_at, round(worth::numeric, 4)::float8 AS worth, alert_id, example_id,
    (SELECT coalesce(array_agg(key ORDER BY value::int DESC, key) FILTER (WHERE forced ? key), array_agg(key ORDER BY value::int DESC, key))
      FROM jsonb_each_text(codes)) AS codes
  FROM case_sum WHERE is_open = $1 ORDER BY case_id`
/** The same by sender. */
const recountSenders = (isOpen: boolean) => {
  const where = `${FROM(isOpen)} AND ${isOpen ? UNSETTLED : 'true'}`
  return `SELECT c.id, a.sender, count(*)::int AS alerts, count(DISTINCT a.to_token)::int AS recipients,
      (array_agg(a.alert_id ORDER BY a.message_id IS NULL, a.harm DESC, a.ts, a.alert_id))[1] AS example_id,
      (SELECT jsonb_object_agg(code, n) FROM (SELECT code, count(*) AS n FROM unnest(string_to_array(string_agg(array_to_string(alert.codes, ' '), ' '), ' ')) code
        GROUP BY code) counted) AS codes
    FROM ${OF_CASE} JOIN alert ON alert.id = a.alert_id AND alert.ts = a.ts WHERE ${where} GROUP BY c.id, a.sender ORDER BY 1, 2`
}
const KEPT_SENDERS = `SELECT case_id AS id, sender, alerts, recipients, example_id, codes FROM case_sender WHERE is_open = $1 ORDER BY 1, 2`
/** Alerts and merged cases whose case does not exist, or was itself merged into another. */
const MISPLACED = `SELECT a.alert_id AS id, a.case_id AS at FROM case_alert a WHERE NOT EXISTS (SELECT FROM review_case c WHERE c.id = a.case_id)
  UNION ALL SELECT c.id, c.merged_into FROM review_case c LEFT JOIN review_case i ON i.id = c.merged_into
    WHERE c.merged_into IS NOT NULL AND (i.id IS NULL OR i.merged_into IS NOT NULL)
  UNION ALL SELECT id, merged_path::text FROM review_case WHERE merged_into IS DISTINCT FROM merged_path[cardinality(merged_path)]
  UNION ALL SELECT from_case, to_case FROM case_route r WHERE NOT EXISTS (SELECT FROM review_case c WHERE c.id = r.to_case)`
const WORST = `SELECT c.id, count(*)::int AS alerts FROM ${OF_CASE}
  WHERE a.ts > now() - interval '1 day' AND c.status <> 'waiting' AND ${UNSETTLED}
  GROUP BY c.id ORDER BY greatest(count(DISTINCT a.to_token), 1) * avg(a.certainty) * max(a.harm) DESC, c.id LIMIT 5`

describeWith('postgres', 'the sums of cases', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let intakes: readonly OpenIntake[]
  let random = seededRandom(1)
  let made = 0
  const below = (n: number) => Math.floor(random() * n)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!

  /** An alert on a message or state, of the last seven days or before; states and recipients repeat. */
  const alert = (ts = Date.now() - below(8 * 24 * 3600) * 1000): Alert => {
    const n = ++made
    const text = pick(TEXTS)
    const one = messageAlertAt(`m${n}`, ts, below(12), {
      mode: pick(['enforce', 'enforce', 'shadow'] as const),
      label: pick(['fraud', 'illicit'] as const),
      score: Math.round(random() * 100) / 100,
    })
    const { data } = one
    const [reason] = data.reasons
    const reasons = ['TEXT_FRAUD', pick(['SIGNATURE_WRONG_PORT', 'FORGED_BRAND'])].map((code) => ({
      ...reason!,
      code,
    }))
    const message = {
      ...data.message!,
      text,
      from: pick(['10690200001', '10690200002', '10690200003', '138****0001']),
    }
    const urls = [`http://${/[a-z]\d+\.top/.exec(text)![0]}`]
    const state = random() < 0.3 && { id: `state-${below(6)}`, episode: n, revision: 1 }
    const about = state && {
      state,
      target: { kind: 'campaign', id: `c${below(3)}` },
      ...(random() < 0.3 && { message: undefined }),
    }
    return {
      ...one,
      data: { ...data, reasons, message, contacts: { ...data.contacts!, urls }, ...about },
    } as Alert
  }
  const some = (n: number) => Array.from({ length: 1 + below(n) }, () => alert())
  const caseIds = async () =>
    (await archive.ask<{ id: string }>('SELECT id FROM review_case ORDER BY id', [])).map(({ id }) => id)
  const rowsGiven = async (where = 'true') =>
    (
      await client.query<{ feedback_id: string; batch: string }>(
        `SELECT feedback_id, batch FROM given_feedback WHERE ${where} ORDER BY feedback_id`,
      )
    ).rows
  const settle = async () => {
    const id = pick(await caseIds())
    const finding = pick(['confirmed', 'false_positive'] as const)
    const until = random() < 0.3 ? Date.now() - below(7 * 24) * 3_600_000 : undefined
    const batch = randomUUID()
    const rows = (await queue.subjectsOf(archive.ask, id, until)).map(
      ({ message_id, state_id }): GivenRow => ({
        ...(state_id === null ? { messageId: message_id! } : { stateId: state_id }),
        ...{ verdict: finding, by: 'lin', ts: Date.now(), batch, feedbackId: randomUUID() },
      }),
    )
    await queue.settleCase(archive.change, { id, finding, by: 'lin', batch, until }, rows)
  }
  const undoRow = (undo: string) => ({ undo, by: 'wu', ts: Date.now(), feedbackId: randomUUID() })

  const actions: Readonly<Record<string, () => Promise<unknown>>> = {
    alerts: () => intakes[0]!.take('alerts', some(12)),
    alertsTwice: () => Promise.all(intakes.map((intake) => intake.take('alerts', some(8)))),
    settle,
    settleMeanwhile: () => Promise.all([settle(), settle(), intakes[0]!.take('alerts', some(5))]),
    undo: async () => {
      const rows = await rowsGiven('batch IS NOT NULL')
      if (rows.length === 0) return
      const { batch } = pick(rows)
      await keepGiven(archive.change, [undoRow(batch)])
      if (random() < 0.7) await queue.noteUndone(archive.change, { batch, who: 'wu', isWhole: true })
    },
    undoOne: async () => {
      const rows = await rowsGiven('undo IS NULL')
      if (rows.length > 0) await keepGiven(archive.change, [undoRow(pick(rows).feedback_id)])
    },
    undoElsewhere: async () => {
      const rows = await rowsGiven('undo IS NULL')
      if (rows.length > 0)
        await intakes[0]!.take('feedback', [
          undoRow(random() < 0.5 ? pick(rows).feedback_id : pick(rows).batch),
        ])
    },
    answers: async () => {
      const rows = await rowsGiven()
      const at = new Date().toISOString()
      const answered = rows.filter(() => random() < 0.4)
      await intakes[1]!.take(
        'feedbackResults',
        answered.map(({ feedback_id: feedbackId }) => ({
          feedbackId,
          outcome: pick(['applied', 'refused', 'undone']),
          states: [],
          at,
        })),
      )
    },
    merge: async () => mergeCases(archive.change, pick(await caseIds()), pick(await caseIds())),
    unmerge: async () => unmergeCase(archive.change, pick(await caseIds())),
    split: async () => {
      const rows = await archive.ask<{ case_id: string; sender: string }>(
        'SELECT DISTINCT case_id, sender FROM case_alert ORDER BY 1, 2',
        [],
      )
      const { case_id, sender } = pick(rows)
      await splitCase(archive.change, case_id, [sender])
    },
    status: async () => queue.setStatus(archive.change, pick(await caseIds()), pick(['open', 'waiting'])),
    since: async () => queue.reopenSince(archive.change, pick(await caseIds())),
    erase: () => erase(client, tokenOf(below(12))),
    expire: () => client.query("DELETE FROM case_alert WHERE ts < now() - interval '6 days 12 hours'"),
    ofAnEarlierVersion: async () => {
      const columns = 'alert_id, case_id, ts, sender, to_token, message_id, state_id, certainty, harm'
      const { rows } = await client.query(
        'DELETE FROM case_alert a WHERE hashtext(alert_id) % 3 = 0 RETURNING to_jsonb(a) AS own',
      )
      await client.query(
        `INSERT INTO case_alert (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::case_alert, $1)`,
        [JSON.stringify(rows.map(({ own }) => own))],
      )
    },
  }

  const clear = () =>
    client.query(
      'TRUNCATE alert, case_alert, case_feature, case_route, review_case, case_sum, case_sender, given_feedback, feedback, feedback_result, fallen_judgement',
    )

  async function expectTheSame(after: string) {
    for (const isOpen of [true, false]) {
      const kept = (await client.query(KEPT, [isOpen])).rows
      const counted = (await client.query(recount(isOpen))).rows
      const ids = new Set(kept.map(({ id }) => id))
      const needed = isOpen ? counted : counted.filter(({ id }) => ids.has(id))
      expect(kept, `${after}, ${isOpen ? 'open' : 'all'}`).toEqual(needed)
      const senders = (await client.query<{ id: string }>(recountSenders(isOpen))).rows.filter(({ id }) =>
        ids.has(id),
      )
      expect((await client.query(KEPT_SENDERS, [isOpen])).rows, after).toEqual(senders)
      if (isOpen) continue
      // Of what has no sums, nothing is settled.
      const open = new Set((await client.query(KEPT, [true])).rows.map(({ id }) => id))
      for (const { id } of counted) expect(ids.has(id) || open.has(id), `${after}: ${id}`).toBe(true)
    }
    const worst = (await worstCases(archive.ask)).map(({ id, alerts }) => ({ id, alerts }))
    expect(worst, after).toEqual((await client.query(WORST)).rows)
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', alert(Date.now())]])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    intakes = [await openIntake(server.url), await openIntake(server.url)]
  })
  afterAll(async () => {
    for (const intake of intakes ?? []) await intake.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it.each([1, 2, 3, 4, 5, 6])('are those of a recount after any actions (%i)', async (seed) => {
    await clear()
    random = seededRandom(seed)
    await intakes[0]!.take(
      'alerts',
      Array.from({ length: 60 }, () => alert()),
    )
    const done: string[] = []
    for (let i = 0; i < 60; i++) {
      const name = pick(Object.keys(actions))
      done.push(name)
      await actions[name]!()
      await expectTheSame(`seed ${seed}, ${done.length}: ${done.slice(-5).join(', ')}`)
    }
  })

  it.each([10, 13, 14, 18])(
    'are those of a recount after several people merge and split at once (%i)',
    async (seed) => {
      await clear()
      random = seededRandom(seed)
      await intakes[0]!.take(
        'alerts',
        Array.from({ length: 60 }, () => alert()),
      )
      const together = ['merge', 'merge', 'unmerge', 'split', 'split', 'alerts'] as const
      for (let i = 0; i < 40; i++) {
        const names = Array.from({ length: 2 + below(4) }, () => pick(together))
        await Promise.all(names.map((name) => actions[name]!()))
        const after = `seed ${seed}, ${i}: ${names.join(', ')}`
        expect((await client.query(MISPLACED)).rows, after).toEqual([])
        await expectTheSame(after)
      }
    },
  )

  it('leave out alerts older than seven days', async () => {
    await intakes[0]!.take('alerts', [alert(Date.now() - 7 * DAY + 1500), alert(Date.now())])
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    await countOutdated(client)
    const { rows } = await client.query(
      "SELECT case_id FROM case_sum WHERE first_at <= now() - interval '7 days' - least(alerts * interval '100 ms', interval '1 hour')",
    )
    expect(rows).toEqual([])
    await expectTheSame('seven days')
  })

  it('are counted when an archive of an earlier version is migrated', async () => {
    const before = (await client.query('SELECT * FROM case_sum ORDER BY 1, 2')).rows.map(
      ({ counted_from: _, ...one }) => one,
    )
    await client.query(`DROP TABLE case_sum, case_sender, fallen_judgement, erased_id CASCADE; ALTER TABLE case_alert DROP COLUMN codes, DROP COLUMN in_force;
      ALTER TABLE erasure DROP COLUMN ordered_by, DROP COLUMN why, DROP COLUMN ref;
      DROP FUNCTION add_counts, sum_cases, lock_cases, case_alerts_added, case_alerts_moved, case_alerts_removed, review_cases_changed, is_undone,
        judge_feedback, feedback_undone, feedback_answered CASCADE;
      DELETE FROM schema_migration WHERE version > 22`)
    // Another session reads, and a second archiver waits.
    const other = await openClient(server.url, 'test')
    const [applied] = await Promise.all([migrate(client), migrate(other)])
    await other.end()
    const names = migrations()
      .map(({ name }) => name)
      .filter((name) => name > '023')
    expect(applied.length === 0 || applied).toEqual(applied.length === 0 || names)
    const after = (await client.query('SELECT * FROM case_sum ORDER BY 1, 2')).rows.map(
      ({ counted_from: _, ...one }) => one,
    )
    expect(after.map(({ certainty, worth, ...one }) => one)).toEqual(
      before.map(({ certainty, worth, ...one }) => one),
    )
    await expectTheSame('migration')
  })
})

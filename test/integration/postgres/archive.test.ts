import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openClient } from '../../../src/analyst/archive/database.ts'
import { storeDeadlines } from '../../../src/analyst/archive/deadlines.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { canonicalNumber } from '../../../src/text/canonical-number.ts'
import { messageAlertAt, stateAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startCommand, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics, produceKeyed, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const DAY = 86_400_000
const NOW = Date.now()
/** A day that other rows do not share. */
const EARLIER = NOW - 3 * DAY

describeWith(['kafka', 'postgres'], 'sigwatch archive', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let server: PostgresServer
  let at: ServiceTopics
  let url: string
  let pool: pg.Pool
  let archive: Service
  const env = () => ({ ...at.env, SIGWATCH_ARCHIVE_URL: url, SIGWATCH_ARCHIVE_SAMPLE: '0.5' })
  const start = async () => {
    archive = await (await startCommand(['archive'], env())).ready()
  }
  const rows = async <T extends object>(sql: string, values: unknown[] = []): Promise<T[]> =>
    (await pool.query(sql, values)).rows as T[]
  const count = async (table: string, where = 'true') =>
    Number((await rows<{ n: string }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0]!.n)
  const arrives = (table: string, n: number, where?: string) =>
    until(
      async () => {
        await sleep(50)
        return (await count(table, where)) >= n
      },
      60_000,
      () => `${table} has not ${n} rows\n${archive.stderr.slice(-2_000)}`,
    )
  const put = (topic: string, values: readonly object[]) =>
    produceKeyed(
      client,
      topic,
      values.map((value, i) => ({ key: String(i), value: JSON.stringify(value) })),
    )

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    server = await startPostgres()
    url = await server.createDatabase(uniqueName('archive').replaceAll('-', '_'))
    pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => {})
    at = await createServiceTopics(client, kafka.brokers, {
      side: ['stats', 'versions', 'feedback', 'enforcements', 'complaints', 'registry'],
    })
    await start()
  })
  afterAll(async () => {
    await archive?.stop()
    await pool?.end()
    server?.stop()
  })

  it('reads a topic that is made later from then on, and the others as before', async () => {
    const own = await createServiceTopics(client, kafka.brokers)
    const database = await server.createDatabase(uniqueName('later').replaceAll('-', '_'))
    const other = new pg.Pool({ connectionString: database })
    other.on('error', () => {})
    const complaints = uniqueName('later-complaints')
    const later = await startCommand(['archive'], {
      ...own.env,
      SIGWATCH_ARCHIVE_URL: database,
      SIGWATCH_KAFKA_TOPICS_COMPLAINTS: complaints,
    })
    try {
      await later.ready()
      const has = (table: string, n: number) =>
        until(
          async () => Number((await other.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n) === n,
          60_000,
          () => `${table} has not ${n} rows\n${later.stderr.slice(-2_000)}`,
        )
      await put(own.topics.alerts, [messageAlertAt('before', EARLIER)])
      await has('alert', 1)
      await client.createTopic({}, complaints)
      await put(complaints, [
        { id: 'c9', ts: EARLIER, from: '10690200001', to: '13800005678', text: '骗子短信', source: '12321' },
      ])
      await has('complaint', 1)
      expect(later.log.filter(({ event }) => event === 'topic_found')).toMatchObject([{ topic: complaints }])
      await put(own.topics.alerts, [messageAlertAt('after', EARLIER, 2)])
      await has('alert', 2)
      expect(await later.stop()).toBe(0)
    } finally {
      await later.kill()
      await other.end()
    }
  })

  it('keeps every kind of record, masked as alerts are', async () => {
    const alert = messageAlertAt('m1', EARLIER)
    await put(at.topics.alerts, [alert, stateAlertAt(EARLIER, 1, alert, 'sigwatch.alert.raised')])
    await put(at.topics.shadowAlerts, [
      { ...messageAlertAt('m2', EARLIER, 2, { mode: 'shadow' }), id: 'shadow-m2' },
    ])
    await put(at.topics.stats, [
      { signature: '京东', port: '1069', ts: EARLIER, sent: { notice: 3 } },
      {
        signature: '京东',
        port: '1069',
        ts: EARLIER,
        sent: { notice: 5, fraud: 1 },
        baseline: { mean: 2.5, sd: 1 },
        declared: 60,
      },
      { signature: '京东', port: '1069', ts: EARLIER, sent: { notice: 4 } },
    ])
    await put(at.topics.versions, [{ hash: 'p1', kind: 'policy', content: { mode: 'enforce' }, at: EARLIER }])
    await put(at.topics.feedback, [
      { messageId: 'm1', verdict: 'confirmed', by: 'lin', ts: EARLIER, note: 'seen' },
      {
        target: 'signature:京东',
        codes: ['MARKETING_BURST'],
        verdict: 'exempt',
        by: 'lin',
        ts: EARLIER,
        until: EARLIER + DAY,
      },
    ])
    await put(at.topics.enforcements, [
      { messageId: 'm1', stateId: 'state-1', action: 'block', by: 'gw', ts: EARLIER },
    ])
    await put(at.topics.complaints, [
      {
        id: 'c1',
        ts: EARLIER,
        from: '10690200001',
        to: '+86 13800005678',
        text: '我的号码13800005678收到骗子短信',
        source: '12321',
      },
    ])
    await arrives('alert', 3)
    await arrives('sender_minute', 1, 'total = 6')
    for (const [table, n] of [
      ['version', 1],
      ['feedback', 2],
      ['enforcement', 1],
      ['complaint', 1],
    ] as const)
      await arrives(table, n)
    expect(
      await rows('SELECT id, mode, type, codes, domains, signature, port, to_token FROM alert ORDER BY id'),
    ).toEqual([
      {
        id: 'alert-m1',
        mode: 'enforce',
        type: 'raised',
        codes: ['FORGED_BRAND'],
        domains: ['kf88.top'],
        signature: '京东',
        port: '10690200001',
        to_token: tokenOf(1),
      },
      expect.objectContaining({ id: 'shadow-m2', mode: 'shadow' }),
      expect.objectContaining({ id: 'state-1-1', mode: 'enforce' }),
    ])
    expect(await rows('SELECT total, notice, fraud, baseline_mean, declared FROM sender_minute')).toEqual([
      { total: 6, notice: 5, fraud: 1, baseline_mean: 2.5, declared: 60 },
    ])
    const tokenise = createTokeniser({ keyId: '1', key: TOKEN_KEY })
    const [complaint] = await rows('SELECT to_token, recipient, text FROM complaint')
    expect(complaint).toEqual({
      to_token: tokenise(canonicalNumber('13800005678')),
      recipient: '138****5678',
      text: '我的号码<number>收到骗子短信',
    })
  })

  it('counts the deadlines of complaints that run out, and those that were not computed', async () => {
    const own = await createServiceTopics(client, kafka.brokers)
    const database = await server.createDatabase(uniqueName('deadlines').replaceAll('-', '_'))
    await seedArchive(
      database,
      ['a', 'b', 'c', 'd'].map((id) => ['complaints', { id, ts: NOW - DAY, source: '12321' }]),
    )
    const direct = await openClient(database, 'test')
    const deadline = (id: string, dueAt: number) => ({
      id,
      name: 'answered',
      days: 15,
      dueAt,
      endsAt: dueAt + DAY,
    })
    await storeDeadlines(direct, [
      deadline('a', NOW - 2 * DAY),
      deadline('b', NOW - DAY / 2),
      deadline('c', NOW + DAY),
    ])
    await direct.end()
    const other = await startCommand(['archive'], { ...own.env, SIGWATCH_ARCHIVE_URL: database })
    try {
      await other.ready()
      const metrics = async () => (await other.get('/metrics')).body
      await until(
        async () => (await metrics()).includes('sigwatch_complaint_deadlines{'),
        30_000,
        () => other.stderr.slice(-2_000),
      )
      const shown = (await metrics())
        .split('\n')
        .filter((line) => line.startsWith('sigwatch_complaint_deadlines{'))
      expect(shown.map((line) => line.replace(/^.*standing="(\w+)".* (\d+)$/, '$1 $2')).sort()).toEqual([
        'due 1',
        'overdue 1',
        'unknown 1',
      ])
      const computed = /^sigwatch_complaint_deadlines_computed_timestamp_seconds (\S+)$/m.exec(
        await metrics(),
      )
      expect(Date.now() / 1000 - Number(computed![1])).toBeLessThan(120)
      expect(await other.stop()).toBe(0)
    } finally {
      await other.kill()
    }
  })

  it('keeps what the registry topic said, change by change', async () => {
    const filed = { kind: 'signature', name: '档案超市', ports: ['1069012345*'], sp: 'SP1' }
    const key = 'signature:档案超市'
    const say = async (row: object | null) => {
      // Rows are told apart by the time of their record.
      await sleep(5)
      await produceKeyed(client, at.topics.registry, [{ key, value: row && JSON.stringify(row) }])
    }
    for (const row of [filed, filed, { ...filed, sp: 'SP2' }, null, { ...filed, sp: 'SP3' }]) await say(row)
    await arrives('registry_row', 4)
    const kept = await rows<{ kind: string; key: string; sp: string | null }>(
      "SELECT kind, key, content->'filings'->0->>'sp' AS sp FROM registry_row ORDER BY at",
    )
    expect(kept.map(({ kind, key: name, sp }) => [kind, name, sp])).toEqual([
      ['signature', '档案超市', 'SP1'],
      ['signature', '档案超市', 'SP2'],
      ['signature', '档案超市', null],
      ['signature', '档案超市', 'SP3'],
    ])
  })

  it('keeps verdicts with an action, and always the same sample of the others', async () => {
    const passed = Array.from({ length: 400 }, (_, i) =>
      verdictAt(`p${i}`, EARLIER, { action: 'pass', reasons: [] }),
    )
    await put(at.topics.verdicts, [...passed, verdictAt('m1', EARLIER)])
    // Given again, some time later.
    await put(
      at.topics.verdicts,
      [...passed, verdictAt('m1', EARLIER)].map((v) => ({
        ...v,
        decidedAt: new Date(EARLIER + 60_000).toISOString(),
      })),
    )
    await put(at.topics.verdicts, [verdictAt('last', EARLIER)])
    await arrives('verdict', 1, "id = 'last'")
    expect(await count('verdict', "id = 'm1'")).toBe(1)
    const sampled = await count('verdict', 'sampled')
    expect(sampled).toBeGreaterThan(150)
    expect(sampled).toBeLessThan(250)
    expect(await count('verdict')).toBe(sampled + 2)
  })

  it('notes what cannot be archived, and goes on', async () => {
    await client.produce(at.topics.enforcements, [
      'no json',
      JSON.stringify({ messageId: 'm9', action: 'block', ts: NOW }),
    ])
    await put(at.topics.enforcements, [
      // jsonb knows no character 0: it is replaced.
      { messageId: 'm\u0000\ud800', action: 'block', by: 'gw', ts: NOW },
      // Of long ago: not kept. Of a wrong clock: kept aside.
      { messageId: 'old', action: 'block', by: 'gw', ts: NOW - 400 * DAY },
      { messageId: 'future', action: 'block', by: 'gw', ts: NOW + 30 * DAY },
    ])
    await client.produce(at.topics.alerts, [
      JSON.stringify(messageAlertAt('before', NOW)),
      JSON.stringify({
        ...messageAlertAt('bad', NOW),
        data: { ...messageAlertAt('bad', NOW).data, score: 'high' },
      }),
      JSON.stringify(messageAlertAt('after', NOW)),
    ])
    await arrives('alert', 2, "message_id IN ('before', 'after')")
    await arrives('refused', 4)
    expect(await rows('SELECT reason FROM refused ORDER BY reason')).toEqual([
      { reason: expect.stringContaining('22P02') },
      { reason: 'by is not a string' },
      { reason: 'is not JSON (7 bytes)' },
      { reason: 'its time is ahead of the clock' },
    ])
    expect(await rows(`SELECT kind, "row" ->> 'message_id' AS id FROM refused_row`)).toEqual([
      { kind: 'ahead', id: 'future' },
    ])
    expect(await rows('SELECT message_id FROM enforcement WHERE ts > $1', [new Date(NOW - DAY)])).toEqual([
      { message_id: 'm\ufffd\ufffd' },
    ])
  })

  it('leaves no gap and repeats nothing when it, or the database, is killed again and again', async () => {
    const TOTAL = 60_000
    const ids = Array.from({ length: TOTAL }, (_, i) => ({
      key: `k${i}`,
      value: JSON.stringify(verdictAt(`k${i}`, NOW)),
    }))
    const produced = produceKeyed(client, at.topics.verdicts, ids)
    for (let n = 0; n < 3; n++) {
      await arrives('verdict', 2_000 * (n + 1), "id LIKE 'k%'")
      await archive.kill()
      await start()
    }
    await arrives('verdict', 20_000, "id LIKE 'k%'")
    server.kill()
    await sleep(500)
    server.start()
    await produced
    await arrives('verdict', TOTAL, "id LIKE 'k%'")
    await sleep(500)
    const [{ all, ids: distinct } = { all: 0, ids: 0 }] = await rows<{ all: string; ids: string }>(
      "SELECT count(*) AS all, count(DISTINCT id) AS ids FROM verdict WHERE id LIKE 'k%'",
    )
    expect([Number(all), Number(distinct)]).toEqual([TOTAL, TOTAL])
    const [{ next } = { next: '' }] = await rows<{ next: string }>(
      'SELECT next FROM input_offset WHERE topic = $1',
      [at.topics.verdicts],
    )
    expect(Number(next)).toBe(TOTAL + 803)
  })

  it('comes back from a backup, and reads again what has come since', async () => {
    const where = join(tmpdir(), uniqueName('dump'))
    server.program('pg_dump', ['-Fc', '-f', where, url])
    await put(at.topics.enforcements, [{ messageId: 'since', action: 'block', by: 'gw', ts: NOW }])
    await arrives('enforcement', 1, "message_id = 'since'")
    await archive.stop()
    await pool.end()
    url = await server.createDatabase(uniqueName('restored').replaceAll('-', '_'))
    server.program('pg_restore', ['-d', url, where])
    rmSync(where)
    pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => {})
    expect(await count('enforcement', "message_id = 'since'")).toBe(0)
    expect(await count('verdict', "id LIKE 'k%'")).toBe(60_000)
    await start()
    await arrives('enforcement', 1, "message_id = 'since'")
  })

  it('drops the days that are past the retention', async () => {
    const day = new Date(NOW - 200 * DAY).toISOString().slice(0, 10)
    const name = `alert_${day.replaceAll('-', '')}`
    const after = new Date(NOW - 199 * DAY).toISOString().slice(0, 10)
    await pool.query(`CREATE TABLE ${name} PARTITION OF alert FOR VALUES FROM ('${day}') TO ('${after}')`)
    await archive.stop()
    await start()
    await until(
      async () => {
        await sleep(50)
        return (
          (await rows<{ name: string | null }>('SELECT to_regclass($1) AS name', [name]))[0]!.name === null
        )
      },
      30_000,
      () => `${name} was not dropped\n${archive.stderr.slice(-2_000)}`,
    )
    expect(await count('alert', `id = 'alert-m1'`)).toBe(1)
  })

  it('erases what is kept of a person, and leaves what is said of senders', async () => {
    const mine = messageAlertAt('mine', NOW, 7)
    const other = messageAlertAt('other', NOW, 8)
    const flood = messageAlertAt('flooding', NOW, 7, { state: { id: 'flood-7', episode: 1, revision: 1 } })
    await put(at.topics.alerts, [
      mine,
      other,
      stateAlertAt(NOW, 2, mine, 'sigwatch.alert.updated', [other]),
      stateAlertAt(NOW, 3, other, 'sigwatch.alert.updated', [mine]),
      { ...flood, id: 'flood', data: { ...flood.data, target: { kind: 'recipient', id: tokenOf(7) } } },
    ])
    await put(at.topics.verdicts, [verdictAt('mine', NOW), verdictAt('other', NOW)])
    await put(at.topics.feedback, [
      { messageId: 'mine', verdict: 'confirmed', by: 'lin', ts: NOW },
      { stateId: 'flood-7', verdict: 'release', by: 'lin', ts: NOW },
    ])
    await put(at.topics.complaints, [{ id: 'c7', ts: NOW, to: tokenOf(7), source: '12321' }])
    await arrives('alert', 3, "id IN ('state-1-2', 'state-1-3', 'flood')")
    await arrives('verdict', 2, "id IN ('mine', 'other')")
    await arrives('complaint', 1, "id = 'c7'")
    await arrives('feedback', 2, "message_id = 'mine' OR state_id = 'flood-7'")
    const { code, stdout } = await warmSigwatch([
      'archive',
      'erase',
      '--token',
      tokenOf(7),
      '--database',
      url,
    ])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      alerts: 2,
      statesWithout: 2,
      verdicts: 1,
      feedback: 2,
      enforcements: 0,
      complaints: 1,
      refused: 0,
      accesses: 0,
    })
    expect(await count('alert', `event::text LIKE '%${tokenOf(7)}%' OR event::text LIKE '%"mine"%'`)).toBe(0)
    expect(await count('alert', "message_id = 'other'")).toBe(2)
    expect(await count('verdict', "id = 'other'")).toBe(1)
  })

  it('says what is wrong before it reads anything', async () => {
    const key = { SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    const none = await warmSigwatch(['archive'], { env: { ...at.env, ...key } })
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('SIGWATCH_ARCHIVE_URL')
    const scheme = await warmSigwatch(['archive', '--database', 'mysql://root:secret@db/x'], {
      env: { ...at.env, ...key },
    })
    expect(scheme.code).toBe(2)
    expect(scheme.stderr).toContain('--archive.url')
    expect(scheme.stderr).not.toContain('secret')
    const missing = await warmSigwatch(['archive', '--database', url.replace(/[^/]+$/, 'nowhere')], {
      env: { ...at.env, ...key },
    })
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain('3D000')
    const short = await warmSigwatch(['archive', '--database', url], {
      env: { ...at.env, ...key, SIGWATCH_ARCHIVE_RETENTION: '90d' },
    })
    expect(short.code).toBe(2)
    expect(short.stderr).toContain('from 150d')
    const later = await server.createDatabase(uniqueName('later').replaceAll('-', '_'))
    const theirs = new pg.Client({ connectionString: later })
    await theirs.connect()
    await theirs.query(
      'CREATE TABLE schema_migration (version integer PRIMARY KEY, name text, at timestamptz)',
    )
    await theirs.query('INSERT INTO schema_migration VALUES (999)')
    await theirs.end()
    const refused = await warmSigwatch(['archive', '--database', later], {
      env: { ...at.env, ...key },
    })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('version 999')
  })
})

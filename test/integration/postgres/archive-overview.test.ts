import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { databaseError, limited, openClient, openPool } from '../../../src/analyst/archive/database.ts'
import { limitedRows } from '../../../src/analyst/archive/limited-rows.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { markChanged, rollUp } from '../../../src/analyst/archive/rollups.ts'
import { WEEKENDS_ONLY } from '../../../src/analyst/words/calendar.ts'
import { composeReport } from '../../../src/service/compose-report.ts'
import { readConfig } from '../../../src/settings/config.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { expandSql, queriesTo, readDashboards } from '../../helpers/grafana.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const DAY = 86_400_000
/** A noon of the past, so that a day's rows lie in one partition. */
const NOON = Math.floor(Date.now() / DAY) * DAY - DAY / 2
const RANGE = [NOON - DAY / 4, NOON + DAY / 4] as const
const TOKEN = 'a-token-of-the-reader-of-the-tests'
/** Senders and complaints, each by its own sender. */
const MANY = 8_000

const sent = (signature: string, port: string, sp: string | undefined, notice: number): SeedRecord => [
  'stats',
  { signature, port, ...(sp === undefined ? {} : { sp }), ts: NOON, sent: { notice } },
]
const complaint = (id: string, named: { signature?: string; from?: string }): SeedRecord => [
  'complaints',
  { id, source: '12321', ts: NOON, ...named },
]

describeWith('postgres', 'what went on in a time', () => {
  let server: PostgresServer
  let client: pg.Client
  const folder = useFolder()

  beforeAll(async () => {
    server = await startPostgres()
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await seedArchive(server.url, [
      sent('甲', '10690001', 'SP1', 100),
      sent('甲', '10690002', 'SP2', 60),
      sent('甲', '10690003', 'SP2', 60),
      sent('乙', '10690002', 'SP1', 50),
      sent('丙', '10690004', undefined, 500),
      complaint('both', { signature: '甲', from: '10690001' }),
      complaint('name', { signature: '甲' }),
      complaint('port', { from: '10690002' }),
      complaint('unsaid', { signature: '丙' }),
      complaint('unknown', { signature: '丁' }),
      complaint('elsewhere', { signature: '甲', from: '10690009' }),
      complaint('nobody', {}),
    ])
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  it('counts a complaint for the enterprise that sent most of what it names, and lists complaints without one', async () => {
    const reader = await ArchiveReader.open(server.url, 'test')
    const { enterprises } = await reader.overview(...RANGE)
    await reader.close()
    expect(enterprises).toEqual([
      { sp: 'SP2', complaints: 2, sent: 120 },
      { sp: 'SP1', complaints: 1, sent: 150 },
      { sp: null, complaints: 1, sent: 500 },
      { sp: null, complaints: 3, sent: null },
    ])
  })

  it('shows on the dashboard what the desk shows', async () => {
    const query = queriesTo('postgres', readDashboards('en')).find(
      ({ panel }) => panel?.title === 'Enterprises by complaints a million',
    )!
    const { rows } = await client.query(
      expandSql(query.text, { from: RANGE[0], to: RANGE[1], intervalMs: 60_000, variables: {} }),
    )
    expect(
      rows.map(({ enterprise, complaints, sent: all }) => [
        enterprise,
        Number(complaints),
        all && Number(all),
      ]),
    ).toEqual([
      ['SP2', 2, 120],
      ['SP1', 1, 150],
      ['–', 1, 500],
      ['?', 3, null],
    ])
    const shown = JSON.stringify(query.panel?.fieldConfig?.defaults.mappings)
    for (const word of ['not given', 'not known']) expect(shown).toContain(word)
  })

  it('ends a query that takes too long, and says so: desk and report', async () => {
    const reader = await ArchiveReader.open(server.url, 'test', 300)
    const desk = await startDeskOn(reader, {
      locale: 'zh-CN',
      logins: [{ name: 'lin', token: TOKEN, may: 'read' }],
    })
    const at = (path: string) => `http://127.0.0.1:${desk.port}${path}`
    const login = await fetch(at('/login'), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: TOKEN }),
    })
    await client.query('BEGIN')
    await client.query('LOCK TABLE complaint, complaint_hour IN ACCESS EXCLUSIVE MODE')
    try {
      await expect(reader.overview(...RANGE)).rejects.toMatchObject({
        code: 'ARCHIVE_TOO_SLOW',
        message: expect.stringMatching(/archive\.queryTimeout.*shorter period/),
      })
      const page = await fetch(at(`/overview?from=${RANGE[0]}&to=${RANGE[1]}`), {
        headers: { cookie: login.headers.get('set-cookie')!.split(';')[0]! },
      })
      expect(page.status).toBe(503)
      expect(await page.text()).toContain('查询超时')
      const { config } = readConfig({
        folder: folder.file('none'),
        env: { SIGWATCH_ARCHIVE_URL: server.url, SIGWATCH_ARCHIVE_QUERY_TIMEOUT: '1s' },
      })
      const asked = { from: RANGE[0], to: RANGE[1], calendar: WEEKENDS_ONLY }
      await expect(composeReport(config, asked)).rejects.toMatchObject({ code: 'ARCHIVE_TOO_SLOW' })
    } finally {
      await client.query('ROLLBACK')
      await desk.close()
      await reader.close()
    }
  })

  it('sets its limit in each transaction, and blames no other limit on the setting', async () => {
    const starts: string[] = []
    const { hostname, port } = new URL(server.url)
    const proxy = createServer((near) => {
      const far = connect(Number(port), hostname)
      near.once('data', (bytes) => starts.push(bytes.toString('latin1')))
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const through = new URL(server.url)
    through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const pool = openPool(through.href, 'test', 1_500)
    const one = await openClient(through.href, 'test', 2_500)
    const own = await openClient(through.href, 'test')
    try {
      const shown = ['SHOW statement_timeout', []] as const
      expect(await limitedRows(pool, { within: 1_500, access: 'READ ONLY' }, shown)).toEqual([
        { statement_timeout: '1500ms' },
      ])
      const { rows } = await limited(one, 2_500, 'READ ONLY', () => one.query(shown[0]))
      expect(rows).toEqual([{ statement_timeout: '2500ms' }])
      for (const after of [await pool.query(shown[0]), await one.query(shown[0])])
        expect(after.rows).toEqual([{ statement_timeout: '0' }])
      expect(starts).toHaveLength(3)
      for (const start of starts) expect(start).not.toContain('statement_timeout')
      await own.query('SET statement_timeout = 20')
      const error = await own.query('SELECT pg_sleep(5)').catch((cause: unknown) => cause)
      expect(databaseError(error)).toMatchObject({
        code: 'ARCHIVE_UNREACHABLE',
        message: expect.stringContaining('57014: canceling statement'),
      })
      expect(databaseError(error, 20).code).toBe('ARCHIVE_TOO_SLOW')
    } finally {
      await Promise.all([pool.end(), one.end(), own.end()])
      proxy.close()
    }
  })

  it('names the enterprise of a signature whose first hour is not summed yet', async () => {
    const url = await server.createDatabase('young')
    await seedArchive(url, [sent('壬', '10697771', 'SP9', 20)])
    const young = new pg.Client({ connectionString: url })
    await young.connect()
    await young.query('DELETE FROM sender_hour')
    await young.end()
    const reader = await ArchiveReader.open(url, 'test')
    try {
      expect(await reader.sent('壬', ...RANGE)).toMatchObject({ messages: 20, enterprises: 'SP9' })
    } finally {
      await reader.close()
    }
  })

  it('takes the enterprise of a filing where the input names none, in all its tables', async () => {
    const url = await server.createDatabase('filed')
    const filed = (key: string, row: object): SeedRecord => ['registry', row, { key, at: NOON - DAY }]
    const filings = [
      { sp: 'SP8', ports: ['1069777*'], status: 'filed' },
      { sp: 'SP7', ports: ['1069666*'], status: 'revoked' },
    ]
    await seedArchive(url, [
      filed('signature:戊', { kind: 'signature', name: '戊', filings }),
      filed('port:1069555*', { kind: 'port', port: '1069555*', sp: 'SP5' }),
      sent('戊', '10697771', undefined, 200),
      sent('己', '10695551', undefined, 300),
      complaint('filed', { signature: '戊', from: '10697771' }),
      complaint('name', { signature: '戊' }),
      complaint('port', { from: '10695551' }),
      complaint('revoked', { signature: '戊', from: '10696661' }),
      complaint('unsent', { signature: '庚', from: '10695559' }),
    ])
    const reader = await ArchiveReader.open(url, 'test')
    const desk = await startDeskOn(reader, { logins: [{ name: 'lin', token: TOKEN, may: 'read' }] })
    const user = deskClient(() => desk.port)
    try {
      expect((await reader.overview(...RANGE)).enterprises).toEqual([
        { sp: 'SP8', complaints: 2, sent: 200 },
        { sp: 'SP5', complaints: 2, sent: 300 },
        { sp: null, complaints: 1, sent: null },
      ])
      expect(await reader.sent('戊', ...RANGE)).toMatchObject({ enterprises: 'SP8' })
      await user.login('lin', TOKEN)
      const month = new Date(NOON + 8 * 3_600_000).toISOString().slice(0, 7)
      const sheet = await user.see('lin', `/complaints.csv?month=${month}`)
      const lines = sheet.split('\r\n').slice(1, -1)
      expect(lines.map((line) => line.split(',').slice(1, 3)).sort()).toEqual([
        ['SP5', 'SP5'],
        ['庚', 'SP5'],
        ['戊', '-'],
        ['戊', 'SP8'],
      ])
      for (const sp of ['SP5', 'SP8'])
        expect(await user.see('lin', `/enterprise/${sp}?from=${RANGE[0]}&to=${RANGE[1]}`)).toContain(
          'Complaints: 2',
        )
    } finally {
      await desk.close()
      await reader.close()
    }
  })

  it('takes a time that grows with the rows, not with their product', async () => {
    const partitions = new Partitions(180 * DAY)
    const own = await openClient(server.url, 'test')
    const earlier = NOON - DAY
    await partitions.ensure(own, [
      { table: 'sender_minute', ts: earlier },
      { table: 'complaint', ts: earlier },
    ])
    await own.end()
    await client.query(
      `INSERT INTO sender_minute (ts, signature, port, sp, total, notice, personal, marketing, finance, fraud, illicit)
        SELECT to_timestamp($1 / 1000.0), 's' || n, '1069' || n, 'SP' || n % 50, n, n, 0, 0, 0, 0, 0 FROM generate_series(1, ${MANY}) n`,
      [earlier],
    )
    await client.query(
      `INSERT INTO complaint (id, ts, port, signature, source)
        SELECT 'c' || n, to_timestamp($1 / 1000.0), CASE WHEN n % 3 > 0 THEN '1069' || n END, CASE WHEN n % 3 < 2 THEN 's' || n END, '12321'
        FROM generate_series(1, ${MANY}) n`,
      [earlier],
    )
    // Without enterprise, and with more complaints a million than any.
    await client.query(
      `INSERT INTO sender_minute (ts, signature, port, total, notice, personal, marketing, finance, fraud, illicit)
        VALUES (to_timestamp($1 / 1000.0), 'none', '10690', 1, 1, 0, 0, 0, 0, 0)`,
      [earlier],
    )
    await client.query(
      `INSERT INTO complaint (id, ts, signature, source)
        SELECT 'none' || n, to_timestamp($1 / 1000.0), 'none', '12321' FROM generate_series(1, 3) n`,
      [earlier],
    )
    for (const table of ['sender_minute', 'complaint'] as const) await markChanged(client, table, [earlier])
    await rollUp(client, 60_000, false)
    const reader = await ArchiveReader.open(server.url, 'test', 2_000)
    const { enterprises } = await reader.overview(RANGE[0] - DAY, RANGE[1] - DAY)
    await reader.close()
    expect(enterprises.filter(({ sp }) => sp !== null)).toHaveLength(10)
    expect(enterprises.slice(10)).toEqual([{ sp: null, complaints: 3, sent: 1 }])
  })
})

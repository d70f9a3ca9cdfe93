import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { migrations } from '../../../src/analyst/archive/migrate.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { printPdf } from '../../../src/service/print-pdf.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const DAY = 86_400_000
const YEAR = new Date(NOW + 8 * 3_600_000).getUTCFullYear()
const MONTH = new Date(NOW + 8 * 3_600_000).toISOString().slice(0, 7)

describeWith('postgres', 'what leaves the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  const users = deskClient(() => desk.port)
  const write = (reader: string, addressee = 'Example SP, Shenzhen', id = 'alert-m1') =>
    users.post('lin', `/letter/${id}`, { reader, addressee })
  const textOf = async (answer: Promise<Response>) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(await (await answer).arrayBuffer())

  beforeAll(async () => {
    server = await startPostgres()
    const tipped = messageAlertAt('m1', NOW - 60_000, 1)
    await seedArchive(server.url, [
      ['alerts', tipped],
      ['alerts', { ...messageAlertAt('m2', NOW - 50_000, 2) }],
      [
        'alerts',
        stateAlertAt(NOW - 40_000, 1, messageAlertAt('m3', NOW - 41_000, 3), 'sigwatch.alert.raised'),
      ],
      ...[0, 1, 40].map(
        (days) =>
          [
            'complaints',
            {
              id: `c${days}`,
              ts: NOW - days * DAY,
              from: '10690200001',
              signature: '=京东',
              to: '13912345678',
              source: '12321',
              category: 'fraud',
            },
          ] as const,
      ),
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    await client.query(
      "INSERT INTO complaint_case (id, ts, received_at, bands) SELECT id, ts, ts, '{}' FROM complaint",
    )
    desk = await startDeskOn(archive, {
      logins: [
        { name: 'lin', token: 'a-token-of-lin', may: 'judge' },
        { name: 'reader', token: 'a-token-of-reader', may: 'read' },
      ],
      letters: {
        letterhead: ['Example Mobile', 'No. 1 Road <b>'],
        fileNumber: 'EM-{year}-{n}',
        contact: 'appeals@example.com',
      },
      printPdf,
      feedback: { now: async () => Date.now(), write: async () => undefined },
    })
    for (const name of ['lin', 'reader']) await users.login(name, `a-token-of-${name}`)
  })
  afterAll(async () => {
    await desk?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('numbers letters without gaps, also of those written at once, and keeps who sent what to whom', async () => {
    const readers = ['sender', 'regulator', 'subscriber', 'sender', 'sender']
    const answers = await Promise.all(readers.map((reader, n) => write(reader, `Example SP, Shenzhen ${n}`)))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303, 303])
    const { rows } = await client.query('SELECT file_number FROM letter ORDER BY 1')
    expect(rows.map(({ file_number }) => file_number)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `EM-${YEAR}-000${n}`),
    )
    const page = await users.see('reader', '/case/alert-m1')
    expect(page).toContain(`EM-${YEAR}-0003`)
    expect(page).toContain('Example SP, Shenzhen')
    expect(page).toMatch(/>lin<\/td>/)
    expect(
      (await users.post('reader', '/letter/alert-m1', { reader: 'sender', addressee: 'x' })).status,
    ).toBe(403)
  })

  it('tells the sender code, rule, time and how to object, and no sign', async () => {
    const { rows } = await client.query<{ file_number: string }>(
      'SELECT DISTINCT ON (reader) file_number, reader FROM letter ORDER BY reader, file_number',
    )
    const [regulator, sender, subscriber] = await Promise.all(
      rows.map(({ file_number }) => textOf(users.get('lin', `/letter/${file_number}.html`))),
    )
    expect(sender).toContain('Example Mobile')
    expect(sender).toContain('No. 1 Road &lt;b&gt;')
    expect(sender).toContain('FORGED_BRAND')
    expect(sender).toContain('MIIT-31')
    expect(sender).toContain('UTC+8')
    expect(sender).toContain('appeals@example.com')
    expect(sender).toContain('you may ask for a person')
    for (const sign of ['Speaks for', 'Evidence', 'The text claims', tokenOf(1), '138****'])
      expect(sender).not.toContain(sign)
    expect(regulator).toContain('Speaks for')
    expect(subscriber).not.toContain('Speaks for')
  })

  it('keeps a letter as it was sent', async () => {
    const number = `EM-${YEAR}-0002`
    const before = await textOf(users.get('lin', `/letter/${number}.html`))
    await users.post('lin', '/case/alert-m1', { verdict: 'confirmed', note: 'seen later' })
    expect(await textOf(users.get('lin', `/letter/${number}.html`))).toBe(before)
    for (const [fields, status] of [
      [{ reader: 'sender', addressee: '' }, 400],
      [{ reader: 'editor', addressee: 'x' }, 400],
      [{ reader: 'sender', addressee: 'x'.repeat(201) }, 400],
    ] as const)
      expect((await users.post('lin', '/letter/alert-m1', fields)).status).toBe(status)
    expect((await write('subscriber', 'x', 'alert-state-1-1')).status).toBeGreaterThanOrEqual(400)
    expect((await users.get('lin', '/letter/EM-1999-0001.html')).status).toBe(404)
  })

  it.each(['王先生 13800005678 <b>', 'the ministry, call +86 138-0000-5678'])(
    'takes no phone number of a person in the addressee: %s',
    async (addressee) => {
      const answer = await write('regulator', addressee)
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('no mobile number')
      const { rows } = await client.query('SELECT count(*)::int AS n FROM letter')
      expect(rows).toEqual([{ n: 5 }])
    },
  )

  it('masks mobiles in letters and searches of earlier versions', async () => {
    const content = [
      { kind: 'title', text: 'A letter about 13712345678' },
      {
        kind: 'facts',
        facts: [
          ['致', '王先生 138 0000-5678'],
          ['From', '13712345678'],
          ['Evidence: found', 'port 13712345678, callback 13912340000'],
        ],
      },
      { kind: 'quote', text: '106902000013712345678, "x"\n' },
    ]
    await client.query(
      "INSERT INTO letter (file_number, who, reader, addressee, content) VALUES ('OLD-1', 'lin', 'sender', 'x', $1)",
      [JSON.stringify(content)],
    )
    const queries = ['port:13712345678', '京东 port:"137 1234 5678"', 'port:1069*', 'message:13712345678']
    for (const [i, query] of queries.entries())
      await client.query('INSERT INTO stored_search VALUES ($1, $2, $3)', [`old${i}`, query, 'lin'])
    await client.query(migrations().find(({ version }) => version === 19)!.sql)
    const { rows } = await client.query("DELETE FROM letter WHERE file_number = 'OLD-1' RETURNING content")
    expect(rows[0].content).toEqual([
      { kind: 'title', text: 'A letter about 137****5678' },
      {
        kind: 'facts',
        facts: [
          ['致', '王先生 138****5678'],
          ['From', '137****5678'],
          ['Evidence: found', 'port 137****5678, callback 13912340000'],
        ],
      },
      content[2],
    ])
    const { rows: kept } = await client.query(
      "SELECT query FROM stored_search WHERE id LIKE 'old%' ORDER BY id",
    )
    expect(kept.map(({ query }) => query)).toEqual(queries.slice(2))
  })

  it.skipIf(!existsSync('/usr/bin/chromium'))('prints letters and cases as PDF', async () => {
    for (const path of [`/letter/EM-${YEAR}-0001.pdf`, '/print/alert-m1']) {
      const answer = await users.get('reader', path)
      expect(answer.headers.get('content-type')).toBe('application/pdf')
      expect(answer.headers.get('content-disposition')).toMatch(/filename="[\w.-]+\.pdf"/)
      expect(
        Buffer.from(await answer.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-')
    }
  })

  it('shows complaints by how their deadlines stand, and the table of a month', async () => {
    const open = await users.see('reader', '/complaints')
    expect(open).toContain('c40')
    expect(open).toContain('overdue')
    const due = await users.see('reader', '/complaints?view=overdue')
    expect(due).toContain('c40')
    expect(due).not.toContain('>c0<')
    const done = await users.see('reader', '/complaints?view=done')
    expect(done).toContain('c0')
    expect(done).toContain(`href="/signature/${encodeURIComponent('=京东')}"`)
    expect(done).not.toContain('<th scope="col">SP</th>')
    const ofMonth = await users.see('reader', `/complaints?month=${MONTH}`)
    expect(ofMonth).toContain('<th scope="col">SP</th>')
    expect(ofMonth).toContain(`href="/signature/${encodeURIComponent('=京东')}"`)
    const table = await textOf(users.get('reader', `/complaints?month=${MONTH}&csv=0`))
    expect(table).toContain(',-,')
    expect(table).not.toContain("'-")
    await client.query("UPDATE complaint_case SET received_at = NULL WHERE id = 'c40'")
    expect(await users.see('reader', '/complaints')).toContain('unknown: counted from the complaint')
    const csv = await textOf(users.get('reader', `/complaints.csv?month=${MONTH}`))
    expect(csv.startsWith('\ufeffmonth,enterprise')).toBe(true)
    expect(csv).toContain("'=京东")
    expect((await users.get('reader', '/complaints?month=2026-99')).status).toBe(400)
  })

  it('writes fixed values in Chinese, on the page and in CSV', async () => {
    const options = {
      locale: 'zh-CN',
      logins: [{ name: 'wu', token: 'a-token-of-wu', may: 'read' }],
    } as const
    const chinese = await startDeskOn(archive, options)
    const wu = deskClient(() => chinese.port)
    await wu.login('wu', 'a-token-of-wu')
    const searched = (await wu.post('wu', '/find', { q: 'message:m1' })).headers.get('location')!
    const [page, month, cases, alerts, sender] = await Promise.all(
      [
        ...[`/complaints?month=${MONTH}`, `/complaints.csv?month=${MONTH}`, '/queue?csv=all'],
        ...[`${searched}.csv`, `/signature/${encodeURIComponent('=京东')}`],
      ].map((path) => wu.see('wu', path)),
    )
    await chinese.close()
    expect(page).toContain('>诈骗</td>')
    expect(page).not.toContain('fraud')
    expect(month).toContain(',诈骗,')
    expect(month).not.toContain('fraud')
    expect(cases).toContain(',冒充品牌,')
    expect(cases).not.toContain('FORGED_BRAND')
    expect(alerts).toContain(',拦截,正式,高,冒充品牌,alert-m1,短信:m1,京东,10690200001,京东,')
    expect(sender).toMatch(/<td data-heading="类别">诈骗<\/td>/)
  })

  it('gives each list as CSV with a byte order mark, as its cells read', async () => {
    const page = await users.see('reader', '/complaints')
    const link = /href="([^"]+csv=\d+)"/.exec(page)![1]!.replaceAll('&amp;', '&')
    const csv = await textOf(users.get('reader', link))
    expect(csv.startsWith('\ufeff')).toBe(true)
    expect(csv.split('\r\n').length).toBeGreaterThan(2)
    expect(csv).not.toMatch(/<\w/)
    expect(csv).not.toMatch(/(?:^|,)=/m)
    const cases = await textOf(users.get('reader', '/queue?csv=all'))
    expect(cases).toContain('kf88.top')
    const searched = await users.get('reader', `/?from=${NOW - DAY}&to=${NOW}&csv=0`)
    expect(await searched.text()).toContain('京东')
    expect(await users.see('reader', '/overview')).toMatch(/csv=0/)
  })

  it('erases letters with their person, and keeps that they were sent', async () => {
    await erase(client, tokenOf(1))
    const { rows } = await client.query('SELECT count(*)::int AS n, count(content)::int AS kept FROM letter')
    expect(rows).toEqual([{ n: 5, kept: 0 }])
    expect((await users.get('lin', `/letter/EM-${YEAR}-0001.html`)).status).toBe(404)
    const { rows: noted } = await client.query("SELECT subject FROM access_log WHERE what = 'letter'")
    expect(noted.every(({ subject }) => subject === 'erased')).toBe(true)
  })
})

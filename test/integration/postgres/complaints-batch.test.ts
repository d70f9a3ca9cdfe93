import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ComplaintCase, writeComplaints } from '../../../src/analyst/archive/complaints.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { complaintRow } from '../../../src/analyst/archive/rows.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const DAY = 86_400_000
const RETENTION = 180 * DAY

const complaint = (id: string, over: object = {}, known: Partial<ComplaintCase> = {}): ComplaintCase => {
  const record = { id, ts: NOW - DAY, signature: '京东', source: '12321', text: `文本 ${id}`, ...over }
  return { row: complaintRow(record, (to) => `1.${to}`), id, ts: record.ts, bands: [], ...known }
}

describeWith('postgres', 'complaints written in batches', () => {
  let server: PostgresServer
  let client: Client
  let asked = 0

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [])
    client = await openClient(server.url, 'test')
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      asked++
      return query(...args)
    }) as typeof client.query
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })
  const write = (cases: readonly ComplaintCase[]) =>
    writeComplaints(
      client,
      cases,
      RETENTION,
      exactClock(() => NOW),
    )

  it('asks as often for many as for one, but for the batches', async () => {
    await write([complaint('first')])
    asked = 0
    await write([complaint('second')])
    const forOne = asked
    asked = 0
    const many = Array.from({ length: 1_500 }, (_, i) => complaint(`c${i}`))
    expect(await write(many)).toEqual({
      added: 1_500,
      known: 0,
      answered: 0,
      past: [],
      ahead: [],
      conflicting: [],
      erased: [],
    })
    expect(asked).toBeLessThanOrEqual(3 * forOne)
    expect(await write(many)).toEqual({
      added: 0,
      known: 1_500,
      answered: 0,
      past: [],
      ahead: [],
      conflicting: [],
      erased: [],
    })
    const { rows } = await client.query('SELECT count(*)::int AS n FROM complaint')
    expect(rows[0].n).toBe(1_502)
  })

  it('tells each that is another one, and those that came to be answered, among many', async () => {
    const answeredAt = NOW - 1_000
    expect(
      await write([
        complaint('c1', { text: '别的文本' }, { answeredAt }),
        complaint('c2', { ts: NOW - 2 * DAY }, { answeredAt }),
        complaint('c3', { signature: undefined, text: undefined }),
        complaint('new\u0000id', {}, { answeredAt }),
        complaint('old', { ts: NOW - 400 * DAY }),
        complaint('future', { ts: NOW + 400 * DAY }),
      ]),
    ).toEqual({
      added: 1,
      known: 2,
      answered: 1,
      past: ['old'],
      ahead: ['future'],
      conflicting: ['c1'],
      erased: [],
    })
    const { rows } = await client.query(
      'SELECT id FROM complaint_case WHERE answered_at IS NOT NULL ORDER BY id COLLATE "C"',
    )
    expect(rows.map(({ id }) => id)).toEqual(['c2', expect.stringMatching(/^new.*id$/s)])
    expect(await write([complaint('c2', {}, { answeredAt })])).toMatchObject({ known: 1, answered: 0 })
  })

  it('compares one that stands twice with the first', async () => {
    const twice = [complaint('t1'), complaint('t2'), complaint('t1', { text: '别的' }), complaint('t2')]
    expect(await write(twice)).toEqual({
      added: 2,
      known: 1,
      answered: 0,
      past: [],
      ahead: [],
      conflicting: ['t1'],
      erased: [],
    })
  })

  it('keeps what was known where a later row says less', async () => {
    await write([complaint('k', {}, { receivedAt: NOW - 5_000, label: 'fraud', bands: ['b1'] })])
    await write([complaint('k', {}, { label: 'notice', bands: ['b2'] })])
    const { rows } = await client.query("SELECT received_at, label, bands FROM complaint_case WHERE id = 'k'")
    expect(rows).toEqual([{ received_at: new Date(NOW - 5_000), label: 'fraud', bands: ['b1'] }])
  })

  it('writes two imports of the same complaints in opposite order at once', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => complaint(`both${i}`))
    await write(many)
    const other = await openClient(server.url, 'other')
    try {
      const opposite = writeComplaints(
        other,
        many.toReversed(),
        RETENTION,
        exactClock(() => NOW),
      )
      const known = { added: 0, known: 1_500, answered: 0, past: [], ahead: [], conflicting: [], erased: [] }
      expect(await Promise.allSettled([write(many), opposite])).toEqual([
        { status: 'fulfilled', value: known },
        { status: 'fulfilled', value: known },
      ])
    } finally {
      await other.end()
    }
  })
})

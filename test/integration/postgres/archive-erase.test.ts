import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { storeDeadlines, watchDeadlines } from '../../../src/analyst/archive/deadlines.ts'
import { erase, REACHED } from '../../../src/analyst/archive/erase.ts'
import { keepGiven, unsentRows } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Event } from '../../../src/domain/events.ts'
import { messageAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()

describeWith('postgres', 'what the archive keeps besides its records', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [
      ['alerts', messageAlertAt('m1', NOW - 60_000, 1)],
      ['alerts', messageAlertAt('m2', NOW - 60_000, 2)],
      ['complaints', { id: 'c1', signature: '京东', source: '12321', ts: NOW - 60_000 }],
    ])
    client = await openClient(server.url, 'test')
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  it('erases from the access log what was looked for of the person, and keeps who looked', async () => {
    const reader = await ArchiveReader.open(server.url, 'test')
    for (const [what, subject] of [
      ['search', `token: ${tokenOf(1)}`],
      ['search', `message: ${tokenOf(1)}`],
      ['search', 'message: m1'],
      ['search', 'message: alert-m1'],
      ['case', 'alert-m1'],
      ['feedback', 'alert-m1: false_positive'],
      ['denied', 'alert-m1: confirmed'],
      ['search', `token: ${tokenOf(2)}`],
      ['search', 'message: m2'],
      ['search', 'message: m12'],
      ['case', 'alert-m2'],
      ['feedback', 'alert-m2: release'],
      ['search', 'port: 13800138000'],
    ] as const)
      await reader.note({ name: 'lin' }, what, subject)
    const said = { verdict: 'confirmed', by: 'lin', note: 'seen', ts: NOW }
    await keepGiven(reader.change, [
      { ...said, feedbackId: 'f1', messageId: 'm1' },
      { ...said, feedbackId: 'f2', messageId: 'm2' },
    ])
    expect(await erase(client, tokenOf(1))).toMatchObject({ alerts: 1, accesses: 7, feedback: 1 })
    expect((await unsentRows(reader.ask, 9)).map(({ messageId }) => messageId)).toEqual(['m2'])
    const accesses = await reader.accesses()
    await reader.close()
    expect(accesses.map(({ who, subject }) => [who, subject]).reverse()).toEqual([
      ...Array.from({ length: 7 }, () => ['lin', 'erased']),
      ['lin', `token: ${tokenOf(2)}`],
      ['lin', 'message: m2'],
      ['lin', 'message: m12'],
      ['lin', 'alert-m2'],
      ['lin', 'alert-m2: release'],
      ['lin', 'port: 138****8000'],
    ])
  })

  it('erases verdicts that name a state of the person, and what was done with those messages', async () => {
    const url = await server.createDatabase('states')
    const flood = messageAlertAt('f1', NOW - 60_000, 7)
    const state = { id: 'flood-7', episode: 1, revision: 1 }
    const match = { toToken: tokenOf(7) }
    const target = { kind: 'recipient', id: tokenOf(7) } as const
    const tipped = { ...flood, id: 'alert-flood', data: { ...flood.data, target, match, state } }
    const sample = { ...flood.data.message!, id: 'f2', topic: 'sms.mt', partition: 0, offset: 1 }
    const other = messageAlertAt('o1', NOW - 60_000, 8)
    const domain = { kind: 'domain', id: 'kf88.top' } as const
    const ofDomain = { target: domain, state: { ...state, id: 'domain-1' }, samples: [sample] }
    await seedArchive(url, [
      ['alerts', tipped],
      ['alerts', { ...other, data: { ...other.data, ...ofDomain } }],
      // Messages to the person that raised no alert of their own: the state alone says whose they are.
      ['verdicts', verdictAt('f2', NOW - 50_000, { action: 'throttle', states: ['flood-7'] })],
      ['verdicts', verdictAt('f3', NOW - 40_000, { action: 'block', states: ['domain-1', 'flood-7'] })],
      ['verdicts', verdictAt('o2', NOW - 40_000, { action: 'block', states: ['domain-1'] })],
      ['enforcements', { messageId: 'f3', action: 'block', by: 'gateway-7', ts: NOW - 39_000 }],
      ['enforcements', { messageId: 'o2', action: 'block', by: 'gateway-7', ts: NOW - 39_000 }],
      ['feedback', { messageId: 'f2', verdict: 'confirmed', by: 'lin', ts: NOW - 30_000 }],
    ])
    const own = await openClient(url, 'test')
    try {
      expect(await erase(own, tokenOf(7))).toMatchObject({
        alerts: 1,
        verdicts: 2,
        enforcements: 1,
        feedback: 1,
      })
      const idsOf = async (sql: string) => (await own.query<{ id: string }>(sql)).rows.map(({ id }) => id)
      expect(await idsOf('SELECT id FROM verdict')).toEqual(['o2'])
      expect(await idsOf('SELECT message_id AS id FROM enforcement')).toEqual(['o2'])
      expect(await idsOf('SELECT id FROM feedback')).toEqual([])
      const kept = JSON.stringify((await own.query('SELECT * FROM alert')).rows)
      expect(kept).toContain('domain-1')
      for (const gone of ['flood-7', 'f2', tokenOf(7)]) expect(kept).not.toContain(gone)
    } finally {
      await own.end()
    }
  })

  it('finds the verdicts that name a state without reading the others', async () => {
    const url = await server.createDatabase('many')
    await seedArchive(url, [['verdicts', verdictAt('v0', NOW, { action: 'throttle', states: ['flood-7'] })]])
    const own = await openClient(url, 'test')
    try {
      await own.query(
        `INSERT INTO verdict SELECT (jsonb_populate_record(v, jsonb_build_object('id', 'p' || n, 'states', ARRAY[]::text[]))).*
          FROM verdict v, generate_series(1, 20000) n`,
      )
      await own.query('ANALYZE verdict')
      const { rows } = await own.query(`EXPLAIN (FORMAT JSON) ${REACHED}`, [['flood-7']])
      const plan = JSON.stringify(rows)
      expect(plan).toContain('Bitmap Index Scan')
      expect(plan).not.toContain('Seq Scan')
    } finally {
      await own.end()
    }
  })

  it('says when deadlines were computed', async () => {
    const said = async () => {
      const stop = new AbortController()
      const events: Event[] = []
      await watchDeadlines(
        server.url,
        (event) => {
          events.push(event)
          stop.abort()
        },
        stop.signal,
      )
      return events[0]
    }
    expect(await said()).toMatchObject({ name: 'complaint_deadlines', unknown: 1, computedAt: 0 })
    const before = Date.now()
    await storeDeadlines(client, [{ id: 'c1', name: 'answered', days: 15, dueAt: NOW, endsAt: NOW + 1 }])
    const event = await said()
    expect(event).toMatchObject({ name: 'complaint_deadlines', unknown: 0 })
    const { computedAt } = event as { computedAt: number }
    expect(computedAt).toBeGreaterThan(before - 1_000)
    expect(computedAt).toBeLessThan(Date.now() + 1_000)
  })
})

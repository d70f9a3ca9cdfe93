import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../src/archive/database.ts'
import { storeDeadlines, watchDeadlines } from '../../src/archive/deadlines.ts'
import { erase } from '../../src/archive/erase.ts'
import { ArchiveReader } from '../../src/archive/reader.ts'
import type { Event } from '../../src/domain/events.ts'
import { messageAlertAt, tokenOf } from '../helpers/archive-records.ts'
import { seedArchive } from '../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { describeWith } from '../helpers/services.ts'

const NOW = Date.now()

describeWith('postgres', 'what the archive keeps beside its records', () => {
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
      ['search', `token: ${tokenOf(2)}`],
      ['search', 'message: m2'],
      ['search', 'message: m12'],
      ['case', 'alert-m2'],
      ['feedback', 'alert-m2: release'],
      ['search', 'port: 13800138000'],
    ] as const)
      await reader.note('lin', what, subject)
    expect(await erase(client, tokenOf(1))).toMatchObject({ alerts: 1, accesses: 6 })
    const accesses = await reader.accesses()
    await reader.close()
    expect(accesses.map(({ who, subject }) => [who, subject]).reverse()).toEqual([
      ...Array.from({ length: 6 }, () => ['lin', 'erased']),
      ['lin', `token: ${tokenOf(2)}`],
      ['lin', 'message: m2'],
      ['lin', 'message: m12'],
      ['lin', 'alert-m2'],
      ['lin', 'alert-m2: release'],
      ['lin', 'port: 138****8000'],
    ])
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

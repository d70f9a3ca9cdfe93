import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const at = (secondsAgo: number) => NOW - secondsAgo * 1000

/** The query of docs/archive.md, about this code and the last hours. */
function documented(code: string): string {
  const page = readFileSync(new URL('../../../docs/archive.md', import.meta.url), 'utf8')
  const sql = /## What a code stopped\n[^`]*```sql\n(.*?)```/s.exec(page)![1]!
  const from = new Date(at(7200)).toISOString()
  return sql
    .replace('OP_PARCEL', code)
    .replaceAll(/BETWEEN '[^']+' AND '[^']+'/g, `BETWEEN '${from}' AND '${new Date(NOW).toISOString()}'`)
}

describeWith('postgres', 'the query for what a code stopped', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    const kept = (messageId: string, ago: number, over: object = {}) =>
      ['enforcements', { messageId, action: 'block', by: 'gateway-7', ts: at(ago), ...over }] as const
    const joined = messageAlertAt('p1', at(60), 3)
    const parts = { ...joined.data.message!, parts: ['p1', 'p2'] }
    const [reason] = joined.data.reasons
    const other = { reasons: [{ ...reason!, code: 'NO_CONSENT' as const }] }
    const state: Alert = stateAlertAt(at(60), 1, messageAlertAt('t1', at(60), 4), 'sigwatch.alert.raised')
    await seedArchive(server.url, [
      ['alerts', messageAlertAt('m1', at(60))],
      ['alerts', { ...joined, data: { ...joined.data, message: parts } }],
      ['alerts', messageAlertAt('other', at(60), 5, other)],
      ['alerts', messageAlertAt('tried', at(60), 6, { mode: 'shadow' })],
      ['alerts', messageAlertAt('delivered', at(60), 7)],
      ['alerts', state],
      kept('m1', 50),
      kept('m1', 40),
      kept('p2', 50),
      kept('by-state', 30, { stateId: state.data.state!.id }),
      ...['t1', 'other', 'tried'].map((id) => kept(id, 50)),
      kept('delivered', 50, { action: 'missed' }),
    ])
    client = await openClient(server.url, 'test')
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  it('finds messages, parts and what a state stopped, each once', async () => {
    const { rows } = await client.query<{ message_id: string; actions: string[]; first: Date; last: Date }>(
      documented('FORGED_BRAND'),
    )
    expect(rows.map((row) => row.message_id).sort()).toEqual(['by-state', 'm1', 'p2'])
    const m1 = rows.find((row) => row.message_id === 'm1')!
    expect([m1.actions, m1.first.getTime(), m1.last.getTime()]).toEqual([['block'], at(50), at(40)])
  })
})

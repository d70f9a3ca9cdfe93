import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { expandSql, queriesTo, readDashboards } from '../../helpers/grafana.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const MINUTE = 60_000
const filed = (row: { kind: string; name?: string; port?: string } & Record<string, unknown>): SeedRecord => [
  'registry',
  row,
  { key: `${row.kind}:${row.name ?? row.port}`, at: NOW - 60 * MINUTE },
]
const ROWS = [
  filed({ kind: 'signature', name: '京东超市', ports: ['1069012345*'], sp: 'SP1' }),
  filed({ kind: 'signature', name: '＊', ports: ['10699'], sp: 'SP9' }),
  filed({ kind: 'port', port: '1069*', sp: 'SP2' }),
  filed({ kind: 'port', port: '106902*', sp: 'SP3' }),
  filed({ kind: 'port', port: '106902', sp: 'SP4' }),
]

describeWith('postgres', 'registry rows of a case', () => {
  let server: PostgresServer
  let client: pg.Client
  let reader: ArchiveReader
  const alerts: Alert[] = []

  const seed = (
    id: string,
    message: Partial<Alert['data']['message']>,
    over: Partial<Alert['data']> = {},
  ) => {
    const alert = messageAlertAt(id, NOW - 30 * MINUTE, 1, { reasons: [], ...over })
    alerts.push({ ...alert, data: { ...alert.data, message: { ...alert.data.message!, ...message } } })
  }

  beforeAll(async () => {
    server = await startPostgres()
    for (const [i, signature] of [
      '京东超市',
      '【京东超市】',
      '京東超市',
      '「京 东超市」',
      '拼多多',
      '*',
    ].entries())
      seed(`s${i}`, { signature })
    for (const [i, from] of ['106902', '1069021', '10691', '13900001111'].entries()) seed(`p${i}`, { from })
    seed('masked', { from: '106****5678' })
    seed('observed', { from: '106****6789', signature: '京东超市' })
    seed('named', { from: '106****5678' }, { target: { kind: 'sender', id: '京东@1069025678' } })
    seed('matched', { from: '106****5678' }, { match: { ports: ['1069025678'] } })
    await seedArchive(server.url, [
      ...ROWS,
      ...alerts.map((alert): SeedRecord => ['alerts', alert]),
      ['stats', { signature: '京東超市', port: '10690010', ts: NOW - 30 * MINUTE, sent: { notice: 5 } }],
      ['stats', { signature: '京东超市', port: '10690216789', ts: NOW - 30 * MINUTE, sent: { notice: 5 } }],
    ])
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
    reader = await ArchiveReader.open(server.url, 'test')
  })
  afterAll(async () => {
    await reader?.close()
    await client?.end()
    server?.stop()
  })
  const keysOf = async (id: string, kind: string) =>
    (await reader.case(`alert-${id}`))!.registry.filter((row) => row.kind === kind).map(({ key }) => key)

  it.each([
    ['as it is filed', 's0', ['京东超市']],
    ['with brackets', 's1', ['京东超市']],
    ['in traditional characters', 's2', ['京东超市']],
    ['in other brackets, with a space', 's3', ['京东超市']],
    ['that is not filed', 's4', []],
    ['without a letter or digit', 's5', []],
  ])('a signature %s', async (_, id, keys) => {
    expect(await keysOf(id, 'signature')).toEqual(keys)
  })

  it.each([
    ['an exact port before a prefix', 'p0', ['106902'], false],
    ['the longest prefix', 'p1', ['106902*'], false],
    ['a shorter prefix', 'p2', ['1069*'], false],
    ['none', 'p3', [], false],
    ['none of a masked port, and says why', 'masked', [], true],
    ['of a masked port the only one of its signature that fits', 'observed', ['106902*'], false],
    ['the port of the target where the message is masked', 'named', ['106902*'], false],
    ['the port that the alert matches where the message is masked', 'matched', ['106902*'], false],
  ])('of ports, %s', async (_, id, keys, isMasked) => {
    expect(await keysOf(id, 'port')).toEqual(keys)
    expect((await reader.case(`alert-${id}`))!.portIsMasked).toBe(isMasked)
  })

  it('shows the row on the dashboard of a sender that writes its name otherwise', async () => {
    const query = queriesTo('postgres', readDashboards('en')).find(
      ({ dashboard, panel }) => dashboard === 'sender' && panel?.title === 'What the registry says of it',
    )!
    const rows = async (signature: string) =>
      (
        await client.query(
          expandSql(query.text, {
            from: NOW - 60 * MINUTE,
            to: NOW,
            intervalMs: MINUTE,
            variables: { signature },
          }),
        )
      ).rows.map(({ enterprise }) => enterprise)
    for (const name of ['京东超市', '京東超市']) expect(await rows(name)).toEqual(['SP1'])
    expect(await rows('拼多多')).toEqual([])
  })

  it('finds rows that were written before their form was kept', async () => {
    await client.query('UPDATE registry_row SET signature_key = NULL')
    await migrate(client)
    expect(await keysOf('s2', 'signature')).toEqual(['京东超市'])
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { expire } from '../../../src/analyst/archive/expiry.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { placeRefused } from '../../../src/analyst/archive/refused.ts'
import { ArchiveWriter } from '../../../src/analyst/archive/writer.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { mapRows } from '../../../src/pipeline/side-inputs/mapped-rows.ts'
import { DAY, openIntake, twoClocks } from '../../helpers/archive-intake.ts'
import { messageAlertAt, stateAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith, uniqueName } from '../../helpers/services.ts'

const NOW = Date.now()
const RETENTION = 180 * DAY
/** By which what comes now is of the future. */
const SLOW = exactClock(() => NOW - 3 * DAY)

describeWith('postgres', 'rows that the archive cannot place', () => {
  let server: PostgresServer
  const opened: Client[] = []

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await Promise.all(opened.map((client) => client.end().catch(() => undefined)))
    server?.stop()
  })
  const emptyArchive = async () => {
    const url = await server.createDatabase(uniqueName('refused').replaceAll('-', '_'))
    const client = await openClient(url, 'test')
    opened.push(client)
    await migrate(client)
    return { url, client }
  }
  const count = async (client: Client, table: string) =>
    Number((await client.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n)
  const place = (client: Client, clock = exactClock(() => NOW)) =>
    placeRefused(client, new ArchiveWriter(client), new Partitions(RETENTION), clock)

  it('are not those of another form that a map reads', async () => {
    const { url, client } = await emptyArchive()
    const map = mapRows('complaints', {
      ts: { pointer: '/after/at', form: 'epoch-s' },
      from: '/after/port',
      source: { value: '12321' },
      delete: { pointer: '/op', is: 'd' },
    })
    const maps = { get: (topic: string) => (topic.startsWith('complaints') ? map : undefined) }
    const intake = await openIntake(url, { maps: maps as ReadonlyMap<string, typeof map> })
    const after = { at: Math.floor(NOW / 1000), port: '106901234567' }
    await intake.take('complaints', [
      { op: 'c', after },
      { op: 'c', after: { ...after, at: 'noon' } },
      { op: 'd', before: after, after: null },
    ])
    await intake.close()
    const { rows } = await client.query('SELECT port, source FROM complaint')
    expect(rows).toEqual([{ port: '106901234567', source: '12321' }])
    expect(await count(client, 'refused')).toBe(1)
  })

  it('are kept while all clocks are slow, and placed when they are right', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: SLOW })
    await intake.take(
      'alerts',
      Array.from({ length: 20 }, (_, i) => messageAlertAt(`m${i}`, NOW, i)),
    )
    await intake.close()
    expect(intake.events).toContainEqual(
      expect.objectContaining({ name: 'archive_refused', count: 20, kinds: { ahead: 20 } }),
    )
    expect(await count(client, 'alert')).toBe(0)
    expect(await count(client, 'refused')).toBe(20)
    expect(await place(client, SLOW)).toBe(0)
    expect(await place(client)).toBe(20)
    expect(await count(client, 'alert')).toBe(20)
    expect((await count(client, 'refused')) + (await count(client, 'refused_row'))).toBe(0)
  })

  it('are none while only the host is slow, or only PostgreSQL', async () => {
    for (const [host, postgres] of [
      [-3, 0],
      [0, -3],
    ] as const) {
      const { url, client } = await emptyArchive()
      const intake = await openIntake(url, {
        clock: twoClocks(
          Date.now() - performance.now() + host * DAY,
          Date.now() - performance.now() + postgres * DAY,
        ),
      })
      await intake.take('alerts', [messageAlertAt('m', NOW)])
      await intake.close()
      expect(await count(client, 'alert')).toBe(1)
    }
  })

  it('hold no number in clear', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: SLOW })
    await intake.take('complaints', [
      {
        id: 'c',
        ts: NOW,
        from: '10690200001',
        to: '+86 13800005678',
        text: '我的号码13800005678收到短信',
        source: '12321',
      },
    ])
    await intake.take('feedback', [
      { messageId: 'm', verdict: 'confirmed', by: 'lin', ts: NOW, note: 'called 13800005678' },
    ])
    await intake.take('enforcements', [{ messageId: 'm', action: 'block', by: 'gw', ts: NOW }])
    await intake.take('alerts', [messageAlertAt('m', NOW)])
    await intake.close()
    const { rows } = await client.query('SELECT "row"::text AS "row" FROM refused_row')
    expect(rows).toHaveLength(4)
    for (const { row } of rows) expect(row).not.toMatch(/13800005678/)
    expect(await place(client)).toBe(4)
  })

  it('are erased with the person, and leave what is said of senders', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: SLOW })
    const mine = messageAlertAt('mine', NOW, 7)
    const other = messageAlertAt('other', NOW, 8)
    await intake.take('alerts', [
      mine,
      other,
      stateAlertAt(NOW, 1, mine, 'sigwatch.alert.raised', [other]),
      stateAlertAt(NOW, 2, other, 'sigwatch.alert.updated', [mine]),
    ])
    await intake.take('verdicts', [verdictAt('mine', NOW), verdictAt('other', NOW)])
    await intake.take('enforcements', [
      { messageId: 'mine', action: 'block', by: 'gw', ts: NOW },
      { messageId: 'other', action: 'block', by: 'gw', ts: NOW },
    ])
    await intake.take('complaints', [{ id: 'c7', ts: NOW, to: tokenOf(7), source: '12321' }])
    await intake.take('feedback', [
      { target: `recipient:${tokenOf(7)}`, verdict: 'exempt', by: 'lin', ts: NOW },
    ])
    await intake.close()
    // What is placed already is found by the message of an alert that is not.
    const right = await openIntake(url)
    await right.take('verdicts', [verdictAt('mine', NOW)])
    await right.close()
    expect(await erase(client, tokenOf(7))).toMatchObject({ alerts: 0, verdicts: 1, refused: 7 })
    const { rows } = await client.query(
      `SELECT table_name, "row"::text AS "row" FROM refused_row ORDER BY id`,
    )
    expect(rows.map(({ table_name }) => table_name)).toEqual([
      'alert',
      'alert',
      'alert',
      'verdict',
      'enforcement',
    ])
    for (const { row } of rows) {
      expect(row).not.toContain(tokenOf(7))
      expect(row).not.toContain('"mine"')
    }
    expect(await place(client)).toBe(5)
  })

  it('are deleted with the retention', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: SLOW })
    await intake.take('alerts', [messageAlertAt('m', NOW + 300 * DAY), 'no json'])
    await intake.close()
    const expireAt = (now: number) =>
      expire(client, { clock: exactClock(() => now), retention: RETENTION, agreed: true })
    expect(await expireAt(NOW + RETENTION)).toMatchObject({ rows: 0 })
    expect(await expireAt(NOW + RETENTION + 2 * DAY)).toMatchObject({ rows: 3 })
    expect(await count(client, 'refused')).toBe(0)
  })

  it('or read do not stop the others, whatever is in them', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: SLOW })
    const alert = messageAlertAt('m', NOW - 4 * DAY)
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const withDeep = (ts: number) =>
      JSON.stringify({ ...messageAlertAt('deep', ts), ext: 0 }).replace('"ext":0', `"ext":${deep}`)
    await intake.take('alerts', [
      alert,
      { ...alert, data: { ...alert.data, reasons: [null] } },
      { ...alert, data: { ...alert.data, message: { ...alert.data.message, ts: 1e18 } } },
      { ...alert, data: { ...alert.data, contacts: { urls: 1 } } },
      { ...alert, time: 1e300 },
      withDeep(NOW - 4 * DAY),
      withDeep(NOW),
      messageAlertAt('last', NOW - 4 * DAY),
    ])
    // A time in nanoseconds.
    await intake.take('enforcements', [{ messageId: 'm', action: 'block', by: 'gw', ts: NOW * 1e6 }])
    await intake.close()
    expect(await count(client, 'alert')).toBe(2)
    const { rows } = await client.query('SELECT reason FROM refused ORDER BY topic, "offset"')
    expect(rows.map(({ reason }) => reason)).toEqual([
      'is not a record of alerts',
      'is not a record of alerts',
      'is not a record of alerts',
      'time is not a time',
      'is nested too deeply',
      'is nested too deeply',
      'ts is not a time',
    ])
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { rollUp } from '../../../src/analyst/archive/rollups.ts'
import { openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, stateAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const AT = NOW - 60_000
const PERSON = tokenOf(1)

const own = messageAlertAt('own-message', AT, 1)
const other = messageAlertAt('m2', AT, 2)
const flood = {
  ...own,
  id: 'alert-flood',
  data: {
    ...own.data,
    target: { kind: 'recipient', id: PERSON } as const,
    match: { toToken: PERSON },
    state: { id: 'own-flood', episode: AT, revision: 1 },
  },
}
const { message: _, ...withoutMessage } = flood.data
const ended = { ...flood, id: 'alert-ended', type: 'sigwatch.alert.cleared' as const, data: withoutMessage }
/** What the topics have of the person, whose messages are `own-…`, and of another one. */
const RECORDS = {
  alerts: [
    own,
    other,
    flood,
    stateAlertAt(AT, 1, own, 'sigwatch.alert.raised', [messageAlertAt('own-sample', AT, 1), other]),
    stateAlertAt(AT, 2, other, 'sigwatch.alert.updated', [own, other]),
  ],
  verdicts: [
    verdictAt('own-message', AT),
    verdictAt('m2', AT),
    verdictAt('own-sample', AT, { action: 'throttle', states: ['own-flood'] }),
  ],
  enforcements: [
    { messageId: 'own-message', action: 'block', by: 'gateway-7', ts: AT },
    { messageId: 'm2', action: 'block', by: 'gateway-7', ts: AT },
  ],
  feedback: [
    { messageId: 'own-message', verdict: 'confirmed', by: 'lin', ts: AT },
    { stateId: 'own-flood', verdict: 'release', by: 'lin', ts: AT },
    { messageId: 'm2', verdict: 'confirmed', by: 'lin', ts: AT },
  ],
}

describeWith('postgres', 'records of an erased person that arrive again', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  const onArchive = async (name: string, work: (url: string) => Promise<void>) => {
    const url = await server.createDatabase(name)
    client = await openClient(url, 'test')
    try {
      await migrate(client)
      await work(url)
    } finally {
      await client.end()
    }
  }
  /** Rows of any table that name the person, one of their messages or their state. */
  const traces = async () => {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace",
    )
    const found: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM ${name} t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, 'own-') > 0`,
        [PERSON],
      )
      found.push(...rows.map(({ row }) => `${name} ${row}`))
    }
    return found
  }
  const count = async (table: string) =>
    Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]!.n)

  it('are kept out, and those of others are not', async () => {
    await onArchive('again', async (url) => {
      const first = await openIntake(url)
      for (const input of ['alerts', 'verdicts', 'enforcements', 'feedback'] as const)
        await first.take(input, RECORDS[input])
      await rollUp(client, 60_000, false)
      await first.close()
      await erase(client, PERSON)
      await rollUp(client, 60_000, false)
      expect(await traces()).toEqual([])

      // The service has read its input again, and the topics were made again under other names.
      const second = await openIntake(url)
      for (const input of ['feedback', 'enforcements', 'verdicts', 'alerts'] as const)
        await second.take(input, RECORDS[input])
      await second.take('alerts', [ended])
      await rollUp(client, 60_000, false)
      expect(await traces()).toEqual([])
      expect([await count('verdict'), await count('enforcement'), await count('feedback')]).toEqual([1, 1, 1])
      expect(await count('alert')).toBe(3)
      const left = second.events.flatMap((event) => (event.name === 'archived' ? [event.erased] : []))
      expect(left).toEqual([2, 1, 2, 2, 1])

      // A message that was sent to the person later is another matter.
      await second.take('alerts', [messageAlertAt('later', Date.now() + 1_000, 1)])
      await second.close()
      expect(await count('alert')).toBe(4)
    })
  })

  it('are kept out where they were on their way during the erasure', async () => {
    await onArchive('meanwhile', async (url) => {
      const intake = await openIntake(url)
      await intake.take('alerts', [other])
      const eraser = await openClient(url, 'eraser')
      await client.query('BEGIN; LOCK TABLE access_log')
      const erased = erase(eraser, PERSON)
      const waits =
        "SELECT FROM pg_stat_activity WHERE application_name = 'eraser' AND wait_event_type = 'Lock'"
      await until(async () => (await client.query(waits)).rowCount === 1)
      const taken = intake.take('alerts', [own])
      await client.query('COMMIT')
      await Promise.all([erased, taken])
      await eraser.end()
      await intake.close()
      expect(await traces()).toEqual([])
    })
  })

  it('are refused from a version that does not know of erased ids', async () => {
    await onArchive('earlier', async (url) => {
      const intake = await openIntake(url)
      for (const input of ['alerts', 'verdicts', 'enforcements', 'feedback'] as const)
        await intake.take(input, RECORDS[input])
      await client.query('CREATE TEMP TABLE kept AS SELECT * FROM verdict')
      // The statement of 0.3.0; it may run on while no person is erased.
      const earlier = `INSERT INTO verdict SELECT r.* FROM (SELECT to_jsonb(k) AS row FROM kept k) s,
        jsonb_populate_record(NULL::verdict, s.row) r ON CONFLICT DO NOTHING`
      await client.query(earlier)
      await erase(client, PERSON)
      await expect(client.query(earlier)).rejects.toThrow('a later version of sigwatch')
      for (const table of ['alert', 'enforcement', 'feedback'])
        await expect(client.query(`INSERT INTO ${table} SELECT * FROM ${table} WHERE false`)).rejects.toThrow(
          'a later version of sigwatch',
        )
      expect(await count('verdict')).toBe(1)
      await intake.take('alerts', [messageAlertAt('m3', AT, 3)])
      await intake.close()
      expect(await count('alert')).toBe(4)
    })
  })
})

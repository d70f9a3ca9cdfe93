import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { expire } from '../../../src/analyst/archive/expiry.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../../src/analyst/archive/partitions.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { placeRefused } from '../../../src/analyst/archive/refused.ts'
import { ArchiveWriter } from '../../../src/analyst/archive/writer.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { DAY, openIntake, timed, twoClocks } from '../../helpers/archive-intake.ts'
import { messageAlertAt, verdictAt } from '../../helpers/archive-records.ts'
import { startPgBouncer } from '../../helpers/pgbouncer.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith, uniqueName } from '../../helpers/services.ts'

const NOW = Date.now()
const RETENTION = 180 * DAY
const TABLES = ['alert', 'verdict', 'sender_minute', 'feedback', 'enforcement', 'complaint']
/** What everything else may take while a dump runs, at most, ms. */
const AT_ONCE = 2_000

describeWith('postgres', 'days of the archive', () => {
  let server: PostgresServer
  const opened: Client[] = []

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await Promise.all(opened.map((client) => client.end().catch(() => undefined)))
    server?.stop()
  })

  const connect = async (url: string) => {
    const client = await openClient(url, 'test')
    opened.push(client)
    return client
  }
  const emptyArchive = async () => {
    const url = await server.createDatabase(uniqueName('days').replaceAll('-', '_'))
    const client = await connect(url)
    await migrate(client)
    return { url, client }
  }
  /** Reads every table in one transaction and leaves it open, as pg_dump does for as long as it runs. */
  const beginDump = async (url: string) => {
    const dump = await connect(url)
    await dump.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await dump.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace",
    )
    for (const { name } of rows) await dump.query(`SELECT count(*) FROM ${name}`)
    return dump
  }
  const namesOf = async (client: Client, like: string) =>
    (
      await client.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ $1 ORDER BY 1",
        [like],
      )
    ).rows.map(({ name }) => name)
  const count = async (client: Client, table: string) =>
    Number((await client.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n)
  const range = { from: NOW - 300 * DAY, to: NOW + 300 * DAY }

  it('are made while a dump runs, and do not stop readers', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url)
    await intake.take('alerts', [messageAlertAt('before', NOW - DAY)])
    const dump = await beginDump(url)
    const reader = await ArchiveReader.open(url, 'test')
    const bouncer = await startPgBouncer(url, 2)
    const pooled = await ArchiveReader.open(bouncer.url, 'test')
    try {
      const archiving = timed(() =>
        intake.take('alerts', [messageAlertAt('new', NOW), messageAlertAt('old', NOW - 100 * DAY)]),
      )
      const reading = Promise.all([reader, pooled].map((each) => timed(() => each.search(range))))
      expect(await archiving).toBeLessThan(AT_ONCE)
      for (const took of await reading) expect(took).toBeLessThan(AT_ONCE)
      expect(await reader.search(range)).toHaveLength(3)
      expect(await pooled.search(range)).toHaveLength(3)
      const partitions = new Partitions(RETENTION)
      expect(await timed(() => partitions.prepare(client, exactClock(Date.now)))).toBeLessThan(AT_ONCE * 3)
    } finally {
      await dump.end()
      await Promise.all([reader.close(), pooled.close(), intake.close()])
      await bouncer.stop()
    }
    for (const table of TABLES) {
      const last = new Date(NOW + 7 * DAY).toISOString().slice(0, 10).replaceAll('-', '')
      expect(await namesOf(client, `^${table}_${last}$`)).toHaveLength(1)
    }
    // Each has all that the table has: a key, the indexes, the columns of later migrations.
    const { rows } = await client.query<{ n: number }>(
      `SELECT DISTINCT count(*) AS n FROM pg_inherits JOIN pg_index ON indrelid = inhrelid
        WHERE inhparent = 'alert'::regclass GROUP BY inhrelid`,
    )
    const own = await client.query("SELECT count(*) AS n FROM pg_index WHERE indrelid = 'alert'::regclass")
    expect(rows.map(({ n }) => n)).toEqual([own.rows[0].n])
  })

  it('are taken out while a dump runs and dropped when it is done', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: exactClock(() => NOW - 10 * DAY) })
    const old = NOW - RETENTION - 2 * DAY
    await intake.take('alerts', [messageAlertAt('old', old), messageAlertAt('kept', NOW - DAY * 11)])
    await intake.take('verdicts', [verdictAt('old', old)])
    const dump = await beginDump(url)
    const reader = await ArchiveReader.open(url, 'test')
    const options = { clock: exactClock(() => NOW), retention: RETENTION, agreed: true }
    try {
      const expiring = expire(client, options)
      expect(await timed(() => reader.search(range))).toBeLessThan(AT_ONCE)
      expect(await timed(() => intake.take('alerts', [messageAlertAt('new', NOW - 9 * DAY)]))).toBeLessThan(
        AT_ONCE,
      )
      expect(await expiring).toMatchObject({
        partitions: 2,
        held: [],
        deferred: [expect.any(String), expect.any(String)],
      })
      expect(await reader.search(range)).toHaveLength(2)
      // The dump sees what it saw.
      expect((await dump.query('SELECT count(*) AS n FROM alert')).rows[0].n).toBe(2)
      expect(await expire(client, options)).toMatchObject({
        partitions: 0,
        deferred: [expect.any(String), expect.any(String)],
      })
    } finally {
      await dump.end()
      await Promise.all([reader.close(), intake.close()])
    }
    expect(await expire(client, options)).toMatchObject({ partitions: 0, deferred: [] })
    const day = new Date(old).toISOString().slice(0, 10).replaceAll('-', '')
    expect(await namesOf(client, day)).toEqual([])
    expect(await count(client, 'alert')).toBe(2)
  })

  it('that were half taken out when the process was killed are dropped by the next', async () => {
    const { url, client } = await emptyArchive()
    const old = NOW - RETENTION - 2 * DAY
    // As the version before made them.
    const [day, next] = [old, old + DAY].map((ms) => new Date(ms).toISOString().slice(0, 10))
    const name = `alert_${day!.replaceAll('-', '')}`
    await client.query(`CREATE TABLE ${name} PARTITION OF alert FOR VALUES FROM ('${day}') TO ('${next}')`)
    const dump = await beginDump(url)
    const victim = await connect(url)
    const { pid } = (await victim.query('SELECT pg_backend_pid() AS pid')).rows[0]
    const options = { clock: exactClock(() => NOW), retention: RETENTION, agreed: true }
    const pending = async () =>
      (
        await client.query('SELECT inhdetachpending AS it FROM pg_inherits WHERE inhrelid = $1::regclass', [
          name,
        ])
      ).rows[0].it
    const killed = expect(expire(victim, options)).rejects.toThrow()
    while (!(await pending())) await sleep(5)
    await client.query('SELECT pg_terminate_backend($1)', [pid])
    await killed
    await dump.end()
    expect(await pending()).toBe(true)
    await expire(client, options)
    expect(await namesOf(client, name)).toEqual([])
  })

  it('leave alone a table that another session took out or made under such a name', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: exactClock(() => NOW - 10 * DAY) })
    const old = NOW - RETENTION - 2 * DAY
    const today = new Date(NOW).toISOString().slice(0, 10).replaceAll('-', '')
    await intake.take('alerts', [messageAlertAt('mine', old)])
    const day = new Date(old).toISOString().slice(0, 10).replaceAll('-', '')
    await client.query(`ALTER TABLE alert DETACH PARTITION alert_${day}`)
    await client.query(`CREATE TABLE alert_${today} AS SELECT 1 AS n`)
    await expire(client, { clock: exactClock(() => NOW), retention: RETENTION, agreed: true })
    expect(await count(client, `alert_${day}`)).toBe(1)
    await intake.close()
    const now = await openIntake(url)
    await now.take('alerts', [])
    await now.take('verdicts', [verdictAt('v', NOW)])
    await now.close()
    expect(await count(client, `alert_${today}`)).toBe(1)
  })

  it('that cannot be made at once hold up no other row, and take their rows when they can', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url)
    await intake.take('alerts', [messageAlertAt('before', NOW)])
    // As ANALYZE and VACUUM of the table do.
    const busy = await connect(url)
    await busy.query('BEGIN')
    await busy.query('LOCK TABLE alert IN SHARE UPDATE EXCLUSIVE MODE')
    const rows = [messageAlertAt('old', NOW - 100 * DAY, 7), messageAlertAt('new', NOW)]
    expect(await timed(() => intake.take('alerts', rows))).toBeLessThan(AT_ONCE)
    expect(await timed(() => intake.take('alerts', [messageAlertAt('old2', NOW - 101 * DAY)]))).toBeLessThan(
      500,
    )
    expect(await timed(() => intake.take('verdicts', [verdictAt('v', NOW - 100 * DAY)]))).toBeLessThan(
      AT_ONCE,
    )
    expect(await count(client, 'alert')).toBe(2)
    expect(await count(client, 'verdict')).toBe(1)
    expect(await count(client, 'refused')).toBe(2)
    expect(intake.events.filter(({ name }) => name === 'archive_refused')).toMatchObject([
      { kinds: { day: 1 } },
      { kinds: { day: 1 } },
    ])
    await busy.query('ROLLBACK')
    const place = () =>
      placeRefused(client, new ArchiveWriter(client), new Partitions(RETENTION), exactClock(Date.now))
    expect(await place()).toBe(2)
    expect(await place()).toBe(0)
    expect(await count(client, 'alert')).toBe(4)
    expect(await count(client, 'refused')).toBe(0)
    await intake.close()
  })

  it('are found again when the database is another one', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url)
    await intake.take('alerts', [messageAlertAt('a', NOW)])
    const day = new Date(NOW).toISOString().slice(0, 10).replaceAll('-', '')
    await client.query(`DROP TABLE alert_${day}`)
    await intake.take('alerts', [messageAlertAt('b', NOW), messageAlertAt('c', NOW)])
    expect(await count(client, 'alert')).toBe(2)
    expect(await count(client, 'refused')).toBe(0)
    await intake.close()
  })

  /** 121 alerts over a week, as a small archive has them. */
  const week = () =>
    Array.from({ length: 121 }, (_, i) => messageAlertAt(`w${i}`, NOW - (i * 7 * DAY) / 121, i))
  const aWeek = async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url)
    await intake.take('alerts', week())
    await intake.close()
    return client
  }

  it.each([
    ['the host is 200 days ahead', 200, 0],
    ['PostgreSQL is 200 days ahead', 0, 200],
    ['both are ahead, and not by the same time', 200, 230],
    ['the host is 400 days behind', -400, 0],
    ['PostgreSQL is 400 days behind', 0, -400],
  ])('are not dropped when %s', async (_, host, postgres) => {
    const client = await aWeek()
    const clock = twoClocks(NOW + host * DAY, NOW + postgres * DAY)
    for (let hour = 0; hour < 3; hour++) await expire(client, { clock, retention: RETENTION, agreed: false })
    expect(await count(client, 'alert')).toBe(121)
  })

  it('are dropped, three at most, by the earlier clock and the newest row while the clocks differ', async () => {
    const { url, client } = await emptyArchive()
    const intake = await openIntake(url, { clock: exactClock(() => NOW - 10 * DAY) })
    const days = [5, 4, 3, 2, 1].map((n) => messageAlertAt(`d${n}`, NOW - RETENTION - n * DAY))
    await intake.take('alerts', [...days, messageAlertAt('new', NOW - 9 * DAY)])
    await intake.close()
    const expireAt = (now: number, forced = false) =>
      expire(client, { clock: twoClocks(now, now + 200 * DAY), retention: RETENTION, agreed: false, forced })
    // By the newest row, nine days old, none of these is due.
    expect(await expireAt(NOW)).toMatchObject({ partitions: 0, held: { length: 5 } })
    const later = await openIntake(url)
    await later.take('alerts', [messageAlertAt('newest', NOW)])
    await later.close()
    expect(await expireAt(NOW)).toMatchObject({ partitions: 0, held: { length: 5 } })
    expect(await expireAt(NOW - 2 * DAY)).toMatchObject({ partitions: 3, held: [] })
    expect(await count(client, 'alert')).toBe(4)
    expect((await expireAt(NOW, true))!.days).toHaveLength(2)
    expect(await count(client, 'alert')).toBe(2)
  })

  it('are all dropped after a long standstill when the clocks agree, and rows with them', async () => {
    const { url, client } = await emptyArchive()
    const then = NOW - 40 * DAY
    const intake = await openIntake(url, { clock: exactClock(() => then) })
    await intake.take(
      'alerts',
      Array.from({ length: 45 }, (_, i) => messageAlertAt(`d${i}`, then - RETENTION + (i + 1) * DAY)),
    )
    await intake.close()
    await client.query("INSERT INTO complaint_case (id, ts, bands) VALUES ('c', $1, '{}')", [
      new Date(then - RETENTION),
    ])
    const clocks = { clock: twoClocks(NOW, NOW), retention: RETENTION }
    expect((await expire(client, { ...clocks, agreed: false }))!.held).toHaveLength(39)
    expect(await count(client, 'complaint_case')).toBe(1)
    const expired = await expire(client, { ...clocks, agreed: true })
    // The case of the complaint, and of 39 alerts the places in cases of the queue and the sums that are due.
    expect(expired).toMatchObject({ partitions: 39, rows: 79, held: [] })
    expect(expired!.days).toHaveLength(39)
    expect(await count(client, 'alert')).toBe(6)
    expect(await count(client, 'complaint_case')).toBe(0)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Client, openClient, openPool } from '../../../src/analyst/archive/database.ts'
import { migrations } from '../../../src/analyst/archive/migrate.ts'
import { verdictAt } from '../../helpers/archive-records.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startCommand } from '../../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

/** Id of the lock of a migration, which earlier versions take as well. */
const LOCK = 7_446_284_926

describeWith(['kafka', 'postgres'], 'archive processes that start next to others', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let server: PostgresServer
  let at: ServiceTopics
  const started: Service[] = []
  const opened: Client[] = []

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    server = await startPostgres()
    at = await createServiceTopics(client, kafka.brokers, { verdictPartitions: 4 })
  })
  afterEach(async () => {
    await Promise.all(started.splice(0).map((archive) => archive.kill()))
    await Promise.all(opened.splice(0).map((each) => each.end()))
  })
  afterAll(() => server?.stop())

  const emptyDatabase = async () => {
    const url = await server.createDatabase(uniqueName('starts').replaceAll('-', '_'))
    return { url, database: await connect(url) }
  }
  const connect = async (url: string) => {
    const database = await openClient(url, 'test')
    opened.push(database)
    return database
  }
  const start = async (url: string, topics = at) => {
    const archive = await startCommand(['archive'], {
      ...topics.env,
      SIGWATCH_ARCHIVE_URL: url,
      SIGWATCH_ARCHIVE_SAMPLE: '1',
    })
    started.push(archive)
    return archive
  }
  const says = (archive: Service, text: string) =>
    until(
      async () => {
        await sleep(50)
        return (await archive.get('/readyz').catch(() => ({ body: '' }))).body.includes(text)
      },
      60_000,
      () => `/readyz does not say ${text}\n${archive.stderr}`,
    )

  it('on an empty database migrate it once, and take part while records come', async () => {
    const { url, database } = await emptyDatabase()
    const own = await createServiceTopics(client, kafka.brokers, { verdictPartitions: 4 })
    const producer = client.kafka.producer()
    await producer.connect()
    let sent = 0
    let isSending = true
    const feeding = (async () => {
      while (isSending) {
        const ids = Array.from({ length: 5 }, () => `v${sent++}`)
        const messages = ids.map((id) => ({ key: id, value: JSON.stringify(verdictAt(id, Date.now())) }))
        await producer.send({ topic: own.topics.verdicts, acks: -1, messages })
        await sleep(10)
      }
    })()
    const first = await Promise.all([1, 2].map(() => start(url, own)))
    await Promise.all(first.map((archive) => archive.ready()))
    // A process that works commits all the time.
    const later = await start(url, own)
    await later.ready()
    isSending = false
    await feeding
    await producer.disconnect()
    const counted = async () =>
      (await database.query('SELECT count(*) AS n, count(DISTINCT id) AS ids FROM verdict')).rows[0]
    await until(async () => (await counted()).n >= sent, 30_000)
    expect(await counted()).toEqual({ n: sent, ids: sent })
    const all = [...first, later]
    const done = all.flatMap(({ log }) => log.filter(({ event }) => event === 'archive_migrated'))
    expect(done.map(({ steps }) => steps).filter((steps) => steps !== 0)).toEqual([migrations().length])
    expect(all.flatMap(({ log }) => log.filter(({ level }) => level !== 'info'))).toEqual([])
    for (const archive of all) expect(await archive.stop()).toBe(0)
  })

  it('report what they wait for while another one migrates, and stop at once on request', async () => {
    const { url, database } = await emptyDatabase()
    await database.query('SELECT pg_advisory_lock($1)', [LOCK])
    const waiting = await start(url)
    await says(waiting, '(test at 127.0.0.1), which migrates')
    expect(waiting.log.filter(({ event }) => event === 'archive_migration_waits')).toMatchObject([
      { level: 'warn', session: 'test' },
    ])
    expect(await waiting.stop(15_000)).toBe(0)
    expect(waiting.log.map(({ event }) => event)).toContain('stopped')
  })

  it('wait for a database that is down', async () => {
    const { url } = await emptyDatabase()
    await Promise.all(opened.splice(0).map((each) => each.end()))
    server.kill()
    const archive = await start(url)
    await says(archive, 'starting: PostgreSQL does not answer')
    expect((await archive.get('/healthz')).status).toBe(200)
    server.start()
    await archive.ready()
    const events = archive.log.map(({ event }) => event)
    expect(events.filter((event) => event === 'connection_lost')).toHaveLength(1)
    expect(events).toContain('connection_restored')
    server.kill()
    const stopped = await start(url)
    await says(stopped, 'starting: PostgreSQL does not answer')
    expect(await stopped.stop(15_000)).toBe(0)
    server.start()
  })

  it('go on where one was killed that waited for a lock in a migration', async () => {
    const { url, database } = await emptyDatabase()
    await (await (await start(url)).ready()).stop()
    await database.query('DELETE FROM schema_migration WHERE version = 23')
    const reader = await connect(url)
    await reader.query('BEGIN; LOCK TABLE case_alert IN ROW EXCLUSIVE MODE')
    const killed = await start(url)
    await says(killed, '(test at 127.0.0.1), which migrates or holds a lock')
    await killed.kill()
    const next = await start(url)
    // PostgreSQL finds that the process is gone, and ends its statement.
    await says(next, '(test at 127.0.0.1), which migrates or holds a lock')
    expect(await next.stop(15_000)).toBe(0)
    const last = await start(url)
    await says(last, 'waits for')
    await reader.query('ROLLBACK')
    await last.ready()
    const { rows } = await database.query(
      "SELECT count(*) FILTER (WHERE NOT indisvalid) AS invalid, count(*) AS n FROM pg_index WHERE indrelid = 'case_alert'::regclass",
    )
    expect(rows[0].invalid).toBe(0)
    expect(await last.stop()).toBe(0)
  })

  it('makes the tables and fills them whatever limits its role has', async () => {
    const { url, database } = await emptyDatabase()
    const name = new URL(url).pathname.slice(1)
    // Each new function takes half a second, and each insertion of verdicts.
    await database.query(`
      CREATE FUNCTION slow_down() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION slow_down();
      CREATE FUNCTION slow_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
      ALTER ROLE sigwatch IN DATABASE ${name} SET statement_timeout = '400ms';
      ALTER ROLE sigwatch IN DATABASE ${name} SET idle_in_transaction_session_timeout = '400ms';
    `)
    const own = await createServiceTopics(client, kafka.brokers)
    const archive = await start(url, own)
    await archive.ready()
    await database.query(
      'CREATE TRIGGER slow AFTER INSERT ON verdict FOR EACH STATEMENT EXECUTE FUNCTION slow_row()',
    )
    await client.produce(own.topics.verdicts, [JSON.stringify(verdictAt('v1', Date.now()))], { keys: ['v1'] })
    await until(async () => (await database.query('SELECT FROM verdict')).rows.length === 1, 20_000)
    expect(archive.log.some(({ event }) => event === 'connection_lost')).toBe(false)
  }, 120_000)

  it('reads and writes whatever forms its role has for values', async () => {
    const { url, database } = await emptyDatabase()
    const name = new URL(url).pathname.slice(1)
    for (const form of ["DateStyle = 'German, DMY'", 'standard_conforming_strings = off'])
      await database.query(`ALTER ROLE sigwatch IN DATABASE ${name} SET ${form}`)
    const own = await createServiceTopics(client, kafka.brokers)
    const archive = await start(url, own)
    await archive.ready()
    const now = Date.now()
    await client.produce(own.topics.verdicts, [JSON.stringify(verdictAt('v1', now))], { keys: ['v1'] })
    const again = await connect(url)
    await until(async () => (await again.query('SELECT FROM verdict')).rows.length === 1, 20_000)
    const { rows } = await again.query<{ ts: Date }>('SELECT ts FROM verdict')
    expect(rows).toEqual([{ ts: new Date(now) }])
    const pool = openPool(url, 'test', 1_000)
    expect((await pool.query('SELECT ts FROM verdict')).rows).toEqual(rows)
    await pool.end()
  }, 120_000)
})

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageAlertAt } from '../helpers/archive-records.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Environment, type Service, startCommand } from '../helpers/service.ts'
import { createServiceTopics, produceKeyed } from '../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../helpers/services.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

const DAY = 86_400_000
const ALERTS = 121

describeWith(['kafka', 'postgres', 'shiftedClock'], 'sigwatch archive on a host whose clock is wrong', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let server: PostgresServer
  const clocks: ShiftedClock[] = []
  /** The environment of a process whose clock is wrong by so many days. */
  const wrongClock = (days: number): Environment => {
    const clock = new ShiftedClock(days * DAY)
    clocks.push(clock)
    return clock.env
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.stop()
    for (const clock of clocks) clock.remove()
  })

  interface Bench {
    readonly env: Environment
    readonly pool: pg.Pool
    readonly start: (clock?: Environment) => Promise<Service>
    readonly put: (from: number, count: number, age: (i: number) => number) => Promise<void>
    readonly arrive: (n: number, archive: Service) => Promise<void>
  }
  /** `stamps`: who sets the timestamps of the alerts. */
  const onArchive = async (stamps: 'LogAppendTime' | 'CreateTime', work: (bench: Bench) => Promise<void>) => {
    const url = await server.createDatabase(uniqueName('clocks').replaceAll('-', '_'))
    const pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => {})
    const topics = await createServiceTopics(client, kafka.brokers)
    const config = { 'message.timestamp.type': stamps }
    const alerts = await client.createTopic({ config }, uniqueName('stamped-alerts'))
    const env = { ...topics.env, SIGWATCH_KAFKA_TOPICS_ALERTS: alerts, SIGWATCH_ARCHIVE_URL: url }
    const started: Service[] = []
    const count = async () => Number((await pool.query('SELECT count(*) AS n FROM alert')).rows[0].n)
    try {
      await work({
        env,
        pool,
        async start(clock = {}) {
          const archive = await startCommand(['archive'], { ...env, ...clock })
          started.push(archive)
          return archive
        },
        put: (from, n, age) =>
          produceKeyed(
            client,
            alerts,
            Array.from({ length: n }, (_, i) => {
              const id = `m${from + i}`
              return { key: id, value: JSON.stringify(messageAlertAt(id, Date.now() - age(i), i)) }
            }),
          ),
        arrive: (n, archive) =>
          until(
            async () => {
              await sleep(100)
              return (await count()) >= n
            },
            60_000,
            () => `not ${n} alerts\n${archive.stderr.slice(-3_000)}`,
          ),
      })
    } finally {
      for (const archive of started) await archive.kill()
      await pool.end()
    }
  }

  it('loses no alert when it starts 200 days ahead, and says that the clocks differ', async () => {
    await onArchive('LogAppendTime', async ({ env, pool, start, put, arrive }) => {
      const right = await (await start()).ready()
      await put(0, ALERTS, (i) => (i * 7 * DAY) / ALERTS)
      await arrive(ALERTS, right)
      expect(await right.stop()).toBe(0)

      const wrong = await start(wrongClock(200))
      await put(ALERTS, 20, () => 0)
      await arrive(ALERTS + 20, wrong)
      // Records that are appended from now on show the time of the brokers too.
      let next = ALERTS + 20
      await until(
        async () => {
          await put(next++, 1, () => 0)
          await sleep(500)
          return (await wrong.get('/readyz')).body.includes('CLOCK_SKEW')
        },
        60_000,
        () => wrong.stderr.slice(-3_000),
      )
      expect((await wrong.get('/readyz')).status).toBe(503)
      await arrive(next, wrong)
      expect((await pool.query('SELECT count(*) AS n FROM refused')).rows[0].n).toBe('0')
      expect(wrong.log.filter(({ event }) => event === 'archive_expired')).toEqual([])
      expect(await wrong.stop()).toBe(0)

      const { code, stdout } = await warmSigwatch(['archive', '--expire-now'], {
        env: { ...env, ...wrongClock(200) },
      })
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { partitions: 0, held: [] }])
      await arrive(next, wrong)
    })
  })

  it('stores what comes while its clock is three days slow', async () => {
    await onArchive('CreateTime', async ({ pool, start, put, arrive }) => {
      const slow = await (await start(wrongClock(-3))).ready()
      await put(0, 20, () => 0)
      await arrive(20, slow)
      expect((await pool.query('SELECT count(*) AS n FROM refused')).rows[0].n).toBe('0')
      expect(await slow.stop()).toBe(0)
    })
  })

  it('drops all that is due when asked to, and says what it was', async () => {
    await onArchive('CreateTime', async ({ env, pool, start, put, arrive }) => {
      const slow = await (await start(wrongClock(-20))).ready()
      // By PostgreSQL's clock they are past the retention, by that of the host they are not: they are kept.
      await put(0, 5, (i) => (181 + i) * DAY)
      await arrive(5, slow)
      expect(await slow.stop()).toBe(0)
      const { code, stdout } = await warmSigwatch(['archive', '--expire-now'], { env })
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ days: { length: 5 }, held: [], deferred: [] })
      expect((await pool.query('SELECT count(*) AS n FROM alert')).rows[0].n).toBe('0')
    })
  })
})

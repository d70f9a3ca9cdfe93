import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, limited, openClient, openUnlimited } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { openOffsets } from '../../../src/analyst/archive/offsets.ts'
import { ArchiveWriter } from '../../../src/analyst/archive/writer.ts'
import { openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const LIMIT = 'idle_in_transaction_session_timeout'

describeWith('postgres', 'a process of the archive that was stopped in a transaction', () => {
  let server: PostgresServer
  let url: string
  const opened: Client[] = []
  const keep = (client: Client) => {
    opened.push(client)
    return client
  }
  /** Values of the limit that the statements of a session see while it works. */
  const limitsOf = (client: Client) => {
    const seen = new Set<string>()
    const { query } = client
    client.query = (async (...args: Parameters<typeof query>) => {
      const result = await query.apply(client, args as never)
      const { rows } = (await query.apply(client, [`SHOW ${LIMIT}`] as never)) as never as { rows: object[] }
      if (/^\s*(UPDATE|DELETE|INSERT)/.test(String(args[0]))) seen.add(String(Object.values(rows[0]!)[0]))
      return result
    }) as never
    return seen
  }

  beforeAll(async () => {
    server = await startPostgres()
    ;({ url } = server)
    await seedArchive(url, [['alerts', messageAlertAt('m1', NOW, 1)]])
  })
  afterAll(async () => {
    await Promise.all(opened.map((client) => client.end().catch(() => undefined)))
    server?.stop()
  })

  it('loses its session and what it held, and others go on', async () => {
    const stopped = keep(await openUnlimited(url, 'test'))
    expect((await stopped.query(`SHOW ${LIMIT}`)).rows).toEqual([{ [LIMIT]: '1min' }])
    const topics = { verdicts: 'held' }
    await openOffsets(stopped, [{ topic: 'held', partition: 0, startOffset: 0, endOffset: 0 }])
    await stopped.query(`SET ${LIMIT} = '500ms'; BEGIN; UPDATE input_offset SET next = 7`)
    const other = await openIntake(url, { topics })
    await other.take('verdicts', [verdictAt('v1', NOW)])
    await other.close()
    await expect(stopped.query('COMMIT')).rejects.toThrow()
  })

  it('has a time limit between statements also in the transactions of the desk and of an erasure', async () => {
    const client = keep(await openClient(url, 'test'))
    const seen = limitsOf(client)
    await limited(client, 1_000, 'READ WRITE', () => client.query('UPDATE review_case SET owner = owner'))
    await erase(client, tokenOf(9), { by: 'ann' })
    expect([...seen]).toEqual(['1min'])
  })

  it('sends its rows before it takes the lock of their partition', async () => {
    const client = keep(await openUnlimited(url, 'test'))
    const [place] = [{ topic: 'order', partition: 0 }]
    await openOffsets(client, [{ ...place, startOffset: 0, endOffset: 0 }])
    const said: string[] = []
    const { query } = client
    client.query = ((...args: [string | { text: string }]) => {
      said.push(typeof args[0] === 'string' ? args[0] : args[0].text)
      return query.apply(client, args as never)
    }) as never
    const row = { table: 'version', row: { hash: 'h', kind: 'policy', first_seen: new Date(NOW) } } as never
    await new ArchiveWriter(client)
      .write([{ ...place, from: 0, to: 1, rows: [row], refused: [] }])
      .catch(() => undefined)
    const at = (begin: string) => said.findIndex((sql) => sql.startsWith(begin))
    expect(at('COPY')).toBeGreaterThan(0)
    expect(at('UPDATE input_offset')).toBeGreaterThan(at('COPY'))
  })

  it('that gave up a statement leaves no session behind', async () => {
    const locks = keep(await openClient(url, 'test'))
    await locks.query('BEGIN; LOCK TABLE version')
    const gone = await openUnlimited(url, 'gone')
    void gone.query('SELECT FROM version').catch(() => undefined)
    const left = async () =>
      (
        await locks.query(
          "SELECT FROM pg_stat_activity WHERE application_name = 'gone' AND wait_event_type = 'Lock'",
        )
      ).rowCount
    await until(async () => (await left()) === 1)
    await gone.end()
    await until(async () => {
      await sleep(200)
      return (await left()) === 0
    }, 15_000)
    await locks.query('ROLLBACK')
  })
})

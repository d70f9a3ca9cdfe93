import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { withDatabase } from '../../../src/service/compose-archive.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PgBouncer, startPgBouncer } from '../../helpers/pgbouncer.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const TIME = { from: NOW - 3_600_000, to: NOW + 3_600_000 }

describeWith(['postgres', 'pgbouncer'], 'the archive behind PgBouncer that pools transactions', () => {
  let server: PostgresServer
  let bouncer: PgBouncer
  const warnings: string[] = []
  const warned = ({ name, message }: Error) => warnings.push(`${name}: ${message}`)

  beforeAll(async () => {
    process.on('warning', warned)
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', NOW)]])
    bouncer = await startPgBouncer(server.url, 2)
  }, 60_000)
  afterAll(async () => {
    process.off('warning', warned)
    await bouncer?.stop()
    server?.stop()
  })

  /** Another client that shares the connections. */
  const onOtherClient = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: bouncer.url })
    await client.connect()
    return work(client).finally(() => client.end())
  }

  it('answers many reads at once, and does not leak its limit to other clients', async () => {
    const reader = await ArchiveReader.open(bouncer.url, 'test', 5_000)
    try {
      const found = await Promise.all(Array.from({ length: 12 }, () => reader.search(TIME)))
      expect(found.map((alerts) => alerts.length)).toEqual(new Array(12).fill(1))
      await reader.note({ name: 'lin' }, 'search', 'all')
      expect((await reader.accesses()).length).toBe(1)
      const limits = await onOtherClient(async (client) => {
        const all: string[] = []
        for (let i = 0; i < 8; i++)
          all.push((await client.query('SHOW statement_timeout')).rows[0].statement_timeout)
        return all
      })
      expect(new Set(limits)).toEqual(new Set(['0']))
    } finally {
      await reader.close()
    }
  })

  it('ends reads that take too long, on whichever connection they run', async () => {
    const reader = await ArchiveReader.open(bouncer.url, 'test', 300)
    const owner = new pg.Client({ connectionString: server.url })
    await owner.connect()
    try {
      await onOtherClient(async (client) => {
        await client.query('SET statement_timeout = 0')
        await client.query('BEGIN')
        await client.query('SELECT 1')
        await client.query('COMMIT')
      })
      await owner.query('BEGIN')
      await owner.query('LOCK TABLE alert IN ACCESS EXCLUSIVE MODE')
      for (let i = 0; i < 3; i++)
        await expect(reader.search(TIME)).rejects.toMatchObject({ code: 'ARCHIVE_TOO_SLOW' })
      const asked = withDatabase(bouncer.url, (client) => client.query('SELECT count(*) FROM alert'), 300)
      await expect(asked).rejects.toMatchObject({ code: 'ARCHIVE_TOO_SLOW' })
      await owner.query('ROLLBACK')
      expect(await reader.search(TIME)).toHaveLength(1)
    } finally {
      await owner.end()
      await reader.close()
    }
  })

  it('warns of nothing', () => {
    expect(warnings).toEqual([])
  })
})

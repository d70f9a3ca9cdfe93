import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

describeWith('postgres', 'connections to the archive', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [])
  })
  afterAll(() => server?.stop())

  it('that break while statements run end those alone, and others take their place', async () => {
    const archive = await ArchiveReader.open(server.url, 'test')
    const asked = [archive.ask, archive.change].map((ask) => ask('SELECT pg_sleep(30)', []).catch((e) => e))
    const running = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    await until(async () => (await archive.ask(running, [])).length === 2)
    server.kill()
    for (const failure of await Promise.all(asked))
      expect(failure).toMatchObject({ code: 'ARCHIVE_UNREACHABLE' })
    server.start()
    await until(() =>
      archive.ask('SELECT 1', []).then(
        () => true,
        () => false,
      ),
    )
    await archive.close()
  })
})

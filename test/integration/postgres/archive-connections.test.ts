import { chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openClient } from '../../../src/analyst/archive/database.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { makeAuthority } from '../../helpers/certificates.ts'
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

  it('run a statement again that a deadlock ended', async () => {
    const archive = await ArchiveReader.open(server.url, 'test')
    const other = await openClient(server.url, 'test')
    // The statement of the desk notices the deadlock first, and is ended.
    await other.query("SET deadlock_timeout = '30s'; BEGIN; SELECT pg_advisory_xact_lock(1)")
    const asked = archive.change('SELECT pg_advisory_xact_lock(2), pg_advisory_xact_lock(1)', [])
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    await until(async () => (await archive.ask(waiting, [])).length === 1)
    await other.query('SELECT pg_advisory_xact_lock(2)')
    await other.query('COMMIT')
    expect(await asked).toHaveLength(1)
    await other.end()
    await archive.close()
  })

  it('read renewed certificates from their files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sigwatch-postgres-tls-'))
    const plain = await openClient(server.url, 'test')
    const { rows } = await plain.query<{ data_directory: string }>('SHOW data_directory')
    for (const setting of ["ssl_cert_file = 'tls.cert'", "ssl_key_file = 'tls.key'", 'ssl = on'])
      await plain.query(`ALTER SYSTEM SET ${setting}`)
    await plain.end()
    const data = rows[0]!.data_directory
    /** Gives the server another certificate, and clients the authority of it. */
    const renew = (name: string) => {
      mkdirSync(join(folder, name))
      const authority = makeAuthority(join(folder, name))
      const { cert, key } = authority.issue('server')
      for (const [from, to] of [
        [cert, join(data, 'tls.cert')],
        [key, join(data, 'tls.key')],
      ] as const) {
        copyFileSync(from, to)
        chownSync(to, statSync(data).uid, statSync(data).gid)
      }
      copyFileSync(authority.ca, join(folder, 'ca.pem'))
      server.kill()
      server.start()
    }
    const url = `${server.url}?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`
    renew('first')
    const archive = await ArchiveReader.open(url, 'test')
    const answers = () =>
      archive.ask('SELECT 1', []).then(
        () => true,
        () => false,
      )
    renew('second')
    await until(answers)
    // A file that is gone is an outage, not a defect.
    rmSync(join(folder, 'ca.pem'))
    await expect(openClient(url, 'test')).rejects.toMatchObject({ code: 'ARCHIVE_UNREACHABLE' })
    server.kill()
    server.start()
    await until(async () => !(await answers()))
    renew('third')
    await until(answers)
    await archive.close()
    rmSync(folder, { recursive: true, force: true })
  })
})

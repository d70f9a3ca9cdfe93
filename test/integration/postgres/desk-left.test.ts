import { chownSync, copyFileSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { makeAuthority } from '../../helpers/certificates.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PgBouncer, startPgBouncer } from '../../helpers/pgbouncer.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

describeWith(['postgres', 'pgbouncer'], 'searches that a browser leaves', () => {
  let server: PostgresServer
  let bouncer: PgBouncer
  let owner: Client
  let watcher: Client
  const emitted: string[] = []

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    bouncer = await startPgBouncer(server.url, 6)
    owner = await openClient(server.url, 'owner')
    watcher = await openClient(server.url, 'watcher')
    await offerTls(owner)
  }, 60_000)
  afterAll(async () => {
    await owner?.end()
    await watcher?.end()
    await bouncer?.stop()
    server?.stop()
  })

  /** Statements on alerts that wait for the lock of the owner. */
  const waiting = async () => {
    const running = "state = 'active' AND wait_event_type = 'Lock' AND query LIKE '%FROM alert%'"
    return (await watcher.query(`SELECT FROM pg_stat_activity WHERE ${running}`)).rowCount
  }
  const hasWaiting = (n: number) => expect.poll(waiting, { timeout: 10_000 }).toBe(n)

  it.each([
    ['on a direct connection', () => server.url],
    ['through TLS', () => `${server.url}?sslmode=no-verify`],
    ['behind PgBouncer that pools transactions', () => bouncer.url],
  ])('are cancelled in PostgreSQL, and no others: %s', async (_, url) => {
    const archive = await ArchiveReader.open(url(), 'left-desk')
    const logins = [{ name: 'lin', token: 'a-token-of-lin', may: 'read' as const }]
    const desk: Desk = await startDeskOn(archive, { logins, emit: ({ name }) => emitted.push(name) })
    const user = deskClient(() => desk.port)
    try {
      await user.login('lin', 'a-token-of-lin')
      const search = (await user.post('lin', '/find', { q: 'action:block' })).headers.get('location')!
      expect(await user.see('lin', search)).toContain('/case/alert-m1"')
      // What the desk computes at its start is done then.
      await user.see('lin', '/overview')
      await owner.query('BEGIN; LOCK TABLE alert IN ACCESS EXCLUSIVE MODE')
      const leaving = new AbortController()
      const open = (path: string, signal?: AbortSignal) =>
        fetch(`http://127.0.0.1:${desk.port}${path}`, {
          headers: { cookie: user.cookie('lin') },
          ...(signal && { signal }),
        })
      const left = ['/', search].map((path) => open(path, leaving.signal).catch((error: Error) => error.name))
      const other = open(search)
      await hasWaiting(3)
      // A fourth waits for a connection of the pool, and takes none when it is left.
      left.push(open(search, leaving.signal).catch((error: Error) => error.name))
      leaving.abort()
      expect(await Promise.all(left)).toEqual(['AbortError', 'AbortError', 'AbortError'])
      await hasWaiting(1)
      await owner.query('COMMIT')
      expect(await (await other).text()).toContain('/case/alert-m1"')
      // The connections of the pools are as before.
      const again = await Promise.all([search, search, '/', '/', '/', '/'].map((path) => open(path)))
      expect(again.map(({ status }) => status)).toEqual(Array(6).fill(200))
      expect(emitted.splice(0)).toEqual(['desk_login'])
    } finally {
      await owner.query('ROLLBACK')
      await desk.close()
      await archive.close()
    }
  })
})

/** Gives the server a certificate, for connections that ask for TLS. */
async function offerTls(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ data_directory: string }>('SHOW data_directory')
  const data = rows[0]!.data_directory
  const { uid, gid } = statSync(data)
  const { cert, key } = makeAuthority(mkdtempSync(join(tmpdir(), 'sigwatch-left-'))).issue('postgres')
  for (const [from, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    copyFileSync(from, join(data, name))
    chownSync(join(data, name), uid, gid)
  }
  await owner.query('ALTER SYSTEM SET ssl = on')
  await owner.query('SELECT pg_reload_conf()')
}

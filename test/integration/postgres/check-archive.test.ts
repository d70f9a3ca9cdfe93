import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../../src/analyst/archive/database.ts'
import { migrate, migrations } from '../../../src/analyst/archive/migrate.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const [BEFORE, KNOWN] = migrations()
  .slice(-2)
  .map(({ version }) => version) as [number, number]

describeWith('postgres', 'check --connect of the archive', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  const check = async (url: string) => {
    const { code, stderr } = await warmSigwatch(['check', '--connect'], {
      env: { SIGWATCH_ARCHIVE_URL: url },
    })
    expect(stderr).not.toContain('INTERNAL')
    expect(stderr).not.toContain('pw-of')
    return { code, lines: stderr.split('\n').filter((line) => line.startsWith('archive')) }
  }
  const change = (url: string, sql: string) => withClient(url, 'test', (client) => client.query(sql))
  /** The address with another user, who has a password. */
  const as = (url: string, user: string) => url.replace('sigwatch@', `${user}:pw-of-${user}@`)

  it('says the state of the tables, and leaves them as they are', async () => {
    const url = await server.createDatabase('states')
    const state = async () => (await check(url)).lines.find((line) => line.includes('tables')) ?? ''
    const empty = await check(url)
    expect(empty.code).toBe(0)
    expect(empty.lines).toEqual([
      expect.stringMatching(/^archive: PostgreSQL \d+\.\d+.*, database states, user sigwatch$/),
      expect.stringMatching(
        /^archive: its clock is \d+ ms (?:behind|ahead of) the clock here, measured within/,
      ),
      'archive: no tables yet: `sigwatch archive` makes them when it starts',
    ])
    await withClient(url, 'test', (client) => migrate(client))
    expect(await state()).toBe(`archive: the tables are those of this version (${KNOWN})`)
    await change(url, `DELETE FROM schema_migration WHERE version = ${KNOWN}`)
    expect(await state()).toMatch(
      new RegExp(
        `^archive: warning: the tables are those of version ${BEFORE}, .* knows ${KNOWN}: .*archive`,
      ),
    )
    await change(url, `INSERT INTO schema_migration (version, name) VALUES (${KNOWN + 1}, 'later')`)
    const later = await check(url)
    expect(later.code).toBe(2)
    expect(later.lines.at(-1)).toMatch(
      new RegExp(`^archive: .*version ${KNOWN + 1}, .* knows ${KNOWN}: install`),
    )
  })

  it('finds a server that is away, a missing database, a user that is unknown or has no rights', async () => {
    const url = await server.createDatabase('rights')
    await change(
      url,
      `CREATE USER poor PASSWORD 'pw-of-poor'; CREATE USER locked NOLOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
    )
    const fault = async (at: string) => {
      const { code, lines } = await check(at)
      expect(code).toBe(2)
      return lines.at(-1)
    }
    expect(await fault(`postgres://sigwatch@127.0.0.1:${await freePort()}/sigwatch`)).toMatch(
      /^archive: PostgreSQL: connect ECONNREFUSED 127\.0\.0\.1:\d+; .*archive\.url/,
    )
    expect(await fault(url.replace(/rights$/, 'nowhere'))).toMatch(/^archive: PostgreSQL: 3D000: .*"nowhere"/)
    expect(await fault(as(url, 'locked'))).toMatch(/^archive: PostgreSQL: 28000: /)
    expect(await fault(as(url, 'poor'))).toMatch(/^archive: .*user poor may not create tables: GRANT CREATE/)
    await withClient(url, 'test', (client) => migrate(client))
    expect(await fault(as(url, 'poor'))).toMatch(/^archive: PostgreSQL: 42501: /)
    // The tables are there, and reading does not need to create any.
    await change(url, 'GRANT SELECT ON schema_migration TO poor')
    expect((await check(as(url, 'poor'))).code).toBe(0)
  })
})

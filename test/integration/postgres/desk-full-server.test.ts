import { afterAll, beforeAll, expect, it } from 'vitest'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import type { GivenRow } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { fraudAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const CASES = 40
const LOGIN = { name: 'lin', token: 'a-token-of-lin-of-the-tests', may: 'judge' as const }

const fraud = (n: number) => fraudAlertAt(`m${n}`, NOW - 60_000 - n, n, `a${n}x.top`)

describeWith('postgres', 'judgements while PostgreSQL has no connection left', () => {
  let server: PostgresServer
  let desk: Desk
  let archive: ArchiveReader
  const user = deskClient(() => desk.port)
  const written: GivenRow[] = []
  const write = async (_: string, row: object) => void written.push(row as GivenRow)

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(
      server.url,
      Array.from({ length: CASES }, (_, n) => ['alerts', fraud(n)] as const),
    )
    archive = await ArchiveReader.open(server.url, 'full-desk', 5_000)
    desk = await startDeskOn(archive, { logins: [LOGIN], feedback: { now: async () => Date.now(), write } })
    await user.login(LOGIN.name, LOGIN.token)
  })
  afterAll(async () => {
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  /** Sessions until the server takes no more. */
  const fill = async () => {
    const sessions: Client[] = []
    for (;;) {
      try {
        sessions.push(await openClient(server.url, 'filler'))
      } catch {
        return sessions
      }
    }
  }
  const judge = (id: string) =>
    user.post(LOGIN.name, `/queue/${id}`, { act: 'judge', verdict: 'confirmed', note: 'seen' })
  const view = async (which: 'open' | 'done') =>
    (await queueOf(archive.ask, which, LOGIN.name)).map(({ id }) => id)
  const countOf = async (table: string) => (await archive.ask(`SELECT FROM ${table}`, [])).length

  it('are all kept and sent, or answered by a fault and not kept', async () => {
    const cases = await view('open')
    expect(cases).toHaveLength(CASES)
    const before = await countOf('access_log')
    const sessions = await fill()
    await sessions[0]!.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'full-desk'",
    )
    sessions.push(...(await fill()))
    const none = await Promise.all(cases.map(judge))
    expect(new Set(none.map(({ status }) => status))).toEqual(new Set([503]))
    for (const session of sessions.splice(1)) await session.end()
    expect([await view('done'), written]).toEqual([[], []])

    // A judgement is several rows: none of them is kept if the last cannot be written.
    const [session] = sessions
    await session!.query('BEGIN; LOCK TABLE access_log IN EXCLUSIVE MODE')
    expect((await judge(cases[0]!)).status).toBe(503)
    await session!.query('COMMIT')
    await session!.end()
    expect([await view('done'), await countOf('given_feedback')]).toEqual([[], 0])

    const all = await Promise.all(cases.map(judge))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([303]))
    expect((await view('done')).sort()).toEqual(cases.sort())
    await until(() => written.length === CASES)
    expect(await countOf("case_event WHERE what = 'commented' AND text = 'seen'")).toBe(CASES)
    expect((await countOf('access_log')) - before).toBe(CASES)
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { splitCase } from '../../../src/analyst/archive/case-merge.ts'
import { type QueueView, queueOf, subjectsOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import type { GivenRow } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { type OpenIntake, openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000
const TEXTS = {
  a: '【甲银行】您的账户今日异常，请登录 a88.top 核实身份信息',
  b: '【乙快递】包裹滞留仓库，补填地址请点 b99.top 谢谢配合',
  c: '【丙彩票】周末开奖大放送，注册 c77.top 立即领取八百元',
} as const

/** A fraud on one of three campaigns, each with a domain and a text of its own. */
const fraud = (id: string, n: number, campaign: keyof typeof TEXTS, from = '10690200001'): Alert => {
  const alert = messageAlertAt(id, Date.now() - 30 * MINUTE + n, n)
  const text = TEXTS[campaign]
  const { data } = alert
  const message = { ...data.message!, from, text }
  const url = /[a-z]\d+\.top/.exec(text)![0]
  return {
    ...alert,
    data: { ...data, message, contacts: { ...data.contacts!, urls: [`http://${url}`] } },
  } as Alert
}

describeWith('postgres', 'merging, due times and splits of cases', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  let intake: OpenIntake
  const given: GivenRow[] = []
  const users = deskClient(() => desk.port)
  const open = async (view: QueueView = 'open') => {
    const found = await queueOf(archive.ask, view, 'lin')
    return Object.fromEntries(found.map((one) => [one.name, one]))
  }
  const act = async (id: string, fields: Readonly<Record<string, string>>, who = 'lin') =>
    (await users.post(who, `/queue/${id}`, fields)).headers.get('location')
  const idOf = async (name: string) => {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM review_case WHERE name = $1', [name])
    return rows[0]!.id
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [
      ...(['a', 'b', 'c'] as const).flatMap((campaign, i) =>
        [0, 1, 2].map(
          (n) => ['alerts', fraud(`${campaign}${n}`, 3 * i + n, campaign, `1069020000${n}`)] as const,
        ),
      ),
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    intake = await openIntake(server.url)
    desk = await startDeskOn(archive, {
      logins: ['lin', 'wu'].map((name) => ({ name, token: `a-token-of-${name}`, may: 'judge' as const })),
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
    for (const name of ['lin', 'wu']) await users.login(name, `a-token-of-${name}`)
  })
  afterAll(async () => {
    await desk?.close()
    await intake?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('merges cases, with their later alerts, once', async () => {
    expect(Object.keys(await open()).sort()).toEqual(['a88.top', 'b99.top', 'c77.top'])
    const [a, b] = [await idOf('a88.top'), await idOf('b99.top')]
    const asked = await users.see('lin', (await act(a, { act: 'merge', other: b }))!)
    expect(asked).toContain('Merge Domain b99.top (3 alerts) into this case?')
    expect(asked).toContain('<option value="">Pick a case')
    expect(Object.keys(await open())).toHaveLength(3)
    const answers = await Promise.all(
      ['lin', 'wu'].map((who) => act(a, { act: 'merge', other: b, sure: '1' }, who)),
    )
    expect(answers.sort()).toEqual([`/queue/${a}`, `/queue/${a}?said=cannotMerge`])
    expect(await act(a, { act: 'merge', other: a, sure: '1' })).toContain('cannotMerge')
    expect(await act(a, { act: 'merge', other: 'none', sure: '1' })).toContain('cannotMerge')
    await intake.take('alerts', [fraud('b8', 50, 'b')])
    const found = await open()
    expect(Object.keys(found).sort()).toEqual(['a88.top', 'c77.top'])
    expect(found['a88.top']).toMatchObject({ alerts: 7, senders: 3 })
    expect((await users.get('lin', `/queue/${b}`)).headers.get('location')).toBe(`/queue/${a}`)
    expect(await act(b, { act: 'merge', other: a, sure: '1' })).toBe(`/queue/${a}?said=mergedBefore`)
    const page = await users.see('lin', `/queue/${a}`)
    expect(page).toContain('Merged into this one: Domain b99.top')
    expect(page).toMatch(/(?:lin|wu): merged a case into it/)
  })

  it('merges what others were merged into, and takes them apart one by one', async () => {
    const [a, b, c] = [await idOf('a88.top'), await idOf('b99.top'), await idOf('c77.top')]
    await act(c, { act: 'merge', other: a, sure: '1' })
    expect((await open())['c77.top']).toMatchObject({ alerts: 10 })
    await act(c, { act: 'unmerge', other: a })
    expect((await open())['a88.top']).toMatchObject({ alerts: 7 })
    await act(c, { act: 'merge', other: a, sure: '1' })
    await act(c, { act: 'unmerge', other: b })
    const found = await open()
    expect([found['b99.top']!.alerts, found['c77.top']!.alerts]).toEqual([4, 6])
    expect(await act(c, { act: 'unmerge', other: b })).toContain('cannotMerge')
    await act(c, { act: 'unmerge', other: a })
    expect(Object.keys(await open()).sort()).toEqual(['a88.top', 'b99.top', 'c77.top'])
  })

  it('moves a case along that is merged into one that is being merged', async () => {
    const [a, b, c] = [await idOf('a88.top'), await idOf('b99.top'), await idOf('c77.top')]
    await client.query('BEGIN')
    await client.query('SELECT FROM review_case WHERE id = $1 FOR UPDATE', [b])
    const waiting = async (count: number) => {
      const sql = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%both_open%'"
      return (await archive.ask(sql, [])).length === count
    }
    const first = act(b, { act: 'merge', other: a, sure: '1' })
    await until(() => waiting(1))
    const second = act(c, { act: 'merge', other: b, sure: '1' }, 'wu')
    await until(() => waiting(2))
    await client.query('COMMIT')
    expect(await second).toBe(`/queue/${c}`)
    expect(await first).toBe(`/queue/${b}`)
    const found = await open()
    expect(Object.keys(found)).toEqual(['c77.top'])
    expect(found['c77.top']).toMatchObject({ alerts: 10 })
    await act(c, { act: 'unmerge', other: b })
    expect((await open())['b99.top']).toMatchObject({ alerts: 7 })
    await act(b, { act: 'unmerge', other: a })
    expect(Object.keys(await open()).sort()).toEqual(['a88.top', 'b99.top', 'c77.top'])
  })

  it('settles and opens again what is merged with its case', async () => {
    const [a, b] = [await idOf('a88.top'), await idOf('b99.top')]
    await act(a, { act: 'merge', other: b, sure: '1' })
    const clicks = await Promise.all(
      ['lin', 'lin', 'wu'].map((who) => act(a, { act: 'judge', verdict: 'confirmed' }, who)),
    )
    expect(clicks.filter((location) => location!.includes('settledB'))).toHaveLength(2)
    expect(given).toHaveLength(7)
    expect(Object.keys(await open())).toEqual(['c77.top'])
    expect(await act(await idOf('c77.top'), { act: 'merge', other: a, sure: '1' })).toContain('cannotMerge')
    const who = given[0]!.by
    await users.post(who, '/queue/undo', {})
    expect((await open())['a88.top']).toMatchObject({ alerts: 7 })
    await act(a, { act: 'judge', verdict: 'confirmed' })
    await act(a, { act: 'unmerge', other: b })
    expect(Object.keys(await open())).toEqual(['c77.top'])
    await users.post('lin', '/queue/undo', {})
    expect(Object.keys(await open()).sort()).toEqual(['a88.top', 'b99.top', 'c77.top'])
  })

  it('shows overdue cases first, and those with a time by it', async () => {
    const [a, b] = [await idOf('a88.top'), await idOf('b99.top')]
    const local = (ms: number) => new Date(ms + 8 * 60 * MINUTE).toISOString().slice(0, 16)
    const past = await act(b, { act: 'due', due: local(Date.now() - 5 * MINUTE) })
    expect(await users.see('lin', past!)).toContain('This time has passed')
    expect(Object.keys(await open('due'))).toEqual([])
    await client.query("UPDATE review_case SET due_at = now() - interval '5 minutes' WHERE id = $1", [b])
    await act(a, { act: 'due', due: local(Date.now() + 60 * MINUTE) })
    expect(Object.keys(await open())[0]).toBe('b99.top')
    expect(Object.keys(await open('due'))).toEqual(['b99.top', 'a88.top'])
    const page = await users.see('lin', '/queue?view=due')
    expect(page).toContain('overdue since')
    expect(page).toContain('>due 20')
    expect((await users.post('lin', `/queue/${b}`, { act: 'due', due: 'soon' })).status).toBe(400)
    await act(b, { act: 'due', due: '' })
    expect(Object.keys(await open('due'))).toEqual(['a88.top'])
  })

  it('lets one of two splits at once have a sender, and makes no empty case', async () => {
    const id = await idOf('c77.top')
    const [x, y] = (await subjectsOf(archive.ask, id)).length > 0 ? await sendersIn(id) : []
    const made = await Promise.all([
      splitCase(archive.change, id, [x!]),
      splitCase(archive.change, id, [x!, y!]),
      splitCase(archive.change, id, [x!]),
    ])
    const { rows } = await client.query<{ case_id: string; n: number }>(
      'SELECT case_id, count(*)::int AS n FROM case_alert WHERE case_id = ANY ($1) GROUP BY case_id',
      [made.filter((one) => one !== undefined)],
    )
    expect(rows).toHaveLength(made.filter((one) => one !== undefined).length)
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(2)
    const cases = await client.query("SELECT id FROM review_case WHERE grouped_by = 'sender'")
    expect(cases.rows).toHaveLength(rows.length)
    const routes = await client.query('SELECT to_case FROM case_route WHERE from_case = $1', [id])
    expect(routes.rows).toHaveLength(2)
    // The second click of one person.
    const before = cases.rows.length
    expect(await act(id, { act: 'split', sender: x! })).toContain('cannotSplit')
    expect((await client.query("SELECT id FROM review_case WHERE grouped_by = 'sender'")).rows).toHaveLength(
      before,
    )
  })

  const sendersIn = async (id: string) => {
    const { rows } = await client.query<{ sender: string }>(
      'SELECT DISTINCT sender FROM case_alert WHERE case_id = $1 ORDER BY 1',
      [id],
    )
    return rows.map(({ sender }) => sender)
  }
})

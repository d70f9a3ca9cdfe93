import { afterAll, beforeAll, expect, it } from 'vitest'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { composeDesk } from '../../../src/service/compose-desk.ts'
import { readConfig } from '../../../src/settings/config.ts'
import { fraudAlertAt, messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000
const NOW = Date.now()
const WITHIN = { timeout: 60_000 }
const LOGINS = ['lin', 'wu'].map((name) => ({
  name,
  token: `a-token-of-${name}-of-the-tests`,
  may: 'judge' as const,
}))

/** An event of the state of a domain that was blocked manually. */
function blocked(domain: string, revision: number, ago: number, isUndone = false): Alert {
  const at = NOW - ago * MINUTE
  const type = isUndone ? 'sigwatch.alert.cleared' : 'sigwatch.alert.raised'
  const alert = stateAlertAt(at, revision, messageAlertAt('by-hand', at), type)
  const { message: _, samples: __, contacts: ___, label: ____, ...data } = alert.data
  const [reason] = data.reasons
  const until = new Date(NOW).toISOString()
  const evidence = { by: 'lin', why: 'seen', until }
  return {
    ...alert,
    id: `${domain}-${revision}`,
    data: {
      ...data,
      reasons: [{ ...reason!, code: 'MANUAL_BLOCK', detail: 'Ordered by lin: seen.', evidence }],
      target: { kind: 'domain', id: domain },
      match: { domains: [domain] },
      state: { id: `block-${domain}`, episode: 1, revision },
      ...(isUndone && { feedback: { by: 'wu', until } }),
    },
  }
}

const fraud = (id: string, n: number, domain: string, ago: number) =>
  fraudAlertAt(id, NOW - ago * MINUTE, n, domain)

describeWith('postgres', 'what is done twice, by two people or at two desks', () => {
  const folder = useFolder()
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  const desks: Desk[] = []
  const users = [0, 1].map((i) => deskClient(() => desks[i]!.port))
  const feedback = { now: async () => Date.now(), write: async () => undefined }
  const archived = (topic: string, ...alerts: readonly Alert[]) =>
    seedArchive(
      server.url,
      alerts.map((one) => ['alerts', one]),
      { topic },
    )
  const open = async () => {
    const found = await queueOf(archive.ask, 'open', 'lin')
    return Object.fromEntries(found.map((one) => [one.name, one]))
  }

  beforeAll(async () => {
    server = await startPostgres()
    await archived('first', fraud('a1', 1, 'a88.top', 30), fraud('b1', 2, 'b99.top', 30))
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    for (const one of users) {
      desks.push(await startDeskOn(archive, { logins: LOGINS, feedback }))
      for (const { name, token } of LOGINS) await one.login(name, token)
    }
  })
  afterAll(async () => {
    for (const desk of desks) await desk.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('writes one letter of one form under one number, however often it is sent and wherever', async () => {
    const letters = async () => {
      const { rows } = await client.query(
        'SELECT (SELECT count(*)::int FROM letter) AS letters, (SELECT sum(n)::int FROM letter_count) AS numbers',
      )
      return rows[0]
    }
    const send = (i: number) => async () => {
      const page = await users[i]!.see('lin', '/case/alert-a1')
      const after = /name="after" value="(\d+)"/.exec(page)![1]!
      return () => users[i]!.post('lin', '/letter/alert-a1', { reader: 'sender', addressee: 'An SP', after })
    }
    const forms = await Promise.all([0, 1].map((i) => send(i)()))
    const answers = await Promise.all([...forms, ...forms].map((post) => post()))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303])
    expect(await letters()).toEqual({ letters: 1, numbers: 1 })
    await forms[1]!()
    expect(await letters()).toEqual({ letters: 1, numbers: 1 })
    await (await send(1)())()
    expect(await letters()).toEqual({ letters: 2, numbers: 2 })
    const { rows } = await client.query<{ file_number: string; content: unknown }>('SELECT * FROM letter')
    for (const { file_number, content } of rows) expect(JSON.stringify(content)).toContain(`"${file_number}"`)
  })

  it('closes the case of a manual block that is undone, and opens it when the block is set again', async () => {
    await archived('set', blocked('bad.top', 1, 20), blocked('worse.top', 1, 20))
    expect((await open())['bad.top']).toMatchObject({ alerts: 1 })
    await archived('undone', blocked('bad.top', 2, 15, true))
    const now = await open()
    expect([now['bad.top'], now['worse.top']?.alerts]).toEqual([undefined, 1])
    const done = await queueOf(archive.ask, 'done', 'lin')
    expect(done.find(({ name }) => name === 'bad.top')).toMatchObject({ finding: 'unblocked', done_by: 'wu' })
    const page = await users[0]!.see('lin', '/queue?view=done')
    expect(page).toContain('the manual block was undone')
    const id = done.find(({ name }) => name === 'bad.top')!.id
    expect(await users[0]!.see('lin', `/queue/${id}`)).not.toContain('value="undo"')
    await archived('again', blocked('bad.top', 3, 10))
    expect((await open())['bad.top']).toMatchObject({ alerts: 1, finding: 'unblocked' })
    await archived('undone again', blocked('bad.top', 4, 5, true))
    expect((await open())['bad.top']).toBeUndefined()
  })

  it('leaves a case open that is about more than the block', async () => {
    await archived('both', fraud('e1', 5, 'e77.top', 9), blocked('e77.top', 1, 8))
    await client.query(
      "UPDATE case_alert SET case_id = (SELECT case_id FROM case_alert WHERE alert_id = 'alert-e1') WHERE alert_id = 'e77.top-1'",
    )
    await archived('both undone', blocked('e77.top', 2, 7, true))
    expect((await open())['e77.top']).toMatchObject({ alerts: 2 })
  })

  it('leaves alerts open whose finding does not hold any more when a block ends', async () => {
    await archived('judged', fraud('f1', 6, 'f66.top', 12))
    const { id } = (await open())['f66.top']!
    await users[0]!.post('lin', `/queue/${id}`, { act: 'judge', verdict: 'confirmed' })
    await client.query(
      `UPDATE review_case SET settled_until = to_timestamp(${(NOW - 10 * MINUTE) / 1_000}) WHERE id = $1`,
      [id],
    )
    await client.query(
      `INSERT INTO fallen_judgement (batch, subject) SELECT batch, 'f1' FROM review_case WHERE id = $1`,
      [id],
    )
    await archived('block', blocked('f66.top', 1, 8))
    await client.query(`UPDATE case_alert SET case_id = $1 WHERE alert_id = 'f66.top-1'`, [id])
    expect((await open())['f66.top']).toMatchObject({ alerts: 2 })
    await archived('block ends', blocked('f66.top', 2, 7, true))
    expect((await open())['f66.top']).toMatchObject({ alerts: 2, finding: 'confirmed' })
  })

  it('closes merged cases of blocks that were undone, and says so in the history that is shown', async () => {
    await archived('two blocks', blocked('g1.top', 1, 6), blocked('g2.top', 1, 6))
    const [one, two] = await Promise.all(['g1.top', 'g2.top'].map(async (name) => (await open())[name]!.id))
    await users[0]!.post('wu', `/queue/${two}`, { act: 'merge', other: one!, sure: '1' })
    await archived('one undone', blocked('g1.top', 2, 5, true))
    expect((await open())['g2.top']).toMatchObject({ alerts: 2 })
    await archived('both undone too', blocked('g2.top', 2, 4, true))
    expect((await open())['g2.top']).toBeUndefined()
    expect(await users[1]!.see('lin', `/queue/${two}`)).toContain('the manual block was undone')
  })

  it('keeps a finding that is written while the end of a block is archived', async () => {
    await archived('to be judged', blocked('h1.top', 1, 6))
    const { id } = (await open())['h1.top']!
    await client.query('BEGIN')
    await client.query(
      "UPDATE review_case SET status = 'done', finding = 'confirmed', batch = 'b-h1', settled_until = now() WHERE id = $1",
      [id],
    )
    const ends = archived('ends meanwhile', blocked('h1.top', 2, 5, true))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await client.query('COMMIT')
    await ends
    const { rows } = await client.query('SELECT finding, batch FROM review_case WHERE id = $1', [id])
    expect(rows).toEqual([{ finding: 'confirmed', batch: 'b-h1' }])
  })

  it('says of the case that shows the alerts that a finding was undone while they were merged', async () => {
    const [a, b] = await Promise.all(['a88.top', 'b99.top'].map(async (name) => (await open())[name]!.id))
    const act = (who: string, id: string, fields: Readonly<Record<string, string>>) =>
      users[0]!.post(who, `/queue/${id}`, fields)
    await act('lin', a!, { act: 'judge', verdict: 'confirmed' })
    await client.query("UPDATE review_case SET settled_until = now() - interval '1 hour' WHERE id = $1", [a])
    await act('wu', b!, { act: 'merge', other: a!, sure: '1' })
    expect((await open())['b99.top']).toMatchObject({ alerts: 2 })
    const undone = await users[1]!.post('lin', '/queue/undo', {})
    expect(await users[1]!.see('lin', undone.headers.get('location')!)).toContain('is being undone')
    expect(await users[1]!.see('wu', `/queue/${b}`)).toContain('lin: undid the finding')
    expect((await open())['b99.top']).toMatchObject({ alerts: 2 })
  })

  it('says that the database is away in the first minute, and works when it is back', async () => {
    await seedArchive(
      server.url,
      [
        [
          'registry',
          { kind: 'brand', id: 'zz', names: ['Zed Bank'], domains: ['zz.com'] },
          { key: 'brand:zz', at: NOW },
        ],
      ],
      { topic: 'registry' },
    )
    const env = {
      SIGWATCH_ARCHIVE_URL: server.url,
      SIGWATCH_DESK_PORT: '0',
      SIGWATCH_DESK_TOKENS: JSON.stringify(LOGINS),
    }
    const { config } = readConfig({ folder: folder.file('none'), env })
    server.kill()
    const said: string[] = []
    const starting = composeDesk(config, (event) => void said.push(JSON.stringify(event)))
    await expect.poll(() => said.join(), WITHIN).toContain('waiting a minute for the archive')
    const young = await startDeskOn(archive, { logins: LOGINS })
    const user = deskClient(() => young.port)
    const login = () =>
      fetch(`http://127.0.0.1:${young.port}/login`, {
        ...{ method: 'POST', redirect: 'manual', body: new URLSearchParams({ token: LOGINS[0]!.token }) },
      } as RequestInit)
    try {
      const refused = await login()
      expect([refused.status, await refused.text()]).toEqual([
        503,
        expect.stringContaining('archive does not answer'),
      ])
      expect(await users[0]!.see('lin', '/queue')).toContain('<nav aria-label="Pages">')
      server.start()
      await expect.poll(async () => (await login()).status, WITHIN).toBe(303)
      await user.login('lin', LOGINS[0]!.token)
      expect(await user.see('lin', '/brand/zz')).toContain('Zed Bank')
      const waited = await starting
      expect((await fetch(`${waited.address}queue`)).status).toBe(401)
      await waited.close()
    } finally {
      await young.close()
    }
  })
})

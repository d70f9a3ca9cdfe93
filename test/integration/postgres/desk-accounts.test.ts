import { afterAll, beforeAll, expect, it } from 'vitest'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { POST_RIGHTS, rightOfPost } from '../../../src/analyst/desk/post-rights.ts'
import { type Desk, startDesk } from '../../../src/analyst/desk/server.ts'
import type { Event } from '../../../src/domain/events.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import type { DeskRights } from '../../../src/settings/token-forms.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NUMBER = '13800138000'
const KEYS = ['2', '1'].map((keyId) =>
  createTokeniser({ keyId, key: `a-key-of-the-tests-with-32-bytes-${keyId}` }),
)
const [TOKEN, FORMER] = KEYS.map((tokenise) => tokenise(NUMBER)) as [string, string]
const RIGHTS = ['read', 'judge', 'feedback', 'block', 'lead', 'audit', 'number'] as const
const JUDGES = ['judge', 'feedback', 'block', 'lead']
const USERS: readonly (readonly [string, DeskRights])[] = [
  ...RIGHTS.map((right) => [right, right] as const),
  ...([
    ['other', 'judge'],
    ['caller', ['judge', 'number']],
  ] as const),
]

describeWith('postgres', 'accounts of the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  const events: Event[] = []
  const users = deskClient(() => desk.port)
  const openDesk = (port: number, more: object = {}) =>
    startDesk({
      ...{ host: '127.0.0.1', port, locale: 'en', archive, isTrustedProxy: () => false },
      emit: (event) => void events.push(event),
      logins: USERS.map(([name, may]) => ({ name, token: `a-token-of-${name}`, may })),
      feedback: { now: async () => Date.now(), write: async () => undefined },
      ...more,
    })

  beforeAll(async () => {
    server = await startPostgres()
    const now = Date.now() - 60_000
    const told = (id: string, toToken: string, n: number) => {
      const alert = messageAlertAt(id, now - n * 1000, n)
      return [
        'alerts',
        { ...alert, data: { ...alert.data, message: { ...alert.data.message!, toToken } } },
      ] as const
    }
    await seedArchive(server.url, [
      told('m1', TOKEN, 1),
      told('m2', FORMER, 2),
      ['alerts', messageAlertAt('m3', now, 3)],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    desk = await openDesk(0, { numberTokens: (number: string) => KEYS.map((tokenise) => tokenise(number)) })
    for (const [name] of USERS) await users.login(name, `a-token-of-${name}`)
  })
  afterAll(async () => {
    await desk?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  /** Of each address that takes forms, its forms, and who may send them. */
  const forms = (
    id: string,
  ): Readonly<Record<string, readonly (readonly [string, object, readonly string[]])[]>> => ({
    '/search': [['/search', { field: 'code', value: 'X' }, RIGHTS]],
    '/find': [
      ['/find', { q: '京东' }, RIGHTS],
      ['/find', { q: NUMBER }, ['number']],
    ],
    '/case/*': [
      ['/case/alert-m1', { verdict: 'confirmed' }, JUDGES],
      ['/case/alert-m1', { verdict: 'block', target: 'domain:kf88.top', note: 'x' }, ['block', 'lead']],
      ['/case/alert-m1', { undo: 'of-other' }, ['lead']],
    ],
    '/letter/*': [['/letter/alert-m1', { reader: 'sender', addressee: 'SP' }, JUDGES]],
    '/queue/undo': [['/queue/undo', {}, JUDGES]],
    '/queue/*': [
      [`/queue/${id}`, { act: 'take' }, JUDGES],
      [`/queue/${id}`, { act: 'give' }, JUDGES],
      [`/queue/${id}`, { act: 'wait' }, JUDGES],
      [`/queue/${id}`, { act: 'open' }, JUDGES],
      [`/queue/${id}`, { act: 'comment', comment: 'seen' }, JUDGES],
      [`/queue/${id}`, { act: 'split', sender: 'x' }, JUDGES],
      [`/queue/${id}`, { act: 'due', due: '' }, JUDGES],
      [`/queue/${id}`, { act: 'merge', other: 'x' }, JUDGES],
      [`/queue/${id}`, { act: 'unmerge', other: 'x' }, JUDGES],
      [`/queue/${id}`, { act: 'judge', verdict: 'confirmed', target: 'campaign:1' }, []],
    ],
    '/logout': [['/logout', {}, RIGHTS]],
  })

  it('take forms from those alone who have the right, of every address', async () => {
    const [queued] = await queueOf(archive.ask, 'open', 'lin')
    const all = forms(queued!.id)
    expect(Object.keys(all).sort()).toEqual(Object.keys(POST_RIGHTS).sort())
    await users.post('other', '/case/alert-m1', { verdict: 'release' })
    await client.query("UPDATE given_feedback SET feedback_id = 'of-other' WHERE by = 'other'")
    for (const [address, own] of Object.entries(all))
      for (const [path, fields, allowed] of own) {
        expect(rightOfPost(path)).toBe(POST_RIGHTS[address])
        for (const right of RIGHTS) {
          const { status } = await users.post(right, path, fields as Record<string, string>)
          const said = `${path} ${JSON.stringify(fields)} by ${right}`
          if (allowed.includes(right)) expect([200, 303], said).toContain(status)
          else expect(status, said).toBe(403)
        }
      }
    for (const right of RIGHTS) await users.login(right, `a-token-of-${right}`)
    for (const path of [
      '/overview',
      '/access',
      '/access.csv',
      '/case/',
      '/queue/undo/x',
      '/constructor',
      '/case/a/b',
    ])
      expect([403, 404], path).toContain((await users.post('lead', path, {})).status)
  })

  it('note what was refused, and by whom', async () => {
    const denied = await archive.accesses({ what: 'denied', who: 'read' })
    const subjects = denied.map(({ subject }) => subject)
    expect(subjects).toContain('alert-m1: confirmed')
    expect(subjects).toContain('/find')
    expect(denied.every(({ address }) => address === '127.0.0.1')).toBe(true)
  })

  it('show the access log to audit and lead alone, filtered, by pages and as CSV', async () => {
    for (const right of RIGHTS) {
      const isAllowed = right === 'audit' || right === 'lead'
      for (const path of ['/access', '/access.csv'])
        expect((await users.get(right, path)).status, `${path} by ${right}`).toBe(isAllowed ? 200 : 403)
      expect((await users.see(right, '/queue')).includes('href="/access"')).toBe(isAllowed)
    }
    await client.query(
      "INSERT INTO access_log (at, who, what, subject, address) SELECT now() - n * interval '1 s', 'ghost', 'case', 'seen-' || n, '192.0.2.' || n % 2 FROM generate_series(1, 450) n",
    )
    const seen: string[] = []
    for (let path: string | undefined = '/access?who=ghost&what=case&address=192.0.2.1'; path; ) {
      const shown: string = await users.see('audit', path)
      seen.push(...[...shown.matchAll(/>(seen-\d+)</g)].map(([, id]) => id!))
      path = /href="(\/access\?[^"]+skip[^"]+)"/.exec(shown)?.[1]?.replaceAll('&amp;', '&')
    }
    expect(new Set(seen).size).toBe(225)
    expect(seen).toHaveLength(225)
    const csv = await (await users.get('audit', '/access.csv?who=ghost')).arrayBuffer()
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(csv)
    expect(text.startsWith('\ufeffTime')).toBe(true)
    expect(text.split('\r\n')).toHaveLength(452)
    const from = Date.now() - 100_000
    const some = await users.see('audit', `/access?who=ghost&from=${from}&to=${from + 50_000}`)
    expect([...some.matchAll(/>seen-/g)].length).toBeLessThan(60)
    expect(await users.see('audit', '/access?who=ghost')).toContain('>login</option>')
    await fetch(`http://127.0.0.1:${desk.port}/login`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'wrong' }),
    })
    expect(await users.see('audit', '/access?what=refused')).toContain('127.0.0.1')
  })

  it.each([
    NUMBER,
    '+86 138-0013-8000',
    '１３８００１３８０００ last:2h',
    `number:${NUMBER}`,
    `"138 0013 8000"`,
  ])('find a recipient by number under all keys: %s', async (q) => {
    const { status, headers } = await users.post('caller', '/find', { q })
    expect(status).toBe(303)
    const page = await users.see('caller', headers.get('location')!)
    expect(new Set([...page.matchAll(/alert-(m\d)/g)].map(([, id]) => id))).toEqual(new Set(['m1', 'm2']))
    expect(page).not.toContain(NUMBER)
  })

  it('keep no number of a search, nor of one that is refused', async () => {
    await users.post('read', '/find', { q: `x ${NUMBER}` })
    await users.post('caller', '/find', { q: `a${NUMBER} 回电${NUMBER}` })
    await users.post('caller', '/find', { q: `note:"call ${NUMBER}"` })
    const kept = await client.query(
      'SELECT query AS text FROM stored_search UNION ALL SELECT subject FROM access_log',
    )
    const said = JSON.stringify([kept.rows, events])
    expect(said).not.toContain(NUMBER)
    expect(said).toContain(`token:${TOKEN}|${FORMER}`)
    expect((await archive.accesses({ what: 'number' }))[0]).toMatchObject({
      who: 'caller',
      subject: `${TOKEN} ${FORMER}`,
    })
    await erase(client, FORMER)
    const after = await client.query(
      'SELECT count(*)::int AS n FROM stored_search WHERE strpos(query, $1) > 0',
      [FORMER],
    )
    expect(after.rows).toEqual([{ n: 0 }])
  })

  it('search by number 30 times a minute, each person', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 31; n++)
      statuses.push((await users.post('number', '/find', { q: `${NUMBER} last:${n + 1}h` })).status)
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
    expect(statuses.filter((status) => status === 303).length).toBeLessThanOrEqual(30)
    expect(statuses.filter((status) => status === 303).length).toBeGreaterThan(25)
    expect((await users.post('caller', '/find', { q: NUMBER })).status).toBe(303)
  })

  it('say that a desk without the key of the service cannot search by number', async () => {
    const other = await openDesk(0)
    const own = deskClient(() => other.port)
    await own.login('number', 'a-token-of-number')
    const answer = await own.post('number', '/find', { q: NUMBER })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('privacy.tokenKey')
    await other.close()
  })
})

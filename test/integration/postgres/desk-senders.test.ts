import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { groupEarlier } from '../../../src/analyst/archive/case-writer.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import type { GivenRow } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const MINUTE = 60_000
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE
/** Senders who are persons. */
const MOBILE = '13712345678'
const OTHER = '13612349999'
const MASKED = '137****5678'
/** Stands for the keyed hash. */
const tokenFor = (number: string) =>
  `1.${Buffer.from(number).toString('base64url').padEnd(22, 'A').slice(0, 22)}`

/** A forgery from a number, whose evidence names it. */
function forgery(id: string, n: number, from: string, ago: number): Alert {
  const alert = messageAlertAt(id, NOW - ago * MINUTE, n)
  const [reason] = alert.data.reasons
  const evidence = {
    brand: 'ccb',
    found: [
      { kind: 'domain', value: 'ccb-yz.top' },
      { kind: 'port', value: from },
    ],
  }
  return {
    ...alert,
    data: {
      ...alert.data,
      reasons: [{ ...reason!, detail: `The text claims 建设银行, and ${from} is not its port.`, evidence }],
      message: { ...alert.data.message!, from, signature: '建设银行' },
      contacts: { urls: ['https://ccb-yz.top/a'], phones: ['13912340000'], qq: [], wechat: [] },
    },
  }
}

/** An alert that asks for less than a review: port and link are masked. */
function masked(id: string, n: number): Alert {
  const alert = messageAlertAt(id, NOW - n * MINUTE, n, { action: 'observe', label: 'marketing' })
  const [reason] = alert.data.reasons
  return {
    ...alert,
    data: {
      ...alert.data,
      reasons: [{ ...reason!, code: 'QUIET_HOURS', action: 'observe', evidence: { at: '22:10' } }],
      message: { ...alert.data.message!, from: '106*****4001', signature: '唯品会' },
      contacts: { urls: ['m***.com'], phones: [], qq: [], wechat: [] },
    },
  }
}

/** A state of the port, raised by its message. */
function portState(tipped: Alert, kind: 'port' | 'sender', n: number): Alert {
  const { message } = tipped.data
  const id = kind === 'port' ? message!.from : `建设银行@${message!.from}`
  const { from } = message!
  const samples = [{ id: 's1', ts: NOW, from, text: '您好', topic: 'sms.mt', partition: 0, offset: 1 }]
  return {
    ...tipped,
    id: `state-${n}`,
    subject: `${kind}:${id}`,
    data: {
      ...tipped.data,
      target: { kind, id },
      match: { ports: [from] },
      state: { id: `s-${n}`, episode: 1, revision: 1 },
      samples,
    },
  }
}

describeWith('postgres', 'senders who are persons', () => {
  const folder = useFolder()
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  const given: GivenRow[] = []
  const printed: string[] = []
  const users = deskClient(() => desk.port)
  const find = async (who: string, q: string) => {
    const answer = await users.post(who, '/find', { q })
    const page =
      answer.status === 303 ? await users.see(who, answer.headers.get('location')!) : await answer.text()
    const ids = [...page.matchAll(/href="\/case\/([^"]+)"/g)].map(([, id]) => id!)
    return { status: answer.status, location: answer.headers.get('location'), page, ids }
  }

  beforeAll(async () => {
    server = await startPostgres()
    const first = forgery('h7', 1, MOBILE, 20)
    await seedArchive(server.url, [
      ['alerts', first],
      ['alerts', forgery('h8', 2, OTHER, 19)],
      ['alerts', forgery('h9', 3, '10690200001', 18)],
      ['alerts', portState(first, 'port', 1)],
      ['alerts', portState(first, 'sender', 2)],
      ['alerts', masked('q1', 4)],
      ['alerts', masked('q2', 5)],
      [
        'stats',
        { signature: '建设银行', port: MOBILE, sp: 'SP1', ts: NOW - 20 * MINUTE, sent: { fraud: 3 } },
      ],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    await groupEarlier(client)
    desk = await startDeskOn(archive, {
      logins: [
        { name: 'guest', token: 'a-token-of-guest', may: 'read' },
        { name: 'wu', token: 'a-token-of-wu', may: 'block' },
        { name: 'zhao', token: 'a-token-of-zhao', may: ['judge', 'number'] },
      ],
      numberTokens: (number) => [tokenFor(number)],
      printPdf: async (page) => {
        printed.push(page)
        return Buffer.from('%PDF-')
      },
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
    for (const name of ['guest', 'wu', 'zhao']) await users.login(name, `a-token-of-${name}`)
  })
  afterAll(async () => {
    await desk?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('are masked on every page, list, file and picture', async () => {
    const cases = await client.query<{ id: string }>('SELECT id FROM review_case')
    const { location } = await find('guest', '建设银行')
    await users.post('zhao', '/letter/state-1', { reader: 'regulator', addressee: 'The ministry' })
    await users.post('zhao', '/letter/alert-h7', { reader: 'sender', addressee: 'The sender' })
    const letters = await client.query<{ file_number: string; content: unknown }>('SELECT * FROM letter')
    expect(letters.rows).toHaveLength(2)
    const paths = [
      ...['/', '/?csv=0', '/overview', '/queue', '/queue?csv=all', '/complaints'],
      ...[
        '/case/alert-h7',
        '/case/alert-h8',
        '/case/state-1',
        '/case/state-2',
        '/print/alert-h7',
        '/print/state-1',
      ],
      ...['/signature/建设银行', '/domain/ccb-yz.top', '/brand/ccb', '/enterprise/SP1'].map(encodeURI),
      ...[location!, `${location}.csv`],
      ...cases.rows.map(({ id }) => `/queue/${id}`),
      ...letters.rows.map(({ file_number }) => `/letter/${file_number}.html`),
    ]
    for (const who of ['guest', 'wu'])
      for (const path of paths) {
        const answer = await users.get(who, path)
        expect(answer.status, path).toBe(200)
        const text = await answer.text()
        for (const number of [MOBILE, OTHER]) expect(text, `${who}: ${path}`).not.toContain(number)
      }
    expect(printed.join()).not.toContain(MOBILE)
    expect(JSON.stringify(letters.rows)).not.toContain(MOBILE)
    const shown = await users.see('guest', '/case/alert-h7')
    expect(shown).toContain(MASKED)
    expect(shown).toContain('13912340000')
    expect(await users.see('guest', `${location}.csv`)).toContain(MASKED)
  })

  it.each(['en', 'zh-CN'])('are masked in the report from the archive and from files: %s', async (locale) => {
    const events = await client.query<{ event: Alert }>('SELECT event FROM alert')
    writeFileSync(
      folder.file('alerts.jsonl'),
      events.rows.map(({ event }) => JSON.stringify(event)).join('\n'),
    )
    const times = ['--from', String(NOW - 60 * MINUTE), '--to', String(NOW + MINUTE)]
    for (const source of [
      ['--database', server.url],
      ['--alerts', folder.file('alerts.jsonl')],
    ]) {
      const { code, stdout } = await warmSigwatch(['report', ...times, ...source, '--locale', locale])
      expect(code).toBe(0)
      for (const shown of [`建设银行 @ ${MASKED}`, `建设银行@${MASKED}`, 'alert-h7'])
        expect(stdout).toContain(shown)
      for (const number of [MOBILE, OTHER]) expect(stdout).not.toContain(number)
    }
  })

  it.each([
    `port:${MOBILE}`,
    `port:"137 1234 5678"`,
    `port:+86${MOBILE}`,
    'port:１３７１２３４５６７８',
    `token:${MOBILE}`,
  ])('are searched for by those alone who may search by number: %s', async (q) => {
    expect((await find('guest', q)).status).toBe(403)
    const { ids, page } = await find('zhao', q)
    expect(new Set(ids)).toEqual(new Set(['alert-h7', 'state-1', 'state-2']))
    expect(page).not.toContain(MOBILE)
    const kept = await client.query(
      'SELECT query FROM stored_search UNION ALL SELECT subject FROM access_log',
    )
    expect(JSON.stringify(kept.rows)).not.toMatch(/137[ -]?1234[ -]?5678/)
  })

  it('are found by a number as those who got messages are', async () => {
    expect(new Set((await find('zhao', OTHER)).ids)).toEqual(new Set(['alert-h8']))
    expect(new Set((await find('zhao', `number:${OTHER} code:FORGED_BRAND`)).ids)).toEqual(
      new Set(['alert-h8']),
    )
    expect((await find('zhao', '13500000000')).ids).toEqual([])
  })

  it.each(['port:1371*', 'port:13712345*', 'port:*1234567*', 'port:13*'])(
    'are not told by a pattern of ports: %s',
    async (q) => {
      expect((await find('guest', q)).ids.filter((id) => id !== 'alert-h9')).toEqual([])
    },
  )

  it('are not told by a search that was stored before', async () => {
    const id = 'AAAAAAAAAAAAAAAAAAAAAA'
    await client.query('INSERT INTO stored_search VALUES ($1, $2, $3)', [id, `port:${MOBILE}`, 'guest'])
    const page = await users.see('guest', `/find/${id}`)
    expect(page).toContain('0 alerts')
    expect(page).not.toContain('/case/')
  })

  it.each(['port', 'token'])('are no value of the form: %s', async (field) => {
    for (const value of [MOBILE, '+86 137-1234-5678']) {
      const answer = await users.post('zhao', '/search', { field, value })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('Find')
    }
  })

  it('are masked with their links while no review is asked for, which pages and searches say', async () => {
    const note = 'Alerts that ask for less than a review'
    for (const path of ['/port/106910004001', '/domain/m.example.com'])
      expect(await users.see('guest', path)).toContain(note)
    for (const q of ['port:106910004001 code:QUIET_HOURS', 'domain:m.vip.com'])
      expect((await find('guest', q)).page).toContain(note)
    const form = await users.post('guest', '/search', { field: 'port', value: '106910004001' })
    expect(await users.see('guest', form.headers.get('location')!)).toContain(note)
    expect((await find('guest', 'code:QUIET_HOURS')).page).not.toContain(note)
    const page = await users.see('guest', encodeURI('/signature/唯品会'))
    expect(page).toContain('m***.com')
    expect(page).toContain('A masked name may stand for several')
    expect(page).not.toMatch(/href="[^"]*\*/)
    const rename = (from: string, to: string) =>
      client.query('UPDATE case_alert SET sender = $2 WHERE sender = $1', [from, to])
    await rename('建设银行@10690200001', '建设银行@106*****0001')
    expect(await users.see('guest', '/queue')).toContain('3 recipients, at least 3 senders')
    await rename('建设银行@106*****0001', '建设银行@10690200001')
  })

  it('can be blocked manually and still be split off', async () => {
    const page = await users.see('wu', '/case/alert-h7')
    expect(page).toContain(`value="port:${MASKED}"`)
    const blocked = { verdict: 'block', target: `port:${MASKED}`, note: 'seen', days: '1' }
    expect((await users.post('wu', '/case/alert-h7', blocked)).status).toBe(303)
    await expect.poll(() => given).toContainEqual(expect.objectContaining({ target: `port:${MOBILE}` }))
    expect(await users.see('wu', '/case/alert-h7')).not.toContain(MOBILE)
    expect(await users.see('wu', '/overview')).not.toContain(MOBILE)
    const { rows } = await client.query<{ id: string }>(
      'SELECT case_id AS id FROM case_alert WHERE sender LIKE $1 LIMIT 1',
      [`%${MOBILE}`],
    )
    const split = await users.post('wu', `/queue/${rows[0]!.id}`, {
      act: 'split',
      sender: `建设银行@${MASKED}`,
    })
    const { rows: moved } = await client.query<{ name: string }>(
      "SELECT name FROM review_case WHERE grouped_by = 'sender'",
    )
    expect(moved).toEqual([{ name: `建设银行@${MOBILE}` }])
    expect(await users.see('guest', split.headers.get('location')!)).not.toContain(MOBILE)
    expect(await users.see('guest', `/queue/${rows[0]!.id}`)).not.toContain(MOBILE)
    expect(await users.see('guest', '/queue')).not.toContain(MOBILE)
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { gramEarlier } from '../../../src/analyst/archive/grams.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { readSearch } from '../../../src/analyst/archive/search-conditions.ts'
import { fillSenders } from '../../../src/analyst/archive/sender-sps.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const MINUTE = 60_000
/** Leaves no room for a further term in a search. */
const LONG = '长'.repeat(490)
const HOSTILE = '<script>document.title="taken"</script> 100% \\_ \' OR 1=1 --'

describeWith('postgres', 'the search box of the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  const users = deskClient(() => desk.port)
  /** Sends the box; the ids that the pages of the answer show, in order. */
  const found = async (q: string, who = 'lin') => {
    const answer = await users.post(who, '/find', { q })
    const location = answer.headers.get('location')!
    expect(location).toMatch(/^\/find\/[\w-]{22}$/)
    const ids: string[] = []
    for (let path: string | undefined = location; path; ) {
      const page: string = await users.see(who, path)
      ids.push(...[...page.matchAll(/href="\/case\/alert-([^"]+)"/g)].map(([, id]) => id!))
      path = /href="(\/find\/[^".]+\?[^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    }
    return { ids, location }
  }

  beforeAll(async () => {
    server = await startPostgres()
    const alert = (id: string, ago: number, over: object = {}, data: object = {}) => {
      const one = messageAlertAt(id, NOW - ago * MINUTE, Number(id.slice(1)) || 1, data)
      return [
        'alerts',
        { ...one, data: { ...one.data, message: { ...one.data.message!, ...over } } },
      ] as const
    }
    await seedArchive(server.url, [
      alert('m1', 30, { signature: '木森地产', text: '【木森地产】新盘开售 kf88.top' }),
      alert('m2', 20, { signature: '京东', from: '10690009' }, { action: 'review' }),
      alert('m3', 3 * 24 * 60, { text: '【京东】旧的一条' }),
      alert('m4', 10, { text: HOSTILE, signature: '=cmd()' }),
      ...['A B商城', '他说"好"', '【内】牌', '内：外'].map((signature, i) =>
        alert(`m${50 + i}`, 10 + i, { text: '奇怪的签名', signature }),
      ),
      ...['五*星', '五星', '五好星', '五\\*星'].map((signature, i) =>
        alert(`m${60 + i}`, 10 + i, { text: '另一种签名', signature }),
      ),
      alert('m70', 10, { text: LONG, signature: '长' }),
      ...Array.from({ length: 230 }, (_, i) =>
        alert(`m${1000 + i}`, 60 + i / 100, { text: '【群发】很多条', signature: '群发' }),
      ),
      [
        'feedback',
        { messageId: 'm2', verdict: 'confirmed', by: 'wu', note: '合作方', ts: NOW - 15 * MINUTE },
      ],
      [
        'stats',
        {
          signature: '京东',
          port: '10690009',
          sp: 'SP77',
          ts: Math.floor((NOW - 20 * MINUTE) / MINUTE) * MINUTE,
          sent: { notice: 1 },
        },
      ],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    desk = await startDeskOn(archive, {
      logins: ['lin', 'wu'].map((name) => ({ name, token: `a-token-of-${name}`, may: 'read' as const })),
    })
    for (const name of ['lin', 'wu']) await users.login(name, `a-token-of-${name}`)
  })
  afterAll(async () => {
    await desk?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it.each([
    ['木森', ['m1']],
    ['【木森地产】', ['m1']],
    ['signature:木*', ['m1']],
    ['ＫＦ８８．ＴＯＰ signature:木森地产', ['m1']],
    ['新盘', ['m1']],
    ['盘', ['m1']],
    ['domain:kf*.top signature:木*', ['m1']],
    ['京东 action:review domain:*.top by:wu last:7d', ['m2']],
    ['合作方', ['m2']],
    ['sp:SP77', ['m2']],
    ['SP77', ['m2']],
    ['brand:jd signature:京东 port:1069000*', ['m2']],
    ['旧的', []],
    ['旧的 last:7d', ['m3']],
    ['"OR 1=1"', ['m4']],
    ['100% last:1h', ['m4']],
    ['message:m1', ['m1']],
    ['sort:oldest signature:木森地产', ['m1']],
    ['code:NO_* ', []],
    ['signature:"A B商城"', ['m50']],
    ['signature:他说"好"', ['m51']],
    ['signature:"他说""好"""', ['m51']],
    ['signature:【内】牌', ['m52']],
    ['signature:【木森地产】', ['m1']],
    ['signature:【木森地产', ['m1']],
    ['signature:内：外', ['m53']],
    ['内：外', ['m53']],
    ['Signature：木森地产', ['m1']],
    ['https://kf88.top/x?a=1 signature:木森地产', ['m1']],
    ['"新盘', ['m1']],
    ['signature:五\\*星', ['m60']],
    ['signature:五*星', ['m60', 'm61', 'm62', 'm63']],
    ['signature:*\\**', ['m60', 'm63']],
    ['campaign:\\*', []],
  ])('finds by %s', async (query, ids) => {
    expect((await found(query)).ids).toEqual(ids)
  })

  it('has all pages, in each order', async () => {
    for (const sort of ['newest', 'oldest', 'score']) {
      const { ids } = await found(`很多 sort:${sort}`)
      expect(new Set(ids).size, sort).toBe(230)
      expect(ids.length).toBe(230)
    }
    expect((await found('很多 sort:oldest')).ids.at(-1)).toBe('m1000')
  })

  /** The searches that the facets of a page offer, with their numbers of alerts and whether the search has the value already. */
  const facetsIn = (page: string) =>
    [
      ...page.matchAll(
        /<button name="q" value="([^"]*)" aria-pressed="(true|false)">[^<]*<span class="dim">(\d+)</g,
      ),
    ].map(([, q, had, n]) => ({
      q: q!.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
      had: had === 'true',
      n: Number(n),
    }))

  it.each(['奇怪的签名', '另一种签名'])(
    'counts results by the values of their fields, each of which narrows the search or widens it again: %s',
    async (query) => {
      const { location } = await found(query)
      const page = await users.see('lin', location)
      expect(page).toContain('Counted over all 4 results.')
      const offered = facetsIn(page)
      const signatures = offered.filter(({ q }) => q.includes('signature:'))
      expect(signatures).toHaveLength(4)
      for (const { q, n, had } of signatures) {
        expect(had).toBe(false)
        const narrowed = await found(q)
        expect(narrowed.ids).toHaveLength(n)
        const within = facetsIn(await users.see('lin', narrowed.location))
        expect(within.filter((one) => one.had)).toEqual([{ q: query, n: 1, had: true }])
      }
      expect(offered).toContainEqual({ q: `${query} action:block`, n: 4, had: false })
    },
  )

  it('says why a value that does not fit into the search was not added, and keeps the search', async () => {
    const [facet] = facetsIn(await users.see('lin', (await found(LONG)).location))
    const long = await users.post('lin', '/find', { q: facet!.q })
    const said = await long.text()
    expect(long.status).toBe(400)
    expect(said).toContain(`The search has ${facet!.q.length} characters, and 500 are the most.`)
    expect(said).toContain(`value="${facet!.q}"`)
    const many = await users.post('lin', '/find', { q: `${'很多 '.repeat(20)}signature:群发` })
    expect(await many.text()).toContain('The search has 21 terms, and 20 are the most.')
  })

  it('stores a search that is sent twice once, for each person', async () => {
    const q = '两次 signature:群发'
    const sent = await Promise.all(['lin', 'lin', 'wu', 'lin'].map((who) => users.post(who, '/find', { q })))
    const [first, second, other, third] = sent.map(({ headers }) => headers.get('location'))
    expect([second, third]).toEqual([first, first])
    expect(other).not.toBe(first)
    const { rows } = await client.query('SELECT by FROM stored_search WHERE query = $1 ORDER BY by', [q])
    expect(rows).toEqual([{ by: 'lin' }, { by: 'wu' }])
  })

  it('finds by a name that a colleague typed at a desk in the other language', async () => {
    const chinese = await startDeskOn(archive, {
      locale: 'zh-CN',
      logins: [{ name: 'wang', token: 'a-token-of-wang', may: 'read' }],
    })
    const wang = deskClient(() => chinese.port)
    await wang.login('wang', 'a-token-of-wang')
    const idsIn = (page: string) => [...page.matchAll(/href="\/case\/alert-([^"]+)"/g)].map(([, id]) => id)
    for (const q of [
      'brand:京东 code:冒充品牌 action:人工审核 mode:正式 label:诈骗 target:短信 type:触发 severity:高',
      'brand:JD.COM action:review code:FORGED_BRAND',
    ]) {
      const typed = (await wang.post('wang', '/find', { q })).headers.get('location')!
      for (const page of [await wang.see('wang', typed), await users.see('lin', typed)])
        expect(idsIn(page), q).toEqual(['m2'])
    }
    const facet = facetsIn(await users.see('lin', (await found('brand:京东 action:人工审核')).location))
    expect(facet.filter(({ had }) => had).map(({ q }) => q)).toEqual(['brand:京东', 'action:人工审核'])
    await chinese.close()
  })

  it('says that other searches are running if one cannot start, while short pages are answered', async () => {
    const { location } = await found('木森')
    const running = "query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    const sleeping = [1, 2].map(() => archive.askLong('SELECT pg_sleep(60)', []).catch(({ code }) => code))
    await expect
      .poll(async () => (await client.query(`SELECT FROM pg_stat_activity WHERE ${running}`)).rowCount, {
        timeout: 60_000,
      })
      .toBe(2)
    const third = users.get('lin', location)
    expect((await users.get('lin', '/queue')).status).toBe(200)
    const answer = await third
    expect(answer.status).toBe(503)
    const said = await answer.text()
    expect(said).toContain('Other searches are running that take long, and this one could not start.')
    expect(said).not.toContain('does not answer')
    await client.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${running}`)
    await Promise.all(sleeping)
    expect(await users.see('lin', location)).toContain('/case/alert-m1"')
  })

  it('counts a sample of many results, on the first page only', async () => {
    const first = await users.see('lin', (await found('很多')).location)
    expect(first).toContain('Counted over a sample of 230 results.')
    expect(facetsIn(first)).toContainEqual({ q: '很多 signature:群发', n: 230, had: false })
    const next = /href="(\/find\/[^".]+\?[^"]+)"/.exec(first)![1]!.replaceAll('&amp;', '&')
    expect(facetsIn(await users.see('lin', next))).toEqual([])
    expect(facetsIn(await users.see('lin', (await found('zzqqxx')).location))).toEqual([])
  })

  it('has a link that a colleague opens and that tells nothing, and a CSV without formulas', async () => {
    const { location } = await found('木森')
    expect(await users.see('wu', location)).toContain('木森地产')
    expect((await users.get('wu', '/find/AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404)
    const hostile = await found('taken')
    expect(await users.see('lin', hostile.location)).not.toContain('<script>document')
    const csv = await (await users.get('wu', `${hostile.location}.csv`)).arrayBuffer()
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(csv)
    expect(text.startsWith('\ufeff')).toBe(true)
    expect(text).toContain(`,'=cmd(),`)
    expect(text.split('\r\n')).toHaveLength(3)
  })

  it.each([
    'who:wu',
    'last:400d',
    'last:x',
    'sort:up',
    'action:b*',
    'action:blocked',
    'severity:grave',
    'mode:test',
    'label:spam',
    'type:ended',
    'target:phone',
    'number:abc',
    '*',
    '京东 **',
    'domain:',
    'x '.repeat(21),
    'x'.repeat(501),
  ])('says what it does not understand: %s', async (q) =>
    expect((await users.post('lin', '/find', { q })).status).toBe(400),
  )

  it('says which values there are', async () => {
    const page = await (await users.post('lin', '/find', { q: 'action:blocked' })).text()
    expect(page).toContain('action:blocked')
    expect(page).toContain('observe, review, throttle, block')
  })

  it.each([
    ['code:forged_brand signature:木*', ['m1']],
    ['code:forged_* signature:木*', ['m1']],
    ['domain:HTTPS://KF88.top/abc signature:木*', ['m1']],
    ['domain:KF8*.top signature:木*', ['m1']],
    ['code:冒充品牌 signature:木*', ['m1']],
    ['action:拦截 mode:正式 signature:木*', ['m1']],
    ['brand:京东 signature:京东', ['m2']],
  ])('takes names as they are pasted: %s', async (query, ids) => {
    expect((await found(query)).ids).toEqual(ids)
  })

  it.each([
    ['signature', '【木森地产】', 'm1'],
    ['domain', 'HTTPS://KF88.top/abc', 'm4'],
    ['domain', 'kf88.top/abc', 'm4'],
    ['code', 'forged_brand', 'm4'],
  ])('the form takes them so too: %s %s', async (field, value, id) => {
    const answer = await users.post('lin', '/search', { field, value })
    expect(await users.see('lin', answer.headers.get('location')!)).toContain(`/case/alert-${id}"`)
  })

  it('the form says that a time ends before it begins', async () => {
    const times = { from: '2026-11-30T10:00', to: '2026-11-29T10:00' }
    const answer = await users.post('lin', '/search', { field: 'code', value: '', ...times })
    const page = await users.see('lin', answer.headers.get('location')!)
    expect(page).toContain('The time ends before it begins.')
    expect(page).not.toContain('Is the time wide enough?')
  })

  it('notes what was searched for, and erases it with the person', async () => {
    await found(`token:${tokenOf(1)}`)
    const { location } = await found('message:m1 回电13800138000')
    const accesses = await archive.accesses()
    expect(accesses.some(({ subject }) => subject === `token:${tokenOf(1)}`)).toBe(true)
    expect(accesses.some(({ subject }) => subject.includes('13800138000'))).toBe(false)
    await erase(client, tokenOf(1))
    expect((await users.get('lin', location)).status).toBe(404)
  })

  it('finds what the index lacks yet, and fills it', async () => {
    await client.query('UPDATE alert SET grams = NULL')
    await client.query('TRUNCATE sender_sp')
    expect((await found('旧的 last:7d')).ids).toEqual(['m3'])
    const all = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM alert')
    expect(await gramEarlier(client)).toBe(all.rows[0]!.n)
    expect(await gramEarlier(client)).toBe(0)
    expect((await found('旧的 last:7d')).ids).toEqual(['m3'])
    expect((await found('旧的一套 last:7d')).ids).toEqual([])
    expect(await fillSenders(client)).toBe(1)
    expect(await fillSenders(client)).toBe(0)
    expect((await found('sp:SP77')).ids).toEqual(['m2'])
    const { rows } = await client.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM alert WHERE grams @> (SELECT grams FROM alert WHERE message_id = 'm3')",
    )
    expect(rows).toEqual([{ n: 1 }])
  })

  it('takes no field that is of objects in general', () => {
    expect(readSearch('constructor:x')).toEqual({ fault: 'constructor:x' })
  })
})

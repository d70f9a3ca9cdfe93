import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageAlertAt, stateAlertAt, tokenOf, verdictAt } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import {
  accessibilityFaults,
  brokenCodes,
  DESKTOP,
  overflows,
  PHONE,
  startBrowser,
} from '../../helpers/browser.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { ensureBuilt, MAIN } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const NOW = Date.now()
const MINUTE = 60_000
const READER = 'a-token-of-the-reader-of-the-tests'
const ANALYST = 'a-token-of-the-analyst-of-the-tests'
/** The signature was filed again after m1 was judged; another port is filed for longer. */
const REGISTRY = (
  [
    [
      60,
      {
        kind: 'signature',
        name: '京东',
        brand: 'jd',
        ports: ['1069012345*'],
        sp: 'SP1001',
        scope: ['notice'],
      },
    ],
    [10, { kind: 'signature', name: '京东', brand: 'jd', ports: ['1069012345*'], sp: 'SP1002' }],
    [60, { kind: 'port', port: '106902*', sp: 'SP3000', sharedBy: 4 }],
    [60, { kind: 'port', port: '1069*', sp: 'SP1' }],
    [60, { kind: 'brand', id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: ['950618'] }],
  ] as const
).map(([ago, row]): SeedRecord => {
  const id = 'id' in row ? row.id : 'name' in row ? row.name : row.port
  return ['registry', row, { key: `${row.kind}:${id}`, at: NOW - ago * MINUTE }]
})
const HOSTILE = '<script>document.title="taken"</script><img src=x onerror=alert(1)>'

describeWith(['postgres', 'chromium'], 'sigwatch desk', () => {
  const folder = useFolder()
  let server: PostgresServer
  const desks: ChildProcess[] = []
  let address: string
  let browser: Browser
  let page: Page
  let feedback: string

  const openDesk = async (...args: string[]): Promise<string> => {
    const desk = spawn(process.execPath, [MAIN, 'desk', '--database', server.url, ...args], {
      env: {
        PATH: process.env.PATH,
        SIGWATCH_DESK_PORT: '0',
        SIGWATCH_FEEDBACK: feedback,
        SIGWATCH_DESK_TOKENS: JSON.stringify([
          { name: 'lin', token: ANALYST, may: ['feedback', 'audit'] },
          { name: 'reader', token: READER },
        ]),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    desks.push(desk)
    const [said] = (await once(desk.stderr!, 'data')) as [Buffer]
    return /http:\S+/.exec(said.toString())![0]
  }
  const url = (path: string) => new URL(path, address).href
  const textOf = async (on: Page): Promise<string> =>
    (await on.$eval('main', (found) => found.textContent)) ?? ''
  const login = async (token: string, at = address): Promise<Page> => {
    const own = await (await browser.createBrowserContext()).newPage()
    await own.setViewport(DESKTOP)
    await own.goto(at)
    await own.type('input[name=token]', token)
    await Promise.all([own.waitForNavigation(), own.click('button.main')])
    return own
  }
  const search = async (on: Page, field: string, value: string) => {
    await on.goto(url('/'))
    await on.select('select[name=field]', field)
    await on.type('input[name=value]', value)
    await Promise.all([on.waitForNavigation(), on.click('form.search button')])
    return textOf(on)
  }

  beforeAll(async () => {
    server = await startPostgres()
    const tipped = messageAlertAt('m1', NOW - 30 * MINUTE, 1)
    const hostile = messageAlertAt('m2', NOW - 20 * MINUTE, 2)
    const { message } = hostile.data
    const contacts = { urls: [], phones: [], qq: [], wechat: [] }
    await seedArchive(server.url, [
      ['alerts', tipped],
      [
        'alerts',
        {
          ...hostile,
          data: {
            ...hostile.data,
            contacts,
            message: { ...message, text: HOSTILE, signature: '示例', from: '10690009' },
          },
        },
      ],
      ['alerts', stateAlertAt(NOW - 29 * MINUTE, 1, tipped, 'sigwatch.alert.raised', [tipped])],
      ['alerts', stateAlertAt(NOW - 20 * MINUTE, 2, tipped, 'sigwatch.alert.updated')],
      ['alerts', stateAlertAt(NOW - 10 * MINUTE, 3, tipped, 'sigwatch.alert.cleared')],
      ['verdicts', verdictAt('m1', NOW - 30 * MINUTE, { action: 'block' })],
      ...[0, 1].map((n) => {
        const ts = Math.floor((NOW - (40 - n) * MINUTE) / MINUTE) * MINUTE
        const row = {
          signature: '申报超市',
          port: '10690010',
          sp: 'SP7',
          ts,
          sent: { notice: 5, marketing: 90 + n },
        }
        return ['stats', { ...row, baseline: { mean: 2.5, sd: 1 }, declared: 300 }] as const
      }),
      ['complaints', { id: 'c1', signature: '申报超市', source: '12321', ts: NOW - 20 * MINUTE }],
      ['versions', { hash: 'p1', kind: 'policy', content: { mode: 'enforce' }, at: NOW - 60 * MINUTE }],
      [
        'feedback',
        { messageId: 'm1', verdict: 'confirmed', by: 'wu', note: 'seen before', ts: NOW - 15 * MINUTE },
      ],
      ['enforcements', { messageId: 'm1', action: 'block', by: 'gateway-7', ts: NOW - 29 * MINUTE }],
      ...REGISTRY,
    ])
    feedback = folder.file('feedback.jsonl')
    ensureBuilt()
    address = await openDesk()
    browser = await startBrowser()
    page = await login(ANALYST)
  })
  afterAll(async () => {
    await browser?.close()
    for (const desk of desks.filter(({ exitCode }) => exitCode === null)) {
      desk.kill('SIGTERM')
      await once(desk, 'close')
    }
    server?.stop()
  })

  it('shows nothing without a login', async () => {
    for (const path of ['/', '/access', '/case/alert-m1']) {
      const answer = await fetch(url(path))
      expect(answer.status).toBe(401)
      expect(await answer.text()).not.toContain('京东')
    }
    const wrong = await fetch(url('/login'), {
      method: 'POST',
      body: new URLSearchParams({ token: 'wrong' }),
    })
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('set-cookie')).toBeNull()
    const policy = wrong.headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it.each([
    ['message', 'm1', 4],
    ['token', tokenOf(1), 4],
    ['signature', '京东', 4],
    ['port', '10690009', 1],
    ['domain', 'kf88.top', 4],
    ['code', 'FORGED_BRAND', 5],
    ['campaign', 'none', 0],
  ])('finds alerts by %s', async (field, value, count) => {
    expect(await search(page, field, value)).toContain(`${count} alert`)
    expect(await page.$$('tbody tr')).toHaveLength(count)
  })

  it('keeps what is searched for out of addresses, and goes back and forth', async () => {
    const told = [tokenOf(1), '京东', encodeURIComponent('京东')]
    await search(page, 'signature', '京东')
    const found = page.url()
    await search(page, 'token', tokenOf(1))
    for (const address of [found, page.url()]) {
      expect(address).toMatch(/\/found\/[\w-]+$/)
      for (const part of told) expect(address.replace(/.*\/found\//, '')).not.toContain(part)
    }
    await Promise.all([page.waitForNavigation(), page.click('tbody a')])
    expect(new URL(page.url()).pathname).toMatch(/^\/case\/(alert|state)-/)
    await page.goBack()
    expect(await page.$eval('input[name=value]', (input) => input.value)).toBe(tokenOf(1))
    await page.goBack()
    await page.goBack()
    expect(page.url()).toBe(found)
    expect(await textOf(page)).toContain('4 alerts')
    await page.goto(url('/overview'))
    const links = await page.$$eval('a[href]', (all) => all.map((a) => a.getAttribute('href')!))
    expect(links).toContain('/domain/kf88.top')
    expect(links.filter((href) => href.includes('value='))).toEqual([])
  })

  it('opens the address of a search in the session that asked alone, and no other', async () => {
    await search(page, 'token', tokenOf(1))
    const found = page.url()
    const reader = await login(READER)
    for (const address of [
      found,
      `${found.slice(0, -4)}AAAA`,
      url('/found/'),
      url('/found/x'),
      url('/found/%E4%BA'),
    ]) {
      await reader.goto(address)
      expect(reader.url()).toBe(url('/'))
    }
    await reader.close()
  })

  it('searches for a form of its own session alone, and takes no person from an address', async () => {
    const [cookie] = await page.browserContext().cookies()
    const ask = (path: string, body?: URLSearchParams) =>
      fetch(url(path), {
        headers: { cookie: `${cookie!.name}=${cookie!.value}` },
        redirect: 'manual',
        ...(body ? { method: 'POST', body } : {}),
      })
    const asked = { field: 'signature', value: '京东' }
    expect((await ask('/search', new URLSearchParams(asked))).status).toBe(403)
    await page.goto(url('/'))
    const key = await page.$eval('form.search input[name=key]', (input) => input.value)
    expect((await ask('/search', new URLSearchParams({ ...asked, key }))).status).toBe(303)
    expect(
      (await ask('/search', new URLSearchParams({ ...asked, key, value: 'x'.repeat(301) }))).status,
    ).toBe(400)
    for (const field of ['token', 'message']) {
      const answer = await ask(`/?${new URLSearchParams({ field, value: tokenOf(1) })}`)
      expect(answer.status).toBe(400)
      expect(await answer.text()).not.toContain('alert-m1')
    }
  })

  it('tells of a signature without alerts what it sent, against what is usual and declared', async () => {
    const text = await search(page, 'signature', '申报超市')
    for (const part of [
      '191',
      '91 commercial messages',
      '2.5 a minute',
      '300 a minute, seen from',
      'SP7',
      '1, 5235.6 a million',
    ])
      expect(text).toContain(part)
    expect(text).toContain('0 alerts')
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await search(page, 'signature', '没有的签名')).not.toContain('sent')
  })

  it('takes the time of a link in milliseconds, as dashboards give it', async () => {
    const found = async (from: number, to: number) => {
      await page.goto(url(`/?field=domain&value=kf88.top&from=${from}&to=${to}`))
      return page.$$('tbody tr').then((rows) => rows.length)
    }
    expect(await found(NOW - 60 * MINUTE, NOW)).toBe(4)
    expect(await found(NOW - 29.5 * MINUTE, NOW - 15 * MINUTE)).toBe(2)
    expect(await found(NOW - 300 * MINUTE, NOW - 200 * MINUTE)).toBe(0)
  })

  it('shows a case: the message masked, why, by which versions, and what came of it', async () => {
    await search(page, 'message', 'm1')
    const link = (await page.$$('tbody a[href^="/case/"]')).at(-1)!
    await Promise.all([page.waitForNavigation(), link.click()])
    const text = await textOf(page)
    for (const part of [
      '138****5678',
      'The text claims 京东',
      'Speaks for it',
      'MIIT-31 art. 17',
      'p1',
      'known since',
      'block by gateway-7',
      'confirmed by wu',
      'seen before',
    ])
      expect(text).toContain(part)
  })

  it('shows what the registry said of the sender when it was judged', async () => {
    await page.goto(url('/case/alert-m1'))
    const text = await textOf(page)
    for (const part of [
      'Signature 【京东】',
      'SP1001, 1069012345*, notice, filed',
      ', changed on ',
      'Port 106902*',
      'SP3000',
      'Brand JD.COM',
      '950618',
    ])
      expect(text).toContain(part)
    for (const part of ['SP1002', 'Port 1069*']) expect(text).not.toContain(part)
    await page.goto(url('/case/alert-m2'))
    expect(await textOf(page)).not.toContain('Signature 【')
  })

  it('answers the questions of a shift on one page', async () => {
    await page.goto(url('/overview'))
    const rowsOf = (name: string) =>
      page.$$eval(`section > [aria-label="${name}"] tbody tr`, (found) =>
        found.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim())),
      )
    expect(await rowsOf('Which brands are forged most, and through which domains')).toEqual([
      ['JD.COM', '2', '2', 'kf88.top ×1'],
    ])
    expect(await rowsOf('Who bursts, and who sends as declared')).toEqual([
      ['申报超市', 'declared', '91', '2.5', '300'],
    ])
    expect(await rowsOf('Enterprises by complaints a million messages')).toEqual([
      ['SP7', '1', '191', '5235.6'],
    ])
    expect(
      await rowsOf('How right each reason code was, by feedback of the seven days before the end'),
    ).toEqual([['FORGED_BRAND', '1', '1', '100.0%', '20.7% – 100.0%']])
    const [[host, , alerts, forges] = []] = await rowsOf('Domains seen for the first time')
    expect([host, alerts, forges]).toEqual(['kf88.top', '2', 'JD.COM'])
    expect(await rowsOf('States that are open now')).toEqual([])
    const [[worst, worth] = []] = await rowsOf('What is worth most in the queue, of the last day')
    expect([worst, Number(worth) > 0]).toEqual(['Texts alike', true])
    expect(await page.$$eval('.drawing canvas', (found) => found.length)).toBe(2)
    expect(await page.$$eval('.tiles b', (found) => found.map((one) => one.textContent))).toEqual([
      ...['191', '3', '3', '1', '1'],
    ])
    for (const width of [1440, 1024, 390]) {
      await page.setViewport({ width, height: 900 })
      expect(await overflows(page), String(width)).toBe(false)
    }
    await page.setViewport(DESKTOP)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.goto(url(`/overview?from=${NOW - 400 * MINUTE}&to=${NOW - 300 * MINUTE}`))
    expect(await rowsOf('Which brands are forged most, and through which domains')).toEqual([])
    expect(await rowsOf('Enterprises by complaints a million messages')).toEqual([])
  })

  it('speaks Chinese throughout', async () => {
    const own = await login(ANALYST, await openDesk('--locale', 'zh-CN'))
    for (const path of [
      '/overview',
      '/',
      '/queue',
      '/find',
      '/case/alert-m1',
      '/case/state-1-1',
      '/access',
    ]) {
      await own.goto(new URL(path, own.url()).href)
      expect(await own.$eval('html', (found) => found.getAttribute('lang'))).toBe('zh-CN')
      const headings = await own.$$eval(
        'h1, h2, th, label, button, nav a, section > dl > dt, .dim',
        (found) => found.map((one) => one.childNodes[0]?.textContent?.trim() ?? ''),
      )
      const foreign = headings.filter((said) => /[a-z]{3}/i.test(said) && !/[\u4e00-\u9fff]/.test(said))
      expect(
        foreign.filter((said) => !['lin', tokenOf(1)].includes(said)),
        path,
      ).toEqual([])
      expect(await accessibilityFaults(own), path).toEqual([])
    }
    await own.goto(new URL('/case/alert-m1', own.url()).href)
    const text = await textOf(own)
    for (const part of [
      '处置理由',
      '拦截',
      '判定时的报备信息',
      'SP1001, 1069012345*, 通知, 已报备',
      'wu：确认',
    ])
      expect(text).toContain(part)
  })

  it('shows a state change by change, with its samples', async () => {
    await page.goto(url('/case/state-1-1'))
    const text = await textOf(page)
    for (const part of [
      'domain kf88.top',
      'raised',
      'updated',
      'cleared',
      'Samples',
      'Alike within a day: 1',
    ])
      expect(text).toContain(part)
  })

  it('runs nothing that a text holds', async () => {
    await page.goto(url('/case/alert-m2'))
    expect(await textOf(page)).toContain(HOSTILE)
    expect(await page.title()).not.toBe('taken')
    expect(await page.$$('main script, main img')).toHaveLength(0)
  })

  it('writes feedback under the name of who is logged in', async () => {
    await page.goto(url('/case/state-1-1'))
    await page.type('textarea', 'declared late')
    await page.select('select[name=days]', '3')
    await Promise.all([page.waitForNavigation(), page.click('button[value=release]')])
    expect(await textOf(page)).toContain('Your feedback was written')
    const rows = readFileSync(feedback, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toEqual([
      {
        stateId: 'state-1',
        verdict: 'release',
        by: 'lin',
        note: 'declared late',
        until: rows[0].ts + 3 * 86_400_000,
        ts: expect.any(Number),
        feedbackId: expect.any(String),
      },
    ])
  })

  it('leads from a login to the page that was asked for, and nowhere else', async () => {
    const own = await (await browser.createBrowserContext()).newPage()
    await own.goto(url('/case/alert-m1'))
    await own.type('input[name=token]', 'a-wrong-token-of-somebody')
    await Promise.all([own.waitForNavigation(), own.click('button.main')])
    await own.type('input[name=token]', READER)
    await Promise.all([own.waitForNavigation(), own.click('button.main')])
    expect(new URL(own.url()).pathname).toBe('/case/alert-m1')
    // A link on another site: the cookie does not come along at first.
    const elsewhere = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html')
      answer.end(`<a href="${url('/case/alert-m2')}">case</a>`)
    }).listen(0)
    await once(elsewhere, 'listening')
    await own.goto(`http://localhost:${(elsewhere.address() as AddressInfo).port}/`)
    await Promise.all([own.waitForNavigation(), own.click('a')])
    await own.waitForSelector('.message')
    expect(await textOf(own)).toContain('Message, masked')
    elsewhere.close()
    for (const next of [
      'https://example.org/',
      '//example.org/x',
      '/\\\\example.org',
      'case',
      '/',
      '/login%0d%0ax: y',
    ]) {
      const answer = await fetch(url('/login'), {
        method: 'POST',
        body: new URLSearchParams({ token: READER, next }),
        redirect: 'manual',
      })
      const location = answer.headers.get('location')!
      expect(new URL(location, address).origin, next).toBe(new URL(address).origin)
    }
    await own.close()
  })

  it('takes no feedback from a reader, nor from a form of another place', async () => {
    const reader = await login(READER)
    await reader.goto(url('/case/state-1-1'))
    expect(await reader.$('button[name=verdict]')).toBeNull()
    const [cookie] = await reader.browserContext().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    const key = await reader.$eval(
      'input[name=key]',
      (found) => (found as unknown as { value: string }).value,
    )
    const post = (fields: Record<string, string>) =>
      fetch(url('/case/state-1-1'), {
        method: 'POST',
        headers: { cookie: `${cookie!.name}=${cookie!.value}` },
        body: new URLSearchParams(fields),
        redirect: 'manual',
      })
    expect((await post({ verdict: 'release', days: '1' })).status).toBe(403)
    expect((await post({ key, verdict: 'release', days: '1' })).status).toBe(403)
    expect(readFileSync(feedback, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('keeps who looked at what, and no mobile number that was searched for', async () => {
    await search(page, 'port', '13800138000')
    await page.goto(url('/access'))
    const text = await textOf(page)
    expect(text).toContain('port: 138****8000')
    expect(text).not.toContain('13800138000')
    for (const part of ['login', 'search', 'signature: 京东', 'alert-m1', 'state-1-1: release', 'reader'])
      expect(text).toContain(part)
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query(
      "SELECT who FROM access_log WHERE what = 'case' AND subject = 'state-1-1'",
    )
    await client.end()
    expect(new Set(rows.map(({ who }) => who))).toEqual(new Set(['lin', 'reader']))
  })

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('is accessible and fits on a %s', async (name, viewport) => {
    await page.setViewport(viewport)
    await page.goto(url('/find'))
    await page.type('input[name=q]', 'last:30d')
    await Promise.all([page.waitForNavigation(), page.click('button.main')])
    const results = new URL(page.url()).pathname
    expect(await page.$$('.facet button')).not.toEqual([])
    const paths = ['/', '/overview', '/find', results, '/case/alert-m1', '/case/state-1-1', '/access']
    for (const path of paths) {
      await page.goto(url(path))
      expect(await accessibilityFaults(page), path).toEqual([])
      expect(await overflows(page), path).toBe(false)
      expect(await brokenCodes(page), path).toEqual([])
      if (process.env.SCREENSHOTS) {
        const file = `${process.env.SCREENSHOTS}/desk-${name}${path.replaceAll('/', '-')}.png` as const
        await page.screenshot({ path: file as `${string}.png`, fullPage: true })
      }
    }
    await page.setViewport(DESKTOP)
  })

  it('shows tables as lists on a phone, with the heading of each value, below a low header', async () => {
    await page.setViewport(PHONE)
    await page.goto(url('/overview'))
    expect(await page.$eval('header', (header) => header.getBoundingClientRect().height)).toBeLessThan(140)
    const cells = await page.$$eval('main table', (tables) =>
      tables.flatMap((table) => {
        const headings = [...table.querySelectorAll('th')].map((heading) => heading.textContent)
        return [...table.querySelectorAll('tbody tr')].flatMap((row) =>
          [...row.querySelectorAll('td')].map((cell, i) => [cell.getAttribute('data-heading'), headings[i]]),
        )
      }),
    )
    expect(cells.length).toBeGreaterThan(0)
    for (const [shown, heading] of cells) expect(shown).toBe(heading)
    expect(
      await page.$$eval('.scroll', (all) => all.filter((one) => one.scrollWidth > one.clientWidth).length),
    ).toBe(0)
    await page.setViewport(DESKTOP)
  })

  it('names each chart', async () => {
    await page.goto(url('/overview'))
    const names = await page.$$eval('figure.chart', (all) =>
      all.map((one) => [
        one.querySelector('figcaption')?.textContent,
        one.querySelector('[role=img]')?.getAttribute('aria-label'),
      ]),
    )
    expect(names.length).toBe(2)
    for (const [shown, said] of names) expect(shown).toBe(said)
  })

  it('logs out', async () => {
    await Promise.all([page.waitForNavigation(), page.click('header button')])
    expect(await page.$('input[name=token]')).not.toBeNull()
  })

  it('says what is wrong before it listens', async () => {
    const env = { SIGWATCH_ARCHIVE_URL: server.url }
    const nobody = await warmSigwatch(['desk'], { env })
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('desk.tokens')])
    const short = await warmSigwatch(['desk'], {
      env: { ...env, SIGWATCH_DESK_TOKENS: '[{"name": "lin", "token": "short-secret"}]' },
    })
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('.token: has 12 characters')])
    expect(short.stderr).not.toContain('short-secret')
  })
})

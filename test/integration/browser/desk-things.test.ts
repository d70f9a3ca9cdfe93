import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { accessibilityFaults, DESKTOP, overflows, startBrowser } from '../../helpers/browser.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { ensureBuilt } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'

const TOKEN = 'a-token-of-the-analyst-of-the-tests'
const MINUTE = 60_000
const DAY = 86_400_000
const NOW = Date.now()
const iso = (days: number) => new Date(NOW - days * DAY).toISOString()
const HOSTILE = '</script><img src=x onerror=alert(1)>'
const PERSON = '13912340001'

/** A forgery in a message from another port, with another link. */
function forged(
  id: string,
  ago: number,
  n: number,
  { from = '10690200001', host = 'kf88.top', signature = '京东' } = {},
): Alert {
  const alert = messageAlertAt(id, NOW - ago, n)
  const { message } = alert.data
  return {
    ...alert,
    data: {
      ...alert.data,
      message: { ...message!, from, signature },
      contacts: { urls: [`https://${host}/a`], phones: ['4001234567'], qq: [], wechat: [] },
    },
  }
}
const first = forged('m1', 3 * DAY, 1)
const burst: Alert = {
  ...stateAlertAt(NOW - 2 * DAY, 1, first, 'sigwatch.alert.raised'),
  id: 'burst',
  subject: 'signature:京东',
  data: {
    ...first.data,
    target: { kind: 'signature', id: '京东' },
    state: { id: 'burst', episode: 1, revision: 1 },
    reasons: [{ ...first.data.reasons[0]!, code: 'MARKETING_BURST', detail: 'It bursts.', evidence: {} }],
  },
}
const RECORDS: readonly SeedRecord[] = [
  ['alerts', first],
  ['alerts', forged('m2', 2 * DAY, 1, { from: '10690200002' })],
  ['alerts', forged('m3', DAY, 3, { host: 'jd-kf.top', signature: HOSTILE })],
  ['alerts', forged('m4', DAY, 4, { from: PERSON, host: 'jd-kf.top' })],
  ['alerts', burst],
  ...[0, 1, 2].map(
    (n): SeedRecord => [
      'stats',
      {
        ...{
          signature: '京东',
          port: `1069020000${1 + (n % 2)}`,
          sp: 'SP1001',
          sent: { notice: 1200, marketing: 30 },
        },
        ...{ ts: Math.floor((NOW - (n + 1) * DAY) / MINUTE) * MINUTE, baseline: { mean: 2, sd: 1 } },
      },
    ],
  ),
  ['complaints', { id: 'c1', from: '10690200001', source: '12321', ts: NOW - DAY, to: tokenOf(1) }],
  ['versions', { hash: 'p1', kind: 'policy', content: {}, at: NOW - 2 * DAY }],
  ...[
    [20, { sp: 'SP1000' }],
    [10, { sp: 'SP1001', campaigns: [{ from: iso(4), to: iso(3), perMinute: 20_000 }] }],
  ].map(
    ([days, over]): SeedRecord => [
      'registry',
      {
        kind: 'signature',
        name: '京东',
        brand: 'jd',
        ports: ['1069020*'],
        scope: ['notice'],
        ...(over as object),
      },
      { key: 'signature:京东', at: NOW - (days as number) * DAY },
    ],
  ),
]

describeWith(['postgres', 'chromium'], 'pages about things', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let browser: Browser
  let desk: Desk
  let page: Page
  const faults: string[] = []
  const at = (path: string) => `http://127.0.0.1:${desk.port}${path}`
  const see = async (path: string) => {
    await page.goto(at(path))
    return (await page.$eval('main', (main) => main.textContent)) ?? ''
  }
  const rowsOf = (name: string): Promise<string[][]> =>
    page.$$eval(`[aria-label="${name}"] tbody tr`, (found) =>
      found.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')),
    )

  beforeAll(async () => {
    ensureBuilt()
    server = await startPostgres()
    await seedArchive(server.url, RECORDS)
    archive = await ArchiveReader.open(server.url, 'test')
    desk = await startDeskOn(archive, {
      logins: [{ name: 'lin', token: TOKEN, may: 'read' }],
    })
    browser = await startBrowser()
    page = await browser.newPage()
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
    await page.setViewport(DESKTOP)
    await page.goto(at('/overview'))
    await page.type('input[name=token]', TOKEN)
    await Promise.all([page.waitForNavigation(), page.click('button.main')])
  })
  afterAll(async () => {
    await browser?.close()
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it('tell what a signature sent, whether it bursts, what was filed and what goes with it', async () => {
    const text = await see('/signature/%E4%BA%AC%E4%B8%9C')
    for (const part of [
      'burst',
      '3,690',
      'SP1001',
      'SP1000',
      'Declared campaign (20,000 a minute)',
      'Policy p1',
    ])
      expect(text).toContain(part)
    expect(await rowsOf('Port, by messages')).toEqual([
      ['10690200001', '2,460'],
      ['10690200002', '1,230'],
    ])
    expect(await rowsOf('Enterprise, by messages')).toEqual([['SP1001', '3,690']])
    expect(await rowsOf('Domain, in alerts')).toEqual([
      ['kf88.top', '3'],
      ['jd-kf.top', '1'],
    ])
    expect((await rowsOf('Findings by code')).map(([code, n]) => [code, n])).toEqual([
      ['FORGED_BRAND', '3'],
      ['MARKETING_BURST', '1'],
    ])
    expect(await page.$$eval('.drawing canvas', (found) => found.length)).toBe(3)
  })

  it.each([
    ['/brand/jd', 'JD.COM'],
    ['/port/10690200001', '京东'],
    ['/domain/kf88.top', '京东'],
    ['/enterprise/SP1001', '京东'],
    ['/campaign/none', 'None.'],
  ])('show %s, without a fault, at any width', async (path, part) => {
    faults.length = 0
    expect(await see(path)).toContain(part)
    for (const width of [1440, 1024, 390]) {
      await page.setViewport({ width, height: 900 })
      expect(await overflows(page), String(width)).toBe(false)
    }
    await page.setViewport(DESKTOP)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
    expect(await accessibilityFaults(page)).toEqual([])
    await page.emulateMediaFeatures([])
    expect(faults).toEqual([])
  })

  it('count alerts and complaints for the enterprise whose port they name', async () => {
    const text = await see('/enterprise/SP1001')
    expect(text).toContain('1, 271.0 a million')
    expect((await rowsOf('Findings by code'))[0]?.slice(0, 2)).toEqual(['FORGED_BRAND', '2'])
    expect((await rowsOf('Complaints'))[0]?.[1]).toBe('c1')
  })

  it('show a recipient at a sealed address alone, and no number of a person in one', async () => {
    await page.goto(at('/case/alert-m1'))
    const path = await page.$eval('a[href^="/recipient/"]', (link) => link.getAttribute('href')!)
    expect(decodeURIComponent(path)).not.toContain(tokenOf(1))
    expect(await see(path)).toContain(tokenOf(1))
    expect((await rowsOf('Findings by code')).map(([code, n]) => [code, n])).toEqual([['FORGED_BRAND', '2']])
    for (const refused of [`/recipient/${tokenOf(1)}`, `/port/${PERSON}`, `/signature/${PERSON}`])
      expect((await page.goto(at(refused)))!.status(), refused).toBe(400)
    for (const unknown of ['/recipient/x', '/port/', '/signature/%E4%BA', `/domain/${'x'.repeat(301)}`])
      expect((await page.goto(at(unknown)))!.status(), unknown).toBe(404)
    const stranger = await fetch(at('/brand/jd'))
    expect(stranger.status).toBe(401)
    await page.goto(at('/domain/jd-kf.top'))
    const links = await page.$$eval('a[href]', (all) => all.map((a) => a.getAttribute('href')!))
    expect(links.filter((href) => href.includes(PERSON))).toEqual([])
  })

  it('run nothing that a name holds, and read the same without script', async () => {
    faults.length = 0
    expect(await see(`/signature/${encodeURIComponent(HOSTILE)}`)).toContain(HOSTILE)
    expect(await page.$$('main img, main script')).toHaveLength(0)
    expect(await see('/domain/jd-kf.top')).toContain(HOSTILE)
    expect(faults).toEqual([])
    await page.setJavaScriptEnabled(false)
    await page.goto(at('/domain/kf88.top'))
    const numbers = await page.content()
    expect(numbers).toMatch(/<summary>Numbers<\/summary>[\s\S]*FORGED_BRAND/)
    expect(await page.content()).not.toContain('<canvas')
    await page.setJavaScriptEnabled(true)
  })

  it('are one click away from cases, lists and the overview', async () => {
    for (const [from, links] of [
      ['/case/alert-m1', ['/port/10690200001', '/signature/%E4%BA%AC%E4%B8%9C', '/domain/kf88.top']],
      [`/overview?from=${NOW - 5 * DAY}&to=${NOW}`, ['/brand/jd', '/domain/kf88.top', '/enterprise/SP1001']],
      ['/queue', ['/domain/kf88.top']],
    ] as const) {
      await page.goto(at(from))
      const found = await page.$$eval('main a[href]', (all) => all.map((a) => a.getAttribute('href')!))
      for (const link of links) expect(found, from).toContain(link)
    }
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BrandNames } from '../../../src/analyst/archive/brand-names.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { WEEKENDS_ONLY } from '../../../src/analyst/words/calendar.ts'
import type { Locale } from '../../../src/detection/detectors/words.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { wilson } from '../../../src/domain/wilson.ts'
import { composeReport } from '../../../src/service/compose-report.ts'
import { readConfig } from '../../../src/settings/config.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { accessibilityFaults, PHONE, startBrowser } from '../../helpers/browser.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { archivePlanted, messagesOf, type PlantedWords } from '../../helpers/planted-archive.ts'
import { MINUTE, type PlantedHours, plantHours } from '../../helpers/planted-hours.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const TOKEN = 'a-token-of-the-analyst-of-the-tests'
/** Where `scripts/pictures.mjs` wants the pictures of the documentation. */
const { PICTURES } = process.env
const WIDE = { width: 1120, height: 900 }
/** What a question may take, pages and clicks together. */
const WITHIN = 60_000

/** Questions of a first-time user, answered by the desk in a browser; truth: what was planted. */
describeWith(['postgres', 'chromium'], 'an analyst at the desk', () => {
  const folder = useFolder()
  let server: PostgresServer
  let hours: PlantedHours
  let words: PlantedWords
  let archive: ArchiveReader
  const desks: Desk[] = []
  const given: object[] = []
  let browser: Browser
  let page: Page
  let address: string

  const openDesk = async (locale: Locale): Promise<string> => {
    const desk = await startDeskOn(archive, {
      locale,
      logins: [{ name: 'lin', token: TOKEN, may: 'feedback' }],
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
    desks.push(desk)
    return `http://127.0.0.1:${desk.port}`
  }
  const login = async (at: string): Promise<Page> => {
    const own = await (await browser.createBrowserContext()).newPage()
    await own.setViewport(WIDE)
    await own.goto(at)
    await own.type('input[name=token]', TOKEN)
    await Promise.all([own.waitForNavigation(), own.click('button.main')])
    return own
  }
  const times = () => `from=${hours.from}&to=${hours.to}`
  const overview = () => page.goto(`${address}/overview?${times()}`)
  /** The rows of a table by its name. */
  const rowsOf = (name: string): Promise<string[][]> =>
    page.$$eval(`[aria-label="${name}"] tbody tr`, (found) =>
      found.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')),
    )
  const click = (selector: string) => Promise.all([page.waitForNavigation(), page.click(selector)])
  const text = async () => (await page.$eval('main', (main) => main.textContent)) ?? ''
  const picture = async (name: string, of: Page = page, height = 900) => {
    if (PICTURES === undefined) return
    const { width } = of.viewport()!
    mkdirSync(PICTURES, { recursive: true })
    const path = join(PICTURES, `${name}.png`) as `${string}.png`
    await of.screenshot({ path, clip: { x: 0, y: 0, width, height } })
  }

  beforeAll(async () => {
    server = await startPostgres()
    hours = await plantHours(
      () => {},
      async () => {},
    )
    words = await archivePlanted(server.url, hours)
    archive = await ArchiveReader.open(server.url, 'test')
    browser = await startBrowser()
    address = await openDesk('en')
    page = await login(address)
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    for (const desk of desks) await desk.close()
    await archive?.close()
    server?.stop()
  })

  it(
    'which brand is forged most, and through which domains?',
    async () => {
      await overview()
      const [first] = await rowsOf('Which brands are forged most, and through which domains')
      const forged = new Map<string, Set<string>>()
      const hosts = new Map<string, number>()
      for (const { data } of hours.alerts.filter(isForgery))
        for (const { evidence } of data.reasons) {
          const { brand } = evidence as { brand?: string }
          if (brand === undefined) continue
          const before = forged.get(brand) ?? new Set()
          if (!before.has(data.message!.id))
            for (const url of data.contacts?.urls ?? []) {
              const key = `${brand}/${new URL(url.includes('://') ? url : `http://${url}`).hostname}`
              hosts.set(key, (hosts.get(key) ?? 0) + 1)
            }
          forged.set(brand, before.add(data.message!.id))
        }
      const [brand, ids] = [...forged].sort(([, a], [, b]) => b.size - a.size)[0]!
      const most = [...hosts].filter(([key]) => key.startsWith(`${brand}/`)).sort(([, a], [, b]) => b - a)[0]!
      expect(first!.slice(0, 2)).toEqual([nameOf(brand), ids.size.toLocaleString('en')])
      expect(first![3]).toContain(`${most[0].slice(brand.length + 1)} ×${most[1].toLocaleString('en')}`)
      await picture('desk-overview', page, 1320)
    },
    WITHIN,
  )

  it(
    'is this signature bursting, or is it declared?',
    async () => {
      await overview()
      const rows = await rowsOf('Who bursts, and who sends as declared')
      const burst = rows.find(([signature]) => signature === '唯品会')!
      expect(burst[1]).toMatch(/^burst, /)
      expect(burst[4]).toBe('–')
      const declared = rows.find(([signature]) => signature === hours.declared.signature)!
      expect([declared[1], declared[4]]).toEqual(['declared', String(hours.declared.perMinute)])
      const planted = hours.planted.filter(({ code, raise }) => code === 'MARKETING_BURST' && raise !== false)
      const bursting = rows.filter(([, said]) => said!.startsWith('burst')).map(([signature]) => signature)
      expect(new Set(bursting)).toEqual(new Set(planted.map(({ target }) => target.id)))
    },
    WITHIN,
  )

  it(
    'why was this message blocked, and by which version?',
    async () => {
      const blocked = hours.alerts.find((alert) => isForgery(alert) && alert.data.action === 'block')!
      const { message, provenance } = blocked.data
      await overview()
      await page.type('input[name=value]', message!.id)
      await click('section:last-of-type button')
      await click('tbody a')
      const said = await text()
      for (const part of [
        'FORGED_BRAND',
        'Speaks for it',
        'block by gateway-1',
        provenance.model,
        provenance.policy,
        provenance.registry,
        'known since',
        'Registry, when it was judged',
        `Signature 【${message!.signature}】`,
      ])
        expect(said).toContain(part)
      expect(await accessibilityFaults(page)).toEqual([])
      await picture('desk-case', page, 1400)
    },
    WITHIN,
  )

  it(
    'which enterprise has the most complaints a million?',
    async () => {
      await overview()
      const sent = new Map<string, number>()
      for (const { sp } of messagesOf(hours.sent)) if (sp) sent.set(sp, (sent.get(sp) ?? 0) + 1)
      const [most] = words.complaints
        .map(([{ sp }, count]) => [sp, count, sent.get(sp)!] as const)
        .sort((a, b) => b[1] / b[2] - a[1] / a[2])
      const [first] = await rowsOf('Enterprises by complaints a million messages')
      const [sp, count, all] = most!
      expect(first).toEqual([sp, String(count), all.toLocaleString('en'), ((1e6 * count) / all).toFixed(1)])
    },
    WITHIN,
  )

  it(
    'how right was FORGED_BRAND last week?',
    async () => {
      await overview()
      const rows = await rowsOf(
        'How right each reason code was, by feedback of the seven days before the end',
      )
      const { confirmed, falsePositive } = words.judged
      const { share, low, high } = wilson(confirmed, confirmed + falsePositive)!
      const percent = (x: number) => `${(100 * x).toFixed(1)}%`
      expect(rows.find(([code]) => code === 'FORGED_BRAND')).toEqual([
        ...['FORGED_BRAND', String(confirmed + falsePositive), String(confirmed)],
        ...[percent(share), `${percent(low)} – ${percent(high)}`],
      ])
    },
    WITHIN,
  )

  it(
    'release a false positive: does it stay released?',
    async () => {
      const state = hours.alerts.find(
        ({ type, data }) => type === 'sigwatch.alert.raised' && data.target.kind === 'domain',
      )!
      await page.goto(`${address}/case/${encodeURIComponent(state.id)}`)
      await page.type('textarea', 'a partner of the brand')
      await click('button[value=release]')
      expect(await text()).toContain('Your feedback was written')
      expect(given).toMatchObject([
        { stateId: state.data.state!.id, verdict: 'release', by: 'lin', note: 'a partner of the brand' },
      ])
      // As the service and the archive take it in; this one was given while the burst went on.
      await overview()
      const rows = await rowsOf('What was released, and whether it stayed so')
      const kept = rows.find(([, , target]) => target === 'signature 唯品会')!
      expect([kept[1], kept[4], kept[6]]).toEqual(['release', 'lin', '0'])
      const links = await page.$$('section table a')
      for (const link of links)
        if ((await link.evaluate((found) => found.textContent)) === 'signature 唯品会') {
          await Promise.all([page.waitForNavigation(), link.click()])
          break
        }
      const said = await text()
      expect(said).toContain('Raised again since then: 0 times')
      expect(said).toContain('declared late')
    },
    WITHIN,
  )

  it('says when what was released came back', async () => {
    const { stateId, ts } = hours.released
    const raised = hours.alerts.find(
      ({ type, data }) => data.state?.id === stateId && type === 'sigwatch.alert.raised',
    )!
    const again: Alert = {
      ...raised,
      id: 'raised-again',
      time: new Date(ts + MINUTE).toISOString(),
      data: { ...raised.data, state: { ...raised.data.state!, episode: ts + MINUTE } },
    }
    const url = await server.createDatabase('raised_again')
    const { burst: _, ...word } = hours.released
    await seedArchive(url, [
      ['alerts', raised],
      ['alerts', again],
      ['feedback', word],
    ])
    const other = await ArchiveReader.open(url, 'test')
    const { released } = await other.overview(hours.from, hours.to).finally(() => other.close())
    expect(released).toMatchObject([{ verdict: 'release', again: 1 }])
  })

  it('reads the same in Chinese, and the report too', async () => {
    const own = await login(await openDesk('zh-CN'))
    await own.goto(own.url().replace(/\/overview$/, `/overview?${times()}`))
    const said = await own.$eval('main', (main) => main.textContent)
    for (const part of ['被仿冒最多的品牌', '突发，', '已申报']) expect(said).toContain(part)
    expect(await accessibilityFaults(own)).toEqual([])
    await picture('desk-overview.zh-CN', own, 1320)
    const { config } = readConfig({
      env: { SIGWATCH_ARCHIVE_URL: server.url },
      folder: folder.file(''),
      serving: false,
    })
    for (const locale of ['en', 'zh-CN'] as const) {
      const html = await composeReport(
        { ...config, locale },
        { from: hours.from, to: hours.to, calendar: WEEKENDS_ONLY },
      )
      const file = folder.file(`${locale}.html`)
      writeFileSync(file, html)
      await own.setViewport(WIDE)
      await own.goto(pathToFileURL(file).href)
      expect(await accessibilityFaults(own)).toEqual([])
      expect(html).not.toContain('undefined')
      await picture(locale === 'en' ? 'report' : 'report.zh-CN', own, 1250)
      if (locale === 'en') {
        await own.setViewport(PHONE)
        await own.reload()
        await picture('report-phone', own, 844)
      }
    }
  }, 120_000)
})

const nameOf = (brand: string) => new BrandNames('en').get(brand)

function isForgery({ type, data }: Alert): boolean {
  return (
    type === 'sigwatch.alert.raised' &&
    data.mode === 'enforce' &&
    data.target.kind === 'message' &&
    data.reasons.some(({ code }) => code === 'FORGED_BRAND' || code.startsWith('LOOKALIKE_'))
  )
}

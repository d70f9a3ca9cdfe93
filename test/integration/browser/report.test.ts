import { readFileSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ArchiveInput } from '../../../src/analyst/archive/rows.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { accessibilityFaults, DESKTOP, overflows, PHONE, startBrowser } from '../../helpers/browser.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const HOUR = 3_600_000
const TO = Math.floor(Date.now() / HOUR) * HOUR
const FROM = TO - 24 * HOUR
const TIMES = ['--from', String(FROM), '--to', String(TO)]
/** More than a page of the archive. */
const ALERTS = 2_300

/** Drawings whose texts are too small to read, or lie outside of the window. */
function cutDrawings(page: Page): Promise<string[]> {
  return page.$$eval('svg[role=img]', (all) => {
    const shown = all.filter((one) => one.getClientRects().length > 0)
    if (shown.length !== 1) return [`${shown.length} drawings`]
    return [...shown[0]!.querySelectorAll('text')].flatMap((text) => {
      const { left, right, height } = text.getBoundingClientRect()
      const isRead = left >= 0 && right <= text.ownerDocument.documentElement.clientWidth && height >= 12
      return isRead ? [] : [`${text.textContent} ${left}-${right}, ${height}`]
    })
  })
}

describeWith(['postgres', 'chromium'], 'sigwatch report', () => {
  const folder = useFolder()
  let server: PostgresServer
  let browser: Browser

  beforeAll(async () => {
    server = await startPostgres()
    const at = (i: number) => FROM + Math.floor((i * 24 * HOUR) / ALERTS)
    const alerts = Array.from({ length: ALERTS }, (_, i) => messageAlertAt(`m${i}`, at(i), i % 250))
    const before = messageAlertAt('before', FROM - HOUR)
    const state = stateAlertAt(FROM + HOUR, 1, alerts[0]!, 'sigwatch.alert.raised')
    const judged = [0, 1, 2, 3].map((i) => ({
      messageId: `m${i}`,
      verdict: i === 3 ? 'false_positive' : 'confirmed',
      by: 'lin',
      ts: FROM + HOUR,
    }))
    const inputs: (readonly [ArchiveInput, object])[] = [
      ...[...alerts, before, state].map((value) => ['alerts', value] as const),
      ...judged.map((value) => ['feedback', value] as const),
      // Called a false positive first, and then confirmed: the last word counts.
      ['feedback', { messageId: 'm0', verdict: 'false_positive', by: 'wu', ts: FROM + 1 }],
      ...[1, 2].map(
        (n) => ['complaints', { id: `c${n}`, ts: FROM + n, signature: '京东', source: '12321' }] as const,
      ),
      ['stats', { signature: '京东', port: '10690200001', ts: FROM, sent: { notice: 4_000 } }],
    ]
    await seedArchive(server.url, inputs)
    writeFileSync(
      folder.file('alerts.jsonl'),
      [...alerts, before, alerts[0]].map((one) => `${JSON.stringify(one)}\n`).join(''),
    )
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    server?.stop()
  })

  it('counts every alert of the archive, with precision and complaints a million', async () => {
    const out = folder.file('archive.html')
    const { code, stderr } = await warmSigwatch(['report', ...TIMES, '--database', server.url, '--out', out])
    expect([code, stderr]).toEqual([0, `written to ${out}\n`])
    const page = await browser.newPage()
    await page.goto(`file://${out}`)
    const text = (await page.$eval('main', (main) => main.textContent)) ?? ''
    expect(text).toContain('2,301alerts')
    expect(text).toContain('75% (30%–95%), 4 judged')
    expect(text).toContain('京东24,000500')
    expect(text).toContain('JD.COM2,301')
    await page.close()
  })

  it('counts an alert of a file once', async () => {
    const { code, stdout } = await warmSigwatch(['report', ...TIMES, '--alerts', folder.file('alerts.jsonl')])
    expect(code).toBe(0)
    expect(stdout).toContain('<strong>2,300</strong><span>alerts</span>')
    expect(stdout).not.toContain('Complaints')
  })

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('is accessible and fits on a %s, and asks for nothing', async (_name, viewport) => {
    const page = await browser.newPage()
    const asked: string[] = []
    page.on('request', (request) => void asked.push(request.url()))
    await page.setViewport(viewport)
    await page.goto(`file://${folder.file('archive.html')}`)
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await overflows(page)).toBe(false)
    expect(await cutDrawings(page)).toEqual([])
    expect(asked).toEqual([`file://${folder.file('archive.html')}`])
    await page.close()
  })

  it('speaks Chinese throughout', async () => {
    const out = folder.file('zh.html')
    const args = ['report', ...TIMES, '--database', server.url, '--out', out]
    expect((await warmSigwatch([...args, '--locale', 'zh-CN'])).code).toBe(0)
    const page = await browser.newPage()
    await page.goto(`file://${out}`)
    expect(await page.$eval('html', (found) => found.getAttribute('lang'))).toBe('zh-CN')
    const said = await page.$$eval(
      'h1, h2, th, .card span, .card small, .legend span, .tag, footer p, .range',
      (found) => found.map((one) => one.textContent?.trim() ?? ''),
    )
    expect(said.filter((one) => !/[\u4e00-\u9fff]/.test(one) && one !== 'SP')).toEqual([])
    const text = (await page.$eval('main', (main) => main.textContent)) ?? ''
    for (const part of ['2,301告警', '75%（30%–95%），已判断 4 件', '域名 kf88.top', '拦截'])
      expect(text).toContain(part)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.close()
    const set = await warmSigwatch(args, { env: { SIGWATCH_LOCALE: 'zh-CN' } })
    expect(set.code).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('短信监测报告')
  })

  it('says what is wrong', async () => {
    const bad = folder.file('bad.jsonl')
    writeFileSync(bad, `${readFileSync(folder.file('alerts.jsonl'), 'utf8').split('\n')[0]}\n{"id": 1}\n`)
    const line = await warmSigwatch(['report', ...TIMES, '--alerts', bad])
    expect([line.code, line.stderr]).toEqual([2, expect.stringContaining(`${bad}:2: is not an alert`)])
    const missing = await warmSigwatch(['report', ...TIMES, '--alerts', folder.file('none.jsonl')])
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('none.jsonl')])
    const order = await warmSigwatch(['report', '--from', String(TO), '--to', String(FROM)])
    expect([order.code, order.stderr]).toEqual([2, expect.stringContaining('--to must be after --from')])
    const none = await warmSigwatch(['report', ...TIMES])
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('SIGWATCH_ARCHIVE_URL')])
  })
})

import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GivenRow } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { accessibilityFaults, DESKTOP, overflows, PHONE, startBrowser } from '../../helpers/browser.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import { type PlantedHours, plantHours } from '../../helpers/planted-hours.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const TOKEN = 'a-token-of-the-analyst-of-the-tests'
const HOSTILE = '<script>document.title="taken"</script><img src=x onerror=alert(1)>'
/** Keys that may be pressed for everything. */
const MOST_ACTIONS = 150
/** Alerts that wait: the planted hours repeat until there are so many. */
const ALERTS = 10_000

/** Lawful senders, filed, who warn of the links of forgeries and are alerted for it. */
const LAWFUL = Array.from({ length: 5 }, (_, i) => ({
  id: `lawful.${i}`,
  signature: `公安提醒${i}`,
  port: `1069000${i}`,
}))

describeWith(['postgres', 'chromium'], 'the queue of an analyst', () => {
  let server: PostgresServer
  let hours: PlantedHours
  let archive: ArchiveReader
  let desk: Desk
  let browser: Browser
  let page: Page
  const given: GivenRow[] = []
  const at = (path: string) => `http://127.0.0.1:${desk.port}${path}`
  const text = () => page.$eval('main', (main) => main.textContent ?? '')
  const press = (key: string) => page.keyboard.press(key as 'j')
  const submit = async (key: string) => {
    // Right after a finding, keys that send rest for a second.
    await page.evaluate('delete document.body.dataset.resting')
    await Promise.all([page.waitForNavigation(), press(key)])
  }
  const titles = () => page.$$eval('[data-case] h2', (all) => all.map((one) => one.textContent))
  const current = () =>
    page.$$eval('[data-case]', (all) => all.findIndex((one) => one.hasAttribute('aria-current')))

  /** The alerts of the hours as those of now, again and again with other ids and recipients. */
  const waiting = (): Alert[] => {
    const raised = hours.alerts.filter(({ type }) => type === 'sigwatch.alert.raised')
    const shift = Date.now() - hours.to - 60_000
    return Array.from({ length: ALERTS }, (_, i): Alert => {
      const alert = raised[i % raised.length]!
      const round = Math.floor(i / raised.length)
      const { message, state } = alert.data
      const id = (own: string) => (round === 0 ? own : `${own}~${round}`)
      return {
        ...alert,
        id: id(alert.id),
        time: new Date(Date.parse(alert.time) + shift).toISOString(),
        data: {
          ...alert.data,
          ...(state && { state: { ...state, id: id(state.id) } }),
          ...(message && { message: { ...message, id: id(message.id), toToken: id(message.toToken) } }),
        },
      }
    })
  }
  const forged = (id: string) => {
    const truth = hours.truths.find((one) => one.id === id.split('~')[0])
    return truth?.codes.some((code) => code === 'FORGED_BRAND' || code.startsWith('LOOKALIKE_')) === true
  }

  beforeAll(async () => {
    server = await startPostgres()
    hours = await plantHours(
      () => {},
      async () => {},
    )
    const alerts = waiting()
    const domains = [...new Set(alerts.flatMap(({ data }) => data.contacts?.urls ?? []))].slice(
      0,
      LAWFUL.length,
    )
    const lawful = LAWFUL.map(({ id, signature, port }, i) => {
      const alert = messageAlertAt(id, Date.now() - 120_000, i + 1)
      const message = {
        ...alert.data.message!,
        signature,
        from: port,
        text: `【${signature}】${domains[i % domains.length]} 是诈骗链接，请勿点击`,
      }
      return {
        ...alert,
        data: {
          ...alert.data,
          message,
          contacts: { ...alert.data.contacts!, urls: [domains[i % domains.length]!] },
        },
      }
    })
    const hostile = messageAlertAt('hostile', Date.now() - 120_000, 99)
    const message = { ...hostile.data.message!, text: HOSTILE, signature: HOSTILE, from: HOSTILE }
    await seedArchive(server.url, [
      ...[...alerts, ...lawful].map((alert) => ['alerts', alert] as const),
      [
        'alerts',
        {
          ...hostile,
          data: { ...hostile.data, message, contacts: { urls: [], phones: [], qq: [], wechat: [] } },
        },
      ],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    desk = await startDeskOn(archive, {
      answers: 'sms.feedback-results',
      logins: [{ name: 'lin', token: TOKEN, may: 'judge' }],
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
    browser = await startBrowser()
    page = await browser.newPage()
    await page.setViewport(DESKTOP)
    await page.goto(at('/queue'))
    await page.type('input[name=token]', TOKEN)
    await Promise.all([page.waitForNavigation(), page.click('button.main')])
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it('moves by J and K, takes by A, and shows the keys', async () => {
    expect(page.url()).toBe(at('/queue'))
    expect(await current()).toBe(0)
    await press('j')
    await press('j')
    await press('k')
    expect(await current()).toBe(1)
    await press('?')
    expect(await page.$eval('#keys', (found) => found.hasAttribute('open'))).toBe(true)
    await submit('a')
    expect(await text()).toContain('owner: lin')
    // Keys that are typed into a field are text.
    await page.type('textarea[name=note]', 'cfau')
    expect(await page.$eval('textarea[name=note]', (found) => found.value)).toBe('cfau')
    await page.goto(at('/queue?view=mine'))
    expect(await page.$$('[data-case]')).toHaveLength(1)
  })

  it('shows before a false positive what it silences, and undoes a finding as one', async () => {
    await page.goto(at('/queue'))
    const texts = () => page.$$eval('[data-case]', (all) => all.map((one) => one.textContent))
    const before = await texts()
    const first = await page.$eval('[data-case] h2', (found) => found.textContent)
    await submit('f')
    expect(await text()).toMatch(/texts like those of \d+ messages pass/)
    expect(given).toEqual([])
    await submit('f')
    await expect.poll(() => given.length, { timeout: 20_000 }).toBeGreaterThan(100)
    expect(new Set(given.map(({ batch, verdict }) => `${batch} ${verdict}`)).size).toBe(1)
    const [{ batch }] = given as [GivenRow]
    expect(await page.$eval('[data-case] h2', (found) => found.textContent)).not.toBe(first)
    given.length = 0
    await submit('u')
    expect(given).toMatchObject([{ undo: batch, by: 'lin' }])
    expect(await page.$eval('[data-case] h2', (found) => found.textContent)).toBe(first)
    expect(await texts()).toEqual(before)
    given.length = 0
  })

  it('goes on with the next case after A and C', async () => {
    await page.goto(at('/queue'))
    const before = await titles()
    for (let i = 0; i < 3; i++) await press('j')
    await submit('a')
    await submit('c')
    expect(await titles()).toEqual(before.toSpliced(3, 1))
    expect(await current()).toBe(3)
    await submit('u')
    given.length = 0
  })

  it('stays at its place in the list, and ignores a second press', async () => {
    await page.goto(at('/queue'))
    const before = await titles()
    for (let i = 0; i < 5; i++) await press('j')
    await submit('c')
    expect(await titles()).toEqual(before.toSpliced(5, 1))
    expect(await current()).toBe(5)
    // A second press, and a key that is held down, come when the next page is there already.
    const url = page.url()
    await press('c')
    await page.waitForSelector('body:not([data-resting])')
    await page.evaluate(
      "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'C', repeat: true, bubbles: true }))",
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(page.url()).toBe(url)
    expect(await titles()).toEqual(before.toSpliced(5, 1))
    await submit('u')
    expect(await titles()).toEqual(before)
    expect(await current()).toBe(5)
    given.length = 0
  })

  it('says while a finding is written that it is', async () => {
    await page.goto(at('/queue'))
    const said = (await page.evaluate(`(() => {
      const form = document.querySelector('[data-case] form')
      const sent = []
      document.addEventListener('submit', (event) => {
        sent.push(!event.defaultPrevented)
        event.preventDefault()
      })
      form.querySelector('button').click()
      form.querySelector('button').click()
      return { sent, said: form.querySelector('[data-writing]:not([hidden])')?.textContent }
    })()`)) as { readonly sent: readonly boolean[]; readonly said: string }
    expect(said.sent).toEqual([true, false])
    expect(said.said).toMatch(/^Being written: \d+ messages and states/)
  })

  it('shows hostile texts as texts', async () => {
    const found = await archive.ask<{ case_id: string }>(
      "SELECT case_id FROM case_alert WHERE alert_id = 'alert-hostile'",
      [],
    )
    await page.goto(at(`/queue/${found[0]!.case_id}`))
    expect(await text()).toContain(HOSTILE)
    expect(await page.title()).not.toBe('taken')
    expect(await page.$$('main script, main img')).toHaveLength(0)
  })

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('is accessible and fits on a %s', async (_name, viewport) => {
    await page.setViewport(viewport)
    for (const path of ['/queue', '/queue?view=done']) {
      await page.goto(at(path))
      if (path === '/queue') {
        expect(await accessibilityFaults(page)).toEqual([])
        expect(await overflows(page)).toBe(false)
        await Promise.all([page.waitForNavigation(), page.click('[data-case] h2 a')])
      }
      expect(await accessibilityFaults(page), path).toEqual([])
      expect(await overflows(page), path).toBe(false)
    }
    await page.setViewport(DESKTOP)
  })

  it('says on a page that stays open that the session has ended', async () => {
    const own = await (await browser.createBrowserContext()).newPage()
    await own.goto(at('/queue'))
    await own.type('input[name=token]', TOKEN)
    await Promise.all([own.waitForNavigation(), own.click('button.main')])
    await own.goto(at('/overview'))
    const other = await own.browserContext().newPage()
    await other.goto(at('/queue'))
    await Promise.all([other.waitForNavigation(), other.click('header form button')])
    await own.waitForSelector('[data-ended]:not([hidden])')
    expect(await own.$eval('[data-ended]', (said) => said.textContent)).toContain('Your session has ended')
    await own.browserContext().close()
  })

  it('is cleared by keys in few actions: each planted forgery is confirmed, and no lawful sender', async () => {
    given.length = 0
    await page.goto(at('/queue'))
    let actions = 0
    for (;;) {
      const cases = await page.$$eval('[data-case]', (all) =>
        all
          .map((one) => one.textContent ?? '')
          .map((said) => ({
            said,
            stranger: said.includes('senders not filed'),
            warns: said.includes('请勿点击'),
          })),
      )
      // What is visible without the ground truth: a warning about a link is not a forgery.
      const next = cases.findIndex(({ warns }) => !warns)
      if (next < 0) break
      for (let i = 0; i < next; i++, actions++) await press('j')
      await submit('c')
      actions++
      expect(actions).toBeLessThan(MOST_ACTIONS)
    }
    const left = await page.$$eval('[data-case]', (all) => all.length)
    for (let i = 0; i < left; i++, actions += 2) {
      await submit('f')
      await submit('f')
    }
    expect(actions).toBeLessThanOrEqual(MOST_ACTIONS)
    expect(await page.$$('[data-case]')).toHaveLength(0)
    await expect
      .poll(
        async () =>
          (await archive.ask('SELECT 1 FROM given_feedback WHERE "row" IS NOT NULL LIMIT 1', [])).length,
        { timeout: 60_000 },
      )
      .toBe(0)
    const verdictOf = new Map(
      given.flatMap((row) => (row.messageId ? [[row.messageId, row.verdict] as const] : [])),
    )
    const ids = waiting().flatMap(({ data }) =>
      data.message && data.target.kind === 'message' ? [data.message.id] : [],
    )
    expect(ids.filter(forged).length).toBeGreaterThan(1000)
    expect(ids.filter((id) => forged(id) && verdictOf.get(id) !== 'confirmed')).toEqual([])
    expect(LAWFUL.map(({ id }) => verdictOf.get(id))).toEqual(LAWFUL.map(() => 'false_positive'))
  }, 300_000)
})

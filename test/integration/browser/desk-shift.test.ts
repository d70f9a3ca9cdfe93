import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { DESKTOP, startBrowser } from '../../helpers/browser.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.now()
const TEXTS = [
  '您的快递因地址不详滞留，请点击链接补全信息后重新派送',
  '尊敬的客户，您的积分今日到期，登录即可兑换礼品',
  '您的社保卡异常，已暂停使用，请尽快核验身份',
  '恭喜获得年终补贴名额，限时领取，逾期作废',
  '账户在外地登录，如非本人操作请立即冻结',
]

/** One case each: a campaign of its own domain. */
const forgeryOf = (text: string, i: number): Alert => {
  const domain = `case-${'abcde'[i]}.top`
  const alert = messageAlertAt(`m${i}`, NOW - (10 + i) * 60_000, i + 1)
  const [reason] = alert.data.reasons
  return {
    ...alert,
    data: {
      ...alert.data,
      reasons: [{ ...reason!, evidence: { ...reason!.evidence, links: [domain] } }],
      message: {
        ...alert.data.message!,
        from: `1069020000${i}`,
        text: `【京东】${text} https://${domain}/a`,
      },
      contacts: { urls: [`https://${domain}/a`], phones: [], qq: [], wechat: [] },
    },
  }
}

describeWith(['postgres', 'chromium'], 'a shift at the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let desk: Desk
  let browser: Browser
  const at = (path: string) => `http://127.0.0.1:${desk.port}${path}`
  const textOf = (page: Page, selector = 'main') => page.$eval(selector, (found) => found.textContent ?? '')
  const current = (page: Page) =>
    page.$$eval('[data-case]', (all) => all.findIndex((one) => one.hasAttribute('aria-current')))
  const submit = async (page: Page, key: string) => {
    await page.evaluate('delete document.body.dataset.resting')
    await Promise.all([page.waitForNavigation(), page.keyboard.press(key as 'j')])
  }
  const login = async (name: string): Promise<Page> => {
    const page = await (await browser.createBrowserContext()).newPage()
    await page.setViewport(DESKTOP)
    await page.goto(at('/queue'))
    await page.type('input[name=token]', `a-token-of-${name}`)
    await Promise.all([page.waitForNavigation(), page.click('button.main')])
    return page
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(
      server.url,
      TEXTS.map((text, i) => ['alerts', forgeryOf(text, i)] as const),
    )
    archive = await ArchiveReader.open(server.url, 'test')
    desk = await startDeskOn(archive, {
      logins: (
        [
          ['lin', 'judge'],
          ['wu', 'judge'],
          ['guest', 'read'],
        ] as const
      ).map(([name, may]) => ({ name, token: `a-token-of-${name}`, may })),
      feedback: { now: async () => Date.now(), write: async () => undefined },
    })
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it('keeps the selection after a case was opened or taken and the browser went back', async () => {
    const page = await login('lin')
    for (let i = 0; i < 3; i++) await page.keyboard.press('j')
    await submit(page, 'o')
    await page.goBack()
    expect(await current(page)).toBe(3)
    await page.keyboard.press('k')
    await submit(page, 'a')
    expect(await textOf(page)).toContain('owner: lin')
    await page.goBack()
    expect(await current(page)).toBe(2)
    // A click selects too.
    await Promise.all([page.waitForNavigation(), page.click('[data-case]:nth-of-type(2) h2 a')])
    await page.goBack()
    expect(await current(page)).toBe(1)
    await page.close()
  })

  it('asks before it takes a case from a colleague, and tells the history', async () => {
    const wu = await login('wu')
    const first = await wu.$eval('[data-case]', (one) => one.id)
    await wu.close()
    const lin = await login('lin')
    const stale = await login('wu')
    await submit(lin, 'a')
    expect(await textOf(lin)).toContain('owner: lin')
    expect(await lin.$('[data-key=a]')).toBeNull()
    // The list was there before the case was taken.
    await submit(stale, 'a')
    expect(await textOf(stale)).toContain('lin has this case.')
    expect(await textOf(stale)).toContain('owner: lin')
    // A second press of the same key was meant for the list.
    const url = stale.url()
    await stale.keyboard.press('a')
    await stale.waitForSelector('body:not([data-resting])')
    expect(stale.url()).toBe(url)
    await lin.goto(at(`/queue/${first}`))
    expect(await textOf(lin)).toContain('owner: lin')
    await Promise.all([stale.waitForNavigation(), stale.click('button[name=act][value=take]')])
    expect(await textOf(stale)).toContain('owner: wu')
    await lin.goto(at(`/queue/${first}`))
    expect(await textOf(lin)).toMatch(/wu: took it over from — lin/)
    await stale.close()
    await lin.close()
  })

  it('shows a reader the keys and buttons that a reader may use, and no others', async () => {
    const page = await login('guest')
    expect(await page.$$('[data-key]:not([data-key=o])')).toEqual([])
    await page.keyboard.press('?')
    const help = await textOf(page, '#keys')
    for (const key of ['J, K', 'O or Enter', '?']) expect(help).toContain(key)
    for (const key of ['C:', 'F:', 'A:', 'U:']) expect(help).not.toContain(key)
    await submit(page, 'o')
    expect(await page.$$('main button')).toEqual([])
    await page.close()
  })
})

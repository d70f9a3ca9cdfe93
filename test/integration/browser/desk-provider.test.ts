import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { OidcProvider } from '../../../src/adapters/oidc/provider.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { accessibilityFaults, DESKTOP, startBrowser } from '../../helpers/browser.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import { freePort } from '../../helpers/free-port.ts'
import { OIDC_SECRET, type OidcServer, startOidcServer } from '../../helpers/oidc-server.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'

/** Selectors of the login form of the provider, and of the link to it. */
const FORM = { login: 'input[name=login]', password: 'input[name=password]', send: 'button[type=submit]' }
const TO_PROVIDER = 'a[href^="/login/provider"]'

describeWith(['postgres', 'chromium'], 'a login at a provider of another site', () => {
  const accounts = { lin: { groups: ['analysts'] } }
  let server: PostgresServer
  let archive: ArchiveReader
  let provider: OidcServer
  let desk: Desk
  let port: number
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const given: object[] = []
  const at = (path: string) => `http://127.0.0.1:${port}${path}`
  const text = () => page.$eval('main', (main) => main.textContent ?? '')
  const click = (selector: string) => Promise.all([page.waitForNavigation(), page.click(selector)])

  const openDesk = () =>
    startDeskOn(archive, {
      ...{ port, logins: [] },
      provider: {
        ...{ host: new URL(provider.issuer).host, isSecure: false, name: 'preferred_username' },
        ...{ claim: 'groups', rights: { analysts: 'judge', readers: 'read' } },
        provider: new OidcProvider({
          ...{ issuer: provider.issuer, clientId: 'desk', clientSecret: OIDC_SECRET },
          ...{ redirectUri: at('/login/callback'), homeUri: at('/'), scope: 'openid profile groups' },
          claims: ['preferred_username', 'groups'],
          now: () => archive.now(),
        }),
      },
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
  /** From the login page of the desk; the provider asks only those that it does not know yet. */
  const logIn = async () => {
    await click(TO_PROVIDER)
    if (await page.$(FORM.login)) {
      expect(new URL(page.url()).hostname).toBe('localhost')
      await page.type(FORM.login, 'lin')
      await page.type(FORM.password, 'x')
      await page.click(FORM.send)
    }
    // The provider redirects several times before the desk answers; a look meanwhile fails or finds its pages.
    const isLoaded =
      "document.readyState === 'complete' && document.querySelector('header nav, .login') !== null"
    await until(
      async () =>
        page.url().startsWith(at('/')) && (await page.evaluate(isLoaded).then(Boolean, () => false)),
    )
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    archive = await ArchiveReader.open(server.url, 'test')
    port = await freePort()
    provider = await startOidcServer(accounts, at(''), 'localhost')
    desk = await openDesk()
    browser = await startBrowser()
  }, 120_000)
  beforeEach(async () => {
    context = await browser.createBrowserContext()
    page = await context.newPage()
    await page.setViewport(DESKTOP)
    accounts.lin.groups = ['analysts']
  })
  afterEach(() => context.close())
  afterAll(async () => {
    await browser?.close()
    await desk?.close()
    await provider?.stop()
    await archive?.close()
    server?.stop()
  })

  it('leads to the page of the link that was opened', async () => {
    await page.goto(at('/queue?view=mine'))
    expect(await accessibilityFaults(page)).toEqual([])
    await logIn()
    expect(page.url()).toBe(at('/queue?view=mine'))
    expect(await page.$eval('header', (header) => header.textContent)).toContain('lin')
  })

  it('brings a form back that was sent after the session had ended', async () => {
    await page.goto(at('/case/alert-m1'))
    await logIn()
    await page.type('textarea[name=note]', 'called the bank')
    await desk.close()
    desk = await openDesk()
    await click('button[value=confirmed]')
    expect(await text()).toContain('session')
    await logIn()
    expect(new URL(page.url()).pathname).toBe('/case/alert-m1')
    expect(await page.$eval('textarea[name=note]', (field) => field.value)).toBe('called the bank')
    expect(given).toEqual([])
    await click('button[value=confirmed]')
    expect(given).toMatchObject([{ verdict: 'confirmed', by: 'lin', note: 'called the bank' }])
  })

  it('gives only the rights that the provider still names', async () => {
    await page.goto(at('/case/alert-m1'))
    await logIn()
    expect(await page.$('button[value=confirmed]')).not.toBeNull()
    await click('form[action="/logout"] button')
    accounts.lin.groups = ['readers']
    await page.goto(at('/case/alert-m1'))
    await logIn()
    expect(page.url()).toBe(at('/case/alert-m1'))
    expect(await page.$('button[value=confirmed]')).toBeNull()
    await click('form[action="/logout"] button')
    accounts.lin.groups = []
    await page.goto(at('/case/alert-m1'))
    await logIn()
    expect(await text()).toContain('no right at this desk')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.goto(at('/queue'))
    expect(await page.$(TO_PROVIDER)).not.toBeNull()
  })

  it('ends here, and at the provider by the link that the page shows', async () => {
    await page.goto(at('/queue'))
    await logIn()
    await click('form[action="/logout"] button')
    expect(await text()).toContain('logged out')
    expect(await accessibilityFaults(page)).toEqual([])
    const other = await context.newPage()
    await other.goto(at('/queue'))
    expect(await other.$(TO_PROVIDER)).not.toBeNull()
    await other.close()
    await click('a[href*="session/end"]')
    await page.click('button[name=logout]')
    await page.waitForSelector(TO_PROVIDER)
    expect(new URL(page.url()).origin).toBe(new URL(at('/')).origin)
    await click(TO_PROVIDER)
    expect(await page.$(FORM.login)).not.toBeNull()
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { OidcProvider } from '../../../src/adapters/oidc/provider.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { type Desk, startDesk } from '../../../src/analyst/desk/server.ts'
import type { Event } from '../../../src/domain/events.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { freePort } from '../../helpers/free-port.ts'
import { CookieClient, OIDC_SECRET, type OidcServer, startOidcServer } from '../../helpers/oidc-server.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const COOKIE = 'sigwatch-desk'
const ATTEMPT = 'sigwatch-desk-login'
const ACCOUNTS = {
  lin: { groups: ['staff', 'analysts'] },
  guest: { groups: ['staff', 'readers'] },
  outsider: { groups: ['staff', 'constructor'] },
  'nameless@example.com': { groups: ['analysts'] },
  token: { groups: ['analysts'] },
}

describeWith('postgres', 'logins at an OpenID provider', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let provider: OidcServer
  let desk: Desk
  let url: string
  const events: Event[] = []
  let clients = 0
  /** From an address of its own, as wrong logins are limited by it. */
  const newClient = () => new CookieClient(`192.0.2.${++clients}`)
  const oidcClient = () => ({
    ...{ issuer: provider.issuer, clientId: 'desk', clientSecret: OIDC_SECRET },
    ...{ redirectUri: `${url}/login/callback`, homeUri: `${url}/`, scope: 'openid profile groups' },
    claims: ['preferred_username', 'groups'],
    now: () => archive.now(),
  })
  const answers: string[] = []

  /** Begins at the desk and logs in at the provider; resolves with the address that leads back. */
  const back = async (
    client: CookieClient,
    login: string,
    { next = '', change = (at: string) => at } = {},
  ) => {
    const begun = await client.fetch(`${url}/login/provider?${new URLSearchParams({ next })}`)
    expect(begun.status).toBe(303)
    return client.throughProvider(change(begun.headers.get('location')!), login, url)
  }
  const login = async (name: string, next?: string) => {
    const client = newClient()
    const answer = await client.fetch(await back(client, name, { ...(next && { next }) }))
    const page = await answer.clone().text()
    answers.push(page)
    return { client, answer, page }
  }
  const keyOf = async (client: CookieClient) =>
    /name="key" value="([^"]+)"/.exec(await (await client.fetch(`${url}/queue`)).text())![1]!
  const noted = () =>
    archive.ask<{ who: string; what: string; subject: string }>(
      'SELECT who, what, subject FROM access_log ORDER BY at',
      [],
    )

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    archive = await ArchiveReader.open(server.url, 'test')
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    provider = await startOidcServer(ACCOUNTS, url)
    desk = await startDesk({
      ...{
        host: '127.0.0.1',
        port,
        locale: 'en',
        archive,
        isTrustedProxy: (address) => address.startsWith('127.'),
      },
      emit: (event) => void events.push(event),
      logins: [{ name: 'token', token: 'a-token-of-the-tests', may: 'judge' }],
      provider: {
        ...{ host: new URL(provider.issuer).host, isSecure: false, name: 'preferred_username' },
        ...{ claim: 'groups', rights: { analysts: 'judge', readers: 'read' } },
        provider: new OidcProvider(oidcClient()),
      },
      feedback: { now: async () => Date.now(), write: async () => undefined },
    })
  })
  afterAll(async () => {
    await desk?.close()
    await provider?.stop()
    await archive?.close()
    server?.stop()
  })

  it('lead to the page that was asked for, with the rights of the groups', async () => {
    const { client, answer } = await login('lin', '/queue?view=mine')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/queue?view=mine')
    const page = await (await client.fetch(`${url}/queue`)).text()
    expect(page).toContain('>lin</span>')
    const [session] = answer.headers.getSetCookie()
    expect(session).toMatch(/HttpOnly; SameSite=Strict; Path=\//)
    expect(client.cookie(url, ATTEMPT)).toBeUndefined()
    const key = await keyOf(client)
    expect((await client.fetch(`${url}/case/alert-m1`, { key, verdict: 'confirmed' })).status).toBe(303)
  })

  it('give no right that no group has', async () => {
    const { client } = await login('guest')
    const key = await keyOf(client)
    for (const field of [{}, { may: 'lead' }, { groups: 'analysts' }])
      expect(
        (await client.fetch(`${url}/case/alert-m1`, { key, verdict: 'confirmed', ...field })).status,
      ).toBe(403)
    const outsider = await login('outsider')
    expect(outsider.answer.status).toBe(403)
    expect(outsider.page).toContain('no right at this desk')
    expect(outsider.client.cookie(url, COOKIE)).toBeUndefined()
    expect(await noted()).toContainEqual({ who: 'outsider', what: 'refused', subject: 'no right' })
  })

  it.each(['nameless@example.com', 'token'])(
    'take no name that feedback or a token has otherwise: %s',
    async (name) => {
      const { answer, page } = await login(name)
      expect(answer.status).toBe(403)
      expect(page).toContain('no name that the desk can take')
    },
  )

  it('are refused for another state, nonce or challenge, and for a code that has been used', async () => {
    const replaced = (name: string) => (at: string) => {
      const changed = new URL(at)
      changed.searchParams.set(name, 'A'.repeat(43))
      return changed.href
    }
    for (const change of [replaced('nonce'), replaced('code_challenge'), replaced('state')]) {
      const client = newClient()
      const answer = await client.fetch(await back(client, 'lin', { change }))
      answers.push(await answer.text())
      expect(answer.status).toBe(403)
      expect(client.cookie(url, COOKIE)).toBeUndefined()
    }
    const client = newClient()
    const address = await back(client, 'lin')
    const kept = client.cookie(url, ATTEMPT)!
    expect((await client.fetch(address)).status).toBe(303)
    const again = newClient()
    again.setCookie(url, ATTEMPT, kept)
    expect((await again.fetch(address)).status).toBe(403)
    const reasons = events.flatMap((event) =>
      event.name === 'desk_login' && event.reason ? [event.reason] : [],
    )
    expect(reasons).toEqual(expect.arrayContaining(['OAUTH_INVALID_RESPONSE', 'invalid_grant']))
  })

  it('are refused for an expired code', async () => {
    provider.codeLasts = 1
    const client = newClient()
    const address = await back(client, 'lin')
    provider.codeLasts = 60
    await sleep(2_100)
    expect((await client.fetch(address)).status).toBe(403)
    expect((await noted()).at(-1)).toMatchObject({ what: 'refused', subject: 'invalid_grant' })
  })

  it('end in the browser alone that began them', async () => {
    const address = await back(newClient(), 'lin')
    const other = newClient()
    const answer = await other.fetch(address)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('not begun here')
    other.setCookie(url, ATTEMPT, 'A'.repeat(200))
    expect((await other.fetch(address)).status).toBe(400)
    expect(other.cookie(url, COOKIE)).toBeUndefined()
  })

  it('make a session of their own, and end the one that the browser had', async () => {
    const client = newClient()
    const planted = 'A'.repeat(43)
    client.setCookie(url, COOKIE, planted)
    await client.fetch(await back(client, 'lin'))
    const first = client.cookie(url, COOKIE)!
    expect(first).not.toBe(planted)
    await client.fetch(await back(client, 'guest'))
    expect(client.cookie(url, COOKIE)).not.toBe(first)
    for (const id of [planted, first]) {
      const thief = newClient()
      thief.setCookie(url, COOKIE, id)
      expect((await thief.fetch(`${url}/queue`)).status).toBe(401)
    }
  })

  it.each(['//evil.example/', 'https://evil.example/', '/\\\\evil.example', 'javascript:alert(1)'])(
    'lead to no other site: %s',
    async (next) => {
      const { answer } = await login('lin', next)
      expect(answer.headers.get('location')).toBe('/overview')
      const asked = await newClient().fetch(`${url}${next.startsWith('/') ? next : `/?next=${next}`}`)
      expect(await asked.text()).not.toMatch(/href="(?!\/)/)
    },
  )

  it('end here at once, and at the provider by a link that holds no secret', async () => {
    const { client } = await login('lin')
    const id = client.cookie(url, COOKIE)!
    const left = await client.fetch(`${url}/logout`, { key: await keyOf(client) })
    const page = await left.text()
    expect(left.status).toBe(200)
    const end = /href="([^"]+session\/end[^"]*)"/.exec(page)![1]!.replaceAll('&amp;', '&')
    expect(Object.fromEntries(new URL(end).searchParams)).toEqual({
      client_id: 'desk',
      post_logout_redirect_uri: `${url}/`,
    })
    expect((await client.fetch(end)).status).toBe(200)
    client.setCookie(url, COOKIE, id)
    expect((await client.fetch(`${url}/queue`)).status).toBe(401)
    expect((await noted()).at(-1)).toEqual({ who: 'lin', what: 'logout', subject: '' })
  })

  it('say that the provider is down, while tokens work', async () => {
    const client = newClient()
    const address = await back(client, 'lin')
    await provider.stop()
    const answer = await client.fetch(address)
    const page = await answer.text()
    expect(answer.status).toBe(503)
    expect(page).toContain('does not answer')
    expect(page).toContain('name="token"')
    const entered = await client.fetch(`${url}/login`, { token: 'a-token-of-the-tests' })
    expect(entered.status).toBe(303)
    // Nor is a desk harmed that never saw it.
    const unknown = new OidcProvider({ ...oidcClient(), issuer: provider.issuer })
    await expect(unknown.begin()).rejects.toMatchObject({ silent: true, reason: 'ECONNREFUSED' })
    await provider.start()
    expect((await unknown.begin()).address).toContain('code_challenge_method=S256')
    expect((await login('lin')).answer.status).toBe(303)
  })

  it('leave no secret in events, pages or the access log', async () => {
    const said = JSON.stringify([events, answers, await noted()])
    expect(answers.length).toBeGreaterThan(5)
    for (const secret of [OIDC_SECRET, encodeURIComponent(OIDC_SECRET), 'code=', 'id_token'])
      expect(said).not.toContain(secret)
  })
})

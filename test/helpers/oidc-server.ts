import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const OIDC_SECRET = 'the-secret-of-the-desk-at-the-provider'

/** Accounts by login, which is also the subject. */
export type Accounts = Readonly<
  Record<string, { readonly name?: string; readonly groups: readonly string[] }>
>

export interface OidcServer {
  readonly issuer: string
  /** Lifetime of an authorization code, s. */
  codeLasts: number
  stop(): Promise<void>
  /** Restarts the same issuer after a stop. */
  start(): Promise<void>
}

/**
 * Starts a real OpenID provider with a client `desk` at `url`; its login form accepts any password. `host`: `localhost` is another
 * site than 127.0.0.1 to browsers.
 */
export async function startOidcServer(
  accounts: Accounts,
  url: string,
  host = '127.0.0.1',
): Promise<OidcServer> {
  // @ts-expect-error: the package has no types
  const library: unknown = await import('oidc-provider')
  const { Provider } = library as { Provider: new (issuer: string, options: object) => OidcLibrary }
  const server = createServer()
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const issuer = `http://${host}:${port}`
  const own = { codeLasts: 60 }
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: 'desk', client_secret: OIDC_SECRET, redirect_uris: [`${url}/login/callback`] },
        post_logout_redirect_uris: [`${url}/`],
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    cookies: { keys: ['a-key-of-cookies-of-the-tests'] },
    ttl: {
      AuthorizationCode: () => own.codeLasts,
      Session: 3600,
      Interaction: 600,
      Grant: 3600,
      IdToken: 600,
      AccessToken: 600,
    },
    async findAccount(_context: unknown, id: string) {
      const { name, groups = [] } = accounts[id] ?? {}
      return { accountId: id, claims: async () => ({ sub: id, preferred_username: name ?? id, groups }) }
    },
    async loadExistingGrant({ oidc }: GrantContext) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope('openid profile groups')
      await grant.save()
      return grant
    },
  })
  server.on('request', provider.callback())
  return Object.assign(own, {
    issuer,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async start() {
      await listen(port)
    },
  })
}

interface OidcLibrary {
  callback(): (request: unknown, response: unknown) => void
  readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> }
}

interface GrantContext {
  readonly oidc: {
    readonly provider: OidcLibrary
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

/** An HTTP client with cookies by host and port, which does not follow redirects by itself. */
export class CookieClient {
  readonly #jars = new Map<string, Map<string, string>>()
  readonly #from: string

  /** `from`: client address, sent in `X-Forwarded-For`. */
  constructor(from: string) {
    this.#from = from
  }

  async fetch(address: string | URL, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { origin, href } = new URL(address)
    const jar = this.#jars.get(origin) ?? new Map<string, string>()
    this.#jars.set(origin, jar)
    const answer = await fetch(href, {
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-forwarded-for': this.#from,
      },
      redirect: 'manual',
    })
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!
      if (value === '') jar.delete(name!)
      else jar.set(name!, value!)
    }
    return answer
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#jars.get(origin)?.get(name)
  }

  setCookie(origin: string, name: string, value: string): void {
    this.#jars.set(origin, new Map(this.#jars.get(origin)).set(name, value))
  }

  /** Logs in at the provider, starting from the desk's redirect; resolves with the URL that leads back, without opening it. */
  async throughProvider(begin: string, login: string, home: string): Promise<string> {
    let at = begin
    for (let step = 0; step < 12; step++) {
      if (at.startsWith(home)) return at
      const answer = await this.fetch(at)
      const location = answer.headers.get('location')
      if (location === null) {
        const page = await answer.text()
        const action = /action="([^"]+)"/.exec(page)
        if (!action)
          throw new Error(
            `the provider says: ${answer.status} ${page.replace(/<[^>]*>/g, ' ').slice(0, 500)}`,
          )
        const entered = await this.fetch(new URL(action[1]!, at), { prompt: 'login', login, password: 'x' })
        at = new URL(entered.headers.get('location')!, at).href
      } else at = new URL(location, at).href
    }
    throw new Error('the provider leads nowhere')
  }
}

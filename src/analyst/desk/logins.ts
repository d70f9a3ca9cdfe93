import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { LoginFailed } from '../../adapters/oidc/provider.ts'
import { type Answer, localPath, toPage } from './answers.ts'
import { type Clients, networkOf } from './client-address.ts'
import { LoginLimits } from './login-limits.ts'
import type { DeskOptions } from './options.ts'
import { leftPage, loginPage } from './pages.ts'
import { ATTEMPT_LASTS, type ProviderAnswer, ProviderLogin } from './provider-login.ts'
import { ATTEMPT, cookie, cookieOf } from './requests.ts'
import type { Login, Session, Sessions } from './sessions.ts'
import type { Speech } from './words.ts'

/** Delay of the answer to a wrong token, ms. */
const SLOW = 500
/** Lifetime of the cookie, equal to that of a session, s. */
const COOKIE_LASTS = 28_800

type Parts = {
  readonly options: DeskOptions
  readonly sessions: Sessions
  readonly clients: Clients
  readonly speech: Speech
}
type Fault = { readonly next?: string | undefined; readonly fault?: string }

/** Logs users in, by token or through an OpenID provider, and out. Failures are limited by network, logged and reported. */
export class Logins {
  readonly #parts: Parts
  readonly #limits = new LoginLimits()
  readonly #provider: ProviderLogin | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    const { provider, logins } = parts.options
    this.#provider =
      provider &&
      new ProviderLogin(
        provider,
        logins.map(({ name }) => name),
      )
  }

  /** The login page, which continues to `next`. */
  page(status: number, said: Fault = {}, headers: Answer['headers'] = {}): Answer {
    const { options, speech } = this.#parts
    const ways = { hasTokens: options.logins.length > 0, host: this.#provider?.logins.host }
    return { status, headers, body: loginPage(speech, { ...ways, ...said }) }
  }

  /** Answers the paths of logins; undefined for any other path. */
  async answer(
    request: IncomingMessage,
    { pathname, searchParams }: URL,
    form?: URLSearchParams,
  ): Promise<Answer | undefined> {
    if (pathname === '/login' && form) return this.#byToken(request, form)
    if (form || !this.#provider) return undefined
    if (pathname === '/login/provider') return this.#begin(request, this.#provider, searchParams.get('next'))
    if (pathname === '/login/callback') return this.#finish(request, this.#provider, searchParams)
    return undefined
  }

  /** Ends the session. Users of the provider are told that they are still logged in there. */
  async leave(session: Session, id: string | undefined): Promise<Answer> {
    const { sessions, speech, options } = this.#parts
    sessions.close(id)
    await options.archive.note(session, 'logout', '')
    const gone = { 'set-cookie': cookie('', 0) }
    const end = session.isOfProvider ? await this.#provider?.logins.provider.endAddress() : undefined
    if (end === undefined) return { ...toPage('/'), headers: { location: '/', ...gone } }
    return { status: 200, body: leftPage(speech, end), headers: gone }
  }

  async #byToken(request: IncomingMessage, form: URLSearchParams): Promise<Answer> {
    const { sessions, speech } = this.#parts
    const next = localPath(form.get('next'))
    const now = performance.now()
    const address = this.#parts.clients.addressOf(request)
    const wait = this.#limits.wait(networkOf(address), now)
    if (wait > 0) return this.#limited(address, wait, next)
    const login = sessions.holderOf(form.get('token') ?? '')
    if (login) return this.#enter(request, login, next)
    const limited = this.#failed(address, next)
    if (limited) return limited
    await Promise.all([
      this.#parts.options.archive.note({ name: address, address }, 'refused', ''),
      sleep(SLOW),
    ])
    return this.page(401, { next, fault: speech.say('unknownToken') })
  }

  async #begin(request: IncomingMessage, login: ProviderLogin, next: string | null): Promise<Answer> {
    const address = this.#parts.clients.addressOf(request)
    const wait = this.#limits.wait(networkOf(address), performance.now())
    if (wait > 0) return this.#limited(address, wait, localPath(next))
    try {
      const { address: location, kept } = await login.begin(next, performance.now())
      return { status: 303, headers: { location, 'set-cookie': this.#attempt(kept, ATTEMPT_LASTS / 1000) } }
    } catch (error) {
      if (!(error instanceof LoginFailed)) throw error
      return this.#silent(address, error.reason, localPath(next))
    }
  }

  async #finish(request: IncomingMessage, login: ProviderLogin, query: URLSearchParams): Promise<Answer> {
    const address = this.#parts.clients.addressOf(request)
    const wait = this.#limits.wait(networkOf(address), performance.now())
    if (wait > 0) return this.#limited(address, wait)
    const kept = cookieOf(request, ATTEMPT) ?? ''
    const found = await login.finish(query, kept, performance.now())
    if ('fault' in found) return this.#notIn(address, found)
    const { name, may, next } = found
    const entered = await this.#enter(request, { name, may, isOfProvider: true }, next)
    const cookies = [entered.headers!['set-cookie']!, this.#attempt('', 0)].flat()
    return { ...entered, headers: { ...entered.headers, 'set-cookie': cookies } }
  }

  async #notIn(
    address: string,
    { fault, reason, name }: Extract<ProviderAnswer, { fault: string }>,
  ): Promise<Answer> {
    const { speech, options } = this.#parts
    const said = speech.say(fault)
    const headers = { 'set-cookie': this.#attempt('', 0) }
    if (fault === 'loginSilent') return this.#silent(address, reason)
    // Opening an old address again does not count as an attempt.
    if (fault === 'loginStale') return this.page(400, { fault: said }, headers)
    const limited = this.#failed(address, undefined, reason)
    if (limited) return limited
    await options.archive.note({ name: name ?? address, address }, 'refused', reason)
    return this.page(403, { fault: said }, headers)
  }

  /** Starts a session with a new id; the browser's previous one ends. */
  async #enter(request: IncomingMessage, login: Omit<Login, 'token'>, next = '/overview'): Promise<Answer> {
    const { sessions, clients, options } = this.#parts
    const address = clients.addressOf(request)
    await options.archive.note({ name: login.name, address }, 'login', address)
    sessions.close(cookieOf(request))
    const id = sessions.start(login, performance.now())
    options.emit({ name: 'desk_login', outcome: 'accepted', address })
    const isSecure = login.isOfProvider && this.#provider?.logins.isSecure
    return { status: 303, headers: { location: next, 'set-cookie': cookie(id, COOKIE_LASTS, { isSecure }) } }
  }

  /**
   * Counts a failure, before any await so that parallel attempts are counted separately. Returns undefined if the failure must
   * be recorded.
   */
  #failed(address: string, next: string | undefined, reason?: string): Answer | undefined {
    const isNoted = this.#limits.failed(networkOf(address), performance.now())
    if (!isNoted)
      return this.#limited(address, this.#limits.wait(networkOf(address), performance.now()), next)
    const why = reason === undefined ? {} : { reason }
    this.#parts.options.emit({ name: 'desk_login', outcome: 'refused', address, ...why })
    return undefined
  }

  #limited(address: string, wait: number, next?: string): Answer {
    const { options, speech } = this.#parts
    options.emit({ name: 'desk_login', outcome: 'limited', address })
    const seconds = Math.ceil(wait / 1000)
    const fault = speech.say('tooManyTokens', { n: seconds })
    return this.page(429, { next, fault }, { 'retry-after': String(seconds) })
  }

  #silent(address: string, reason: string, next?: string): Answer {
    const { options, speech } = this.#parts
    options.emit({ name: 'desk_login', outcome: 'unavailable', address, reason })
    const host = this.#provider!.logins.host
    return this.page(503, { next, fault: speech.say('loginSilent', { host }) })
  }

  /** SameSite=Lax, because the provider redirects back from another site. */
  #attempt(value: string, seconds: number): string {
    const isSecure = this.#provider?.logins.isSecure
    return cookie(value, seconds, { isSecure, name: ATTEMPT, site: 'Lax', path: '/login' })
  }
}

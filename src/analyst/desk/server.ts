import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InvalidInput, SigwatchError } from '../../domain/errors.ts'
import { MINUTE } from '../../domain/time.ts'
import { BrandNames } from '../archive/brand-names.ts'
import { Html } from '../words/html.ts'
import { type Answer, localPath, ORIGIN } from './answers.ts'
import { builtScript } from './assets.ts'
import { SCRIPT } from './client.ts'
import { Clients } from './client-address.ts'
import { DeskClock } from './desk-clock.ts'
import { KeptForms } from './kept-forms.ts'
import { LiveEvents } from './live-events.ts'
import { Logins } from './logins.ts'
import type { DeskOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { againPage, messagePage } from './pages.ts'
import { cookieOf, formOf } from './requests.ts'
import { Routes } from './routes.ts'
import { SealedSearches } from './sealed-searches.ts'
import { Sessions } from './sessions.ts'
import { STYLE } from './style.ts'
import { type Speech, speechIn, type Word } from './words.ts'

/** Messages for error codes. */
const FAULTS: Readonly<Record<string, Word>> = {
  ARCHIVE_TOO_SLOW: 'tooSlow',
  ARCHIVE_BUSY: 'busy',
  ARCHIVE_UNREACHABLE: 'unreachable',
  ARCHIVE_REFUSED: 'refusedByArchive',
  USAGE: 'wrongFeedback',
}

/** How often what takes long is renewed without visitors, ms. */
const WARM_EVERY = 30 * MINUTE

/** Forbids content and scripts from other origins, inline scripts, framing, and forms sent to or from other sites. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
}

export interface Desk {
  readonly port: number
  close(): Promise<void>
}

/** Serves the desk. Rejects with CONFIG_INVALID if it cannot listen. */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const desk = new DeskPages(options)
  const server = createServer(
    {
      requestTimeout: 10_000,
      headersTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => void desk.respond(request, response),
  )
  server.maxConnections = 256
  await listening(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, desk.close()])
    },
  }
}

function listening(server: Server, { host, port }: DeskOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `${host}:${port}: ${error.code ?? error.message}`
      reject(new InvalidInput('CONFIG_INVALID', [{ file: 'configuration', key: 'desk.port', message }]))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      server.on('error', () => undefined)
      resolve()
    })
  })
}

/** Answers requests; sessions are in memory. */
export class DeskPages {
  readonly #sessions: Sessions
  readonly #logins: Logins
  readonly #clients: Clients
  readonly #speech: Speech
  readonly #outbox: Outbox | undefined
  readonly #routes: Routes
  readonly #live: LiveEvents
  readonly #clock: DeskClock
  readonly #kept = new KeptForms()
  readonly #warming: NodeJS.Timeout

  constructor(options: DeskOptions) {
    this.#sessions = new Sessions(options.logins)
    this.#clients = new Clients(options.isTrustedProxy, options.emit)
    this.#live = new LiveEvents(
      options.archive.ask,
      (id) => this.#sessions.find(id, performance.now()) !== undefined,
    )
    this.#clock = new DeskClock(options.archive)
    const brands = new BrandNames(options.locale)
    this.#speech = speechIn(options.locale, brands, (name) => brands.idOf(name))
    const parts = { options, sessions: this.#sessions, clients: this.#clients, speech: this.#speech }
    this.#logins = new Logins(parts)
    this.#outbox = options.feedback && new Outbox(options.archive, options.feedback)
    const speech = this.#speech
    this.#routes = new Routes({
      ...{ options, brands, speech, outbox: this.#outbox, seals: new SealedSearches() },
      refuse: ({ session }, status, word) => ({
        status,
        body: messagePage(session, speech, speech.say(word)),
      }),
    })
    void this.#warm()
    this.#warming = setInterval(() => void this.#warm(), WARM_EVERY).unref()
  }

  /** An archive that does not answer is named by the pages that need it. */
  async #warm(): Promise<void> {
    try {
      await this.#routes.warm(await this.#clock.now())
    } catch {}
  }

  /** Unwritten feedback stays in the archive for the next start. */
  async close(): Promise<void> {
    clearInterval(this.#warming)
    this.#live.end()
    await this.#outbox?.close()
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer
    const left = new AbortController()
    response.once('close', () => left.abort())
    try {
      if (this.#follow(request, response)) return
      answer = await this.#answer(request, left.signal)
    } catch (error) {
      if (left.signal.aborted) return
      answer = this.#faulty(request, error)
    }
    const { status, body = '', type = 'text/html; charset=utf-8', headers = {} } = answer
    response.writeHead(status, { ...HEADERS, 'content-type': type, ...headers })
    response.end(body instanceof Html ? body.text : body)
  }

  /** Opens an event stream if the request asks for one and has a session. Returns whether it did. */
  #follow(request: IncomingMessage, response: ServerResponse): boolean {
    const id = cookieOf(request)
    if (request.url !== '/events' || request.method !== 'GET' || !this.#sessions.find(id, performance.now()))
      return false
    if (!this.#live.open(id!, response, HEADERS)) response.writeHead(429, HEADERS).end()
    return true
  }

  async #answer(request: IncomingMessage, left: AbortSignal): Promise<Answer> {
    const address = request.url ?? '/'
    if (!URL.canParse(address, ORIGIN)) return this.#failure(request, 404, this.#speech.say('noPage'))
    const url = new URL(address, ORIGIN)
    const { pathname: path, searchParams: query } = url
    if (path === '/style.css') return { status: 200, type: 'text/css; charset=utf-8', body: STYLE }
    if (path === '/client.js') return { status: 200, type: 'text/javascript; charset=utf-8', body: SCRIPT }
    const script = builtScript(path, request.headers['accept-encoding']?.toString())
    if (script) return script
    const isPost = request.method === 'POST'
    if (!isPost && request.method !== 'GET') return this.#failure(request, 405, this.#speech.say('methods'))
    const form = isPost ? await formOf(request) : new URLSearchParams()
    if (!form) return this.#failure(request, 413, this.#speech.say('tooLarge'))
    const login = await this.#logins.answer(request, url, isPost ? form : undefined)
    if (login) return login
    const id = cookieOf(request)
    const known = this.#sessions.find(id, performance.now())
    if (!known) return this.#closed(request, path, isPost ? form : undefined)
    const session = { ...known, address: this.#clients.addressOf(request) }
    if (isPost && form.get('key') !== session.formKey) return this.#foreign(request, path, form)
    if (isPost && path === '/logout') {
      this.#live.end(id)
      return this.#logins.leave(session, id)
    }
    const isRenewal = request.headers['x-live'] === '1' && this.#live.follows(id!)
    const kept = this.#kept.find(query.get('kept'), session.name, performance.now())
    const now = await this.#clock.now()
    return this.#routes.page({ path, query, form, session, isRenewal, now, kept, left }, isPost)
  }

  /**
   * The login page, which continues to the requested page or, after a form, to its page with a note that nothing was done.
   * Links from other sites come without the cookie (SameSite=Strict), so the page reloads itself from here once.
   */
  #closed(request: IncomingMessage, path: string, form: URLSearchParams | undefined): Answer {
    const { url, headers } = request
    if (form) {
      const next = localPath(this.#kept.pageOf(request, path, form, performance.now()))
      return this.#logins.page(401, { next, fault: this.#speech.say('sessionEnded') })
    }
    if (headers['sec-fetch-site'] === 'cross-site') return { status: 200, body: againPage(this.#speech) }
    return this.#logins.page(401, { next: localPath(url ?? null) })
  }

  /** A form of another session, for example from a tab opened earlier, or from another site. */
  #foreign(request: IncomingMessage, path: string, form: URLSearchParams): Answer {
    const back = this.#kept.pageOf(request, path, form, performance.now())
    return { status: 403, body: messagePage(undefined, this.#speech, this.#speech.say('notYours'), { back }) }
  }

  #faulty(request: IncomingMessage, error: unknown): Answer {
    const known = error instanceof SigwatchError ? error : undefined
    const status = known?.code === 'USAGE' ? 400 : 503
    const word = FAULTS[known?.code ?? ''] ?? 'defect'
    return this.#failure(
      request,
      status,
      this.#speech.say(word),
      word === 'tooSlow' || word === 'busy' ? undefined : known?.message,
    )
  }

  #failure(request: IncomingMessage, status: number, message: string, cause?: string): Answer {
    const session = this.#sessions.find(cookieOf(request), performance.now())
    return { status, body: messagePage(session, this.#speech, message, { cause }) }
  }
}

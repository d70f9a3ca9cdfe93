import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInput, SigwatchError } from '../../domain/errors.ts'
import { DAY, MINUTE } from '../../domain/time.ts'
import type { Case } from '../archive/case.ts'
import type { Html } from '../words/html.ts'
import { Clients, networkOf } from './client-address.ts'
import { LoginLimits } from './login-limits.ts'
import type { DeskOptions } from './options.ts'
import { overviewPage } from './overview.ts'
import { accessPage, casePage, LONGEST_VALUE, loginPage, messagePage, searchPage } from './pages.ts'
import { cookie, cookieOf, decoded, formOf, rangeOf, searchedFor, searchOf, timeOf } from './requests.ts'
import { type AskedSearch, SealedSearches } from './sealed-searches.ts'
import { type Session, Sessions } from './sessions.ts'
import { STYLE } from './style.ts'
import { type Speech, speechIn, type Word } from './words.ts'

interface Answer {
  readonly status: number
  readonly body?: Html | string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** How long a wrong token is answered, ms. */
const SLOW = 500
/** What the paths of requests are read against. */
const ORIGIN = 'http://desk'
const VERDICTS = ['confirmed', 'false_positive', 'release'] as const
const LONGEST_DAYS = 30
/** Over which the overview says how right codes were. */
const JUDGED_DAYS = 7

/** What is said of an error by its code. */
const FAULTS: Readonly<Record<string, Word>> = {
  ARCHIVE_TOO_SLOW: 'tooSlow',
  ARCHIVE_UNREACHABLE: 'unreachable',
  ARCHIVE_REFUSED: 'refusedByArchive',
  USAGE: 'refusedFeedback',
}

/** Nothing of another place is loaded, no script runs, no other site shows or sends to a page. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
}

/** A running desk. */
export interface Desk {
  readonly port: number
  close(): Promise<void>
}

/** Serves the desk. Rejects with CONFIG_INVALID when it cannot listen. */
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
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

/** One request with who makes it. */
interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly session: Session
}

/** Answers requests, with sessions in memory. */
export class DeskPages {
  readonly #options: DeskOptions
  readonly #sessions: Sessions
  readonly #searches = new SealedSearches()
  readonly #limits = new LoginLimits()
  readonly #clients: Clients
  readonly #speech: Speech

  constructor(options: DeskOptions) {
    this.#options = options
    this.#sessions = new Sessions(options.logins)
    this.#clients = new Clients(options.isTrustedProxy, options.emit)
    this.#speech = speechIn(options.locale)
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer
    try {
      answer = await this.#answer(request)
    } catch (error) {
      answer = this.#faulty(error)
    }
    const { status, body = '', type = 'text/html; charset=utf-8', headers = {} } = answer
    response.writeHead(status, { ...HEADERS, 'content-type': type, ...headers })
    response.end(typeof body === 'string' ? body : body.text)
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const address = request.url ?? '/'
    if (!URL.canParse(address, ORIGIN)) return this.#failure(404, this.#speech.say('noPage'))
    const { pathname: path, searchParams: query } = new URL(address, ORIGIN)
    if (path === '/style.css') return { status: 200, type: 'text/css; charset=utf-8', body: STYLE }
    const isPost = request.method === 'POST'
    if (!isPost && request.method !== 'GET') return this.#failure(405, this.#speech.say('methods'))
    const form = isPost ? await formOf(request) : new URLSearchParams()
    if (!form) return this.#failure(413, this.#speech.say('tooLarge'))
    if (isPost && path === '/login') return this.#login(form, this.#clients.addressOf(request))
    const id = cookieOf(request)
    const session = this.#sessions.find(id, performance.now())
    if (!session) return { status: 401, body: loginPage(this.#speech) }
    if (isPost && form.get('key') !== session.formKey) return this.#failure(403, this.#speech.say('notYours'))
    if (isPost && path === '/logout') {
      this.#sessions.close(id)
      return { status: 303, headers: { location: '/', 'set-cookie': cookie('', 0) } }
    }
    return this.#page({ path, query, form, session }, isPost)
  }

  async #login(form: URLSearchParams, address: string): Promise<Answer> {
    const { archive, emit } = this.#options
    const network = networkOf(address)
    const now = performance.now()
    const wait = this.#limits.wait(network, now)
    const opened = wait > 0 ? undefined : this.#sessions.open(form.get('token') ?? '', now)
    if (opened) {
      emit({ name: 'desk_login', outcome: 'accepted', address })
      await archive.note(opened.session.name, 'login', address)
      return { status: 303, headers: { location: '/overview', 'set-cookie': cookie(opened.id, 28_800) } }
    }
    // Counted before anything is awaited, so that attempts at once are not one.
    const isNoted = wait === 0 && this.#limits.failed(network, now)
    emit({ name: 'desk_login', outcome: isNoted ? 'refused' : 'limited', address })
    if (!isNoted) return this.#limited(Math.max(wait, this.#limits.wait(network, now)))
    await Promise.all([archive.note(address, 'refused', ''), sleep(SLOW)])
    return { status: 401, body: loginPage(this.#speech, this.#speech.say('unknownToken')) }
  }

  #limited(wait: number): Answer {
    const seconds = Math.ceil(wait / 1000)
    return {
      status: 429,
      body: loginPage(this.#speech, this.#speech.say('tooManyTokens', { n: seconds })),
      headers: { 'retry-after': String(seconds) },
    }
  }

  async #page(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path, session } = asked
    const { archive } = this.#options
    const speech = this.#speech
    if (path === '/search' && isPost) return this.#seal(asked)
    if (path === '/' && !isPost) return asked.query.has('value') ? this.#follow(asked) : this.#search(asked)
    if (path.startsWith('/found/') && !isPost) return this.#found(asked)
    if (path === '/overview' && !isPost) return this.#overview(asked)
    if (path === '/access' && !isPost) {
      await archive.note(session.name, 'access', '')
      return { status: 200, body: accessPage(session, speech, await archive.accesses()) }
    }
    if (!path.startsWith('/case/')) return this.#failure(404, speech.say('noPage'))
    const id = decoded(path.slice('/case/'.length))
    const found = id === undefined ? undefined : await archive.case(id)
    if (!found) return { status: 404, body: messagePage(session, speech, speech.say('notFound')) }
    if (isPost) return this.#give(asked, found)
    await archive.note(session.name, 'case', found.alert.id)
    return { status: 200, body: casePage(session, speech, found, asked.query.has('given')) }
  }

  async #overview({ query, session }: Asked): Promise<Answer> {
    const { archive } = this.#options
    const now = Date.now()
    const from = timeOf(query.get('from')) ?? now - DAY
    const to = timeOf(query.get('to')) ?? now + MINUTE
    await archive.note(session.name, 'overview', rangeOf(from, to))
    const pathOf = (search: AskedSearch) => this.#searches.pathOf(search, session)
    const [found, judged] = await Promise.all([
      archive.overview(from, to),
      archive.judged(to - JUDGED_DAYS * DAY, to),
    ])
    return { status: 200, body: overviewPage(session, this.#speech, { from, to, pathOf }, found, judged) }
  }

  /** The form's search, at an address that does not tell it. */
  #seal({ form, session }: Asked): Answer {
    const search = searchOf(form)
    if (search.value.length > LONGEST_VALUE) return this.#failure(400, this.#speech.say('incomplete'))
    return { status: 303, headers: { location: this.#searches.pathOf(search, session) } }
  }

  /** A link of a dashboard, whose address names what is no person's. */
  #follow(asked: Asked): Answer {
    const { field, value } = searchOf(asked.query)
    if (value !== '' && (field === 'token' || field === 'message'))
      return this.#failure(400, this.#speech.say('notInAddress'))
    return this.#seal({ ...asked, form: asked.query })
  }

  async #found(asked: Asked): Promise<Answer> {
    const search = this.#searches.open(asked.path.slice('/found/'.length), asked.session)
    return search ? this.#search(asked, search) : { status: 303, headers: { location: '/' } }
  }

  async #search({ query, session }: Asked, asked = searchOf(query)): Promise<Answer> {
    const { archive } = this.#options
    const { field, value, from, to } = asked
    const narrow = field !== undefined && value !== '' ? { field, value } : {}
    await archive.note(session.name, 'search', searchedFor(asked))
    const [found, sent] = await Promise.all([
      archive.search({ ...narrow, from, to }),
      field === 'signature' && value !== '' ? archive.sent(value, from, to) : undefined,
    ])
    return { status: 200, body: searchPage(session, this.#speech, asked, found, sent) }
  }

  async #give({ form, session }: Asked, { alert }: Case): Promise<Answer> {
    const { feedback, archive } = this.#options
    if (session.may !== 'feedback' || !feedback) return this.#failure(403, this.#speech.say('mayRead'))
    const verdict = VERDICTS.find((name) => name === form.get('verdict'))
    const days = Number(form.get('days') ?? 1)
    if (!verdict || !(days >= 1 && days <= LONGEST_DAYS))
      return this.#failure(400, this.#speech.say('incomplete'))
    const { state, message } = alert.data
    const subject = state ? { stateId: state.id } : { messageId: message?.id ?? alert.data.target.id }
    const note = form.get('note')?.trim() ?? ''
    const ts = await feedback.now()
    await feedback.write(Object.values(subject)[0]!, {
      ...subject,
      verdict,
      until: ts + days * DAY,
      by: session.name,
      ...(note === '' ? {} : { note }),
      ts,
    })
    await archive.note(session.name, 'feedback', `${alert.id}: ${verdict}`)
    return { status: 303, headers: { location: `/case/${encodeURIComponent(alert.id)}?given` } }
  }

  #faulty(error: unknown): Answer {
    const known = error instanceof SigwatchError ? error : undefined
    const status = known?.code === 'USAGE' ? 400 : 503
    const word = FAULTS[known?.code ?? ''] ?? 'defect'
    return this.#failure(status, this.#speech.say(word), word === 'tooSlow' ? undefined : known?.message)
  }

  #failure(status: number, message: string, cause?: string): Answer {
    return { status, body: messagePage(undefined, this.#speech, message, cause) }
  }
}

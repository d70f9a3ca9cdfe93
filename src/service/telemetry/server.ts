import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { InvalidInput } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { BLOCKS_PATH, BlocksEndpoint, type BlocksOptions } from './blocks-endpoint.ts'
import { CheckEndpoint, type CheckOptions } from './check-endpoint.ts'
import { ExtractEndpoint, type ExtractOptions } from './extract-endpoint.ts'
import type { Reply } from './request-gate.ts'

/** Returns the reasons for not being ready; empty if ready. */
export type Probe = () => readonly string[]

export interface HttpOptions {
  readonly host: string
  /** TCP port; 0 picks a free one. */
  readonly port: number
  readonly registry: Registry
  readonly probes: readonly Probe[]
  /** Lines added to `/readyz` that do not make the instance unready. */
  readonly notes?: Probe
  readonly version: string
  readonly commit?: string
  /** Absent if `/v1/check` is off. */
  readonly check?: CheckOptions
  /** Absent if `/v1/blocks` is off. */
  readonly blocks?: BlocksOptions
  /** Absent if `/v1/extract` is off. */
  readonly extract?: ExtractOptions
}

export interface HttpServer {
  readonly host: string
  /** The TCP port it listens on. */
  readonly port: number
  /** Finishes requests in flight, then closes; connections still open after `timeoutMs` are cut. */
  close(timeoutMs?: number): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Route {
  readonly methods: readonly string[]
  readonly answer: (request: IncomingMessage) => Answer | Promise<Answer>
}

const READING = ['GET', 'HEAD']
/** Connection limits. Callers of `/v1/check` and `/v1/extract` keep theirs open and must not lock out monitoring. */
const MAX_CONNECTIONS = 64
const MAX_CONNECTIONS_WITH_CALLERS = 512

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(body)}\n`,
})

type Routes = Readonly<Record<string, Route>>

/**
 * Serves `/metrics`, `/healthz`, `/readyz`, `/version` and, where enabled, `/v1/check`, `/v1/extract` and `/v1/blocks`. Rejects
 * with CONFIG_INVALID if it cannot listen.
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port } = options
  const routes = routesOf(options)
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 30_000, maxHeaderSize: 8_192 },
    (request, response) => void respond(routes, request, response),
  )
  server.maxConnections = options.check || options.extract ? MAX_CONNECTIONS_WITH_CALLERS : MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(cannotListen('http.port', `${host}:${port}`, error)),
    )
    server.listen(port, host, resolve)
  })
  server.removeAllListeners('error')
  // Without a listener, an error of the accepting socket would end the process. The failed scrape shows it.
  server.on('error', () => undefined)
  let closing: Promise<void> | undefined
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close(timeoutMs = 2_000) {
      closing ??= closeWithin(server, timeoutMs)
      return closing
    },
  }
}

/** HTTP status and body of `/readyz`. */
export function readiness(probes: readonly Probe[], notes?: Probe) {
  const reasons = reasonsOf(probes)
  const ready = reasons.length === 0
  return [
    ready ? 200 : 503,
    { ready, reasons, ...given({ notes: notes ? reasonsOf([notes]) : undefined }) },
  ] as const
}

function routesOf(options: HttpOptions): Routes {
  const { registry, probes, notes, version, commit, check, blocks, extract } = options
  const reading = (answer: Route['answer']): Route => ({ methods: READING, answer })
  const routes: Routes = {
    '/metrics': reading(async () => ({
      status: 200,
      type: registry.contentType,
      body: await registry.metrics(),
    })),
    '/healthz': reading(() => json(200, { status: 'alive' })),
    '/readyz': reading(() => json(...readiness(probes, notes))),
    '/version': reading(() =>
      json(200, {
        name: 'sigwatch',
        version,
        ...given({ commit }),
        node: process.version,
      }),
    ),
  }
  return {
    ...routes,
    ...given({
      '/v1/check': check ? askedRoute(new CheckEndpoint(check)) : undefined,
      '/v1/extract': extract ? askedRoute(new ExtractEndpoint(extract)) : undefined,
      [BLOCKS_PATH]: blocks ? blocksRoute(new BlocksEndpoint(blocks)) : undefined,
    }),
  }
}

function askedRoute(endpoint: { reply(request: IncomingMessage): Promise<Reply> }): Route {
  return {
    methods: ['POST'],
    async answer(request) {
      const { status, body, headers = {} } = await endpoint.reply(request)
      return { ...json(status, body), headers }
    },
  }
}

function blocksRoute(endpoint: BlocksEndpoint): Route {
  return {
    methods: ['GET', 'POST', 'DELETE'],
    async answer(request) {
      const { status, body, headers = {} } = await endpoint.reply(pathOf(request), request)
      return { ...json(status, body), headers }
    },
  }
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? '/').split('?', 1)[0]!
}

async function respond(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request)
  const answer = await answerTo(path, request, routes)
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    // If the client sends an unexpected body, the connection is closed instead of reading it.
    ...(READING.includes(request.method!) || request.readableEnded ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function answerTo(path: string, request: IncomingMessage, routes: Routes): Promise<Answer> {
  const name = path.startsWith(`${BLOCKS_PATH}/`) ? BLOCKS_PATH : path
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (!route) return json(404, { error: 'not found', paths: Object.keys(routes) })
  const { methods, answer } = route
  if (!methods.includes(request.method!))
    return { ...json(405, { error: 'method not allowed' }), headers: { allow: methods.join(', ') } }
  try {
    return await answer(request)
  } catch {
    return json(500, { error: 'internal' })
  }
}

/** Finishes requests in flight, then closes; cuts connections still open after `timeoutMs`. */
export function closeWithin(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), timeoutMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function reasonsOf(probes: readonly Probe[]): string[] {
  return probes.flatMap((probe) => {
    try {
      return [...probe()]
    } catch (error) {
      return [`a probe failed: ${error instanceof Error ? error.name : typeof error}`]
    }
  })
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process',
  EACCES: 'needs rights that this user does not have',
  EADDRNOTAVAIL: 'is not an address of this machine',
  ENOENT: 'lies in a folder that does not exist',
  ENOTFOUND: 'cannot be resolved',
}

/** `key`: the setting that names the place. */
export function cannotListen(key: string, place: string, { code = '' }: NodeJS.ErrnoException): InvalidInput {
  const message = `${place} ${LISTEN_FAULTS[code] ?? `cannot be opened (${code})`}`
  return new InvalidInput('CONFIG_INVALID', [{ file: 'configuration', key, message }])
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { InvalidInput } from '../domain/errors.ts'

/** Reasons not to be ready; none when all is well. */
export type Probe = () => readonly string[]

export interface HttpOptions {
  readonly host: string
  /** Socket port; 0 takes a free one. */
  readonly port: number
  readonly registry: Registry
  readonly probes: readonly Probe[]
  readonly version: string
}

export interface HttpServer {
  readonly host: string
  /** The socket port that it listens on. */
  readonly port: number
  /** Answers what has begun, then closes; what is still open after `timeoutMs` is cut. */
  close(timeoutMs?: number): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(body)}\n`,
})

/** `/metrics`, `/healthz`, `/readyz`, `/version` (contract, section 6). Rejects with CONFIG_INVALID when it cannot listen. */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port, registry, probes, version } = options
  const routes: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    '/healthz': () => json(200, { status: 'alive' }),
    '/readyz': () => {
      const reasons = reasonsOf(probes)
      return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
    },
    '/version': () => json(200, { name: 'sigwatch', version, node: process.version }),
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0]!
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    let answer: Answer
    if (!route) answer = json(404, { error: 'not found', paths: Object.keys(routes) })
    else if (!allowed) answer = json(405, { error: 'method not allowed' })
    else {
      try {
        answer = await route()
      } catch {
        answer = json(500, { error: 'internal' })
      }
    }
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
      // Nobody here reads a body: whoever sends one is not kept waiting for, nor read on.
      ...(allowed ? {} : { connection: 'close' }),
    })
    response.end(request.method === 'HEAD' ? undefined : answer.body)
  }

  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 30_000, maxHeaderSize: 8_192 },
    (request, response) => void respond(request, response),
  )
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)))
    server.listen(port, host, resolve)
  })
  server.removeAllListeners('error')
  // Without a listener an error of the accepting socket would end the process; the scrape that fails tells of it.
  server.on('error', () => undefined)

  let closing: Promise<void> | undefined
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close(timeoutMs = 2_000) {
      closing ??= new Promise<void>((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), timeoutMs)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        server.closeIdleConnections()
      })
      return closing
    },
  }
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
  EADDRNOTAVAIL: 'is no address of this machine',
  ENOTFOUND: 'cannot be resolved',
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): InvalidInput {
  const message = `${host}:${port} ${LISTEN_FAULTS[error.code ?? ''] ?? `cannot be opened (${error.code})`}`
  return new InvalidInput('CONFIG_INVALID', [{ file: 'configuration', key: 'http.port', message }])
}

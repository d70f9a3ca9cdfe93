import { chmod, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Telemetry } from '../telemetry/events.ts'
import { cannotListen, closeWithin, type Probe, readiness } from '../telemetry/server.ts'
import type { DecideEndpoint } from './decide-endpoint.ts'

export interface DecideServerOptions {
  /** `host:port`, or the path of a Unix socket. */
  readonly listen: string
  readonly endpoint: Pick<DecideEndpoint, 'reply'>
  readonly registry: Telemetry['registry']
  readonly probe: Probe
  readonly notes: Probe
}

export interface DecideServer {
  /** The address it listens on, in the form of `listen`, with the actual TCP port. */
  readonly address: string
  /** Finishes requests in flight, then closes; connections still open after `timeoutMs` are cut. */
  close(timeoutMs: number): Promise<void>
}

/** Concurrent connections: gateways keep theirs open. */
const MAX_CONNECTIONS = 2_048
/** Read and write for the owner and group of the process. */
const SOCKET_MODE = 0o660

/** `POST /v1/decide`, `/healthz`, `/readyz` and `/metrics`. Rejects with CONFIG_INVALID when it cannot listen. */
export async function startDecideServer(options: DecideServerOptions): Promise<DecideServer> {
  const { listen } = options
  let isClosing = false
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 75_000, maxHeaderSize: 8_192 },
    (request, response) =>
      void respond(options, request, response, isClosing).catch(() => response.destroy()),
  )
  server.maxConnections = MAX_CONNECTIONS
  await listening(server, listen)
  server.on('error', () => undefined)
  if (listen.startsWith('/')) await chmod(listen, SOCKET_MODE)
  return {
    address: addressOf(server, listen),
    close(timeoutMs) {
      isClosing = true
      return closeWithin(server, timeoutMs)
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

const PATHS = ['/v1/decide', '/healthz', '/readyz', '/metrics']

async function answerTo(options: DecideServerOptions, request: IncomingMessage): Promise<Answer> {
  const { endpoint, registry, probe, notes } = options
  const { method, url } = request
  if (url === '/v1/decide' && method === 'POST') return endpoint.reply(request)
  if (!PATHS.includes(url ?? '')) return { status: 404, body: { error: 'not found', paths: PATHS } }
  const isReading = method === 'GET' || method === 'HEAD'
  if (url === '/v1/decide' || !isReading) {
    const allow = url === '/v1/decide' ? 'POST' : 'GET, HEAD'
    return { status: 405, body: { error: 'method not allowed' }, headers: { allow } }
  }
  if (url === '/healthz') return { status: 200, body: { status: 'alive' } }
  if (url === '/metrics') return { status: 200, body: await registry.metrics(), type: registry.contentType }
  const [status, body] = readiness([probe], notes)
  return { status, body }
}

async function respond(
  options: DecideServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  isClosing: boolean,
): Promise<void> {
  const {
    status,
    body,
    type = 'application/json; charset=utf-8',
    headers = {},
  } = await answerTo(options, request)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const isUnread = request.method !== 'GET' && request.method !== 'HEAD' && !request.readableEnded
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...headers,
    ...(isClosing || isUnread ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}

async function listening(server: Server, listen: string): Promise<void> {
  const error = await tried(server, listen)
  if (!error) return
  // A killed process leaves its socket file behind.
  if (error.code === 'EADDRINUSE' && listen.startsWith('/') && !(await isServed(listen))) {
    await unlink(listen).catch(() => undefined)
    const again = await tried(server, listen)
    if (!again) return
    throw cannotListen('blocker.listen', listen, again)
  }
  throw cannotListen('blocker.listen', listen, error)
}

function tried(server: Server, listen: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const done = (error?: NodeJS.ErrnoException) => {
      server.removeAllListeners('error')
      resolve(error)
    }
    server.once('error', done)
    if (listen.startsWith('/')) server.listen({ path: listen }, () => done())
    else server.listen({ ...hostPortOf(listen) }, () => done())
  })
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    const done = (served: boolean) => {
      socket.destroy()
      resolve(served)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}

function hostPortOf(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(':')
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) }
}

function addressOf(server: Server, listen: string): string {
  if (listen.startsWith('/')) return listen
  const { port } = server.address() as AddressInfo
  return `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`
}

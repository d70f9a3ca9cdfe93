import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'

/** How long a request to cancel may take, ms. */
const WITHIN = 5_000

/** What a connected client knows of its session, which the types of pg lack. */
interface Session {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | object
  readonly sslNegotiation?: string
  readonly processID: number
  readonly secretKey: unknown
}

/** A connection of pg below the client, with the methods that its types lack. */
interface Wire extends EventEmitter {
  readonly stream: Socket
  connect(portOrPath: number | string, host?: string): void
  requestSsl(): void
  cancel(processID: number, secretKey: unknown): void
}

/**
 * Asks the server to cancel the running statement of a client, on a connection of its own that needs no login. PgBouncer passes the
 * request on to the server connection of the client. Resolves when the server has taken it; never rejects: a statement that
 * cannot be cancelled ends by its time limit.
 */
export function cancelStatement(client: pg.ClientBase): Promise<void> {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as unknown as Session
  const wire = new pg.Connection({ ssl, sslNegotiation } as pg.ConnectionConfig) as unknown as Wire
  const send = () => wire.cancel(processID, secretKey)
  return new Promise((resolve) => {
    const timer = setTimeout(() => wire.stream.destroy(), WITHIN)
    wire.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
    wire.on('error', () => wire.stream.destroy())
    wire.once('connect', () => {
      if (!ssl) send()
      else if (sslNegotiation !== 'direct') wire.requestSsl()
    })
    wire.once('sslconnect', send)
    if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`)
    else wire.connect(port, host)
  })
}

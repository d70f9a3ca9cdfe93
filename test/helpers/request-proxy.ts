import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Whether to hold a Kafka request; `request` excludes its length. */
export type Holds = (apiKey: number, request: Buffer) => boolean

/** A proxy in front of one broker that holds single requests; others of the same connection pass. */
export class RequestProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #held: { readonly to: Socket; readonly frame: Buffer }[] = []
  #holds: Holds = () => false

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens on a loopback port and forwards to `target`. */
  static async start(port: number, target: number): Promise<RequestProxy> {
    const server = createServer()
    const proxy = new RequestProxy(server)
    server.on('connection', (client) => proxy.#connect(client, target))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  /** Number of held requests. */
  get held(): number {
    return this.#held.length
  }

  hold(holds: Holds): void {
    this.#holds = holds
  }

  /** Forwards the held requests, and everything from now on. */
  release(): void {
    this.#holds = () => false
    for (const { to, frame } of this.#held.splice(0)) if (!to.destroyed) to.write(frame)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket, target: number): void {
    const server = connect(target, '127.0.0.1')
    let rest = Buffer.alloc(0)
    client.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0)
        const frame = rest.subarray(0, end)
        rest = rest.subarray(end)
        if (this.#holds(frame.readInt16BE(4), frame.subarray(4))) this.#held.push({ to: server, frame })
        else server.write(frame)
      }
    })
    server.on('data', (bytes) => client.write(bytes))
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }
}

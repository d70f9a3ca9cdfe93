import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Fault applied to all traffic. */
export type Fault =
  | { readonly kind: 'none' }
  /** Each way, ms. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Nothing passes; connections stay open. */
  | { readonly kind: 'hang' }
  /** One direction is lost: no answers return, or no requests arrive. */
  | { readonly kind: 'one-way'; readonly lost: 'requests' | 'answers' }
  /** All connections are reset, including new ones. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }

type Way = 'requests' | 'answers'

const NONE: Fault = { kind: 'none' }

/** One direction of a connection: keeps the order of chunks, and delays them by the current fault. */
class Pipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #way: Way
  readonly #fault: () => Fault
  readonly #chunks: { readonly bytes: Buffer; readonly due: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(from: Socket, to: Socket, way: Way, fault: () => Fault) {
    this.#from = from
    this.#to = to
    this.#way = way
    this.#fault = fault
    from.on('data', (bytes: Buffer) => {
      const now = fault()
      this.#chunks.push({ bytes, due: performance.now() + (now.kind === 'latency' ? now.ms : 0) })
      // Buffer little, so that backpressure slows the sender as on a congested line.
      if (this.#chunks.length > 64) from.pause()
      this.pass()
    })
    from.on('end', () => {
      this.#ended = true
      this.pass()
    })
  }

  get #held(): boolean {
    const fault = this.#fault()
    return fault.kind === 'hang' || (fault.kind === 'one-way' && fault.lost === this.#way)
  }

  /** Sends what is due; called again when the fault changes. */
  readonly pass = (): void => {
    clearTimeout(this.#timer)
    for (let next = this.#chunks[0]; next !== undefined && !this.#held; next = this.#chunks[0]) {
      const wait = next.due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(this.pass, wait)
        return
      }
      this.#chunks.shift()
      this.#to.write(next.bytes)
      const fault = this.#fault()
      if (fault.kind === 'slow') {
        this.#timer = setTimeout(this.pass, (next.bytes.length / fault.bytesPerSecond) * 1_000)
        return
      }
    }
    if (this.#chunks.length === 0) {
      this.#from.resume()
      if (this.#ended && !this.#held) this.#to.end()
    }
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}

/** A TCP proxy in front of one server that injects faults. */
export class FaultProxy {
  readonly #server: Server
  #target: number
  readonly #connections = new Set<{ readonly sockets: readonly Socket[]; readonly pipes: readonly Pipe[] }>()
  #fault: Fault = NONE

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
  }

  /** Listens on a loopback port and forwards to `target`. */
  static async start(port: number, target: number): Promise<FaultProxy> {
    const server = createServer()
    const proxy = new FaultProxy(server, target)
    server.on('connection', (client) => proxy.#connect(client))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get fault(): Fault {
    return this.#fault
  }

  /** Replaces the server: resets all connections and forwards new ones to `target`. */
  replace(target: number): void {
    this.#target = target
    for (const { sockets } of this.#connections) for (const socket of sockets) socket.destroy()
  }

  set(fault: Fault): void {
    this.#fault = fault
    for (const { sockets, pipes } of this.#connections) {
      if (fault.kind === 'cut') for (const socket of sockets) socket.destroy()
      else for (const pipe of pipes) pipe.pass()
    }
  }

  async stop(): Promise<void> {
    for (const { sockets } of this.#connections) for (const socket of sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket): void {
    client.on('error', () => {})
    if (this.#fault.kind === 'cut') {
      client.destroy()
      return
    }
    const server = connect(this.#target, '127.0.0.1')
    server.on('error', () => {})
    for (const socket of [client, server]) socket.setNoDelay(true)
    const fault = () => this.#fault
    const pipes = [new Pipe(client, server, 'requests', fault), new Pipe(server, client, 'answers', fault)]
    const connection = { sockets: [client, server], pipes }
    this.#connections.add(connection)
    const close = () => {
      this.#connections.delete(connection)
      for (const pipe of pipes) pipe.close()
      client.destroy()
      server.destroy()
    }
    client.on('close', close)
    server.on('close', close)
  }
}

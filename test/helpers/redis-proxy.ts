import { createServer, connect as dial, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** A loopback TCP proxy with which a test slows down, stalls or replaces a server. */
export interface RedisProxy {
  readonly port: number
  readonly url: string
  /** Added round-trip delay, ms. */
  latency: number
  /** Whether to close new connections at once. */
  refusing: boolean
  /** Number of connections so far. */
  readonly connections: number
  /** Forwards nothing for `ms`, then what arrived meanwhile, in order. */
  hiccup(ms: number): void
  /** Forwards new connections to this port; existing ones stay with their server. */
  pointTo(port: number): void
  /** Closes all connections. */
  cut(): void
  stop(): Promise<void>
}

/** Starts a proxy in front of `127.0.0.1:<port>`. */
export async function startRedisProxy(target: number): Promise<RedisProxy> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  let behind = target
  let heldUntil = 0
  let connections = 0

  const proxy = {
    port,
    url: `redis://127.0.0.1:${port}`,
    latency: 0,
    refusing: false,
    get connections() {
      return connections
    },
    hiccup(ms: number) {
      heldUntil = performance.now() + ms
    },
    pointTo(other: number) {
      behind = other
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  /** Forwards data with half of the delay, in order. */
  function relay(from: Socket, to: Socket): void {
    let last = 0
    from.on('data', (bytes) => {
      last = Math.max(last, heldUntil, performance.now() + proxy.latency / 2)
      setTimeout(() => to.write(bytes), last - performance.now())
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }

  const server = createServer((client) => {
    if (proxy.refusing) {
      client.destroy()
      return
    }
    connections++
    const upstream = dial(behind, '127.0.0.1')
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      sockets.add(socket)
    }
    relay(client, upstream)
    relay(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return proxy
}

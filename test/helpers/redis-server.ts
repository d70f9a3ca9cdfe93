import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'

export interface RedisServer {
  readonly url: string
  /** Undefined for the server of `REDIS_URL`, which tests cannot stop or pause. */
  readonly process?: ChildProcess
  stop(): Promise<void>
}

export interface RedisClusterServers {
  /** `host:port` of the three masters. */
  readonly nodes: readonly string[]
  readonly processes: readonly ChildProcess[]
  stop(): Promise<void>
}

/** Whether a single server is available: `REDIS_URL`, or a `redis-server` on the path. */
export function redisAvailable(): boolean {
  return process.env.REDIS_URL !== undefined || redisServerInstalled()
}

/** Whether servers can be started here, as clusters and outage tests require. */
export function redisServerInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Servers with their watchers. A watcher is a shell that waits for the end of its input, which comes however this process
 * ends, and then kills the server and removes its folder.
 */
const running = new Map<ChildProcess, ChildProcess>()

function watch(server: ChildProcess, folder: string): ChildProcess {
  const line = 'cat >/dev/null; kill -9 "$1" 2>/dev/null; rm -rf "$2"'
  const watcher = spawn('sh', ['-c', line, 'sh', String(server.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
  return watcher
}

/** The server of `REDIS_URL`, else a new one. */
export async function startRedis(): Promise<RedisServer> {
  const url = process.env.REDIS_URL
  return url === undefined ? startOwnRedis() : { url, stop: async () => {} }
}

/** Starts a server in a new folder, on a free port or on `port`, to replace a stopped one. */
export async function startOwnRedis(
  port?: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RedisServer & { readonly process: ChildProcess }> {
  const at = port ?? (await freePort())
  const child = await launch(at, [], undefined, env)
  return { url: `redis://127.0.0.1:${at}`, process: child, stop: () => stop(child) }
}

/** Starts a server with TLS for clients, and a plain port for administration by the test. */
export async function startTlsRedis(
  files: {
    readonly ca: string
    readonly cert: string
    readonly key: string
    /** Whether clients need a certificate. */
    readonly clients?: boolean
  },
  ports?: { readonly tls: number; readonly plain: number },
): Promise<RedisServer & { readonly plainUrl: string }> {
  const [at, plain] = [ports?.tls ?? (await freePort()), ports?.plain ?? (await freePort())]
  const needed = files.clients ? 'yes' : 'no'
  const tls = ['--tls-port', String(at), '--tls-ca-cert-file', files.ca, '--tls-auth-clients', needed]
  const child = await launch(plain, [...tls, '--tls-cert-file', files.cert, '--tls-key-file', files.key])
  return {
    url: `rediss://127.0.0.1:${at}`,
    plainUrl: `redis://127.0.0.1:${plain}`,
    process: child,
    stop: () => stop(child),
  }
}

/** Starts a sentinel that watches a local master as `mymaster`, and fails over after one second without answer. */
export async function startSentinel(master: number): Promise<RedisServer> {
  const at = await freePort()
  const lines = [
    `sentinel monitor mymaster 127.0.0.1 ${master} 1`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 5000',
  ]
  const child = await launch(at, ['--sentinel'], lines)
  return { url: `redis://127.0.0.1:${at}`, process: child, stop: () => stop(child) }
}

/** Starts a cluster of three masters without replicas. */
export async function startRedisCluster(): Promise<RedisClusterServers> {
  const ports: number[] = []
  // The port of the bus is 10,000 higher.
  while (ports.length < 3) {
    const port = await freePort()
    if (port <= 55_000 && !ports.includes(port)) ports.push(port)
  }
  const processes = await Promise.all(
    ports.map((port) =>
      launch(port, [
        '--cluster-enabled',
        'yes',
        '--cluster-node-timeout',
        '2000',
        '--cluster-config-file',
        'nodes.conf',
      ]),
    ),
  )
  const clients = ports.map((port) => new Redis(port, '127.0.0.1'))
  try {
    await Promise.all(
      clients.map((client, i) => {
        const from = Math.floor((16384 * i) / 3)
        const to = Math.floor((16384 * (i + 1)) / 3) - 1
        return client.call('CLUSTER', 'ADDSLOTSRANGE', from, to)
      }),
    )
    for (const client of clients.slice(1)) await client.call('CLUSTER', 'MEET', '127.0.0.1', ports[0]!)
    const deadline = Date.now() + 20_000
    for (const client of clients) {
      for (;;) {
        const info = String(await client.call('CLUSTER', 'INFO'))
        if (info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')) break
        if (Date.now() > deadline) throw new Error(`the cluster does not come up:\n${info}`)
        await sleep(50)
      }
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
  return {
    nodes: ports.map((port) => `127.0.0.1:${port}`),
    processes,
    stop: async () => {
      await Promise.all(processes.map(stop))
    },
  }
}

async function launch(
  port: number,
  args: readonly string[],
  config?: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-redis-'))
  // A sentinel needs a writable configuration file.
  const file = join(folder, 'redis.conf')
  if (config) writeFileSync(file, `${config.join('\n')}\n`)
  const storage = config ? [] : ['--save', '', '--appendonly', 'no']
  const child = spawn(
    'redis-server',
    [
      ...(config ? [file] : []),
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      ...storage,
      '--dir',
      folder,
      ...args,
    ],
    { stdio: 'ignore', env: { ...process.env, ...env } },
  )
  running.set(child, watch(child, folder))
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 30, maxRetriesPerRequest: null })
  client.on('error', () => {})
  try {
    await Promise.race([
      client.ping(),
      once(child, 'exit').then(() => Promise.reject(new Error('redis-server ended at its start'))),
      sleep(15_000, undefined, { ref: false }).then(() =>
        Promise.reject(new Error('redis-server does not answer')),
      ),
    ])
  } finally {
    client.disconnect()
  }
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const watcher = running.get(child)
  if (watcher === undefined) return
  running.delete(child)
  watcher.ref()
  const ended = once(watcher, 'exit')
  watcher.stdin?.end()
  await ended
}

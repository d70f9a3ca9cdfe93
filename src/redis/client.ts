import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { InvalidInput, SigwatchError } from '../domain/errors.ts'
import { Breaker, type BreakerOptions } from './breaker.ts'
import type { Script, ScriptCall } from './script.ts'
import { slotOf } from './slot.ts'

export interface RedisLinkOptions {
  /** `redis://` or `rediss://` URL of a single server (or of a proxy in front of one). */
  readonly url?: string
  /** Seeds of a Redis Cluster, `host:port` each; wins over `url`. */
  readonly nodes?: readonly string[]
  readonly username?: string
  readonly password?: string
  /** PEM texts; an empty object switches TLS on with the system's authorities. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
  /** Budget of a whole call, ms; default 100. */
  readonly commandTimeout?: number
  /** Default: 3 failures, 1 s. */
  readonly breaker?: BreakerOptions
}

export interface RedisLink {
  /** True on a Redis Cluster. */
  readonly cluster: boolean
  /** Resolves when the connection is usable, or after `timeoutMs` with false. */
  ready(timeoutMs: number): Promise<boolean>
  /**
   * Runs scripts (EVALSHA, loaded where the server does not know them): one pipeline on a single server, one a node on
   * a Cluster. Results in the order of the calls. Rejects with REDIS_UNREACHABLE when not all of them answered within
   * the budget (some may have run all the same, or may run later), with INTERNAL when a script itself fails.
   */
  run(calls: readonly ScriptCall[], budgetMs?: number): Promise<unknown[]>
  /** One command, under the same budget and errors. */
  command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown>
  /** Resolves with the number of subscribers reached (on a Cluster: of the node that took it). */
  publish(channel: string, message: string): Promise<number>
  /**
   * Calls `listener` for every message on the channel, across reconnections. Messages sent while the connection was
   * down are lost: `subscribed` is called after every (re)subscription so that the caller can read what it missed.
   */
  subscribe(channel: string, listener: (message: string) => void, subscribed?: () => void): void
  /** Empty when Redis answers; else the reason. */
  unready(): string[]
  close(): Promise<void>
}

type Reply = [error: Error | null, result: unknown]

/** Replies that speak of the state of the server or the rights of the user, not of the call. */
const SERVER_STATE =
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY|OOM|NOREPLICAS|MISCONF|MOVED|ASK|NOAUTH|WRONGPASS|NOPERM)\b/
const REDIRECTED = /^(MOVED|ASK|TRYAGAIN)\b/

/** Opens a connection in the background; calls made before it is up wait for it within their budget. */
export function connectRedis(options: RedisLinkOptions): RedisLink {
  return new IoredisLink(options)
}

class IoredisLink implements RedisLink {
  readonly cluster: boolean
  readonly #client: Redis | Cluster
  readonly #budget: number
  readonly #breaker: Breaker
  readonly #channels = new Map<string, { listener: (message: string) => void; subscribed?: () => void }[]>()
  #subscriber: Redis | Cluster | undefined
  #closed = false
  #lastError = 'not connected yet'

  constructor(options: RedisLinkOptions) {
    this.#budget = options.commandTimeout ?? 100
    this.#breaker = new Breaker(options.breaker ?? { failures: 3, coolDownMs: 1000 })
    const common: RedisOptions = {
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: options.password }),
      ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
      connectTimeout: 5000,
      // A peer that vanished without a word is noticed after this instead of after the kernel's quarter of an hour.
      socketTimeout: Math.max(3000, 10 * this.#budget),
      keepAlive: 10_000,
      // Whether a call in flight was executed is unknown when the connection breaks: the caller decides, nothing is
      // sent twice behind its back.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectionName: 'sigwatch',
    }
    const retry = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2000)
    if (options.nodes && options.nodes.length > 0) {
      this.cluster = true
      const clusterOptions: ClusterOptions = {
        redisOptions: common,
        enableOfflineQueue: false,
        maxRedirections: 4,
        retryDelayOnFailover: 50,
        retryDelayOnClusterDown: 50,
        retryDelayOnTryAgain: 20,
        slotsRefreshTimeout: 2000,
        // Certificates name hosts: they are checked against the name that the cluster gave, not its address.
        ...(options.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
        clusterRetryStrategy: retry,
      }
      this.#client = new Cluster(options.nodes.map(parseNode), clusterOptions)
    } else if (options.url) {
      this.cluster = false
      this.#client = new Redis(options.url, { ...common, enableOfflineQueue: false, retryStrategy: retry })
    } else {
      throw new InvalidInput('CONFIG_INVALID', [
        { file: 'redis', message: 'redis.url or redis.nodes must be given' },
      ])
    }
    // Every call that waits for the connection listens for it.
    this.#client.setMaxListeners(0)
    this.#client.on('error', (error: Error) => {
      this.#lastError = reasonOf(error)
    })
  }

  async ready(timeoutMs: number): Promise<boolean> {
    const client = this.#client
    if (client.status === 'ready') return true
    if (this.#closed || timeoutMs <= 0) return false
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        client.off('ready', done)
        resolve(client.status === 'ready')
      }
      const timer = setTimeout(done, timeoutMs)
      client.once('ready', done)
    })
  }

  async run(calls: readonly ScriptCall[], budgetMs: number = this.#budget): Promise<unknown[]> {
    if (calls.length === 0) return []
    return this.#guarded(budgetMs, async () => {
      const replies = new Array<Reply>(calls.length)
      const all = calls.map((_, i) => i)
      await this.#pipelines(calls, all, replies, undefined)
      const unknown = all.filter((i) => replies[i]![0]?.message.startsWith('NOSCRIPT'))
      if (unknown.length > 0) {
        await this.#pipelines(calls, unknown, replies, new Set(unknown.map((i) => calls[i]!.script)))
      }
      const moved = all.filter((i) => REDIRECTED.test(replies[i]![0]?.message ?? ''))
      await Promise.all(moved.map(async (i) => (replies[i] = await this.#redirected(calls[i]!))))
      return replies.map(([error, result]) => {
        if (error) throw error
        return result
      })
    })
  }

  /** Sends the calls at `indices`, a pipeline for each node, and fills in their replies. */
  async #pipelines(
    calls: readonly ScriptCall[],
    indices: readonly number[],
    replies: Reply[],
    load: ReadonlySet<Script> | undefined,
  ): Promise<void> {
    const groups = new Map<string, number[]>()
    for (const i of indices) {
      const node = this.#nodeOf(calls[i]!)
      const group = groups.get(node)
      if (group) group.push(i)
      else groups.set(node, [i])
    }
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const pipeline = this.#client.pipeline()
        for (const script of load ?? []) pipeline.script('LOAD', script.source)
        for (const i of group) {
          const { script, keys, args } = calls[i]!
          pipeline.evalsha(script.sha, keys.length, ...keys, ...args)
        }
        const results = await pipeline.exec()
        if (results === null) throw new Error('the pipeline was aborted')
        for (const [n, i] of group.entries()) replies[i] = results[n + (load?.size ?? 0)]!
      }),
    )
  }

  /** What ioredis accepts together in one pipeline: slots served by the same nodes. */
  #nodeOf(call: ScriptCall): string {
    if (!(this.#client instanceof Cluster)) return ''
    return this.#client.slots[slotOf(call.keys[0] ?? '')]?.join(';') ?? ''
  }

  /** While slots move between nodes, a call alone follows the redirection that a pipeline cannot. */
  async #redirected({ script, keys, args }: ScriptCall): Promise<Reply> {
    try {
      return [null, await this.#client.eval(script.source, keys.length, ...keys, ...args)]
    } catch (error) {
      return [error as Error, undefined]
    }
  }

  async command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown> {
    return this.#guarded(this.#budget, () => this.#client.call(name, ...args))
  }

  async publish(channel: string, message: string): Promise<number> {
    return this.#guarded(this.#budget, () => this.#client.publish(channel, message))
  }

  async #guarded<T>(budgetMs: number, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new SigwatchError('REDIS_UNREACHABLE', 'Redis: the connection is closed')
    if (!this.#breaker.admit()) {
      throw new SigwatchError('REDIS_UNREACHABLE', `Redis: circuit open after: ${this.#lastError}`)
    }
    const started = performance.now()
    try {
      if (!(await this.ready(budgetMs))) throw new Error(`no connection (${this.#lastError})`)
      const result = await within(work(), budgetMs - (performance.now() - started), budgetMs)
      this.#breaker.succeeded()
      return result
    } catch (cause) {
      const error = cause as Error
      if (error.name === 'ReplyError' && !SERVER_STATE.test(error.message)) {
        // The server answered: it is there, and the call is wrong.
        this.#breaker.succeeded()
        throw new SigwatchError('INTERNAL', `Redis: ${error.message}`, { cause })
      }
      this.#breaker.failed()
      this.#lastError = reasonOf(error)
      throw new SigwatchError('REDIS_UNREACHABLE', `Redis: ${this.#lastError}`, { cause })
    }
  }

  subscribe(channel: string, listener: (message: string) => void, subscribed?: () => void): void {
    const entry = subscribed ? { listener, subscribed } : { listener }
    const entries = this.#channels.get(channel)
    if (entries) {
      entries.push(entry)
      subscribed?.()
      return
    }
    this.#channels.set(channel, [entry])
    const subscriber = this.#subscription()
    if (subscriber.status === 'ready') void this.#enter(subscriber, [channel])
  }

  #subscription(): Redis | Cluster {
    if (this.#subscriber) return this.#subscriber
    const subscriber =
      this.#client instanceof Cluster
        ? this.#client
        : this.#client.duplicate({ autoResubscribe: false, connectionName: 'sigwatch-subscriber' })
    this.#subscriber = subscriber
    subscriber.on('message', (channel: string, message: string) => {
      for (const { listener } of this.#channels.get(channel) ?? []) listener(message)
    })
    const renew = (): void => void this.#enter(subscriber, [...this.#channels.keys()])
    subscriber.on('ready', renew)
    if (subscriber instanceof Cluster) subscriber.on('+subscriber', renew)
    else subscriber.on('error', () => {})
    return subscriber
  }

  async #enter(subscriber: Redis | Cluster, channels: string[]): Promise<void> {
    while (!this.#closed && channels.length > 0) {
      try {
        await subscriber.subscribe(...channels)
        for (const channel of channels)
          for (const entry of this.#channels.get(channel) ?? []) entry.subscribed?.()
        return
      } catch {
        // A lost connection comes back with `ready`, which enters all channels anew.
        if (!(subscriber instanceof Cluster)) return
        await sleep(500, undefined, { ref: false })
      }
    }
  }

  unready(): string[] {
    if (this.#client.status !== 'ready') return [`redis: ${this.#lastError}`]
    return this.#breaker.open ? [`redis: circuit open after: ${this.#lastError}`] : []
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#subscriber !== this.#client) this.#subscriber?.disconnect()
    this.#client.disconnect()
  }
}

/**
 * The result of `work`, or a rejection after `ms`. A process that was busy for longer than its budget finds timer and
 * reply due together and timers run first, so the reply gets one more turn of the event loop.
 */
function within<T>(work: Promise<T>, ms: number, budgetMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => setImmediate(() => setImmediate(() => reject(new Error(`no answer within ${budgetMs} ms`)))),
      Math.max(ms, 1),
    )
    work.then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

function parseNode(node: string): { host: string; port: number } {
  const url = new URL(/^rediss?:\/\//.test(node) ? node : `redis://${node}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) }
}

function reasonOf(error: Error): string {
  const inner = error as Error & { lastNodeError?: Error }
  return inner.lastNodeError?.message || error.message || error.name
}

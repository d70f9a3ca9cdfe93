import slotOf from 'cluster-key-slot'
import { Cluster, type Redis } from 'ioredis'
import { SigwatchError } from '../../domain/errors.ts'
import { addTo } from '../../domain/maps.ts'
import { AvailabilityWatch } from './availability.ts'
import { Breaker, type BreakerOptions } from './breaker.ts'
import { Channels } from './channels.ts'
import { openClient, type RedisLinkOptions } from './connection.ts'
import { answeredWithin } from './deadline.ts'
import { EvictionWatch } from './eviction.ts'
import type { Outcome, RedisLink, ServerTime, SettleOptions } from './link.ts'
import { hasServer } from './node-names.ts'
import { sendCalls } from './pipelines.ts'
import { Recovery } from './recovery.ts'
import { errorOf, isAnswer, isDemoted, reasonOf } from './replies.ts'
import type { ScriptCall } from './script.ts'
import { timesOf } from './server-times.ts'

/** A connection that was silent this long, although the process was free to read, is reopened, ms. */
const SILENT_FOR = 3000
/** Maximum number of circuit breakers kept, more than any Cluster has nodes. */
const MAX_NODES = 1024

/** Connects in the background; earlier calls wait for the connection within their budget. */
export function connectRedis(options: RedisLinkOptions): RedisLink {
  return new IoredisLink(options)
}

class IoredisLink implements RedisLink {
  readonly cluster: boolean
  readonly #client: Redis | Cluster
  readonly #budget: number
  readonly #breakerOptions: BreakerOptions
  /** One per node, keyed by the servers of its slots; '' for a single server and for calls without a slot. */
  readonly #breakers = new Map<string, Breaker>()
  readonly #channels: Channels
  /** Nodes whose silence is being measured. */
  readonly #silent = new Set<string>()
  readonly #evictions: EvictionWatch
  readonly #availability: AvailabilityWatch | undefined
  readonly #recovery: Recovery
  #closed = false
  #lastError = 'not connected yet'

  constructor(options: RedisLinkOptions) {
    this.#budget = options.commandTimeout ?? 100
    this.#breakerOptions = options.breaker ?? { failures: 3, coolDownMs: 1000 }
    this.#client = openClient(options)
    this.cluster = this.#client instanceof Cluster
    this.#channels = new Channels(this.#client)
    this.#recovery = new Recovery({
      ping: (node) => this.#ping(node),
      budgetMs: this.#budget,
      closed: () => this.#closed,
    })
    // Every call that waits for the connection adds a listener.
    this.#client.setMaxListeners(0)
    this.#client.on('error', (error: Error) => {
      this.#lastError = reasonOf(error)
    })
    this.#evictions = new EvictionWatch(() => this.info(), options.onEviction)
    this.#client.on('ready', () => void this.#evictions.look())
    this.#availability =
      options.onAvailability && new AvailabilityWatch(() => this.#away(), options.onAvailability)
    this.#client.on('ready', () => this.#availability?.look())
  }

  async ready(timeoutMs: number): Promise<boolean> {
    const client = this.#client
    if (client.status === 'ready') return true
    if (this.#closed || timeoutMs <= 0) return false
    let done = (): void => {}
    const ready = new Promise<void>((resolve) => {
      done = resolve
      client.once('ready', done)
    })
    await answeredWithin(ready, timeoutMs)
    client.off('ready', done)
    return (client as Redis).status === 'ready'
  }

  async settle(
    calls: readonly ScriptCall[],
    { budgetMs = this.#budget, late }: SettleOptions = {},
  ): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(calls.length)
    if (calls.length === 0) return outcomes
    const error = await this.#unconnected(budgetMs)
    if (error) return outcomes.fill({ error })
    await Promise.all(
      [...this.#groups(calls)].map(async ([node, indices]) => {
        const breaker = this.#breakerOf(node)
        if (breaker.admit()) await this.#settleGroup(node, calls, indices, outcomes, budgetMs, late)
        else for (const i of indices) outcomes[i] = { error: this.#openCircuit() }
      }),
    )
    return outcomes
  }

  /** Sends the calls of one node; resolves when all have an outcome or the budget is used up. */
  async #settleGroup(
    node: string,
    calls: readonly ScriptCall[],
    indices: readonly number[],
    outcomes: Outcome[],
    budgetMs: number,
    late: SettleOptions['late'],
  ): Promise<void> {
    const pending = new Set(indices)
    let expired = false
    let answers = 0
    const answered = (i: number, error: Error | null, reply: unknown): void => {
      pending.delete(i)
      if (error === null || isAnswer(error)) answers++
      else this.#failed(error)
      const outcome: Outcome = error ? { error: errorOf(error) } : { reply }
      if (expired) late?.(i, outcome)
      else outcomes[i] = outcome
    }
    let rounds = 1
    const work = sendCalls(this.#client, calls, indices, answered, {
      tooLate: () => expired,
      again: () => rounds++,
    })
    let inTime = await answeredWithin(work, budgetMs)
    // The server answered the first round trip, and gets the same time for the second.
    if (!inTime && rounds > 1) inTime = await answeredWithin(work, budgetMs)
    expired = true
    if (answers > 0) this.#breakerOf(node).succeeded()
    else this.#breakerOf(node).failed()
    if (inTime) return
    const error = this.#failed(new Error(`no answer within ${budgetMs} ms`))
    for (const i of pending) outcomes[i] = { error, late: true }
    void this.#recovery.watch(node, this.#breakerOf(node))
    void this.#reconnectSilent(node, work)
  }

  /** Reopens the connection to a node that does not even answer late: the peer may be gone without having closed it. */
  async #reconnectSilent(node: string, work: Promise<unknown>): Promise<void> {
    if (this.#silent.has(node)) return
    this.#silent.add(node)
    const answered = await answeredWithin(work, SILENT_FOR)
    this.#silent.delete(node)
    if (answered || this.#closed) return
    for (const server of this.#serversOf(node)) server.disconnect(true)
  }

  /** Pings every master if the node has no name. */
  #ping(node: string): Promise<unknown> {
    const masters = this.#servers()
    const named = masters.filter(({ options }) => hasServer(node, options))
    return Promise.all((named.length > 0 ? named : masters).map((server) => server.ping()))
  }

  #serversOf(node: string): Redis[] {
    if (!(this.#client instanceof Cluster)) return [this.#client]
    return this.#client.nodes().filter(({ options }) => hasServer(node, options))
  }

  async run(calls: readonly ScriptCall[], budgetMs: number = this.#budget): Promise<unknown[]> {
    const outcomes = await this.settle(calls, { budgetMs })
    return outcomes.map((outcome) => {
      if (outcome.error) throw outcome.error
      return outcome.reply
    })
  }

  async command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown> {
    return this.#guarded(this.#budget, () => this.#client.call(name, ...args))
  }

  async publish(channel: string, message: string): Promise<number> {
    return this.#guarded(this.#budget, () => this.#client.publish(channel, message))
  }

  async info(): Promise<readonly string[]> {
    return this.#guarded(SILENT_FOR, () => Promise.all(this.#servers().map((server) => server.info())))
  }

  async times(): Promise<readonly ServerTime[]> {
    return this.#client.status === 'ready' ? timesOf(this.#servers(), this.#budget) : []
  }

  #servers(): Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client]
  }

  async *scan(pattern: string): AsyncGenerator<readonly string[]> {
    for (const server of this.#servers()) {
      for (let cursor = '0', begun = false; !begun || cursor !== '0'; begun = true) {
        const from = cursor
        const next = () => server.scan(from, 'MATCH', pattern, 'COUNT', 1000)
        const [to, keys] = await this.#guarded(SILENT_FOR, next)
        cursor = to
        if (keys.length > 0) yield keys
      }
    }
  }

  async #guarded<T>(budgetMs: number, work: () => Promise<T>): Promise<T> {
    const unconnected = await this.#unconnected(budgetMs)
    if (unconnected) throw unconnected
    const breaker = this.#breakerOf('')
    if (!breaker.admit()) throw this.#openCircuit()
    let inTime = true
    try {
      const running = work()
      inTime = await answeredWithin(running, budgetMs)
      if (!inTime) throw new Error(`no answer within ${budgetMs} ms`)
      const result = await running
      breaker.succeeded()
      return result
    } catch (cause) {
      if (isAnswer(cause as Error)) breaker.succeeded()
      else breaker.failed()
      if (!inTime) void this.#recovery.watch('', breaker)
      throw this.#failed(cause as Error)
    }
  }

  /** The error that prevents any call, after waiting for the connection. */
  async #unconnected(budgetMs: number): Promise<SigwatchError | undefined> {
    if (this.#closed) return new SigwatchError('REDIS_UNREACHABLE', 'Redis: the connection is closed')
    if (this.#client.status === 'ready') return undefined
    const breaker = this.#breakerOf('')
    if (!breaker.admit()) return this.#openCircuit()
    if (await this.ready(budgetMs)) {
      // The probe is under way: the connection attempt reports its result.
      breaker.release()
      return undefined
    }
    breaker.failed()
    return errorOf(new Error(`no connection (${this.#lastError})`))
  }

  #failed(error: Error): SigwatchError {
    this.#lastError = reasonOf(error)
    if (isDemoted(error)) this.#channels.renew()
    return errorOf(error)
  }

  #openCircuit(): SigwatchError {
    return new SigwatchError('REDIS_UNREACHABLE', `Redis: circuit open after: ${this.#lastError}`)
  }

  #breakerOf(node: string): Breaker {
    let breaker = this.#breakers.get(node)
    if (breaker === undefined) {
      // Drops breakers of nodes from earlier layouts of the Cluster.
      if (this.#breakers.size > MAX_NODES) this.#breakers.clear()
      breaker = new Breaker(this.#breakerOptions)
      this.#breakers.set(node, breaker)
    }
    return breaker
  }

  #groups(calls: readonly ScriptCall[]): Map<string, number[]> {
    const groups = new Map<string, number[]>()
    for (const [i, { keys }] of calls.entries()) {
      const node = this.#nodeOf(keys[0] ?? '')
      addTo(groups, node, i)
    }
    return groups
  }

  /** The calls that ioredis accepts in one pipeline: those for slots served by the same nodes. */
  #nodeOf(key: string): string {
    if (!(this.#client instanceof Cluster)) return ''
    return this.#client.slots[slotOf(key)]?.join(';') ?? ''
  }

  readonly subscribe: RedisLink['subscribe'] = (...listening) => this.#channels.subscribe(...listening)

  unready(): string[] {
    return [...this.#away(), ...this.#evictions.unready()]
  }

  #away(): string[] {
    if (this.#client.status !== 'ready') return [`redis: ${this.#lastError}`]
    const open = [...this.#breakers].filter(([, breaker]) => breaker.open).map(([node]) => node)
    if (open.length === 0) return []
    // The breaker of a node that no longer serves slots keeps its last state.
    const serving = new Set(
      this.#client instanceof Cluster ? this.#client.slots.map((names) => names.join(';')) : open,
    )
    const away = open.filter((node) => node === '' || serving.has(node)).length
    if (away === 0) return []
    return [`redis: circuit open${this.cluster ? ` to ${away} node(s)` : ''} after: ${this.#lastError}`]
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#evictions.stop()
    this.#availability?.stop()
    this.#channels.close()
    this.#client.disconnect()
  }
}

import { Redis } from 'ioredis'
import { FaultProxy } from '../helpers/fault-proxy.ts'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'

const portOf = ({ url }: RedisServer): number => Number(new URL(url).port)

/** A Redis behind a proxy, whose place an older copy may take, as when a replica that lagged is promoted. */
export class ReplaceableRedis {
  readonly proxy: FaultProxy
  /** Of the proxy. */
  readonly port: number
  readonly #first: RedisServer
  #copy: RedisServer | undefined
  #isReplaced = false

  private constructor(proxy: FaultProxy, port: number, first: RedisServer) {
    this.proxy = proxy
    this.port = port
    this.#first = first
  }

  static async start(): Promise<ReplaceableRedis> {
    const first = await startOwnRedis()
    const port = await freePort()
    return new ReplaceableRedis(await FaultProxy.start(port, portOf(first)), port, first)
  }

  /** Through the proxy. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** The server that is in place, past the proxy. */
  get direct(): string {
    return this.#isReplaced ? this.#copy!.url : this.#first.url
  }

  async empty(): Promise<void> {
    await during(this.direct, (redis) => redis.flushall())
  }

  /** Makes a replica that follows no more from when this resolves. */
  async copy(): Promise<void> {
    const copy = await startOwnRedis()
    this.#copy = copy
    await during(copy.url, async (redis) => {
      await redis.replicaof('127.0.0.1', portOf(this.#first))
      await until(async () => (await redis.info('replication')).includes('master_link_status:up'))
      await redis.replicaof('NO', 'ONE')
    })
  }

  /** How many records were counted in the server in place: those of each shard, added up. */
  counted(): Promise<number> {
    return during(this.direct, countedIn)
  }

  /** Of these, how many the copy does not know. */
  async notCopied(): Promise<number> {
    return (await this.counted()) - (await during(this.#copy!.url, countedIn))
  }

  /** The copy takes the place. */
  replace(): void {
    this.#isReplaced = true
    this.proxy.replace(portOf(this.#copy!))
  }

  /** The first server in its place, empty; or one whose wall clock is off by so many ms. */
  async reset(clock?: number): Promise<void> {
    this.proxy.set({ kind: 'none' })
    if (this.#isReplaced) this.proxy.replace(portOf(this.#first))
    this.#isReplaced = false
    await this.#copy?.stop()
    this.#copy = undefined
    await this.empty()
    if (clock === undefined) return
    const shifted = new ShiftedClock(clock)
    this.#copy = await startOwnRedis(undefined, shifted.env)
    // The server has the offset open.
    shifted.remove()
    this.replace()
  }

  async stop(): Promise<void> {
    await this.proxy.stop()
    await Promise.all([this.#first.stop(), this.#copy?.stop()])
  }
}

async function during<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** Sum of the last counted offsets of all shards and partitions. */
async function countedIn(redis: Redis): Promise<number> {
  let sum = 0
  for await (const keys of redis.scanStream({ match: '*:offsets', type: 'hash', count: 1_000 }))
    for (const key of keys as string[])
      for (const [field, offset] of Object.entries(await redis.hgetall(key)))
        if (field.includes('/') && !field.startsWith('#')) sum += Number(offset)
  return sum
}

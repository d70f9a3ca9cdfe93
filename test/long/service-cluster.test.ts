import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { connectKafka } from '../../src/adapters/kafka/client.ts'
import { Arena } from '../faults/arena.ts'
import { SHORT_CELLS } from '../faults/cells.ts'
import { holds } from '../faults/results.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { describeWith } from '../helpers/services.ts'

const RECORDS = 8_000
const SEED = 1

interface PooledBroker {
  readonly connectionPool: { readonly host: string; readonly port: number }
  metadata(topics: readonly string[]): Promise<object>
}

/** What the client knows of the brokers. */
interface Pool {
  readonly seedBroker: PooledBroker
  readonly brokers: Readonly<Record<string, PooledBroker>>
  refreshMetadata(topics: readonly string[]): Promise<void>
  removeBroker(at: { readonly host: string; readonly port: number }): void
  findConnectedBroker?: () => Promise<Pick<PooledBroker, 'metadata'>>
}

/** The pools of the client that are used from now on until the test ends. */
function watchPools(): Pool[] {
  const pools: Pool[] = []
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster/brokerPool') as {
    prototype: Pool
  }
  const { refreshMetadata } = prototype
  prototype.refreshMetadata = function (this: Pool, topics) {
    if (!pools.includes(this)) pools.push(this)
    return refreshMetadata.call(this, topics)
  }
  onTestFinished(() => {
    prototype.refreshMetadata = refreshMetadata
  })
  return pools
}

/** The next metadata come while the connection to the first broker breaks: the client takes another one for it, too. */
function mistake(pool: Pool): void {
  const other = Object.values(pool.brokers).find((broker) => broker !== pool.seedBroker)!
  pool.findConnectedBroker = async () => ({
    async metadata(topics) {
      delete pool.findConnectedBroker
      const answer = await other.metadata(topics)
      const { host, port } = pool.seedBroker.connectionPool
      pool.removeBroker({ host, port })
      return answer
    },
  })
}

/** Some cells of the fault matrix with few records, see docs/faults.md for the others. */
describeWith(['kafka', 'redis'], 'two instances on three brokers', () => {
  let arena: Arena | undefined

  beforeAll(async () => {
    arena = await Arena.open(RECORDS)
  }, 240_000)

  afterAll(() => arena?.close(), 60_000)

  it('stores what a producer has acknowledged that took one broker for another', async () => {
    const { cluster } = arena!
    const client = plainClient(cluster.brokers)
    const topic = await client.createTopic({ partitions: 12 })
    const connection = connectKafka({ brokers: cluster.brokers, clientId: 'test', emit: () => {} })
    const pools = watchPools()
    const producer = connection.producer()
    try {
      await producer.connect()
      const keys = Array.from({ length: 60 }, (_, n) => `k${n}`)
      const send = (...some: readonly string[]) =>
        producer.sendBatch({
          acks: -1,
          topicMessages: [{ topic, messages: some.map((key) => ({ key, value: 'v' })) }],
        })
      // Connects to every leader.
      await send(...keys)
      mistake(pools.at(-1)!)
      await pools.at(-1)!.refreshMetadata([topic])
      let acknowledged = keys.length
      for (const key of keys)
        await send(key).then(
          () => acknowledged++,
          () => {},
        )
      const stored = (await connection.bounds(topic)).reduce((sum, { endOffset }) => sum + endOffset, 0)
      expect(acknowledged).toBeGreaterThan(100)
      expect(stored).toBeGreaterThanOrEqual(acknowledged)
    } finally {
      await producer.disconnect()
      await connection.close()
    }
  }, 60_000)

  it.each(SHORT_CELLS.map((cell) => [cell.what, cell] as const))(
    'write every record once and decide as without faults while %s',
    async (_, cell) => {
      const result = await arena!.run(cell, SEED)
      expect(result.detail).toEqual([])
      expect(holds({ ...result, commit: '', at: '' })).toBe(true)
    },
    300_000,
  )
})

import { randomUUID } from 'node:crypto'
import kafkajs, { type Kafka } from 'kafkajs'
import type { BlockTable } from './block-table.ts'
import type { BrokerClock } from './broker-clock.ts'

export interface Topics {
  readonly blocks: string
  readonly alerts: string
  readonly enforcements: string
}

/** What is older than this in the topic of alerts has expired. */
const ALERTS_SINCE = 16 * 60_000

export function connect(brokers: readonly string[]): Kafka {
  return new kafkajs.Kafka({ clientId: 'blocker', brokers: [...brokers], logLevel: kafkajs.logLevel.ERROR })
}

/**
 * Reads the block table from its beginning and the alerts of the last quarter of an hour, then follows both. Nothing is
 * committed: the table is built again at every start. Resolves when everything that was there has been taken in.
 */
export async function follow(
  kafka: Kafka,
  { blocks, alerts }: Topics,
  table: BlockTable,
  clock: BrokerClock,
  { onRecord, onMissed }: { readonly onRecord: () => void; readonly onMissed: (messageId: string) => void },
) {
  const admin = kafka.admin()
  await admin.connect()
  const wanted = new Map<string, number>()
  const starts: { topic: string; partition: number; offset: string }[] = []
  for (const topic of [blocks, alerts]) {
    const since =
      topic === alerts ? await admin.fetchTopicOffsetsByTimestamp(topic, clock.now() - ALERTS_SINCE) : []
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const found = since.find((one) => one.partition === partition)
      const offset = found && Number(found.offset) >= 0 ? found.offset : low
      starts.push({ topic, partition, offset })
      if (Number(offset) < Number(high)) wanted.set(`${topic}/${partition}`, Number(high))
    }
  }
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `blocker-${randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [blocks, alerts], fromBeginning: true })
  let isFollowing = false
  let caughtUp = () => {}
  const ready = new Promise<void>((resolve) => {
    caughtUp = () => {
      isFollowing = true
      resolve()
    }
  })
  if (wanted.size === 0) caughtUp()
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      for (const record of batch.messages) {
        const { key, value } = record
        onRecord()
        if (isFollowing) clock.read(record)
        // A record that cannot be read must not stop the others.
        try {
          if (batch.topic === blocks) table.takeBlock(String(key), value === null ? null : value.toString())
          else if (value) for (const id of table.takeAlert(value.toString())) onMissed(id)
        } catch (error) {
          console.error(`${batch.topic}: a record cannot be read: ${(error as Error).name}`)
        }
      }
      const place = `${batch.topic}/${batch.partition}`
      if (Number(batch.lastOffset()) + 1 >= (wanted.get(place) ?? Number.POSITIVE_INFINITY))
        wanted.delete(place)
      if (wanted.size === 0) caughtUp()
      await heartbeat()
    },
  })
  for (const start of starts) consumer.seek(start)
  return { ready, stop: () => consumer.disconnect() }
}

export interface Enforcement {
  readonly messageId: string
  readonly stateId?: string
  readonly action: string
  readonly by: string
  readonly ts: number
}

const FLUSH_EVERY = 50
const MAX_WAITING = 100_000

/** Writes back what was done, a batch at a time; what a broker does not take waits, the oldest are dropped beyond the bound. */
export class Enforcements {
  readonly #producer
  readonly #topic: string
  readonly #clock: BrokerClock
  #waiting: Enforcement[] = []
  #timer: NodeJS.Timeout | undefined
  dropped = 0
  written = 0

  constructor(kafka: Kafka, topic: string, clock: BrokerClock) {
    this.#clock = clock
    this.#producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    this.#topic = topic
  }

  async start(): Promise<void> {
    await this.#producer.connect()
    this.#schedule()
  }

  add(enforcement: Enforcement): void {
    if (this.#waiting.push(enforcement) > MAX_WAITING) {
      this.#waiting.shift()
      this.dropped++
    }
  }

  async flush(): Promise<void> {
    const rows = this.#waiting
    if (rows.length === 0) return
    this.#waiting = []
    try {
      const messages = rows.map((row) => ({ key: row.messageId, value: JSON.stringify(row) }))
      const answers = await this.#producer.send({ topic: this.#topic, acks: -1, messages })
      for (const { logAppendTime } of answers) this.#clock.appended(Number(logAppendTime))
      this.written += rows.length
    } catch {
      this.#waiting = [...rows, ...this.#waiting].slice(-MAX_WAITING)
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.flush()
    await this.#producer.disconnect()
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.flush().finally(() => this.#schedule()), FLUSH_EVERY)
  }
}

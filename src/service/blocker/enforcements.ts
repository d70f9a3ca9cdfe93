import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection, Producer } from '../../adapters/kafka/client.ts'
import { closed } from '../../adapters/kafka/close.ts'
import { reasonOf } from '../../adapters/kafka/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { PartitionId } from '../../domain/ports.ts'
import type { Kept } from './decider.ts'

export interface EnforcementsOptions {
  readonly connection: Pick<KafkaConnection, 'producer'>
  readonly topic: string
  /** Name of this instance in the rows it writes. */
  readonly by: string
  /** Time of the brokers, epoch ms. */
  readonly now: () => number
  /** Called with a partition, the broker's append time of the rows written to it, and when they were sent (monotonic, ms). */
  readonly appended: (position: PartitionId, time: number, sent: number) => void
  readonly emit: Emit
}

const FLUSH_EVERY = 50
/** Pause before the next attempt after a failed write, ms. */
const PAUSE = 1_000
/** Rows per request; a row has about 300 bytes. */
const MOST = 2_000
const MAX_WAITING = 100_000

/**
 * Writes a row for each message that was not delivered, in acknowledged batches. Unacknowledged rows are sent again, so a row
 * may appear twice. Rows wait while brokers refuse them; beyond 100,000 the oldest are dropped and counted.
 */
export class Enforcements {
  readonly #options: EnforcementsOptions
  #producer: Producer | undefined
  #waiting: object[] = []
  #dropped = 0
  #stopped = false
  #running: Promise<void> | undefined

  constructor(options: EnforcementsOptions) {
    this.#options = options
  }

  add({ messageId, ...kept }: Kept): void {
    const { by, now } = this.#options
    this.#waiting.push({ messageId, ...kept, by, ts: now() })
    if (this.#waiting.length <= MAX_WAITING) return
    this.#waiting.shift()
    this.#dropped++
  }

  /** Starts writing. Call it once the topic exists. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Writes the waiting rows within `budgetMs`; the rest is counted as dropped. */
  async close(budgetMs: number): Promise<void> {
    this.#stopped = true
    await Promise.race([this.#running, sleep(budgetMs, undefined, { ref: false })])
    if (this.#waiting.length > 0) this.#dropped += this.#waiting.length
    this.#report(0)
    await closed(this.#producer?.disconnect())
  }

  async #run(): Promise<void> {
    while (!this.#stopped || this.#waiting.length > 0) {
      const sent = await this.#flush()
      if (!this.#stopped) await sleep(sent ? FLUSH_EVERY : PAUSE)
      else if (!sent) await sleep(FLUSH_EVERY)
    }
  }

  /** Returns whether the brokers accepted the rows. */
  async #flush(): Promise<boolean> {
    const { topic, appended, emit, connection } = this.#options
    const rows = this.#waiting.slice(0, MOST) as { readonly messageId: string }[]
    if (rows.length === 0) return true
    const messages = rows.map((row) => ({ key: row.messageId, value: JSON.stringify(row) }))
    try {
      if (!this.#producer) {
        const producer = connection.producer()
        await producer.connect().catch(async (error: unknown) => {
          await closed(producer.disconnect())
          throw error
        })
        this.#producer = producer
      }
      const dropped = this.#dropped
      const sent = performance.now()
      const answers = await this.#producer.send({ topic, acks: -1, messages })
      // Rows dropped during the write were at the front of the queue.
      this.#waiting.splice(0, Math.max(0, rows.length - (this.#dropped - dropped)))
      for (const { partition, logAppendTime } of answers)
        appended({ topic, partition }, Number(logAppendTime), sent)
      this.#report(rows.length)
      return true
    } catch (error) {
      emit({ name: 'enforcements_wait', count: this.#waiting.length, reason: reasonOf(error) })
      return false
    }
  }

  #report(written: number): void {
    this.#options.emit({ name: 'enforcements_written', written, dropped: this.#dropped })
    this.#dropped = 0
  }
}

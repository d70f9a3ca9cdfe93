import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection } from '../../src/adapters/kafka/client.ts'
import { KafkaTransactions } from '../../src/adapters/sinks/kafka-transactions.ts'
import type { PartitionId, Transactions } from '../../src/domain/ports.ts'
import type { FakeBrokers } from './fake-brokers.ts'
import { FakeTransactions } from './fake-transactions.ts'

/** Results of a model run. */
interface Findings {
  /** Acknowledged records, `<partition>/<offset>`. */
  readonly acknowledged: Set<string>
  readonly faults: string[]
}

/** A fault of the coordinator of a transactional id. */
interface Hindrance {
  /** End of the fault, wall clock, ms. */
  readonly until: number
  readonly hangs: boolean
  /** Affected request; all if absent. */
  readonly request?: string
}

/**
 * The real writer of transactions on coordinators that fail and hang. Its commits take effect on the brokers of the model. A
 * record that readers see twice is a fault.
 */
export class ModelTransactions {
  readonly #random: () => number
  readonly #brokers: FakeBrokers
  readonly connection: KafkaConnection
  readonly written: Transactions
  readonly takeOver: (ids: readonly PartitionId[], epoch: number) => Promise<readonly PartitionId[]>
  readonly #hindered = new Map<string, Hindrance>()
  #left = false

  constructor(brokers: FakeBrokers, random: () => number, { acknowledged, faults }: Findings) {
    this.#random = random
    this.#brokers = brokers
    const fake = new FakeTransactions({ fails: () => !this.#left && random() < 0.005 })
    fake.onRequest = (name, id) => this.#answer(name, id)
    fake.onCommit = (id, values, offset) => {
      for (const place of values.flatMap((value) => JSON.parse(value) as string[])) {
        if (acknowledged.has(place)) faults.push(`${place} was written twice`)
        acknowledged.add(place)
      }
      if (offset !== undefined) brokers.commit(Number(id.slice(id.lastIndexOf('-') + 1)), offset)
    }
    this.connection = fake.connection
    const { connection } = this
    const topics = { verdicts: 'v' }
    const transactions = new KafkaTransactions({ connection, groupId: 'g', topics, emit: () => {} })
    this.written = transactions
    this.takeOver = (ids, epoch) => transactions.takeOver(ids, epoch)
  }

  /** Makes a random coordinator fail or hang for a while. */
  hinder(): void {
    const partition = Math.floor(this.#random() * this.#brokers.logs.length)
    const [until, hangs] = [Date.now() + this.#random() * 2_000, this.#random() < 0.3]
    this.#hindered.set(`g-t-${partition}`, { until, hangs })
    // Take over its partition meanwhile.
    this.#brokers.rebalance()
  }

  /** Makes the coordinator of a partition fail until `leave`. */
  block(partition: number): void {
    this.#hindered.clear()
    this.#hindered.set(`g-t-${partition}`, { until: Number.POSITIVE_INFINITY, hangs: false })
  }

  /** Makes the coordinator of a partition accept takeovers, but hang on the writes after them until `leave`. */
  hangWrites(partition: number): void {
    const hindrance = { until: Number.POSITIVE_INFINITY, hangs: true, request: 'addPartitionsToTxn' }
    this.#hindered.clear()
    this.#hindered.set(`g-t-${partition}`, hindrance)
  }

  /** Ends all faults. */
  leave(): void {
    this.#left = true
    this.#hindered.clear()
  }

  async #answer(name: string, id: string): Promise<void> {
    await sleep(this.#random() * 5)
    const hindrance = this.#hindered.get(id)
    if (!hindrance || (hindrance.request ?? name) !== name) return
    const { until, hangs } = hindrance
    if (!hangs && Date.now() < until) throw new Error('Closed connection')
    while (Date.now() < until && this.#hindered.get(id) === hindrance) await sleep(10)
  }
}

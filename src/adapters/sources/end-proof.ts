import type { PartitionId } from '../../domain/ports.ts'
import type { Consumer, KafkaConnection } from '../kafka/client.ts'

export interface EndProofOptions {
  readonly connection: Pick<KafkaConnection, 'boundsOf'>
  /** How long nothing must have moved before it is asked whether anything is to come, ms. */
  readonly settledAfter?: number
  /** A broker that has not answered a fetch for so long, and is not asked again, is no longer waited for, ms. */
  readonly forgottenAfter?: number
}

export interface EndFindings {
  /** Bounds of the partitions whose leaders answer. */
  readonly led: Awaited<ReturnType<KafkaConnection['boundsOf']>>
  /** `silent`: nothing is to come; `unproven`: the brokers have not shown it for so long that it is not waited for. */
  readonly answer: 'silent' | 'open' | 'unproven'
}

/** Every broker must have answered so often that nothing comes. */
const ANSWERS = 3
const SETTLED_AFTER = 5_000
/** So many times as long the partitions must have had a leader: the consumer looks again every 10 s who leads them. */
const CONFIRMED_FACTOR = 2
/** So many times as long is waited for brokers that do not answer and for partitions without a leader. */
const UNPROVEN_FACTOR = 6
/** The client gives a request up after 30 s, and asks a broker that is still there again within 4 s. */
const FORGOTTEN_AFTER = 35_000
/** Silence is shown no sooner than so long after the last record, ms. */
export const SHOWN_AFTER = (1 + CONFIRMED_FACTOR) * SETTLED_AFTER

/**
 * Whether a consumer is at the end of partitions whose last records compaction may have taken. That is shown when the
 * partitions have had a leader for so long that the consumer knows it, and every broker has answered several times after that
 * that it has nothing.
 */
export class EndProof {
  readonly #connection: EndProofOptions['connection']
  readonly #settledAfter: number
  readonly #forgottenAfter: number
  #movedAt: number | undefined
  /** Fetches that each broker has answered since something moved last. */
  readonly #answers = new Map<string, number>()
  /** When brokers were asked that have not answered yet. */
  readonly #asked = new Map<string, number>()
  /** Since when all partitions that were asked for have been found to have a leader. */
  #ledSince: number | undefined
  /** That was so long ago that the consumer knows these leaders. */
  #confirmed = false
  #asking = false

  constructor({
    connection,
    settledAfter = SETTLED_AFTER,
    forgottenAfter = FORGOTTEN_AFTER,
  }: EndProofOptions) {
    this.#connection = connection
    this.#settledAfter = settledAfter
    this.#forgottenAfter = forgottenAfter
  }

  /** Starts over with a consumer that does not run yet; `answered` is called after each answer to a fetch. */
  follow(consumer: Consumer, answered: () => void): void {
    const { FETCH, FETCH_START } = consumer.events
    this.end()
    consumer.on(FETCH_START, ({ payload }) => {
      const node = String(payload.nodeId)
      this.#asked.set(node, performance.now())
      if (!this.#answers.has(node)) this.#answers.set(node, 0)
    })
    consumer.on(FETCH, ({ payload }) => {
      const node = String(payload.nodeId)
      this.#asked.delete(node)
      this.#answers.set(node, (this.#answers.get(node) ?? 0) + 1)
      answered()
    })
  }

  /** The consumer has ended. */
  end(): void {
    this.#movedAt = undefined
    this.#ledSince = undefined
    this.#confirmed = false
    this.#answers.clear()
    this.#asked.clear()
  }

  /** The consumer has joined its group, or has got something. */
  moved(): void {
    this.#movedAt = performance.now()
    this.#ledSince = undefined
    this.#confirmed = false
    this.#countAnew()
  }

  /**
   * What is known of these partitions, the same ones until something moves; undefined: it is too early, or something moved
   * meanwhile.
   */
  async ask(partitions: readonly PartitionId[]): Promise<EndFindings | undefined> {
    const moved = this.#movedAt
    if (this.#asking || moved === undefined || performance.now() - moved < this.#settledAfter)
      return undefined
    this.#asking = true
    const led = await this.#connection.boundsOf(partitions).catch(() => [])
    this.#asking = false
    if (moved !== this.#movedAt) return undefined
    this.#forget()
    this.#judgeLeaders(led.length === partitions.length)
    return { led, answer: this.#answer(moved) }
  }

  #judgeLeaders(areLed: boolean): void {
    const now = performance.now()
    if (!areLed) this.#ledSince = undefined
    else this.#ledSince ??= now
    const confirmed =
      this.#ledSince !== undefined && now - this.#ledSince >= CONFIRMED_FACTOR * this.#settledAfter
    // What was answered before may have been asked without knowing the leaders.
    if (confirmed && !this.#confirmed) this.#countAnew()
    this.#confirmed = confirmed
  }

  #answer(moved: number): EndFindings['answer'] {
    const answers = [...this.#answers.values()]
    if (this.#confirmed && answers.length > 0 && answers.every((count) => count >= ANSWERS)) return 'silent'
    const waited = performance.now() - (this.#ledSince ?? moved)
    const most =
      UNPROVEN_FACTOR * this.#settledAfter + (this.#ledSince === undefined ? 0 : this.#forgottenAfter)
    return waited >= most ? 'unproven' : 'open'
  }

  /** A fetch that fails is never said to have ended: the broker may be gone, and others lead what it led. */
  #forget(): void {
    for (const [node, askedAt] of this.#asked) {
      if (performance.now() - askedAt < this.#forgottenAfter) continue
      this.#asked.delete(node)
      this.#answers.delete(node)
    }
  }

  #countAnew(): void {
    this.#answers.clear()
    // One that hangs was asked before, and has yet to answer.
    for (const node of this.#asked.keys()) this.#answers.set(node, 0)
  }
}

import type { PartitionId } from '../../domain/ports.ts'
import type { Consumer, KafkaConnection } from '../kafka/client.ts'

export interface EndProofOptions {
  readonly connection: Pick<KafkaConnection, 'boundsOf'>
  /** Time without records before the brokers are asked whether more are to come, ms. */
  readonly settledAfter?: number
  /** Time after which an unanswered fetch that is not repeated is no longer waited for, ms. */
  readonly forgottenAfter?: number
}

export interface EndFindings {
  readonly led: Awaited<ReturnType<KafkaConnection['boundsOf']>>
  /** `silent`: no more records are to come; `unproven`: the brokers did not confirm it in time, so it is no longer waited for. */
  readonly answer: 'silent' | 'open' | 'unproven'
}

/** Empty answers required of every broker. */
const ANSWERS = 3
const SETTLED_AFTER = 5_000
/** Multiple of SETTLED_AFTER for which the partitions must have had a leader: the consumer refreshes its leaders every 10 s. */
const CONFIRMED_FACTOR = 2
/** Multiple of SETTLED_AFTER to wait for brokers that do not answer and for partitions without a leader. */
const UNPROVEN_FACTOR = 6
/** The client times out a request after 30 s, and repeats it within 4 s if the broker is still in the cluster. */
const FORGOTTEN_AFTER = 35_000
/** Earliest time after the last record at which the end can be confirmed, ms. */
export const SHOWN_AFTER = (1 + CONFIRMED_FACTOR) * SETTLED_AFTER

/**
 * Determines whether a consumer has reached the end of partitions whose last records compaction may have removed. This
 * is confirmed when the partitions have had leaders long enough for the consumer to know them, and every broker has
 * since answered several times without records.
 */
export class EndProof {
  readonly #connection: EndProofOptions['connection']
  readonly #settledAfter: number
  readonly #forgottenAfter: number
  #movedAt: number | undefined
  readonly #answers = new Map<string, number>()
  readonly #asked = new Map<string, number>()
  /** Time since which all requested partitions have had a leader. */
  #ledSince: number | undefined
  /** That is long enough ago for the consumer to know these leaders. */
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

  /** Starts over with a consumer that is not running yet; `answered` is called after each answer to a fetch. */
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

  end(): void {
    this.#movedAt = undefined
    this.#ledSince = undefined
    this.#confirmed = false
    this.#answers.clear()
    this.#asked.clear()
  }

  /** The consumer has joined its group or received records. */
  moved(): void {
    this.#movedAt = performance.now()
    this.#ledSince = undefined
    this.#confirmed = false
    this.#countAnew()
  }

  /**
   * The findings about these partitions, which must be the same in every call until records arrive. Undefined if it is
   * too early, or records arrived meanwhile.
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
    // Earlier answers may be to fetches sent without knowing the leaders.
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

  /** The client reports no end of a failed fetch: the broker may be gone, and others lead its partitions. */
  #forget(): void {
    for (const [node, askedAt] of this.#asked) {
      if (performance.now() - askedAt < this.#forgottenAfter) continue
      this.#asked.delete(node)
      this.#answers.delete(node)
    }
  }

  #countAnew(): void {
    this.#answers.clear()
    // A broker that hangs was asked earlier, and has yet to answer.
    for (const node of this.#asked.keys()) this.#answers.set(node, 0)
  }
}

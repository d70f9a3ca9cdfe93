import type { KafkaConnection } from '../kafka/client.ts'

/** Wall clock between two looks at the id of a topic, ms. */
export const LOOK_EVERY = 5_000

/** Which topic has a name: one that is deleted and recreated has another id, even where its offsets go on. */
export class TopicIdentity {
  readonly #connection: Pick<KafkaConnection, 'topicFacts'>
  readonly #topic: string
  #id: string | undefined

  constructor(connection: Pick<KafkaConnection, 'topicFacts'>, topic: string) {
    this.#connection = connection
    this.#topic = topic
  }

  /** Whether another topic has the name than at the last call. False where no broker tells an id; never rejects. */
  async hasChanged(): Promise<boolean> {
    const facts = await this.#connection.topicFacts([this.#topic])
    const id = facts.get(this.#topic)?.id
    if (id === undefined) return false
    const before = this.#id
    this.#id = id
    return before !== undefined && before !== id
  }
}

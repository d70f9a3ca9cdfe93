import type { KafkaConnection } from '../kafka/client.ts'

/** Wall-clock interval between checks of a topic id, ms. */
export const LOOK_EVERY = 5_000

/** Detects a topic that was deleted and recreated by its id, even if its offsets continue. */
export class TopicIdentity {
  readonly #connection: Pick<KafkaConnection, 'topicFacts'>
  readonly #topic: string
  #id: string | undefined

  constructor(connection: Pick<KafkaConnection, 'topicFacts'>, topic: string) {
    this.#connection = connection
    this.#topic = topic
  }

  /** Whether the topic was recreated since the last call. False if no broker reports an id; never rejects. */
  async hasChanged(): Promise<boolean> {
    const facts = await this.#connection.topicFacts([this.#topic])
    const id = facts.get(this.#topic)?.id
    if (id === undefined) return false
    const before = this.#id
    this.#id = id
    return before !== undefined && before !== id
  }
}

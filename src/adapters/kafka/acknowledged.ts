const ACKNOWLEDGED = Symbol('acknowledged')

/** A record to produce that a broker can be seen to have acknowledged. */
export interface Acknowledgeable {
  [ACKNOWLEDGED]?: boolean
}

/** The records of a request to one broker, in the shape that the client groups them. */
export interface ProducedTopics {
  readonly topicData: readonly {
    readonly partitions: readonly { readonly messages: readonly Acknowledgeable[] }[]
  }[]
}

/** Marks all records of a request that a broker has acknowledged, even if requests sent to other brokers at the same time fail. */
export function noteAcknowledged({ topicData }: ProducedTopics): void {
  for (const { partitions } of topicData)
    for (const { messages } of partitions) for (const message of messages) message[ACKNOWLEDGED] = true
}

export function isAcknowledged(message: Acknowledgeable): boolean {
  return message[ACKNOWLEDGED] === true
}

/** The records of a request to one broker, in the shape that the client groups them. */
export interface ProducedTopics {
  readonly topicData: readonly {
    readonly partitions: readonly { readonly messages: readonly object[] }[]
  }[]
}

const messages = new WeakSet<object>()

/** Marks all records of a request that a broker has acknowledged, even if requests sent to other brokers at the same time fail. */
export function noteAcknowledged({ topicData }: ProducedTopics): void {
  for (const { partitions } of topicData)
    for (const partition of partitions) for (const message of partition.messages) messages.add(message)
}

export function isAcknowledged(message: object): boolean {
  return messages.has(message)
}

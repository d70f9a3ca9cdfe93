/** What one broker was asked to write, as the client groups it. */
export interface ProducedTopics {
  readonly topicData: readonly {
    readonly partitions: readonly { readonly messages: readonly object[] }[]
  }[]
}

const messages = new WeakSet<object>()

/** A broker has acknowledged all of it, whatever becomes of what was sent to others at once. */
export function noteAcknowledged({ topicData }: ProducedTopics): void {
  for (const { partitions } of topicData)
    for (const partition of partitions) for (const message of partition.messages) messages.add(message)
}

/** Whether this very object was produced and acknowledged. */
export function isAcknowledged(message: object): boolean {
  return messages.has(message)
}

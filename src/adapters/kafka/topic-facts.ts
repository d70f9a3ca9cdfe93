import type { Broker } from 'kafkajs'
import { bodyOf, CompactReader, compactText } from './compact-fields.ts'
import { rawRequest } from './raw-request.ts'

/** Metadata, in the first version with topic ids (Kafka 2.8). */
const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const

/** Facts about a topic that the client's versions of the protocol do not return. */
export interface TopicFacts {
  /**
   * Hexadecimal. A topic that is deleted and recreated under the same name gets another id. Undefined if the cluster
   * does not assign ids and returns zero.
   */
  readonly id: string | undefined
  /** Operations permitted to the user, one bit each; undefined if the broker does not report them. */
  readonly operations: number | undefined
  /** Partitions without a leader. */
  readonly leaderless: readonly number[]
}

/** Number of brokers that are asked to identify a topic. */
export const WITNESSES = 3

/**
 * The answer of the majority of the brokers asked, as soon as there is one. A broker that was just restarted may still
 * know a deleted topic: without a majority for one id, the id is undefined. Undefined if most know no such topic or
 * none answers.
 */
export function agreedFacts(
  answers: readonly Promise<TopicFacts | undefined>[],
): Promise<TopicFacts | undefined> {
  const majority = Math.floor(answers.length / 2) + 1
  const times = new Map<string, number>()
  let any: TopicFacts | undefined
  return new Promise((resolve) => {
    const heard = answers.map((answer) =>
      answer.then(
        (facts) => {
          any ??= facts
          const said = facts === undefined ? 'no topic' : `id ${facts.id}`
          const n = (times.get(said) ?? 0) + 1
          times.set(said, n)
          if (n === majority) resolve(facts)
        },
        () => undefined,
      ),
    )
    void Promise.all(heard).then(() => resolve(any && { ...any, id: undefined }))
  })
}

/** The bit of `operations` for writing. */
export const WRITE = 1 << 4
const OPERATIONS_UNKNOWN = -(2 ** 31)

/** Undefined if the broker does not know the topic, returns nothing about it, or is too old. */
export function topicFactsOf(broker: Broker, topic: string): Promise<TopicFacts | undefined> {
  // Header tags, one topic by name (with a zero id), no auto-creation, and include its authorized operations.
  const body = bodyOf(Buffer.from([0, 2]), Buffer.alloc(16), compactText(topic), Buffer.from([0, 0, 0, 1, 0]))
  return rawRequest(broker, METADATA, body, decoded)
}

function decoded(bytes: Buffer): TopicFacts | undefined {
  const read = new CompactReader(bytes)
  // Throttle time.
  read.skip(4)
  read.list(() => {
    read.skip(4)
    read.text()
    read.skip(4)
    read.text()
    read.skipTags()
  })
  read.text()
  // Controller.
  read.skip(4)
  if (read.unsigned() < 2) return undefined
  const error = read.int16()
  read.text()
  if (error !== 0) return undefined
  const id = read.hex(16)
  // Internal flag.
  read.skip(1)
  const leaderless: number[] = []
  read.list(() => {
    // Error code.
    read.skip(2)
    const partition = read.int32()
    if (read.int32() < 0) leaderless.push(partition)
    // Leader epoch; then replicas, in-sync replicas, offline replicas.
    read.skip(4)
    for (let lists = 0; lists < 3; lists++) read.list(() => read.skip(4))
    read.skipTags()
  })
  const operations = read.int32()
  return {
    id: /^0+$/.test(id) ? undefined : id,
    operations: operations === OPERATIONS_UNKNOWN ? undefined : operations,
    leaderless,
  }
}

import type { Broker } from 'kafkajs'
import { bodyOf, CompactReader, compactText } from './compact-fields.ts'
import { rawRequest } from './raw-request.ts'

/** Metadata, in the first version that has the ids of topics (Kafka 2.8). */
const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const

/** What the client's own versions of the protocol do not return. */
export interface TopicFacts {
  /**
   * In hexadecimal: a topic that is deleted and recreated under the same name has another. Undefined: the cluster gives its
   * topics none, and says zero.
   */
  readonly id: string | undefined
  /** What the user may do with the topic, a bit an operation; undefined: the broker does not say. */
  readonly operations: number | undefined
  /** Partitions that no broker leads. */
  readonly leaderless: readonly number[]
}

/** Brokers that are asked which topic goes by a name. */
export const WITNESSES = 3

/**
 * What most of the brokers asked say, as soon as they do. One that has just come back may still know a topic that is
 * gone: where no majority says the same, the id is not known. Undefined: most know no such topic, or none answers.
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

/** The bit of `operations` that allows to write. */
export const WRITE = 1 << 4
const OPERATIONS_UNKNOWN = -(2 ** 31)

/** Undefined where the broker knows no topic of that name, returns nothing of it, or is too old. */
export function topicFactsOf(broker: Broker, topic: string): Promise<TopicFacts | undefined> {
  // Tags of the header, one topic by its name (its id is zero), no to making it, and what may be done with it.
  const body = bodyOf(Buffer.from([0, 2]), Buffer.alloc(16), compactText(topic), Buffer.from([0, 0, 0, 1, 0]))
  return rawRequest(broker, METADATA, body, decoded)
}

/** The first topic of a response. */
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
  // Whether it is internal.
  read.skip(1)
  const leaderless: number[] = []
  read.list(() => {
    // Error.
    read.skip(2)
    const partition = read.int32()
    if (read.int32() < 0) leaderless.push(partition)
    // Epoch of the leader; replicas, those in sync, those offline.
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

import type { Broker } from 'kafkajs'

/** Metadata, in the first version that has the ids of topics (Kafka 2.8). */
const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const

/** The way to a broker that the client has and does not show. */
interface Sending {
  readonly connectionPool: {
    send(call: {
      readonly request: object
      readonly response: object
      readonly logResponseError: boolean
    }): unknown
  }
}

/** What the client's own versions of the protocol do not return. */
export interface TopicFacts {
  /**
   * In hexadecimal: a topic that is deleted and made anew under the same name has another. Undefined: the cluster gives its
   * topics none, and says zero.
   */
  readonly id: string | undefined
  /** What the user may do with the topic, a bit an operation; undefined: the broker does not say. */
  readonly operations: number | undefined
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
export async function topicFactsOf(broker: Broker, topic: string): Promise<TopicFacts | undefined> {
  const { connectionPool } = broker as unknown as Sending
  const request = { ...METADATA, encode: async () => encoded(topic), expectResponse: () => true }
  const response = {
    decode: async (bytes: Buffer) => ({ facts: decoded(bytes) }),
    parse: async (data: { readonly facts: TopicFacts | undefined }) => data,
  }
  const { facts } = (await connectionPool.send({ request, response, logResponseError: false })) as {
    readonly facts: TopicFacts | undefined
  }
  return facts
}

/** The request after its client id: tags of the header, one topic by its name, no to making it, and what may be done with it. */
function encoded(topic: string): { readonly buf: Buffer; readonly buffer: Buffer; size(): number } {
  const name = Buffer.from(topic, 'utf8')
  const buffer = Buffer.concat([
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    unsigned(name.length + 1),
    name,
    Buffer.from([0, 0, 0, 1, 0]),
  ])
  return { buf: buffer, buffer, size: () => buffer.length }
}

function unsigned(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    bytes.push(left > 0x7f ? (left & 0x7f) | 0x80 : left)
    if (left <= 0x7f) return Buffer.from(bytes)
  }
}

/** The first topic of a response. */
function decoded(bytes: Buffer): TopicFacts | undefined {
  let at = 0
  const number = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++)
      value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
  }
  const skipText = (): void => {
    const length = number() - 1
    at += Math.max(length, 0)
  }
  const skipTags = (): void => {
    for (let tags = number(); tags > 0; tags--) {
      number()
      const length = number()
      at += length
    }
  }
  skipTags()
  // Throttle time.
  at += 4
  for (let brokers = number() - 1; brokers > 0; brokers--) {
    at += 4
    skipText()
    at += 4
    skipText()
    skipTags()
  }
  skipText()
  // Controller.
  at += 4
  if (number() < 2) return undefined
  const error = bytes.readInt16BE(at)
  at += 2
  skipText()
  if (error !== 0) return undefined
  const id = bytes.toString('hex', at, at + 16)
  // The id, and whether it is internal.
  at += 17
  for (let partitions = number() - 1; partitions > 0; partitions--) {
    // Error, partition, leader and its epoch; replicas, those in sync, those offline.
    at += 14
    for (let lists = 0; lists < 3; lists++) {
      const length = number() - 1
      at += 4 * Math.max(length, 0)
    }
    skipTags()
  }
  const operations = bytes.readInt32BE(at)
  return {
    id: /^0+$/.test(id) ? undefined : id,
    operations: operations === OPERATIONS_UNKNOWN ? undefined : operations,
  }
}

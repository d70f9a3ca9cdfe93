import { createRequire } from 'node:module'
import type kafkajs from 'kafkajs'
import type { ICustomPartitioner, Message, PartitionMetadata } from 'kafkajs'
import { noteAcknowledged, type ProducedTopics } from './acknowledged.ts'
import { checkClient, clientPart } from './client-parts.ts'
import { murmur2 } from './murmur2.ts'
import { isPlain, type ProduceParameters, type ProduceRequest, produceBody } from './produce-request.ts'

interface Grouping {
  readonly topic: string
  readonly partitionMetadata: PartitionMetadata[]
  readonly messages: readonly Message[]
  readonly partitioner: ReturnType<ICustomPartitioner>
}

const require = createRequire(import.meta.url)

/** Replaces the export of a client module for modules that require it afterwards. */
function replace<T>(path: string, by: (original: T) => T): void {
  const original = clientPart<T>(path)
  require.cache[require.resolve(`kafkajs/src/${path}`)]!.exports = by(original)
}

// The client copies the list of a partition for every record it adds.
replace<(grouping: Grouping) => Record<number, Message[]>>(
  'producer/groupMessagesPerPartition',
  () =>
    ({ topic, partitionMetadata, messages, partitioner }) => {
      const groups: Record<number, Message[]> = {}
      if (partitionMetadata.length === 0) return groups
      for (const message of messages) {
        const partition = partitioner({ topic, partitionMetadata, message })
        const group = groups[partition]
        if (group) group.push(message)
        else groups[partition] = [message]
      }
      return groups
    },
)

replace<(parameters: ProduceParameters) => ProduceRequest>(
  'protocol/requests/produce/v3/request',
  (original) => (parameters) => {
    const request = original(parameters)
    if (!isPlain(parameters)) return request
    return { ...request, encode: async () => produceBody(parameters, Date.now()) }
  },
)

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly { readonly errorCode: number }[]
  }[]
}

// The client reports the error but not the topic.
replace<{ readonly parse: (answer: ProduceAnswer) => Promise<ProduceAnswer> }>(
  'protocol/requests/produce/v3/response',
  (original) => ({
    ...original,
    parse: (answer) =>
      original.parse(answer).catch((error: Error & { readonly code?: number }) => {
        const topics = answer.topics
          .filter(({ partitions }) => partitions.some(({ errorCode }) => errorCode === error.code))
          .map(({ topicName }) => topicName)
        throw Object.assign(error, { topics })
      }),
  }),
)

interface ClientBroker {
  readonly nodeId: number
  readonly produce: (parameters: ProducedTopics) => Promise<unknown>
}

interface ClientCluster {
  findBroker(node: { readonly nodeId: string }): Promise<ClientBroker>
}

/**
 * The cluster as a producer sees it, with each broker under the id it was looked up by. The client may assign a broker
 * the id of another one: when the connection to its seed broker breaks during a metadata request, the replacement
 * inherits that id (`BrokerPool.refreshMetadata` of kafkajs 2.2.4). A producer would then select records by the wrong
 * id, often none, and the broker acknowledges an empty request.
 */
function withOwnIds<T extends ClientCluster>(cluster: T): T {
  const found = new Map<string, { broker: ClientBroker; readonly shown: ClientBroker }>()
  const findBroker: ClientCluster['findBroker'] = async ({ nodeId }) => {
    const broker = await cluster.findBroker({ nodeId })
    const known = found.get(nodeId)
    if (known !== undefined) {
      known.broker = broker
      return known.shown
    }
    const produce: ClientBroker['produce'] = async (parameters) => {
      const answer = await found.get(nodeId)!.broker.produce(parameters)
      noteAcknowledged(parameters)
      return answer
    }
    const shown = { nodeId: Number(nodeId), produce }
    found.set(nodeId, { broker, shown })
    return shown
  }
  return new Proxy(cluster, {
    get(_, name) {
      if (name === 'findBroker') return findBroker
      const member = Reflect.get(cluster, name, cluster) as unknown
      return typeof member === 'function' ? member.bind(cluster) : member
    },
  })
}

// Otherwise records for a broker with a wrong id are lost silently.
replace<(parts: { readonly cluster: ClientCluster }) => unknown>(
  'producer/sendMessages',
  (original) => (parts) => original({ ...parts, cluster: withOwnIds(parts.cluster) }),
)

const CONNECTION_ERROR = 'KafkaJSConnectionError'

interface ConnectingBroker {
  /** Null until the broker has answered. */
  readonly versions: object | null
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/**
 * A broker counts as connected once it has answered. The client takes one that accepted the connection and did not answer for
 * connected at the next attempt, and every request to it fails from then on, even when it answers again. Here it is disconnected,
 * and the failure is that of a connection, after which the client takes another seed broker.
 */
replace<{ readonly prototype: ConnectingBroker }>('broker/index', (Broker) => {
  const { prototype } = Broker
  const { connect, isConnected } = prototype
  prototype.isConnected = function () {
    return this.versions !== null && isConnected.call(this)
  }
  prototype.connect = async function () {
    try {
      await connect.call(this)
    } catch (error) {
      if (this.versions !== null || (error as Error).name === CONNECTION_ERROR) throw error
      await this.disconnect().catch(() => undefined)
      throw Object.assign(error as Error, { name: CONNECTION_ERROR, retriable: false })
    }
  }
  return Broker
})

/** kafkajs, with its per-record work in the producer replaced by equivalent code that takes a tenth of the time. */
export const library = require('kafkajs') as typeof kafkajs
checkClient()

/** The default partitioner. The client's version creates a hundred objects to hash a key. */
export const partitioner: ICustomPartitioner = () => {
  const unkeyed = library.Partitioners.DefaultPartitioner()
  return (choice) => {
    const { key, partition } = choice.message
    if (key === null || key === undefined || typeof partition === 'number') return unkeyed(choice)
    return (murmur2(key) & 0x7fff_ffff) % choice.partitionMetadata.length
  }
}

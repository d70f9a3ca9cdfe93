import type { KafkaConnection } from '../../src/adapters/kafka/client.ts'

/** The way to a broker that the client has and does not show. */
interface Sending {
  readonly connectionPool: {
    send(call: { readonly request: object; readonly response: object }): Promise<number>
  }
}

const PRODUCE = 0
const VERSION = 7

/** Appends a record batch as it is, and waits for the broker. Rejects with the error code of the partition. */
export async function produceBatch(
  connection: KafkaConnection,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<void> {
  const { cluster, close } = await connection.openCluster()
  try {
    await cluster.addMultipleTargetTopics([topic])
    const { leader } = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)!
    const broker = (await cluster.findBroker({ nodeId: String(leader) })) as unknown as Sending
    const name = Buffer.from(topic)
    const head = Buffer.alloc(2 + 2 + 4 + 4 + 2)
    head.writeInt16BE(-1, 0) // no transaction
    head.writeInt16BE(-1, 2) // acknowledged by all
    head.writeInt32BE(60_000, 4)
    head.writeInt32BE(1, 8)
    head.writeInt16BE(name.length, 12)
    const place = Buffer.alloc(12)
    place.writeInt32BE(1, 0)
    place.writeInt32BE(partition, 4)
    place.writeInt32BE(batch.length, 8)
    const buffer = Buffer.concat([head, name, place, batch])
    const code = await broker.connectionPool.send({
      request: {
        ...{ apiKey: PRODUCE, apiVersion: VERSION, apiName: 'Produce' },
        encode: async () => ({ buf: buffer, buffer, size: () => buffer.length }),
        expectResponse: () => true,
      },
      response: {
        decode: async (answer: Buffer) => answer.readInt16BE(4 + 2 + name.length + 4 + 4),
        parse: async (found: number) => found,
      },
    })
    if (code !== 0) throw new Error(`the broker answers ${code}`)
  } finally {
    await close()
  }
}

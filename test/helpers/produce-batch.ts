import { once } from 'node:events'
import { connect } from 'node:net'
import type { plainClient } from './kafka-client.ts'

/**
 * Sends a raw record batch to the leader of a partition, bypassing the client, which would encode it differently. Resolves
 * with the offset of its first record; rejects if the broker refuses it.
 */
export async function produceBatch(
  { kafka }: Pick<ReturnType<typeof plainClient>, 'kafka'>,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const { brokers } = await admin.describeCluster()
  await admin.disconnect()
  const { leader } = topics[0]!.partitions.find(({ partitionId }) => partitionId === partition)!
  const { host, port } = brokers.find(({ nodeId }) => nodeId === leader)!
  const answer = await exchange(host, port, produceRequest(topic, partition, batch))
  // Skip correlation id, topics, name, partitions and partition; error and offset follow.
  const at = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4
  const error = answer.readInt16BE(at)
  if (error !== 0) throw new Error(`${topic}/${partition}: the broker refuses the batch with error ${error}`)
  return Number(answer.readBigInt64BE(at + 2))
}

/** Produce request, version 7 (the first with zstd), with acknowledgement by all replicas. */
function produceRequest(topic: string, partition: number, batch: Buffer): Buffer {
  const name = Buffer.from(topic)
  const head = Buffer.alloc(4 + 2 + 2 + 4 + 2 + 2 + 2 + 4 + 4 + 2)
  let at = 4
  at = head.writeInt16BE(0, at)
  at = head.writeInt16BE(7, at)
  at = head.writeInt32BE(1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt32BE(30_000, at)
  at = head.writeInt32BE(1, at)
  head.writeInt16BE(name.length, at)
  const rest = Buffer.alloc(12)
  rest.writeInt32BE(1, 0)
  rest.writeInt32BE(partition, 4)
  rest.writeInt32BE(batch.length, 8)
  head.writeInt32BE(head.length - 4 + name.length + rest.length + batch.length, 0)
  return Buffer.concat([head, name, rest, batch])
}

/** Sends one request; resolves with the response, without its length. */
async function exchange(host: string, port: number, request: Buffer): Promise<Buffer> {
  const socket = connect(port, host)
  let answer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk])
    if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) socket.destroy()
  })
  socket.write(request)
  await once(socket, 'close')
  if (answer.length < 4) throw new Error('the broker ended the connection without an answer')
  return answer.subarray(4)
}

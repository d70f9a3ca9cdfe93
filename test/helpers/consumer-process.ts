/**
 * A consumer process to be killed: reads a topic, acknowledges each record by a line `<partition> <offset>` in a file, and
 * commits acknowledged offsets. Arguments: brokers, topic, group, file.
 */
import { appendFileSync } from 'node:fs'
import { connectKafka } from '../../src/adapters/kafka/client.ts'
import { createKafkaSource } from '../../src/adapters/sources/kafka.ts'
import { partitionKey } from '../../src/domain/ports.ts'

const [brokers, topic, groupId, file] = process.argv.slice(2) as [string, string, string, string]
const connection = connectKafka({ brokers: brokers.split(','), clientId: 'child', emit: () => {} })
const source = createKafkaSource({
  connection,
  groupId,
  topics: [topic],
  startFrom: 'earliest',
  emit: () => {},
  chunk: 50,
  sessionTimeout: 6_000,
})
process.on('SIGTERM', () => void source.stop().then(() => connection.close()))

const next = new Map<string, { topic: string; partition: number; offset: number }>()
const commit = () => source.commit([...next.values()])
const committing = setInterval(() => void commit(), 100)
await source.run({
  assigned: async () => {},
  revoked: async () => {
    await commit()
    next.clear()
  },
  records: async ({ records: batch }) => {
    appendFileSync(file, batch.map((r) => `${r.position.partition} ${r.position.offset}\n`).join(''))
    const { topic, partition, offset } = batch.at(-1)!.position
    next.set(partitionKey({ topic, partition }), { topic, partition, offset: offset + 1 })
    await new Promise((resolve) => setTimeout(resolve, 5))
  },
})
clearInterval(committing)

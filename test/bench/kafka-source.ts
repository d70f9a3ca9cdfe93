/**
 * Throughput and latency of the Kafka source. `tsx test/bench/kafka-source.ts [records]`: starts a broker (or uses
 * KAFKA_BROKERS), fills a topic with records of about 260 bytes in each codec, reads it with a handler that does nothing, then
 * measures single records from the broker's append to the handler.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { compress as compressSnappy } from 'snappyjs'
import { connectKafka } from '../../src/adapters/kafka/client.ts'
import { createKafkaSource } from '../../src/adapters/sources/kafka.ts'
import { startKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { compressLz4 } from '../helpers/lz4-compress.ts'
import { uniqueName } from '../helpers/unique-name.ts'

const PARTITIONS = 4
const total = Number(process.argv[2] ?? 400_000)
const broker = await startKafka()
const client = plainClient(broker.brokers)
const connection = connectKafka({ brokers: broker.brokers, clientId: 'bench', emit: () => {} })
const { None, GZIP, Snappy, LZ4 } = kafkajs.CompressionTypes
// Production only reads these codecs.
const codecs: Record<number, () => unknown> = kafkajs.CompressionCodecs
for (const [type, compress] of [
  [Snappy, compressSnappy],
  [LZ4, compressLz4],
] as const) {
  const codec = { compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer) }
  codecs[type] = () => codec
}
const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()

const value = (n: number) =>
  JSON.stringify({
    id: `gw1.${n}.1`,
    ts: 1_762_873_200_000 + n,
    from: '106901234567',
    to: `138${String(n).padStart(8, '0')}`,
    text: `【京东】您的订单 ${n} 已由顺丰发出，预计明日送达，请保持电话畅通。详情见 jd.com/o/${n}`,
    sp: 'SP1001',
    carrier: 'CMCC',
    province: '广东',
  })

for (const [name, compression] of Object.entries({ none: None, gzip: GZIP, snappy: Snappy, lz4: LZ4 })) {
  const topic = await client.createTopic({ partitions: PARTITIONS })
  for (let n = 0; n < total; ) {
    const messages = []
    for (let i = 0; i < 4_000 && n < total; i++, n++)
      messages.push({ value: value(n), partition: n % PARTITIONS })
    await producer.send({ topic, messages, compression })
  }
  const source = createKafkaSource({
    connection,
    groupId: uniqueName('bench'),
    topics: [topic],
    startFrom: 'earliest',
    emit: () => {},
  })
  let seen = 0
  let bytes = 0
  let began = 0
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const running = source.run({
    assigned: async () => {
      began = performance.now()
    },
    revoked: async () => {},
    records: async ({ records: batch }) => {
      seen += batch.length
      for (const r of batch) bytes += r.value.length
      if (seen >= total) finish()
    },
  })
  await finished
  const seconds = (performance.now() - began) / 1000
  await source.stop()
  await running
  console.log(
    `${name.padEnd(6)} ${Math.round(seen / seconds).toLocaleString('en')} records/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s of values`,
  )
}

const topic = await client.createTopic({ config: { 'message.timestamp.type': 'LogAppendTime' } })
const latencies: number[] = []
const source = createKafkaSource({
  connection,
  groupId: uniqueName('bench'),
  topics: [topic],
  startFrom: 'earliest',
  emit: () => {},
})
const running = source.run({
  assigned: async () => {},
  revoked: async () => {},
  records: async ({ records: batch }) => {
    for (const r of batch) latencies.push(Date.now() - r.timestamp)
  },
})
for (let n = 0; n < 1_200; n++) {
  await producer.send({ topic, messages: [{ value: value(n) }] })
  await sleep(Math.random() * 8)
}
await sleep(500)
await source.stop()
await running
// Exclude the first second, in which the consumer joins the group.
const sorted = latencies.slice(200).toSorted((a, b) => a - b)
const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
console.log(
  `append to handler, ${sorted.length} single records: median ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
)
await producer.disconnect()
await connection.close()
await broker.stop()

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { plainClient, type Read } from '../helpers/kafka-client.ts'
import type { KafkaCluster } from '../helpers/kafka-cluster.ts'
import { produceBatch } from '../helpers/produce-batch.ts'
import { withChecksum } from '../helpers/record-batches.ts'
import type { Traffic } from '../helpers/traffic.ts'
import { byPartition, endsOf } from './input.ts'

/** A record of the input, and how it has to end; absent: as its bytes say. */
export interface PlacedRecord extends Pick<Read, 'partition' | 'offset' | 'timestamp' | 'value'> {
  readonly ends?: 'judged' | 'buried'
}

/** A record batch that a cell puts between the records of the traffic. */
export interface PlantedBatch {
  readonly partition: number
  /** As the broker takes it. */
  readonly bytes: Buffer
  /** In the order of their offsets. */
  readonly records: readonly Pick<PlacedRecord, 'value' | 'ends'>[]
  /** Whether its records are overwritten on the disks of the brokers once they have it, so that nothing can unpack it. */
  readonly rots?: boolean
}

/** Makes the batches of a cell from a lawful record of the traffic, whose neighbours they will be. */
export type MakeBatches = (lawful: LawfulRecord) => readonly PlantedBatch[]

/** A record that raises nothing, with another id and recipient for each number. */
export type LawfulRecord = (n: number, fields?: object) => Buffer

const BATCH_HEAD = 61
/** Records of the traffic that are sent at once. */
const CHUNK = 2_000

/** Sends the first half of the traffic, then the batches, then the rest; returns where each record is. */
export async function plant(
  cluster: Pick<KafkaCluster, 'direct' | 'dir'>,
  topic: string,
  { records }: Traffic,
  make: MakeBatches,
): Promise<PlacedRecord[]> {
  const client = plainClient(cluster.direct)
  const partitions = (await endsOf(client, topic)).length
  const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const placed: PlacedRecord[] = []
  const put = (
    partition: number,
    first: number,
    some: readonly Pick<PlacedRecord, 'value' | 'ends'>[],
  ): void => {
    const timestamp = Date.now()
    for (const [n, { value, ends }] of some.entries())
      placed.push({ partition, offset: first + n, timestamp, value, ...(ends ? { ends } : {}) })
  }
  const send = async (part: Traffic['records']): Promise<void> => {
    for (let at = 0; at < part.length; at += CHUNK) {
      for (const [partition, some] of byPartition(part.slice(at, at + CHUNK), partitions)) {
        const messages = some.map((record) => ({ ...record, partition }))
        const [answer] = await producer.send({ topic, acks: -1, messages })
        put(partition, Number(answer!.baseOffset), some)
      }
    }
  }
  const half = records.length >> 1
  await send(records.slice(0, half))
  for (const { partition, bytes, records: some, rots } of make(lawfulRecord(records, half))) {
    put(partition, await produceBatch(client, topic, partition, bytes), some)
    if (rots) rot(cluster.dir, topic, partition, bytes)
  }
  await send(records.slice(half))
  await producer.disconnect()
  return inOrderOf(records, placed)
}

/** The records of the traffic in its order, and the planted ones where they were put. */
function inOrderOf(records: Traffic['records'], placed: readonly PlacedRecord[]): PlacedRecord[] {
  const order = new Map(records.map(({ value }, n) => [value, n]))
  const half = (records.length >> 1) - 0.5
  const of = ({ value }: PlacedRecord) => (value === null ? half : (order.get(value) ?? half))
  return [...placed].sort((a, b) => of(a) - of(b))
}

/** One in the middle of the traffic. */
function lawfulRecord(records: Traffic['records'], half: number): LawfulRecord {
  const lawful = records
    .slice(half)
    .map(({ value }) => fieldsOf(value))
    .find(({ text, part, ts }) => part === undefined && typeof ts === 'number' && /验证码/.test(String(text)))
  if (!lawful) throw new Error('no one-time password is among the records')
  return (n, fields = {}) =>
    Buffer.from(JSON.stringify({ ...lawful, id: `planted.${n}`, to: String(13_900_000_000 + n), ...fields }))
}

/** Overwrites the records of a batch in the logs of all brokers, with a checksum that fits. */
function rot(dir: string, topic: string, partition: number, batch: Buffer): void {
  const records = batch.subarray(BATCH_HEAD)
  let found = 0
  for (const data of readdirSync(dir).filter((entry) => entry.startsWith('data-'))) {
    const folder = join(dir, data, `${topic}-${partition}`)
    for (const log of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
      const bytes = readFileSync(join(folder, log))
      const at = bytes.indexOf(records)
      if (at < 0) continue
      bytes.fill(0xee, at, at + records.length)
      withChecksum(bytes.subarray(at - BATCH_HEAD, at + records.length))
      writeFileSync(join(folder, log), bytes, { flag: 'r+' })
      found++
    }
  }
  if (found < 2) throw new Error(`the batch lies on ${found} brokers`)
}

function fieldsOf(value: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(value.toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}

import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { decodingWithin } from '../../../../src/adapters/kafka/records/decoding.ts'
import { KafkaSource } from '../../../../src/adapters/sources/kafka.ts'
import { Health } from '../../../../src/domain/health.ts'
import type { PartitionId } from '../../../../src/domain/ports.ts'
import { type Entry, FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { manyHeaders } from '../../../helpers/odd-batches.ts'
import { recordBatch, type WrittenBatch } from '../../../helpers/record-batches.ts'
import { RecordingHandler, until } from '../../../helpers/recording-handler.ts'

const record = (offset: number): Entry => ({ offset, mark: false })
const five = Array.from({ length: 5 }, () => ({ value: Buffer.from('v') }))

/** Reads a log that has a batch of the offsets 5 to 9 between two records of each side. */
async function read(bytes: Buffer): Promise<RecordingHandler> {
  const log = [record(3), record(4), { offset: 9, mark: false, bytes }, record(10), record(11)]
  const brokers = new FakeBrokers([log], seededRandom(3), { committed() {}, doneByOther() {} })
  const connection = {
    health: new Health('kafka', () => {}),
    decoding: decodingWithin({ headers: 1_000, bytesInFlight: 1_000_000 }),
    consumer: ({ groupId, mayJoin }: { groupId: string; mayJoin: () => boolean }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(mayJoin)] }),
    committedOf: async (_: string, ids: readonly PartitionId[]) =>
      new Map(ids.map(({ topic, partition }) => [`${topic}/${partition}`, { offset: 3 }])),
    topicFacts: async () => new Map(),
    boundsOf: async (ids: readonly PartitionId[]) =>
      ids.map((id) => ({ ...id, startOffset: 3, endOffset: 12 })),
  } as unknown as KafkaConnection
  const source = new KafkaSource({
    ...{ connection, groupId: 'g', topics: [TOPIC], startFrom: 'earliest', emit: () => {} },
    ...{ heartbeatInterval: 20, sessionTimeout: 2_000, giveUpWithin: 150 },
  })
  const handler = new RecordingHandler()
  const running = source.run(handler)
  onTestFinished(async () => {
    await source.stop()
    brokers.close()
  })
  await Promise.race([running, until(() => handler.taken.at(-1)?.position.offset === 11)])
  return handler
}

it.each<[string, Partial<WrittenBatch>]>([
  ['checksum', { crc: 1 }],
  ['number of records', { count: 6 }],
  ['compression', { attributes: 7 }],
  ['size when it is unpacked', { records: [...five.slice(1), { value: Buffer.alloc(900_000) }], codec: 1 }],
  ['length', { length: 2 ** 31 - 1 }],
])('a batch with a wrong %s is passed over once, as one record for its offsets', async (_, wrong) => {
  const { taken, assignments } = await read(recordBatch({ baseOffset: 5, records: five, ...wrong }))
  expect(taken.map(({ position, firstOffset }) => [firstOffset ?? position.offset, position.offset])).toEqual(
    [
      [3, 3],
      [4, 4],
      [5, 9],
      [10, 10],
      [11, 11],
    ],
  )
  expect(taken.map(({ unreadable }) => unreadable !== undefined)).toEqual([false, false, true, false, false])
  expect(assignments.length).toBe(1)
})

it('a record with too many headers costs no other', async () => {
  const headers = manyHeaders(12_000)
  headers.writeBigInt64BE(9n, 0)
  const { taken, assignments } = await read(headers)
  expect(taken.map(({ position, unreadable }) => [position.offset, unreadable !== undefined])).toEqual([
    [3, false],
    [4, false],
    [9, true],
    [10, false],
    [11, false],
  ])
  expect(assignments.length).toBe(1)
})

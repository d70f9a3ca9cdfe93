import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { readTopicRange } from '../../../../src/adapters/sources/topic-range.ts'
import type { PartitionId } from '../../../../src/domain/ports.ts'
import { type Entry, FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { until } from '../../../helpers/recording-handler.ts'

const SETTLED_AFTER = 300
/** Brokers that do not answer are waited for so long, ms. */
const FORGOTTEN_AFTER = 2_000
const NOBODY = '-1'

const log = (records: number): Entry[] =>
  Array.from({ length: records }, (_, offset) => ({ offset, mark: false }))

/** A reading of 20 records of each of two partitions, which two of three brokers lead. */
function open() {
  const brokers = new FakeBrokers([log(20), log(20)], seededRandom(1), { committed() {}, doneByOther() {} })
  brokers.lead(0, '1')
  brokers.lead(1, '2')
  const led = new Set([0, 1])
  const bounds = (partition: number) => ({
    topic: TOPIC,
    partition,
    startOffset: brokers.logs[partition]![0]?.offset ?? 20,
    endOffset: 20,
  })
  const connection = {
    consumer: ({ groupId }: { groupId: string }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(() => true)] }),
    boundsOf: async (asked: readonly PartitionId[]) =>
      asked.flatMap(({ partition }) => (led.has(partition) ? [bounds(partition)] : [])),
  } as unknown as KafkaConnection
  const stopping = new AbortController()
  onTestFinished(() => {
    stopping.abort()
    brokers.close()
  })
  const read: string[] = []
  const start = () =>
    readTopicRange({
      connection,
      topic: TOPIC,
      group: 'g',
      ranges: [0, 1].map((partition) => ({ partition, from: 0, to: 20 })),
      take: (records) => void read.push(...records.map(({ value }) => String(value))),
      signal: stopping.signal,
      settledAfter: SETTLED_AFTER,
      forgottenAfter: FORGOTTEN_AFTER,
    })
  return { brokers, led, read, start }
}

const recordsOf = (partition: number) => log(20).map(({ offset }) => `${partition}/${offset}`)

it('is refused, with the name of the partition, where one has no leader', async () => {
  const { brokers, led, read, start } = open()
  brokers.lead(1, NOBODY)
  led.delete(1)
  await expect(start()).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    message: expect.stringMatching(/^t cannot be read to its end: .*partition 1\b/),
  })
  expect(read).toEqual(recordsOf(0))
})

it('waits for the records of a partition whose leader comes back', async () => {
  const { brokers, led, read, start } = open()
  brokers.lead(1, NOBODY)
  led.delete(1)
  const reading = start()
  await until(() => read.length === 20)
  await sleep(2 * SETTLED_AFTER)
  brokers.lead(1, '3')
  led.add(1)
  await reading
  expect(read.toSorted()).toEqual([...recordsOf(0), ...recordsOf(1)].toSorted())
})

it('waits for a broker that answers no fetch while the others have nothing to say', async () => {
  const { brokers, read, start } = open()
  brokers.hungNode = '2'
  const reading = start()
  await until(() => read.length === 20)
  await sleep(3 * SETTLED_AFTER)
  brokers.hungNode = undefined
  await reading
  expect(read.toSorted()).toEqual([...recordsOf(0), ...recordsOf(1)].toSorted())
})

it('believes that compaction has taken the last records when every broker says so and all are led', async () => {
  const { brokers, read, start } = open()
  brokers.logs[1]!.splice(15)
  brokers.end = () => 20
  await start()
  expect(read.toSorted()).toEqual([...recordsOf(0), ...recordsOf(1).slice(0, 15)].toSorted())
})

it('knows by the first offset that is left what retention has taken', async () => {
  const { brokers, read, start } = open()
  brokers.logs[1]!.splice(0)
  brokers.end = () => 20
  await start()
  expect(read).toEqual(recordsOf(0))
})

it('ends without a broker that died over a fetch, when others lead what it led', async () => {
  const { brokers, read, start } = open()
  brokers.logs[1]!.splice(15)
  brokers.end = () => 20
  brokers.hungNode = '2'
  const reading = start()
  await until(() => read.length === 20)
  brokers.dead.add('2')
  brokers.lead(1, '3')
  await reading
  expect(read.toSorted()).toEqual([...recordsOf(0), ...recordsOf(1).slice(0, 15)].toSorted())
})

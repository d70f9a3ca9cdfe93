import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import type { ConsumerChoices } from '../../../../src/adapters/kafka/client-settings.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { decodingWithin } from '../../../../src/adapters/kafka/records/decoding.ts'
import { KafkaSource } from '../../../../src/adapters/sources/kafka.ts'
import { Health } from '../../../../src/domain/health.ts'
import type { RawRecord, SmsRecord } from '../../../../src/domain/message.ts'
import { exactClock, partitionKey } from '../../../../src/domain/ports.ts'
import { Intake } from '../../../../src/pipeline/intake.ts'
import { JoinParts } from '../../../../src/pipeline/join-parts.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { until } from '../../../helpers/recording-handler.ts'

const PARTITIONS = 3
const RECORDS = 1_000

const decode = ({ position: { partition, offset }, timestamp, value }: RawRecord): SmsRecord => ({
  ...{ value, id: `${partition}/${offset}`, ts: timestamp, from: '10690000', to: '13800000000' },
  ...{ text: 'a', blocked: false },
})

/** A member that works a backlog off, with how often each record was written. */
function workOff() {
  const logs = Array.from({ length: PARTITIONS }, () =>
    Array.from({ length: RECORDS }, (_, offset) => ({ offset, mark: false })),
  )
  const brokers = new FakeBrokers(logs, seededRandom(7), { committed() {}, doneByOther() {} })
  const connection = {
    health: new Health('kafka', () => {}),
    decoding: decodingWithin(),
    consumer: ({ mayJoin, ...config }: ConsumerChoices) =>
      brokers.consumer({
        groupId: config.groupId,
        heartbeatInterval: 20,
        partitionAssigners: [gatedAssigner(mayJoin)],
      }),
    committedOf: async (_: string, ids: readonly { readonly topic: string; readonly partition: number }[]) =>
      new Map(
        ids.map((id) => {
          const offset = brokers.committed[id.partition]!
          return [partitionKey(id), offset < 0 ? undefined : { offset }] as const
        }),
      ),
    topicFacts: async () => new Map(),
    boundsOf: async (ids: readonly { readonly topic: string; readonly partition: number }[]) =>
      ids.map((id) => ({ ...id, startOffset: 0, endOffset: brokers.end(id.partition) })),
  } as unknown as KafkaConnection
  const source = new KafkaSource({
    ...{ connection, groupId: 'g', topics: [TOPIC], startFrom: 'earliest', emit: () => {}, chunk: 50 },
    ...{ heartbeatInterval: 20, sessionTimeout: 2_000 },
  })
  const written = new Map<string, number>()
  const intake = new Intake({
    source,
    sink: { has: () => true, write: () => sleep(2), close: async () => {}, unready: () => [] },
    decode,
    join: new JoinParts(),
    process: async (items, write) => {
      await sleep(10)
      for (const item of items) {
        const { topic, partition, offset } = item.kind === 'message' ? item.message.position : item.position
        const place = `${topic}/${partition}/${offset}`
        written.set(place, (written.get(place) ?? 0) + 1)
      }
      await write([])
    },
    clock: exactClock(Date.now),
    emit: () => {},
    limits: { maxRecords: 20, maxBytes: 1e6, maxAge: 5, maxInFlight: 400 },
    partClock: 'append',
    signal: new AbortController().signal,
  })
  const running = intake.run()
  onTestFinished(async () => {
    await source.stop()
    await running
    brokers.close()
  })
  return { brokers, source, written }
}

it('repeats no record when the coordinator moves, with and without a rebalance', async () => {
  const { brokers, written } = workOff()
  for (let n = 1; n <= 4; n++) {
    await until(() => written.size > 500 * n, 20_000)
    brokers.moveCoordinator()
    if (n % 2 === 0) brokers.rebalance()
  }
  await until(() => written.size === PARTITIONS * RECORDS, 20_000)
  expect([...written].filter(([, times]) => times > 1)).toEqual([])
  await until(() => brokers.committed.every((offset) => offset === RECORDS))
}, 60_000)

it('is not ready while no commit succeeds', async () => {
  const { brokers, source, written } = workOff()
  await until(() => written.size > 100, 20_000)
  brokers.commitsHungUntil = Date.now() + 4_500
  await sleep(4_200)
  expect(source.unready()).toContainEqual(
    expect.stringMatching(/^kafka: no commit has succeeded for [34] s$/),
  )
  await until(() => brokers.committed.every((offset) => offset === RECORDS), 20_000)
  expect(source.unready()).toEqual([])
}, 60_000)

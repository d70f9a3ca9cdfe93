import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { TableSource } from '../../../../src/adapters/sources/table.ts'
import { Health } from '../../../../src/domain/health.ts'
import type { PartitionId } from '../../../../src/domain/ports.ts'
import { type Entry, FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { until } from '../../../helpers/recording-handler.ts'

const SETTLED_AFTER = 300
/** Brokers that do not answer are waited for so long, ms. */
const FORGOTTEN_AFTER = 2_000
const NOBODY = '-1'

function log(rows: number): Entry[] {
  return Array.from({ length: rows }, (_, offset) => ({ offset, mark: false }))
}

/** A table over brokers of which each has at most one of its partitions; the others have nothing to say. */
function open(...rows: number[]) {
  const watcher = { committed() {}, doneByOther() {} }
  const brokers = new FakeBrokers(rows.map(log), seededRandom(1), watcher)
  const bounds = () =>
    brokers.logs.map((entries, partition) => ({
      topic: TOPIC,
      partition,
      startOffset: entries[0]?.offset ?? 0,
      endOffset: brokers.end(partition),
    }))
  const led = { value: true }
  const connection = {
    health: new Health('kafka', () => {}),
    consumer: ({ groupId }: { groupId: string }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(() => true)] }),
    bounds: async () => bounds(),
    topicFacts: async () => new Map(),
    boundsOf: async (asked: readonly PartitionId[]) =>
      led.value ? asked.map(({ partition }) => bounds()[partition]!) : [],
  } as unknown as KafkaConnection
  const table = new TableSource({
    connection,
    topic: TOPIC,
    groupId: 'g',
    settledAfter: SETTLED_AFTER,
    forgottenAfter: FORGOTTEN_AFTER,
  })
  let caughtUp = false
  void table.caughtUp.then(() => {
    caughtUp = true
  })
  onTestFinished(async () => {
    brokers.close()
    await table.stop()
  })
  return { table, brokers, led, isCaughtUp: () => caughtUp }
}

it('is not caught up while rows are applied, however long other brokers have said nothing', async () => {
  const { table, isCaughtUp } = open(50)
  let applied = 0
  const early: number[] = []
  void table.run(async (rows) => {
    await sleep(3 * SETTLED_AFTER)
    if (isCaughtUp()) early.push(applied)
    applied += rows.length
  })
  await table.caughtUp
  expect([applied, early]).toEqual([50, []])
})

it('believes that compaction has taken the end when all brokers say so and the partition has a leader', async () => {
  const { table, brokers, led, isCaughtUp } = open(20)
  // The last offset was compacted away.
  brokers.logs[0]!.push({ offset: 29, mark: false })
  const end = brokers.end(0)
  brokers.logs[0]!.pop()
  brokers.end = () => end
  led.value = false
  const rows: number[] = []
  void table.run(async (batch) => void rows.push(...batch.map(({ position }) => position.offset)))
  await until(() => rows.length === 20)
  await sleep(3 * SETTLED_AFTER)
  expect(isCaughtUp()).toBe(false)
  led.value = true
  await table.caughtUp
})

it('is not caught up while a broker has not answered a fetch, whatever others have answered', async () => {
  const { table, brokers, isCaughtUp } = open(20, 20)
  brokers.lead(0, '1')
  brokers.lead(1, '2')
  brokers.hungNode = '2'
  let applied = 0
  void table.run(async (rows) => {
    applied += rows.length
  })
  await until(() => applied === 20)
  await sleep(3 * SETTLED_AFTER)
  expect(isCaughtUp()).toBe(false)
  brokers.hungNode = undefined
  await table.caughtUp
  expect(applied).toBe(40)
})

it('is caught up without a broker that died over a fetch, when others lead what it led', async () => {
  const { table, brokers } = open(20, 20)
  brokers.lead(0, '1')
  brokers.lead(1, '2')
  brokers.logs[1]!.splice(15)
  brokers.end = () => 20
  brokers.hungNode = '2'
  let applied = 0
  void table.run(async (rows) => {
    applied += rows.length
  })
  await until(() => applied === 20)
  brokers.dead.add('2')
  brokers.lead(1, '3')
  await table.caughtUp
  expect(applied).toBe(35)
})

it('is not caught up before the consumer knows of a leader that came back', async () => {
  const { table, brokers, led } = open(20, 20)
  brokers.metadataAge = 2 * SETTLED_AFTER
  brokers.lead(1, NOBODY)
  led.value = false
  let applied = 0
  void table.run(async (rows) => {
    applied += rows.length
  })
  await until(() => applied === 20)
  // Whatever the age of what the consumer knows, it is about to rely on it when the leader comes back.
  for (let i = 0; i < 4; i++) {
    await sleep(SETTLED_AFTER / 2)
    expect(applied).toBe(20)
  }
  brokers.lead(1, '3')
  led.value = true
  await table.caughtUp
  expect(applied).toBe(40)
})

it('applies no row a second time when it has to read the topic again', async () => {
  const { table, brokers } = open(30)
  const offsets: number[] = []
  void table.run(async (rows) => void offsets.push(...rows.map(({ position }) => position.offset)))
  await table.caughtUp
  brokers.fetchFails = new Error('the consumer cannot go on')
  await until(() => brokers.fetchFails === undefined)
  for (let offset = 30; offset < 35; offset++) brokers.logs[0]!.push({ offset, mark: false })
  await until(() => offsets.includes(34))
  expect(offsets).toEqual(Array.from({ length: 35 }, (_, offset) => offset))
})

it('keeps nothing of consumers that could not start, however long the brokers are away', async () => {
  const added = vi.spyOn(AbortSignal.prototype, 'addEventListener')
  onTestFinished(() => added.mockRestore())
  let consumers = 0
  const connection = {
    health: new Health('kafka', () => {}),
    consumer: () => {
      consumers++
      return { events: {}, on: () => {}, disconnect: async () => {} }
    },
    bounds: () => Promise.reject(new Error('away')),
    topicFacts: async () => new Map(),
  } as unknown as KafkaConnection
  const table = new TableSource({ connection, topic: TOPIC, groupId: 'g' })
  void table.run(async () => {})
  await until(() => consumers === 5)
  const signals = new Set(added.mock.contexts as AbortSignal[])
  const kept = [...signals].map((signal) => getEventListeners(signal, 'abort').length)
  await table.stop()
  expect(Math.max(...kept)).toBeLessThanOrEqual(2)
})

import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import { afterEach, expect, it } from 'vitest'
import { followCoordinator } from '../../../../src/adapters/kafka/follow-coordinator.ts'
import { library } from '../../../../src/adapters/kafka/library.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { until } from '../../../helpers/recording-handler.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A member of the group that reads one partition, with what the client offers with its batches; the interval is in ms. */
async function memberOf(brokers: FakeBrokers, heartbeatInterval = 20) {
  followCoordinator()
  const consumer = brokers.consumer({
    groupId: 'g',
    heartbeatInterval,
    partitionAssigners: [library.PartitionAssigners.roundRobin],
  })
  let payload: EachBatchPayload | undefined
  let joins = 0
  let crashes = 0
  consumer.on(consumer.events.GROUP_JOIN, () => joins++)
  consumer.on(consumer.events.CRASH, () => crashes++)
  await consumer.connect()
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (given) => {
      payload = given
    },
  })
  closing.push(
    () => consumer.disconnect(),
    () => brokers.close(),
  )
  await until(() => payload !== undefined)
  return {
    commit: (offset: number) =>
      payload!.commitOffsetsIfNecessary({
        topics: [{ topic: TOPIC, partitions: [{ partition: 0, offset: String(offset) }] }],
      }),
    disconnect: () => consumer.disconnect(),
    joins: () => joins,
    crashes: () => crashes,
  }
}

function brokersWith(records: number): FakeBrokers {
  const log = Array.from({ length: records }, (_, offset) => ({ offset, mark: false }))
  return new FakeBrokers([log], seededRandom(1), { committed() {}, doneByOther() {} })
}

it('commits at the broker that coordinates the group by now, in the generation of before', async () => {
  const brokers = brokersWith(10)
  const member = await memberOf(brokers)
  await member.commit(3)
  brokers.moveCoordinator()
  await member.commit(7)
  expect([brokers.committed[0], member.joins()]).toEqual([7, 1])
})

it('sends no commit of a generation that has ended, also when the coordinator moved with its end', async () => {
  const brokers = brokersWith(10)
  const member = await memberOf(brokers)
  await member.commit(3)
  brokers.expel()
  brokers.joinFails = false
  brokers.moveCoordinator()
  await expect(member.commit(7)).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' })
  expect(brokers.committed[0]).toBe(3)
})

it('keeps the membership over a coordinator that moves again and again', async () => {
  const brokers = brokersWith(10)
  const member = await memberOf(brokers)
  for (let n = 0; n < 60; n++) {
    brokers.moveCoordinator()
    await sleep(25)
  }
  expect([member.joins(), member.crashes()]).toEqual([1, 0])
})

it('closes what it opened when the member leaves while the coordinator is looked for, and looks for none after', async () => {
  const brokers = brokersWith(10)
  // The commit alone looks for the coordinator: leaving would wait for a heartbeat that does.
  const member = await memberOf(brokers, 20_000)
  const before = brokers.asked
  let name = () => {}
  brokers.naming = new Promise((resolve) => {
    name = resolve
  })
  brokers.moveCoordinator()
  const late = member.commit(3).catch((error: unknown) => error)
  await until(() => brokers.asked > before)
  await member.disconnect()
  const { closes } = brokers
  name()
  expect(await late).toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' })
  await until(() => brokers.closes > closes)
  const { asked } = brokers
  await expect(member.commit(4)).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' })
  expect([brokers.asked, brokers.committed[0]]).toEqual([asked, -1])
})

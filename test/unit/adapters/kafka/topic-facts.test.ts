import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { expect, it } from 'vitest'
import { PartitionOffsets } from '../../../../src/adapters/kafka/partition-offsets.ts'
import type { TopicFacts } from '../../../../src/adapters/kafka/topic-facts.ts'

const NOW = '1'.repeat(32)
const BEFORE = '2'.repeat(32)
const known = (id: string | undefined): TopicFacts => ({ id, operations: 8, leaderless: [] })
const HANGS = 'hangs'
const GONE = 'gone'

/** A client of brokers that say of any topic what is given, at once; the first is taken for the controller. */
function brokersThatSay(...said: readonly (TopicFacts | undefined | typeof HANGS | typeof GONE)[]) {
  const brokers = said.map((facts) => ({
    connectionPool: {
      send: () =>
        facts === HANGS ? sleep(60_000, undefined, { ref: false }) : Promise.resolve({ answer: facts }),
    },
  }))
  const findBroker = async ({ nodeId }: { nodeId: string }) => {
    if (said[Number(nodeId)] === GONE) throw new Error('connect ECONNREFUSED')
    return brokers[Number(nodeId)]
  }
  const cluster = {
    getNodeIds: () => brokers.map((_, nodeId) => String(nodeId)),
    findBroker,
    findControllerBroker: () => findBroker({ nodeId: '0' }),
    refreshMetadata: async () => {},
  }
  const kafka = {
    consumer({ partitionAssigners }: { partitionAssigners: ((config: object) => unknown)[] }) {
      partitionAssigners[0]!({ cluster })
      return { connect: async () => {}, disconnect: async () => {} }
    },
  } as unknown as Kafka
  return new PartitionOffsets(kafka, 400)
}

const factsOf = async (offsets: PartitionOffsets) => (await offsets.topicFacts(['t'])).get('t')

it('the id of a topic is not what one broker says that has just come back', async () => {
  expect(await factsOf(brokersThatSay(known(BEFORE), known(NOW), known(NOW)))).toEqual(known(NOW))
  // It may know none of that name either.
  expect(await factsOf(brokersThatSay(undefined, known(NOW), known(NOW)))).toEqual(known(NOW))
})

it('no id is known where the brokers differ', async () => {
  expect(await factsOf(brokersThatSay(known(BEFORE), known(NOW)))).toEqual(known(undefined))
  expect(await factsOf(brokersThatSay(known(BEFORE), GONE, GONE))).toEqual(known(undefined))
})

it('a broker that hangs or is gone does not prevent the answer', async () => {
  const offsets = brokersThatSay(HANGS, known(NOW), known(NOW))
  const began = performance.now()
  expect(await factsOf(offsets)).toEqual(known(NOW))
  expect(performance.now() - began).toBeLessThan(90)
  expect(await factsOf(brokersThatSay(GONE, known(NOW), known(NOW)))).toEqual(known(NOW))
})

it('one broker alone is believed', async () => {
  expect(await factsOf(brokersThatSay(known(NOW)))).toEqual(known(NOW))
  expect(await factsOf(brokersThatSay(undefined))).toBeUndefined()
})

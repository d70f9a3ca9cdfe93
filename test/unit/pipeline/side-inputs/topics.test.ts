import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { SigwatchError } from '../../../../src/domain/errors.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { Health } from '../../../../src/domain/health.ts'
import { SideTopics, type SideTopicsOptions } from '../../../../src/pipeline/side-inputs/topics.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'

/** The failures that are reported when what takes the rows of a topic of feedback throws `error`. */
async function failuresOf(error: Error): Promise<Event[]> {
  const brokers = new FakeBrokers([[{ offset: 0, mark: false }]], seededRandom(1), {
    committed() {},
    doneByOther() {},
  })
  const kafka = {
    health: new Health('kafka', () => {}),
    consumer: ({ groupId }: { groupId: string }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(() => true)] }),
    bounds: async () => [{ topic: TOPIC, partition: 0, startOffset: 0, endOffset: 1 }],
  } as unknown as KafkaConnection
  const events: Event[] = []
  const topics = new SideTopics({
    kafka,
    groupId: 'g',
    topics: [['feedback', TOPIC]],
    offsets: {
      take() {
        throw error
      },
    },
    sideRows: { add() {} },
    clock: { now: () => Date.now() },
    futureReject: 60_000,
    emit: (event: Event) => void events.push(event),
  } as unknown as SideTopicsOptions)
  onTestFinished(() => topics.stop())
  await topics.startOthers()
  return events.filter(({ name }) => name === 'failed')
}

it.each([
  ['INTERNAL', new TypeError('a defect')],
  ['STORE_CONFLICT', new SigwatchError('STORE_CONFLICT', 'a state keeps changing')],
])('reports %s where taking a row fails with it, and that the topic is not read on', async (code, error) => {
  const reason = expect.stringMatching(new RegExp(`feedback.*${error.message}.*not read until.*restart`))
  expect(await failuresOf(error)).toEqual([{ name: 'failed', code, reason }])
})

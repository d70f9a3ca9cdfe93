import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { tryReading } from '../../../../src/adapters/kafka/inspect.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'

const GROUP_LOAD_IN_PROGRESS = 14
const GROUP_AUTHORIZATION_FAILED = 30

/** What a trial says when the first question to join is answered so, and how many consumers it took. */
async function trialAfter(code: number) {
  const brokers = new FakeBrokers([[{ offset: 0, mark: false }]], seededRandom(1), {
    committed() {},
    doneByOther() {},
  })
  onTestFinished(() => brokers.close())
  brokers.joinRefused = code
  let consumers = 0
  const connection = {
    awaitsLogin: false,
    consumer: ({ groupId }: { groupId: string }) => {
      consumers++
      return brokers.consumer({
        groupId,
        heartbeatInterval: 20,
        partitionAssigners: [gatedAssigner(() => true)],
      })
    },
    ask: async () => undefined,
  } as unknown as KafkaConnection
  const failed = await tryReading(connection, TOPIC, 'g', 20_000)
  return { failed, consumers }
}

it('tries a topic again when a coordinator that has just started cannot answer yet', async () => {
  expect(await trialAfter(GROUP_LOAD_IN_PROGRESS)).toEqual({ failed: undefined, consumers: 2 })
})

it('does not try again what only a person can change', async () => {
  const failed = expect.stringMatching(/^GROUP_AUTHORIZATION_FAILED/)
  expect(await trialAfter(GROUP_AUTHORIZATION_FAILED)).toEqual({ failed, consumers: 1 })
})

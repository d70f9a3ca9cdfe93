import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../../src/adapters/kafka/gated-assigner.ts'
import { decodingWithin } from '../../../../src/adapters/kafka/records/decoding.ts'
import { SigwatchError } from '../../../../src/domain/errors.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { Health } from '../../../../src/domain/health.ts'
import { exactClock } from '../../../../src/domain/ports.ts'
import { SideOffsets } from '../../../../src/pipeline/side-inputs/offsets.ts'
import { SideTopics, type SideTopicsOptions } from '../../../../src/pipeline/side-inputs/topics.ts'
import type { SideRow } from '../../../../src/pipeline/side-inputs/waiting-rows.ts'
import { type Entry, FakeBrokers, seededRandom, TOPIC } from '../../../helpers/fake-brokers.ts'
import { recordBatch } from '../../../helpers/record-batches.ts'

function connectionTo(brokers: FakeBrokers, endOffset: number): KafkaConnection {
  return {
    health: new Health('kafka', () => {}),
    decoding: decodingWithin(),
    consumer: ({ groupId }: { groupId: string }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(() => true)] }),
    bounds: async () => [{ topic: TOPIC, partition: 0, startOffset: 0, endOffset }],
    topicFacts: async () => new Map(),
  } as unknown as KafkaConnection
}

/** The failures that are reported when what takes the rows of a topic of feedback throws `error`. */
async function failuresOf(error: Error): Promise<Event[]> {
  const brokers = new FakeBrokers([[{ offset: 0, mark: false }]], seededRandom(1), {
    committed() {},
    doneByOther() {},
  })
  const events: Event[] = []
  const topics = new SideTopics({
    kafka: connectionTo(brokers, 1),
    groupId: 'g',
    topics: [['feedback', TOPIC]],
    offsets: {
      appliedBefore: () => undefined,
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

it('counts neither deletions of complaints nor empty records as rows that were taken', async () => {
  const values = [
    { op: 'c', after: { at: 1_794_313_200, port: '10690123' } },
    { op: 'd', before: { id: 1 }, after: null },
    null,
    { op: 'c', after: { at: 'yesterday' } },
  ]
  const log = values.map((value, offset): Entry => {
    const records = [{ value: value && Buffer.from(JSON.stringify(value)) }]
    return {
      offset,
      mark: false,
      bytes: recordBatch({ baseOffset: offset, baseTimestamp: 1_794_313_300_000n, records }),
    }
  })
  const brokers = new FakeBrokers([log], seededRandom(1), { committed() {}, doneByOther() {} })
  const events: Event[] = []
  const added: SideRow[] = []
  const topics = new SideTopics({
    kafka: connectionTo(brokers, values.length),
    groupId: 'g',
    topics: [['complaints', TOPIC]],
    maps: {
      complaints: {
        ts: { pointer: '/after/at', form: 'epoch-s' },
        from: '/after/port',
        source: { value: '12321' },
        delete: { pointer: '/op', is: 'd' },
      },
    },
    offsets: new SideOffsets(),
    sideRows: { add: (rows: readonly SideRow[]) => void added.push(...rows) },
    clock: exactClock(() => 1_794_313_300_000),
    futureReject: 60_000,
    emit: (event: Event) => void events.push(event),
  } as unknown as SideTopicsOptions)
  onTestFinished(() => topics.stop())
  await topics.startOthers()
  const rows = events.flatMap((event) => (event.name === 'side_input_rows' ? [event] : []))
  const sum = (of: 'accepted' | 'refused') => rows.reduce((total, row) => total + row[of], 0)
  expect([added.length, sum('accepted'), sum('refused')]).toEqual([1, 1, 1])
})

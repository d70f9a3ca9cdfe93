import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { topicsOf } from '../../../src/kafka/errors.ts'
import { library, partitioner } from '../../../src/kafka/library.ts'

const metadata = Array.from({ length: 6 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}))

describe('the partitioner', () => {
  const ours = partitioner()
  const theirs = library.Partitioners.DefaultPartitioner()

  it('places every key where the default partitioner of the clients does', () => {
    const places = new Set<number>()
    for (let i = 0; i < 1_000; i++) {
      const message = { key: `message:gw1.${i}`, value: '' }
      const choice = { topic: 't', partitionMetadata: metadata, message }
      expect(ours(choice)).toBe(theirs(choice))
      places.add(ours(choice))
    }
    expect(places.size).toBe(6)
  })

  it('spreads records without a key over the partitions, and keeps to one that is named', () => {
    const choose = (message: { key: null; partition?: number; value: string }) =>
      ours({ topic: 't', partitionMetadata: metadata, message })
    const places = Array.from({ length: 12 }, () => choose({ key: null, value: '' }))
    expect(new Set(places).size).toBe(6)
    expect(choose({ key: null, value: '', partition: 4 })).toBe(4)
  })
})

it.each([3, 4, 5, 6, 7])('a refusal names its topic in version %i of the answer', async (version) => {
  const { parse } = createRequire(import.meta.url)(
    `kafkajs/src/protocol/requests/produce/v${version}/response`,
  ) as { parse: (answer: object) => Promise<unknown> }
  const answerOf = (codes: Record<string, number>) => ({
    topics: Object.entries(codes).map(([topicName, errorCode]) => ({
      topicName,
      partitions: [{ errorCode: 0 }, { errorCode }],
    })),
  })
  const refused = await parse(answerOf({ alerts: 0, shadow: 10, verdicts: 6 })).catch((error) => error)
  expect(refused).toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
  expect(topicsOf(refused)).toEqual(['shadow'])
  await expect(parse(answerOf({ alerts: 0 }))).resolves.toBeDefined()
})

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { reasonOf } from '../../../../src/adapters/kafka/errors.ts'
import { tolerateLeaderlessPartitions } from '../../../../src/adapters/kafka/metadata.ts'

const require = createRequire(import.meta.url)
const NOT_AVAILABLE = 5

function topic(...codes: readonly number[]) {
  const partitionMetadata = codes.map((partitionErrorCode, partitionId) => ({
    partitionErrorCode,
    partitionId,
    leader: partitionErrorCode === 0 ? 1 : -1,
  }))
  return { topicMetadata: [{ topicErrorCode: 0, topic: 't', partitionMetadata }] }
}

describe('metadata of topics', () => {
  tolerateLeaderlessPartitions()
  const { parse } = require('kafkajs/src/protocol/requests/metadata/v6/response') as {
    parse(data: object): Promise<object>
  }

  it('is taken with a partition that has no leader', async () => {
    const data = topic(0, NOT_AVAILABLE, 0)
    expect(await parse(data)).toBe(data)
  })

  it('is refused where no partition has one, and for any other error', async () => {
    await expect(parse(topic(NOT_AVAILABLE, NOT_AVAILABLE))).rejects.toMatchObject({
      type: 'LEADER_NOT_AVAILABLE',
    })
    await expect(parse(topic(0, 29))).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' })
    await expect(
      parse({ topicMetadata: [{ topicErrorCode: 3, topic: 't', partitionMetadata: [] }] }),
    ).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  it('names the topics that cannot be served, in the reason that logs and /readyz show', async () => {
    const failing = { topicErrorCode: 3, partitionMetadata: [] }
    const reason = (...topicMetadata: object[]) =>
      parse({ topicMetadata }).then(
        () => '',
        (error: unknown) => reasonOf(new Error('Failed to send messages', { cause: error })),
      )
    expect(await reason({ ...failing, topic: 'prov.alerts' })).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition (topic prov.alerts)',
    )
    const { topicMetadata } = topic(0)
    expect(await reason(...topicMetadata, { ...failing, topic: 'a' }, { ...failing, topic: 'b' })).toMatch(
      /\(topics a, b\)$/,
    )
    const [leaderless] = topic(NOT_AVAILABLE).topicMetadata
    expect(await reason(leaderless!)).toMatch(/^LEADER_NOT_AVAILABLE: .*\(topic t\)$/)
  })
})

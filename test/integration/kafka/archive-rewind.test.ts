import { afterAll, expect, it } from 'vitest'
import { connectKafka, type KafkaConnection } from '../../../src/adapters/kafka/client.ts'
import type { Event } from '../../../src/domain/events.ts'
import { rewind } from '../../../src/service/archive-rewind.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

describeWith('kafka', 'a group that is ahead of the database', () => {
  const kafka = useKafka()
  let connection: KafkaConnection
  afterAll(() => connection?.close())

  it('is moved back when it has no members, and named while it has some', async () => {
    const client = plainClient(kafka.brokers)
    const topic = await client.createTopic({})
    await client.produce(topic, ['a', 'b', 'c'])
    const groupId = uniqueName('ahead')
    const consumer = client.kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => {} })
    const events: Event[] = []
    const signal = new AbortController().signal
    connection = connectKafka({ brokers: kafka.brokers, clientId: 'test', emit: () => {}, signal })
    await until(async () => (await connection.committed(groupId, topic)).get(0) === 3)
    const options = {
      kafka: connection,
      groupId,
      topics: [topic],
      signal,
      emit: (e: Event) => events.push(e),
    }
    const archived = async () => new Map([[`${topic}/0`, 1]])
    await expect(rewind({ ...options, archived, within: 1_500 })).rejects.toMatchObject({
      code: 'ARCHIVE_REFUSED',
      message: expect.stringContaining('stop every archive process'),
    })
    expect(events).toMatchObject([{ name: 'warning', message: expect.stringContaining('has members') }])
    const moving = rewind({ ...options, archived })
    await consumer.disconnect()
    await moving
    expect((await connection.committed(groupId, topic)).get(0)).toBe(1)
  })

  it('is moved back on all topics at once, also where retention has removed records', async () => {
    const client = plainClient(kafka.brokers)
    const topics = [await client.createTopic({}), await client.createTopic({})]
    const groupId = uniqueName('ahead')
    const admin = client.kafka.admin()
    await admin.connect()
    for (const topic of topics) {
      await client.produce(topic, ['a', 'b', 'c'])
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    }
    await admin.setOffsets({ groupId, topic: topics[0]!, partitions: [{ partition: 0, offset: '3' }] })
    await admin.setOffsets({ groupId, topic: topics[1]!, partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()
    const signal = new AbortController().signal
    const emit = () => {}
    connection = connectKafka({ brokers: kafka.brokers, clientId: 'test', emit, signal })
    const began = performance.now()
    await rewind({ kafka: connection, groupId, topics, signal, emit, archived: async () => new Map() })
    // The client's own call takes five seconds for each topic.
    expect(performance.now() - began).toBeLessThan(6_000)
    for (const topic of topics) expect((await connection.committed(groupId, topic)).get(0)).toBe(0)
  }, 30_000)
})

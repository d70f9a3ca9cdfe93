import { expect, it, onTestFinished } from 'vitest'
import { KafkaTransactions } from '../../../src/adapters/sinks/kafka-transactions.ts'
import type { OutputRecord, PartitionId, PartitionWrite } from '../../../src/domain/ports.ts'
import { startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { follow } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

/** One attempt may find coordinators that are loading. */
async function takenOver(transactions: KafkaTransactions, id: PartitionId, epoch: number): Promise<void> {
  await until(() =>
    transactions.takeOver([id], epoch).then(
      () => true,
      () => false,
    ),
  )
}

describeWith('kafka', 'transactions on real brokers', () => {
  const servers = useKafka()

  async function setUp() {
    const client = plainClient(servers.brokers)
    const input = await client.createTopic({ partitions: 2 })
    const alerts = await client.createTopic()
    const shadowAlerts = await client.createTopic({ config: { 'max.message.bytes': '2000' } })
    const groupId = uniqueName('group')
    const open = () => {
      const { connection } = testConnection(servers.brokers)
      const topics = { alerts, shadowAlerts }
      const transactions = new KafkaTransactions({ connection, groupId, topics, emit: () => {} })
      onTestFinished(async () => {
        await transactions.close()
        await connection.close()
      })
      return transactions
    }
    const id = { topic: input, partition: 1 }
    const writeOf = (to: number, records: OutputRecord[], epoch = 1): PartitionWrite => ({
      ...{ partition: id, epoch, records },
      reached: { offset: to, written: [] },
    })
    return { client, alerts, shadowAlerts, groupId, id, open, writeOf }
  }

  it('names the alert that its topic refuses, and writes it smaller, with the other', async () => {
    const { client, alerts, shadowAlerts, groupId, id, open, writeOf } = await setUp()
    const transactions = open()
    await takenOver(transactions, id, 1)
    const enforced: OutputRecord = { channel: 'alerts', key: 'a', value: 'e'.repeat(5_000) }
    const shadow: OutputRecord = { channel: 'shadowAlerts', key: 'a', value: 's'.repeat(3_000) }
    await expect(transactions.write(writeOf(1, [enforced, shadow]))).rejects.toMatchObject({
      code: 'SINK_REFUSED',
      refused: [{ index: 1, record: shadow }],
    })
    await transactions.write(writeOf(1, [enforced, { ...shadow, value: 's' }]))
    expect(await client.committed(groupId, id.topic)).toEqual([-1, 1])
    const seen = await Promise.all([alerts, shadowAlerts].map((topic) => follow(client, topic)))
    onTestFinished(async () => void (await Promise.all(seen.map((reader) => reader.stop()))))
    await Promise.all(seen.map((reader) => reader.count(1)))
    expect(seen.map(({ records }) => records.map(({ value }) => String(value)))).toEqual([
      [enforced.value],
      ['s'],
    ])
  })

  it('lets an assignment be that is taken over late', async () => {
    const { client, groupId, id, open, writeOf } = await setUp()
    const transactions = open()
    await takenOver(transactions, id, 1)
    const late = expect(transactions.takeOver([id], 1)).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    await takenOver(transactions, id, 2)
    await late
    await transactions.write(writeOf(3, [{ channel: 'alerts', key: null, value: 'v' }], 2))
    expect(await client.committed(groupId, id.topic)).toEqual([-1, 3])
  })

  it('says which setting of the brokers allows no transaction of its length', async () => {
    const broker = await startOwnKafka({
      settings: (port, controller, inner) => [
        `listeners=PLAINTEXT://127.0.0.1:${port},INNER://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'transaction.max.timeout.ms=20000',
      ],
    })
    onTestFinished(() => broker.stop())
    const topic = await plainClient(broker.brokers).createTopic()
    const { connection } = testConnection(broker.brokers)
    onTestFinished(() => connection.close())
    const transactions = new KafkaTransactions({ connection, groupId: 'g', topics: {}, emit: () => {} })
    onTestFinished(() => transactions.close())
    await until(() =>
      transactions.takeOver([{ topic, partition: 0 }], 1).then(
        () => false,
        (error: Error) => error.message.includes('transaction.max.timeout.ms to 30000'),
      ),
    )
  }, 120_000)
})

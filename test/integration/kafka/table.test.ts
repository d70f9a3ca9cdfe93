import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { createTableSource, type TableRow } from '../../../src/adapters/sources/table.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'

describeWith('kafka', 'a side topic as a table', () => {
  const servers = useKafka()

  function open(topic: string) {
    const { connection } = testConnection(servers.brokers)
    const table = createTableSource({ connection, topic, groupId: uniqueName('sigwatch-table') })
    const rows: TableRow[] = []
    const state = new Map<string, string>()
    const apply = async (batch: readonly TableRow[]) => {
      rows.push(...batch)
      for (const { key, value } of batch) {
        if (value === null) state.delete(key)
        else state.set(key, value.toString())
      }
    }
    onTestFinished(async () => {
      await table.stop()
      await connection.close()
    })
    return { table, rows, state, apply, connection }
  }

  const compacted = { config: { 'cleanup.policy': 'compact' }, partitions: 3 }

  it('is caught up when all that was there is applied, and follows what comes', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic(compacted)
    const keys = Array.from({ length: 3_000 }, (_, i) => `brand:${i % 500}`)
    await client.produce(
      topic,
      keys.map((_, i) => `v${i}`),
      { keys },
    )
    await client.produce(topic, [null], { keys: ['brand:7'] })
    const { table, state, apply, rows } = open(topic)
    expect(table.unready()).toHaveLength(1)
    const running = table.run(apply)
    await table.caughtUp
    expect(state.size).toBe(499)
    expect(state.get('brand:8')).toBe('v2508')
    expect(table.unready()).toEqual([])
    expect(rows.find((r) => r.value === null)).toMatchObject({ key: 'brand:7', position: { topic } })

    await client.produce(topic, ['back'], { keys: ['brand:7'] })
    await until(() => state.get('brand:7') === 'back')
    await client.produce(topic, [null], { keys: ['brand:8'] })
    await until(() => !state.has('brand:8'))
    await table.stop()
    await running
    expect(table.unready()).toEqual([])
  })

  it('is caught up at once with an empty topic, and takes records without a key', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic({ partitions: 2 })
    const { table, apply, rows } = open(topic)
    void table.run(apply)
    await table.caughtUp
    await client.produce(topic, ['{"verdict":"confirmed"}'])
    await until(() => rows.length === 1)
    expect(rows[0]).toMatchObject({ key: '', value: Buffer.from('{"verdict":"confirmed"}') })
  })

  it('is caught up when retention has taken everything', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    await client.produce(topic, ['a', 'b'])
    const admin = client.kafka.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    await admin.disconnect()
    const { table, apply, rows } = open(topic)
    void table.run(apply)
    await table.caughtUp
    expect(rows).toEqual([])
  })

  it('reports how many rows retention deleted before they were applied', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic({ partitions: 2 })
    for (const row of ['a', 'b', 'c', 'd', 'e', 'f']) await client.produce(topic, [row], { partition: 0 })
    const admin = client.kafka.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '5' }] })
    await admin.disconnect()
    const read = async (appliedBefore: (partition: { readonly partition: number }) => number | undefined) => {
      const { connection } = testConnection(servers.brokers)
      const told: unknown[] = []
      const onExpired = (id: unknown, removed: object) => void told.push([id, removed])
      const groupId = uniqueName('sigwatch-table')
      const table = createTableSource({ connection, topic, groupId, appliedBefore, onExpired })
      void table.run(async () => {})
      await table.caughtUp
      await table.stop()
      await connection.close()
      return told
    }
    // Rows 2, 3 and 4 were taken.
    expect(await read(({ partition }) => [2, 0][partition])).toEqual([
      [
        { topic, partition: 0 },
        { from: 2, to: 5 },
      ],
    ])
    expect(await read(() => 5)).toEqual([])
    // What a first reader finds gone was not meant for it.
    expect(await read(() => undefined)).toEqual([])
  }, 30_000)

  it('is caught up when the last offsets are the marks of transactions', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    const producer = client.kafka.producer({
      transactionalId: uniqueName('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ key: 'k', value: end }] })
      await transaction[end]()
    }
    await producer.disconnect()
    const { table, apply, state } = open(topic)
    void table.run(apply)
    await table.caughtUp
    expect([...state]).toEqual([['k', 'commit']])
  })

  it('waits until the rows are applied, and rejects with what applying throws', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    await client.produce(topic, ['a'], { keys: ['k'] })
    const { table } = open(topic)
    let applied = false
    void table.run(async () => {
      await sleep(500)
      applied = true
    })
    await table.caughtUp
    expect(applied).toBe(true)

    const other = open(topic)
    const fault = new Error('no such kind of row')
    await expect(other.table.run(() => Promise.reject(fault))).rejects.toBe(fault)
    expect(other.table.unready()).toHaveLength(1)
  })

  it('gives every instance the whole topic', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic(compacted)
    await client.produce(topic, ['1', '2', '3'], { keys: ['a', 'b', 'c'] })
    const both = [open(topic), open(topic)]
    for (const { table, apply } of both) void table.run(apply)
    await Promise.all(both.map(({ table }) => table.caughtUp))
    for (const { state } of both) expect(state.size).toBe(3)
  })

  it('reports rows that expire while it runs and lags behind', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    await client.produce(topic, ['a'])
    const { connection } = testConnection(servers.brokers)
    const told: unknown[] = []
    const onExpired = (_: unknown, removed: object) => void told.push(removed)
    const table = createTableSource({ connection, topic, groupId: uniqueName('sigwatch-table'), onExpired })
    onTestFinished(async () => {
      await table.stop()
      await connection.close()
    })
    const taken: string[] = []
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    void table.run(async (rows) => {
      taken.push(...rows.map(({ value }) => `${value}`))
      if (taken.includes('b')) await held
    })
    await table.caughtUp
    await client.produce(topic, ['b'])
    await until(() => taken.includes('b'))
    await client.produce(topic, ['c'])
    await client.produce(topic, ['d'])
    const admin = client.kafka.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()
    release()
    await until(() => taken.includes('d'))
    expect(taken).toEqual(['a', 'b', 'd'])
    await until(
      () => told.length > 0,
      5_000,
      () => 'nothing was reported',
    )
    expect(told).toEqual([{ from: 2, to: 3 }])
  })

  it('reads a topic from its start that was deleted and recreated, whether it is shorter or longer by then', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    await client.produce(topic, ['1', '2', '3'], { keys: ['a', 'b', 'c'] })
    const { table, apply, rows, state } = open(topic)
    void table.run(apply)
    await table.caughtUp
    for (const values of [['4'], ['5', '6', '7', '8', '9']]) {
      await client.recreateTopic(topic)
      await client.produce(topic, values, { keys: values.map((value) => `of ${value}`) })
      await until(() => values.every((value) => state.get(`of ${value}`) === value))
    }
    await client.produce(topic, ['10'], { keys: ['a'] })
    await until(() => state.get('a') === '10')
    expect(rows.filter(({ position: { offset } }) => offset === 5)).toHaveLength(1)
    expect(table.unready()).toEqual([])
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { connectKafka } from '../../src/adapters/kafka/client.ts'
import { createKafkaSink } from '../../src/adapters/sinks/kafka.ts'
import { createKafkaSource } from '../../src/adapters/sources/kafka.ts'
import type { Event } from '../../src/domain/events.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient, testConnection } from '../helpers/kafka-client.ts'
import { RecordingHandler, until } from '../helpers/recording-handler.ts'
import { describeWith } from '../helpers/services.ts'
import { uniqueName } from '../helpers/unique-name.ts'

describeWith('kafka', 'when the broker goes away', () => {
  let broker: OwnKafkaBroker
  beforeAll(async () => {
    broker = await startOwnKafka()
  }, 120_000)
  afterAll(() => broker.stop())

  it('the sink loses nothing, the source goes on where it was', async () => {
    const client = plainClient(broker.brokers)
    const topic = await client.createTopic({ partitions: 2 })
    const writer = testConnection(broker.brokers)
    const reader = testConnection(broker.brokers)
    const sink = createKafkaSink({ connection: writer.connection, topics: { alerts: topic } })
    const source = createKafkaSource({
      connection: reader.connection,
      groupId: uniqueName('group'),
      topics: [topic],
      startFrom: 'earliest',
      emit: (event: Event) => reader.events.push(event),
      stalledAfter: 3_000,
    })
    onTestFinished(async () => {
      await source.stop()
      await sink.close()
      await writer.connection.close()
      await reader.connection.close()
    })

    const handler = new RecordingHandler()
    const next = new Map<number, number>()
    handler.onRecords = (batch) => {
      for (const { position } of batch) next.set(position.partition, position.offset + 1)
    }
    const committing = setInterval(
      () => void source.commit([...next].map(([partition, offset]) => ({ topic, partition, offset }))),
      100,
    )
    onTestFinished(() => clearInterval(committing))
    const running = source.run(handler)

    let acknowledged = 0
    let producing = true
    const produce = (async () => {
      for (let n = 0; producing; n++) {
        await sink.write([{ channel: 'alerts', key: String(n), value: `alert ${n}` }])
        acknowledged++
        await sleep(2)
      }
    })()
    await handler.count(200)

    await broker.kill()
    await until(() => sink.unready().length > 0 && source.unready().length > 0, 30_000)
    const [before, read] = [acknowledged, handler.taken.length]
    await sleep(2_000)
    expect(acknowledged).toBe(before)
    await broker.start()

    await until(
      () => acknowledged > before + 200,
      60_000,
      () => `${acknowledged - before} written since`,
    )
    producing = false
    await produce
    await until(() => new Set(handler.values).size === acknowledged, 60_000)
    const written = new Set((await client.readAll(topic)).map((r) => String(r.value)))
    expect(written.size).toBe(acknowledged)
    expect(new Set(handler.values)).toEqual(written)
    expect(handler.strays).toEqual([])
    expect(handler.taken.length).toBeGreaterThan(read)
    await until(() => source.unready().length === 0 && sink.unready().length === 0)

    for (const { events } of [writer, reader]) {
      const names = events.map((e) => e.name).filter((name) => /^connection_(?:lost|restored)$/.test(name))
      expect(names.length).toBeGreaterThan(0)
      // An outage begins and ends; the brokers may come and go a few times on their way back.
      expect(names).toEqual(names.map((_, i) => (i % 2 ? 'connection_restored' : 'connection_lost')))
      expect(names.at(-1)).toBe('connection_restored')
    }
    await source.stop()
    await running
  })

  it('questions wait for it, and give up when they are told to', async () => {
    await broker.kill()
    const { connection, events } = testConnection(broker.brokers)
    const waiting = connection.clusterId()
    await until(() => events.some((e) => e.name === 'connection_awaited'))
    const aborted = new AbortController()
    const other = connectKafka({
      brokers: broker.brokers,
      clientId: 'test',
      emit: () => {},
      signal: aborted.signal,
    })
    const asked = other.requireTopics(['a'])
    aborted.abort()
    await expect(asked).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', retry: true })
    await broker.start()
    expect(await waiting).toMatch(/^[\w-]{22}$/)
    await connection.close()
  })

  it('a source stops at once, also when it never reached it', async () => {
    const { connection, events } = testConnection(['127.0.0.1:1'])
    const source = createKafkaSource({
      connection,
      groupId: 'g',
      topics: ['t'],
      startFrom: 'earliest',
      emit: (event: Event) => events.push(event),
    })
    const running = source.run(new RecordingHandler())
    await sleep(300)
    expect(source.unready()).toEqual(['kafka: joining the consumer group'])
    const began = Date.now()
    await source.stop()
    await running
    expect(Date.now() - began).toBeLessThan(15_000)
    await connection.close()
  })
})

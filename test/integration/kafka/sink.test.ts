import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { createKafkaSink } from '../../../src/adapters/sinks/kafka.ts'
import type { Channel, OutputRecord } from '../../../src/domain/ports.ts'
import { SinkRefused } from '../../../src/domain/sink-refused.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'

const deadLetter = (value: Buffer): OutputRecord => ({
  channel: 'deadLetters',
  key: null,
  value,
  headers: {
    'sigwatch-error': 'RECORD_TOO_LARGE',
    'sigwatch-detail': 'it is long',
    'sigwatch-stage': 'decode',
    'sigwatch-topic': 'sms.mt',
    'sigwatch-partition': '3',
    'sigwatch-offset': '12345678901',
  },
})

describeWith('kafka', 'the Kafka sink', () => {
  const servers = useKafka()

  function open(topics: Partial<Record<Channel, string>>) {
    const { connection, events } = testConnection(servers.brokers)
    const sink = createKafkaSink({ connection, topics })
    onTestFinished(async () => {
      await sink.close()
      await connection.close()
    })
    return { sink, events }
  }

  it('writes keys, headers, values and tombstones', async () => {
    const client = plainClient(servers.brokers)
    const [alerts, blocks] = [await client.createTopic(), await client.createTopic()]
    const { sink } = open({ alerts, blocks })
    await sink.write([
      {
        channel: 'alerts',
        key: 'signature:京东',
        value: '{"specversion":"1.0"}',
        headers: { 'content-type': 'application/cloudevents+json', ce_id: 'x' },
      },
      { channel: 'blocks', key: 'state1', value: '{}' },
      { channel: 'blocks', key: 'state1', value: null },
    ])
    expect(await client.readAll(alerts)).toMatchObject([
      {
        key: 'signature:京东',
        value: Buffer.from('{"specversion":"1.0"}'),
        headers: { 'content-type': 'application/cloudevents+json', ce_id: 'x' },
      },
    ])
    expect(await client.readAll(blocks)).toMatchObject([
      { key: 'state1', value: Buffer.from('{}') },
      { key: 'state1', value: null },
    ])
  })

  it('keeps records of one key in one partition, the one that the Java client takes', async () => {
    const client = plainClient(servers.brokers)
    const alerts = await client.createTopic({ partitions: 6 })
    const { sink } = open({ alerts })
    const keys = ['signature:京东', 'port:106900001111', 'message:1', 'domain:evil.example']
    for (let round = 0; round < 3; round++) {
      await sink.write(keys.map((key) => ({ channel: 'alerts', key, value: String(round) })))
    }
    for (const key of keys) {
      const rows = (await client.readAll(alerts)).filter((r) => r.key === key)
      expect(rows.map((r) => String(r.value))).toEqual(['0', '1', '2'])
      expect(new Set(rows.map((r) => r.partition)).size).toBe(1)
    }
  })

  it('compresses dead letters, so that what fitted in compressed fits out', async () => {
    const client = plainClient(servers.brokers)
    const deadLetters = await client.createTopic()
    const { sink } = open({ deadLetters })
    const value = Buffer.from('{"text":"优惠"}'.repeat(200_000))
    expect(value.length).toBeGreaterThan(3_000_000)
    expect(gzipSync(value).length).toBeLessThan(100_000)
    await sink.write([deadLetter(value)])
    const [row] = await client.readAll(deadLetters)
    expect(row?.value?.equals(value)).toBe(true)
    expect(row?.headers['sigwatch-truncated']).toBeUndefined()
  })

  it('cuts a dead letter that the broker refuses, and delivers those around it', async () => {
    const client = plainClient(servers.brokers)
    const deadLetters = await client.createTopic()
    const { sink, events } = open({ deadLetters })
    const large = randomBytes(3_000_000)
    const small = Buffer.from([0xff, 0xfe, 1])
    await sink.write([deadLetter(small), deadLetter(large), deadLetter(small)])
    const rows = await client.readAll(deadLetters)
    const cut = rows.filter((r) => r.headers['sigwatch-truncated'] !== undefined)
    expect(cut).toHaveLength(1)
    expect(cut[0]!.value?.equals(large.subarray(0, 64_000))).toBe(true)
    expect(cut[0]!.headers).toEqual({ ...deadLetter(small).headers, 'sigwatch-truncated': '3000000' })
    expect(rows.filter((r) => r.value?.equals(small))).toHaveLength(2)
    expect(events.map(({ name }) => name)).toEqual(['connecting', 'connected'])
  })

  it('cuts it further where the topic takes even less', async () => {
    const client = plainClient(servers.brokers)
    const deadLetters = await client.createTopic({ config: { 'max.message.bytes': '20000' } })
    const { sink } = open({ deadLetters })
    const large = randomBytes(100_000)
    await sink.write([deadLetter(large)])
    const [row] = await client.readAll(deadLetters)
    expect(row?.value?.equals(large.subarray(0, 16_000))).toBe(true)
    expect(row?.headers['sigwatch-truncated']).toBe('100000')
  })

  it('names an alert that is refused, and delivers every other record', async () => {
    const client = plainClient(servers.brokers)
    const alerts = await client.createTopic({ partitions: 2, config: { 'max.message.bytes': '5000' } })
    const verdicts = await client.createTopic()
    const { sink } = open({ alerts, verdicts })
    const records: OutputRecord[] = Array.from({ length: 30 }, (_, i) => ({
      channel: i % 3 === 0 ? 'verdicts' : 'alerts',
      key: `k${i}`,
      value: i === 13 || i === 20 ? 'x'.repeat(6_000) : `v${i}`,
    }))
    const error = await sink.write(records).then(
      () => undefined,
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(SinkRefused)
    const refused = error as SinkRefused
    expect(refused.code).toBe('SINK_REFUSED')
    expect(refused.retry).toBe(false)
    expect(refused.refused.map((r) => r.index)).toEqual([13, 20])
    expect(refused.message).toMatch(
      new RegExp(`alerts record 13: ${alerts}, a record of about 6\\d{3} bytes: .*MESSAGE_TOO_LARGE`),
    )
    expect(refused.message).not.toContain('k13')
    const values = [...(await client.readAll(alerts)), ...(await client.readAll(verdicts))].map((r) =>
      String(r.value),
    )
    const expected = records.filter((_, i) => i !== 13 && i !== 20).map((r) => r.value)
    expect([...new Set(values)].toSorted()).toEqual(expected.toSorted())
  })

  it('waits for a topic that is not there yet, says so, and stops waiting when asked to', async () => {
    const client = plainClient(servers.brokers)
    const alerts = uniqueName('late')
    const { sink, events } = open({ alerts })
    const aborted = new AbortController()
    const gaveUp = sink.write([{ channel: 'alerts', key: null, value: 'given up' }], aborted.signal)
    await until(() => sink.unready().length > 0)
    expect(sink.unready()[0]).toContain('UNKNOWN_TOPIC_OR_PARTITION')
    aborted.abort()
    await expect(gaveUp).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retry: true })

    const waiting = sink.write([{ channel: 'alerts', key: null, value: 'in the end' }])
    await client.createTopic({}, alerts)
    await waiting
    expect((await client.readAll(alerts)).map((r) => String(r.value))).toEqual(['in the end'])
    expect(sink.unready()).toEqual([])
    expect([...new Set(events.map(({ name }) => name))]).toEqual([
      'connecting',
      'connection_awaited',
      'connected',
    ])
  })
})

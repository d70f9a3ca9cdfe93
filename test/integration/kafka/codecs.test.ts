import { execFileSync, spawnSync } from 'node:child_process'
import kafkajs from 'kafkajs'
import { expect, it } from 'vitest'
import { createKafkaSource } from '../../../src/adapters/sources/kafka.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { RecordingHandler } from '../../helpers/recording-handler.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const kcat = spawnSync('kcat', ['-V']).status === 0
if (!kcat && process.env.CI === 'true') throw new Error('kcat is not here: apt-get install kcat')

/** Texts that compress well, badly and not at all, small and beyond the block size of every codec. */
function samples(): string[] {
  const short = Array.from(
    { length: 2_000 },
    (_, i) => `{"n":${i},"text":"【京东】您的订单 ${i * 7919} 已发货，回T退订"}`,
  )
  let seed = 1
  const noise = Array.from({ length: 150_000 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return String.fromCharCode(33 + (seed % 90))
  }).join('')
  return [...short, 'x', '优惠'.repeat(60_000), noise]
}

describeWith('kafka', 'compressed records', () => {
  const servers = useKafka()

  async function read(topic: string, n: number): Promise<string[]> {
    const { connection, events } = testConnection(servers.brokers)
    const source = createKafkaSource({
      connection,
      groupId: uniqueName('group'),
      topics: [topic],
      startFrom: 'earliest',
      emit: (event) => events.push(event),
    })
    const handler = new RecordingHandler()
    const running = source.run(handler)
    await Promise.race([handler.count(n), running])
    await source.stop()
    await connection.close()
    return handler.values
  }

  it.each(CODECS)('are read as the Java code of the broker writes them: %s', async (codec) => {
    const client = plainClient(servers.brokers)
    // The broker compresses again what arrives in another codec.
    const topic = await client.createTopic({ config: { 'compression.type': codec } })
    const values = samples()
    for (let at = 0; at < values.length; at += 1_000)
      await client.produce(topic, values.slice(at, at + 1_000))
    expect(await read(topic, values.length)).toEqual(values)
  })

  it.runIf(kcat).each(CODECS)('are read as librdkafka writes them: %s', async (codec) => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    const values = samples()
    execFileSync('kcat', ['-P', '-b', servers.brokers.join(','), '-t', topic, '-z', codec], {
      input: `${values.join('\n')}\n`,
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    expect(await read(topic, values.length)).toEqual(values)
  })

  const { GZIP } = kafkajs.CompressionTypes
  it('are accepted by the broker as they are written here: gzip', async () => {
    testConnection(servers.brokers)
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic({ config: { 'compression.type': 'uncompressed' } })
    const values = samples()
    await client.produce(topic, values, { compression: GZIP })
    expect(await read(topic, values.length)).toEqual(values)
  })
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createKafkaSink } from '../../src/adapters/sinks/kafka.ts'
import { openLinesSink } from '../../src/adapters/sinks/lines.ts'
import { CHANNELS, type Channel, type OutputRecord, type Sink } from '../../src/domain/ports.ts'
import { plainClient, testConnection } from '../helpers/kafka-client.ts'
import { describeWith, useKafka } from '../helpers/services.ts'

interface Opened {
  readonly sink: Sink
  /** The values of a channel as its reader finds them, in no order across partitions. */
  read(channel: Channel): Promise<string[]>
  close(): Promise<void>
}

const alert = (n: number, text = '尾号'): OutputRecord => ({
  channel: 'alerts',
  key: `message:${n}`,
  value: JSON.stringify({ id: `a${n}`, text }),
  headers: { ce_id: `a${n}`, 'sigwatch-action': 'review' },
})
const verdict = (n: number): OutputRecord => ({
  channel: 'verdicts',
  key: String(n),
  value: JSON.stringify({ id: n, action: 'pass' }),
})

/** What every Sink promises, wherever it writes. */
function sinkSuite(open: (channels: readonly ('alerts' | 'verdicts')[]) => Promise<Opened>): void {
  it('delivers each record to its channel', async () => {
    const { sink, read, close } = await open(['alerts', 'verdicts'])
    const alerts = [1, 2, 3].map((n) => alert(n))
    const verdicts = [4, 5].map(verdict)
    await sink.write([alerts[0]!, verdicts[0]!, alerts[1]!, verdicts[1]!, alerts[2]!])
    expect((await read('alerts')).toSorted()).toEqual(alerts.map((r) => r.value))
    expect((await read('verdicts')).toSorted()).toEqual(verdicts.map((r) => r.value))
    await close()
  })

  it('has what a write has acknowledged, before it is closed', async () => {
    const { sink, read, close } = await open(['alerts'])
    await sink.write([alert(1)])
    expect(await read('alerts')).toHaveLength(1)
    await sink.write([alert(2)])
    expect(await read('alerts')).toHaveLength(2)
    await close()
  })

  it('says which channels go anywhere, and passes over records of the others', async () => {
    const { sink, read, close } = await open(['alerts'])
    expect(CHANNELS.filter((c) => sink.has(c))).toEqual(['alerts'])
    await sink.write([verdict(1), alert(1)])
    expect(await read('alerts')).toHaveLength(1)
    await close()
  })

  it('takes an empty write, and writes at the same time', async () => {
    const { sink, read, close } = await open(['alerts'])
    await sink.write([])
    const writes = Array.from({ length: 20 }, (_, w) =>
      sink.write(Array.from({ length: 50 }, (_, i) => alert(w * 50 + i))),
    )
    await Promise.all(writes)
    const ids = (await read('alerts')).map((v) => JSON.parse(v).id as string)
    expect(ids).toHaveLength(1_000)
    expect(new Set(ids).size).toBe(1_000)
    await close()
  })

  it('takes more in one write than a broker takes in one request', async () => {
    const { sink, read, close } = await open(['alerts'])
    const text = '【京东】优惠'.repeat(400)
    await sink.write(Array.from({ length: 600 }, (_, n) => alert(n, text)))
    expect(await read('alerts')).toHaveLength(600)
    await close()
  })

  it('is ready once it has written', async () => {
    const { sink, close } = await open(['alerts'])
    await sink.write([alert(1)])
    expect(sink.unready()).toEqual([])
    await close()
  })
}

describe('lines in files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-lines-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  let opened = 0
  sinkSuite(async (channels) => {
    const n = opened++
    const path = (channel: string) => join(dir, `${n}-${channel}.jsonl`)
    const paths = Object.fromEntries(channels.map((c) => [c, path(c)]))
    const sink = await openLinesSink({ paths, emit: () => {} })
    return {
      sink,
      read: async (channel) => readFileSync(path(channel), 'utf8').split('\n').slice(0, -1),
      close: () => sink.close(),
    }
  })
})

describeWith('kafka', 'Kafka topics', () => {
  const servers = useKafka()
  sinkSuite(async (channels) => {
    const client = plainClient(servers.brokers)
    const topics: Partial<Record<Channel, string>> = {}
    for (const channel of channels) topics[channel] = await client.createTopic({ partitions: 3 })
    const { connection } = testConnection(servers.brokers)
    const sink = createKafkaSink({ connection, topics })
    return {
      sink,
      read: async (channel) => (await client.readAll(topics[channel]!)).map((r) => String(r.value)),
      close: async () => {
        await sink.close()
        await connection.close()
      },
    }
  })
})

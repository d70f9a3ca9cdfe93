import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createKafkaSource } from '../../src/adapters/sources/kafka.ts'
import { createLinesSource } from '../../src/adapters/sources/lines.ts'
import type { Source } from '../../src/domain/ports.ts'
import { plainClient, testConnection } from '../helpers/kafka-client.ts'
import { RecordingHandler, until } from '../helpers/recording-handler.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { uniqueName } from '../helpers/unique-name.ts'

interface Opened {
  readonly source: Source
  /** A source that ends by itself with its input. */
  readonly ends: boolean
  close(): Promise<void>
}

/** What every Source promises, whatever it reads. */
function sourceSuite(open: (values: readonly string[]) => Promise<Opened>): void {
  const values = Array.from({ length: 5_000 }, (_, i) => `{"n":${i},"text":"【京东】优惠 ${i}"}`)

  /** Reads until so many records came (all of them, if the input ends by itself). */
  async function read(opened: Opened, handler: RecordingHandler, n: number): Promise<void> {
    const running = opened.source.run(handler)
    running.catch(() => undefined)
    await Promise.race([handler.count(n), running])
    if (!opened.ends) await opened.source.stop()
    await running
    await opened.close()
  }

  it('delivers every record once, in order, as its bytes', async () => {
    const handler = new RecordingHandler()
    await read(await open(values), handler, values.length)
    expect(handler.values).toEqual(values)
    const offsets = handler.taken.map((r) => r.position.offset)
    expect(offsets).toEqual(values.map((_, i) => i))
    expect(new Set(handler.taken.map((r) => `${r.position.topic}/${r.position.partition}`)).size).toBe(1)
    for (const { timestamp } of handler.taken) expect(Math.abs(Date.now() - timestamp)).toBeLessThan(60_000)
  })

  it('waits for `assigned` before the first record', async () => {
    const handler = new RecordingHandler({ delay: 300 })
    await read(await open(values.slice(0, 10)), handler, 10)
    expect(handler.calls[0]).toBe('assigned')
    expect(handler.strays).toEqual([])
    expect(handler.values).toHaveLength(10)
  })

  it('delivers nothing more while the handler has not taken in the last', async () => {
    const opened = await open(values)
    const handler = new RecordingHandler()
    let open_: () => void = () => {}
    handler.gate = new Promise((resolve) => {
      open_ = resolve
    })
    const running = opened.source.run(handler)
    await until(() => handler.inCall === 1)
    await sleep(300)
    expect(handler.calls.filter((c) => c === 'records')).toHaveLength(1)
    open_()
    await handler.count(values.length)
    if (!opened.ends) await opened.source.stop()
    await running
    expect(handler.maxInCall).toBe(1)
    expect(handler.values).toEqual(values)
    await opened.close()
  })

  it('stops in the middle when asked to, and says nothing more', async () => {
    const opened = await open(values)
    const handler = new RecordingHandler()
    const running = opened.source.run(handler)
    handler.onRecords = () => {
      void opened.source.stop()
    }
    await running
    const { length } = handler.taken
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(values.length)
    await sleep(200)
    expect(handler.taken).toHaveLength(length)
    await opened.close()
  })

  it('rejects with what the handler throws', async () => {
    const opened = await open(values.slice(0, 10))
    const handler = new RecordingHandler()
    const fault = new Error('the handler cannot go on')
    handler.onRecords = () => {
      throw fault
    }
    await expect(opened.source.run(handler)).rejects.toBe(fault)
    expect(handler.calls.filter((c) => c === 'records')).toHaveLength(1)
    await opened.close()
  })

  it('is ready while it reads and not before', async () => {
    const opened = await open(values.slice(0, 10))
    expect(opened.source.unready().length).toBeGreaterThan(0)
    const handler = new RecordingHandler()
    let reasons: readonly string[] | undefined
    handler.onRecords = () => {
      reasons = opened.source.unready()
    }
    await read(opened, handler, 10)
    expect(reasons).toEqual([])
  })
}

describe('lines of a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-lines-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  sourceSuite(async (values) => {
    const path = join(dir, `${uniqueName('input')}.jsonl`)
    writeFileSync(path, `${values.join('\n')}\n`)
    return { source: createLinesSource({ path, clock: Date }), ends: true, close: async () => {} }
  })
})

describe('lines of standard input', () => {
  sourceSuite(async (values) => {
    const bytes = Buffer.from(values.join('\n'))
    const chunks: Buffer[] = []
    // Pieces that end in the middle of lines and of characters.
    for (let at = 0; at < bytes.length; at += 65_537) chunks.push(bytes.subarray(at, at + 65_537))
    const source = createLinesSource({ path: '-', clock: Date, stdin: Readable.from(chunks) })
    return { source, ends: true, close: async () => {} }
  })
})

describeWith('kafka', 'a Kafka topic', () => {
  const servers = useKafka()
  sourceSuite(async (values) => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic()
    await client.produce(topic, values)
    const { connection, events } = testConnection(servers.brokers)
    const source = createKafkaSource({
      connection,
      groupId: uniqueName('group'),
      topics: [topic],
      startFrom: 'earliest',
      emit: (event) => events.push(event),
    })
    return { source, ends: false, close: () => connection.close() }
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { LineSplitter } from '../../../../src/adapters/sources/line-splitter.ts'
import { createLinesSource } from '../../../../src/adapters/sources/lines.ts'
import { RecordingHandler, until } from '../../../helpers/recording-handler.ts'

const dir = mkdtempSync(join(tmpdir(), 'sigwatch-lines-'))
afterAll(() => rmSync(dir, { recursive: true }))
const clock = { now: () => 1_762_873_200_000 }

function fileOf(name: string, content: string | Buffer): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

async function read(content: string | Buffer, maxLineBytes?: number) {
  const handler = new RecordingHandler()
  const path = fileOf('in.jsonl', content)
  await createLinesSource({ path, clock, ...(maxLineBytes ? { maxLineBytes } : {}) }).run(handler)
  return handler.taken
}

describe('cutting into lines', () => {
  it('gives the same lines wherever the chunks end', () => {
    const byte = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 255 }) }, fc.constant(0x0a))
    const chunk = fc.array(byte, { maxLength: 40 }).map((a) => Buffer.from(a))
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.integer({ min: 1, max: 30 }), (chunks, max) => {
        const splitter = new LineSplitter(max)
        const lines = [...chunks.flatMap((c) => [...splitter.push(c)]), ...splitter.end()]
        // Latin-1 keeps every byte apart.
        const expected = Buffer.concat(chunks)
          .toString('latin1')
          .split('\n')
          .map((line, number): [number, string, number] => [number, line.slice(0, max + 1), line.length])
          .filter(([, line]) => line.length > 0)
        expect(lines.map(([number, line, bytes]) => [number, line.toString('latin1'), bytes])).toEqual(
          expected,
        )
      }),
    )
  })
})

describe('the lines source', () => {
  it('numbers every line from 0, and leaves empty ones out', async () => {
    const records = await read('a\n\n\nb\nc')
    expect(records.map((r) => [r.position.offset, r.value.toString()])).toEqual([
      [0, 'a'],
      [3, 'b'],
      [4, 'c'],
    ])
    expect(records[0]).toMatchObject({
      position: { topic: 'in.jsonl', partition: 0 },
      timestamp: 1_762_873_200_000,
    })
  })

  it('ends lines at LF only, and keeps bytes that are no text', async () => {
    const bytes = Buffer.from([
      0x61, 0x0d, 0x0a, 0xff, 0x00, 0xc2, 0x85, 0xe2, 0x80, 0xa8, 0x62, 0x0a, 0x20, 0x0a,
    ])
    const records = await read(bytes)
    expect(records.map((r) => [...r.value])).toEqual([
      [0x61, 0x0d],
      [0xff, 0x00, 0xc2, 0x85, 0xe2, 0x80, 0xa8, 0x62],
      [0x20],
    ])
  })

  it('delivers one byte more than the limit of a line that is too long, and goes on after it', async () => {
    const records = await read(`a\n${'x'.repeat(5_000_000)}\n${'y'.repeat(1_000)}\nb`, 1_000)
    expect(records.map((r) => [r.position.offset, r.value.length, r.truncated])).toEqual([
      [0, 1, undefined],
      [1, 1_001, 5_000_000],
      [2, 1_000, undefined],
      [3, 1, undefined],
    ])
  })

  it('counts the bytes of a line that is one byte too long, and of a last one without LF', async () => {
    const records = await read(`${'x'.repeat(1_001)}\n${'y'.repeat(1_002)}\n${'z'.repeat(700_000)}`, 1_000)
    expect(records.map((r) => [r.value.length, r.truncated])).toEqual([
      [1_001, undefined],
      [1_001, 1_002],
      [1_001, 700_000],
    ])
  })

  it('keeps of a line without an end only the limit, also when it comes byte by byte', async () => {
    const stdin = Readable.from(
      (function* () {
        for (let i = 0; i < 2_000; i++) yield Buffer.alloc(1, 0x78)
        for (let i = 0; i < 400; i++) yield Buffer.alloc(1 << 20, 0x78)
      })(),
    )
    const handler = new RecordingHandler()
    const before = process.memoryUsage().arrayBuffers
    await createLinesSource({ path: '-', clock, stdin, maxLineBytes: 1_000 }).run(handler)
    expect(handler.taken.map((r) => [r.value.length, r.truncated])).toEqual([
      [1_001, 2_000 + 400 * (1 << 20)],
    ])
    globalThis.gc?.()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 << 20)
  })

  it('delivers at most 1,024 lines at once', async () => {
    const handler = new RecordingHandler()
    const sizes: number[] = []
    handler.onRecords = (batch) => {
      sizes.push(batch.length)
    }
    const path = fileOf('many', 'x\n'.repeat(10_000))
    await createLinesSource({ path, clock }).run(handler)
    expect(Math.max(...sizes)).toBe(1_024)
    expect(sizes.reduce((a, b) => a + b)).toBe(10_000)
  })

  it('takes an empty file', async () => {
    expect(await read('')).toEqual([])
  })

  it.each([
    ['that is not there', join(dir, 'absent.jsonl')],
    ['that is a folder', dir],
  ])('rejects with USAGE for a file %s', async (_, path) => {
    const source = createLinesSource({ path, clock })
    await expect(source.run(new RecordingHandler())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(path),
    })
  })

  it('rejects with USAGE for standard input that cannot be read', async () => {
    const stdin = new PassThrough()
    stdin.destroy(Object.assign(new Error('EBADF: bad file descriptor, read'), { code: 'EBADF' }))
    await expect(
      createLinesSource({ path: '-', clock, stdin }).run(new RecordingHandler()),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('cannot read standard input'),
    })
  })

  it('reads standard input as it comes, and stops while it waits for more', async () => {
    const stdin = new PassThrough()
    const handler = new RecordingHandler()
    const source = createLinesSource({ path: '-', clock, stdin })
    const running = source.run(handler)
    stdin.write('first\nsec')
    await handler.count(1, 2_000)
    stdin.write('ond\n')
    await handler.count(2, 2_000)
    expect(handler.values).toEqual(['first', 'second'])
    expect(handler.taken[0]?.position.topic).toBe('stdin')
    await source.stop()
    await running
    expect(handler.taken).toHaveLength(2)
  })

  it('passes on what breaks the input', async () => {
    const stdin = Readable.from(
      (function* () {
        yield Buffer.from('a\n')
        throw new Error('the line is dead')
      })(),
    )
    const source = createLinesSource({ path: '-', clock, stdin })
    await expect(source.run(new RecordingHandler())).rejects.toThrow('the line is dead')
  })

  it('reads no further ahead than the handler takes', async () => {
    let produced = 0
    const stdin = Readable.from(
      (function* () {
        for (; produced < 2_000; produced++) yield Buffer.from(`${'x'.repeat(9_999)}\n`)
      })(),
      { highWaterMark: 1 },
    )
    const handler = new RecordingHandler()
    let release: () => void = () => {}
    handler.gate = new Promise((resolve) => {
      release = resolve
    })
    const running = createLinesSource({ path: '-', clock, stdin }).run(handler)
    await until(() => handler.inCall === 1)
    await sleep(50)
    expect(produced).toBeLessThan(20)
    release()
    await running
    expect(handler.taken).toHaveLength(2_000)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OutputRecord, PartitionWrite } from '../../../src/domain/ports.ts'
import { Checkpoint } from '../../../src/pipeline/checkpoint.ts'
import { PartitionWriter } from '../../../src/pipeline/partition-writer.ts'

const id = { topic: 't', partition: 0 }
const EPOCH = 1
/** Of a transaction, ms. */
const ROUND_TRIPS = 10

/** A writer over transactions that take some time, with the time at which each began and how many records it had. */
function writerOver() {
  const begun: { readonly at: number; readonly records: number }[] = []
  const start = performance.now()
  const checkpoint = new Checkpoint()
  checkpoint.begin(EPOCH)
  checkpoint.assign(id, 0)
  const writer = new PartitionWriter({
    ...{ id, checkpoint, epoch: EPOCH },
    transactions: {
      async write({ records }: PartitionWrite) {
        begun.push({ at: performance.now() - start, records: records.length })
        await new Promise((resolve) => setTimeout(resolve, ROUND_TRIPS))
      },
    },
    emit: () => {},
    signal: new AbortController().signal,
    failed: (error) => expect.fail(String(error)),
    hangs: (_lane, hangs) => expect.fail(`hangs: ${hangs}`),
  })
  let offset = 0
  const add = (count: number, bytes: number) => {
    const entries = Array.from({ length: count }, () => {
      checkpoint.take({ ...id, offset }, offset, 0)
      const record: OutputRecord = { channel: 'verdicts', key: null, value: 'x'.repeat(bytes) }
      return { offsets: [offset++], records: [record] }
    })
    return writer.add(entries)
  }
  return { writer, begun, add }
}

describe('transactions of a partition', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('wait for their time while there is little to write', async () => {
    const { add, begun } = writerOver()
    const written = [add(1, 100), add(3, 100)]
    await vi.advanceTimersByTimeAsync(50)
    written.push(add(2, 100))
    await vi.advanceTimersByTimeAsync(200)
    await Promise.all(written)
    expect(begun).toEqual([
      { at: 0, records: 1 },
      { at: 100, records: 5 },
    ])
  })

  it('follow one another at once while more waits than fits into one', async () => {
    const { add, begun } = writerOver()
    // 100 kB each: six fit.
    const written = add(20, 100_000)
    await vi.advanceTimersByTimeAsync(300)
    await written
    expect(begun).toEqual([
      { at: 0, records: 6 },
      { at: 10, records: 6 },
      { at: 20, records: 6 },
      { at: 120, records: 2 },
    ])
  })

  it('begin when what waits becomes too much for one', async () => {
    const { add, begun } = writerOver()
    const written = [add(1, 100), add(4, 100_000)]
    await vi.advanceTimersByTimeAsync(40)
    written.push(add(4, 100_000))
    await vi.advanceTimersByTimeAsync(200)
    await Promise.all(written)
    expect(begun).toEqual([
      { at: 0, records: 1 },
      { at: 40, records: 6 },
      { at: 140, records: 2 },
    ])
  })

  it('begin no more once the partition is given up', async () => {
    const { writer, add, begun } = writerOver()
    const written = [add(1, 100), add(1, 100)]
    await vi.advanceTimersByTimeAsync(50)
    writer.end()
    await vi.advanceTimersByTimeAsync(200)
    await Promise.all(written)
    expect(begun).toHaveLength(1)
  })
})

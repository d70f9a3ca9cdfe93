import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodingWithin } from '../../../../../src/adapters/kafka/records/decoding.ts'
import {
  type AbortedTransaction,
  batchesOf,
} from '../../../../../src/adapters/kafka/records/fetched-batches.ts'
import type { FetchedRecord } from '../../../../../src/adapters/kafka/records/raw-records.ts'
import { type Slice, slicesOf } from '../../../../../src/adapters/kafka/records/slices.ts'
import { manyHeaders } from '../../../../helpers/odd-batches.ts'
import {
  compressedSet,
  endMark,
  LOG_APPEND_TIME,
  largeBatch,
  message,
  NOON,
  recordBatch,
  TRANSACTIONAL,
  varint,
  type WrittenBatch,
} from '../../../../helpers/record-batches.ts'

interface Reading {
  readonly from?: number
  readonly size?: number
  readonly headers?: number
  readonly bytesInFlight?: number
  readonly aborted?: readonly AbortedTransaction[]
  readonly firstIsWhole?: boolean
}

async function slices(bytes: Buffer, reading: Reading = {}): Promise<Slice[]> {
  const { from = 0, size = 100, headers = 1_000, bytesInFlight = 400_000_000 } = reading
  const { aborted = [], firstIsWhole = true } = reading
  const batches = batchesOf(bytes, { highWatermark: 2 ** 40, firstIsWhole, aborted })
  const all: Slice[] = []
  const options = { ...decodingWithin({ headers, bytesInFlight }), from, size }
  for await (const slice of slicesOf(batches, { topic: 't', partition: 3 }, options)) all.push(slice)
  return all
}

async function records(bytes: Buffer, reading?: Reading): Promise<FetchedRecord[]> {
  return (await slices(bytes, reading)).flatMap((slice) => slice.records)
}

const offsets = (of: readonly FetchedRecord[]) => of.map(({ position }) => position.offset)
const values = (n: number, from = 0) =>
  Array.from({ length: n }, (_, i) => ({ value: Buffer.from(`v${from + i}`) }))
const batchFrom = (baseOffset: number, n: number, more: Partial<WrittenBatch> = {}) =>
  recordBatch({ baseOffset, records: values(n, baseOffset), ...more })

describe('slices', () => {
  it('follow one another over all batches, each as large as asked for, whatever lies between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.constantFrom(0, 1, 2, 3, 4)), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(20),
        async (shape, size, from) => {
          let offset = 0
          const expected: number[] = []
          const bytes = shape.map(([n, gap, codec]) => {
            const written = batchFrom(offset, n, { codec: codec as 0, lastOffsetDelta: n + gap })
            for (let i = 0; i < n; i++) if (offset + i >= from) expected.push(offset + i)
            offset += n + gap + 1
            return written
          })
          const read = await slices(Buffer.concat(bytes), { from, size })
          expect(offsets(read.flatMap((slice) => slice.records))).toEqual(expected)
          for (const slice of read.slice(0, -1)) expect(slice.records.length).toBe(size)
          expect(read.map(({ isLast }) => isLast)).toEqual(read.map((_, i) => i === read.length - 1))
          for (const slice of read)
            if (slice.records.length > 0) expect(slice.next).toBeGreaterThan(offsets(slice.records).at(-1)!)
        },
      ),
    )
  })

  it('have copies, so that a record keeps no batch in memory', async () => {
    const [record] = await records(
      recordBatch({ records: [...values(1), { value: Buffer.alloc(2_000_000) }], codec: 1 }),
      { size: 1 },
    )
    expect(record!.value.buffer.byteLength).toBeLessThan(100_000)
  })

  it('leave a batch that is cut off to the next fetch', async () => {
    const bytes = Buffer.concat([batchFrom(0, 3), batchFrom(3, 3).subarray(0, -1)])
    expect(offsets(await records(bytes))).toEqual([0, 1, 2])
    expect(await records(batchFrom(3, 3).subarray(0, -1), { firstIsWhole: false })).toEqual([])
  })

  it('say who set the timestamp: the broker for the batch, or the producer for each record', async () => {
    const written = { records: [{ timestampDelta: 0n }, { timestampDelta: 2_500_000_000n }] }
    const [a, b] = await records(recordBatch(written))
    expect([a!.timestampType, a!.timestamp, b!.timestamp]).toEqual([
      'CreateTime',
      Number(NOON),
      Number(NOON) + 2.5e9,
    ])
    const appended = recordBatch({ ...written, attributes: LOG_APPEND_TIME, maxTimestamp: 5n })
    expect((await records(appended)).map((r) => [r.timestampType, r.timestamp])).toEqual([
      ['LogAppendTime', 5],
      ['LogAppendTime', 5],
    ])
  })

  it('have headers that are read when they are asked for, the last of a name', async () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['__proto__', Buffer.from('p')],
      ['a', Buffer.from('2')],
      ['n', null],
    ] as const
    const [record] = await records(recordBatch({ records: [{ headers }] }))
    expect(String(record!.headers!.get('a'))).toBe('2')
    expect(String(record!.headers!.get('__proto__'))).toBe('p')
    expect(record!.headers!.get('n')).toBeUndefined()
    expect([...record!.headers!.entries()].map(([name]) => name)).toEqual(['a', '__proto__', 'a', 'n'])
  })
})

describe('what cannot be decoded', () => {
  const good = { value: Buffer.from('good') }

  it.each<[string, object]>([
    ['has bytes behind its headers', { body: Buffer.concat([Buffer.of(0, 0, 2, 1, 1, 0), Buffer.of(9)]) }],
    ['is empty', { body: Buffer.alloc(0) }],
    [
      'has a value that reaches beyond it',
      { body: Buffer.concat([Buffer.of(0, 0, 2, 1), varint(99), Buffer.of(0)]) },
    ],
    [
      'has a header without a name',
      { body: Buffer.concat([Buffer.of(0, 0, 2, 1, 1), varint(1), varint(-1), varint(0)]) },
    ],
    ['has a negative number of headers', { body: Buffer.concat([Buffer.of(0, 0, 2, 1, 1), varint(-5)]) }],
  ])('costs one record, where it is delimited and %s', async (_, bad) => {
    const [a, b, c] = await records(recordBatch({ baseOffset: 40, records: [good, bad, good], codec: 1 }))
    expect([a!.unreadable, c!.unreadable]).toEqual([undefined, undefined])
    expect(b!.unreadable).toMatch(/^the record: /)
    expect([b!.firstOffset, b!.position]).toEqual([41, { topic: 't', partition: 3, offset: 41 }])
    expect(offsets([a!, c!])).toEqual([40, 42])
  })

  it.each<[string, Partial<WrittenBatch>]>([
    ['its checksum is wrong', { crc: 5 }],
    ['it has a negative number of records', { count: -1 }],
    ['it declares 4 records and has 3', { count: 4 }],
    ['it has extra bytes after its 2 records', { count: 2 }],
    ['it has extra bytes after its 0 records', { count: 0 }],
    ['it has extra bytes after its 3 records', { tail: Buffer.of(1) }],
    ['an offset is beyond its last offset', { lastOffsetDelta: 1 }],
    ['a record reaches beyond its batch', { records: [good, { length: -1 }, good], lastOffsetDelta: 2 }],
    ['its offsets do not ascend', { records: [good, good, { offsetDelta: 1 }], lastOffsetDelta: 2 }],
    ['it cannot be unpacked', { codec: 1, attributes: 3 }],
  ])('costs its batch: %s', async (reason, lie) => {
    const read = await records(Buffer.concat([batchFrom(0, 2), batchFrom(2, 3, lie), batchFrom(9, 1)]), {
      size: 2,
    })
    const bad = read.find(({ unreadable }) => unreadable !== undefined)!
    if (reason !== 'it cannot be unpacked') expect(bad.unreadable).toBe(`the batch: ${reason}`)
    expect(bad.firstOffset).toBe(2)
    expect(bad.value.length).toBeGreaterThan(61)
    expect(offsets(read.filter((record) => record !== bad))).toEqual([0, 1, 9])
  })

  it('has the offsets of the batch that are not read yet', async () => {
    const [bad] = await records(batchFrom(10, 5, { crc: 1 }), { from: 12 })
    expect([bad!.firstOffset, bad!.position.offset]).toEqual([12, 14])
  })

  it.each([-1, 13, 2 ** 31 - 1])(
    'is a batch of the length %i at the beginning of a fetch',
    async (length) => {
      const [bad] = await records(batchFrom(10, 5, { length }))
      expect(bad!.unreadable).toMatch(/its length/)
      expect([bad!.firstOffset, bad!.position.offset]).toEqual([10, 14])
    },
  )

  it('is a record with more headers than are allowed, which costs no other', async () => {
    const bytes = Buffer.concat([manyHeaders(12_000), batchFrom(1, 2)])
    const [bad, ...others] = await records(bytes)
    expect(bad!.unreadable).toBe(
      'the record: it has 12000 headers, more than the 1000 that limits.headers allows',
    )
    expect(offsets(others)).toEqual([1, 2])
    expect((await records(bytes, { headers: 12_000 }))[0]!.unreadable).toBeUndefined()
  })

  it('is a record that is larger than any may be, of which the beginning is kept', async () => {
    const value = Buffer.alloc(12_000_000, 'x')
    const [huge, after] = await records(recordBatch({ records: [{ value }, good], codec: 1 }))
    expect([huge!.value.length, huge!.truncated, huge!.unreadable]).toEqual([64_000, 12_000_000, undefined])
    expect(huge!.value.buffer.byteLength).toBeLessThan(100_000)
    expect(after!.value.toString()).toBe('good')
    const [entry] = await records(
      compressedSet({ magic: 1, offset: 0 }, 1, [message({ magic: 1, offset: 0, value })]),
    )
    expect([entry!.value.length, entry!.truncated]).toEqual([64_000, 12_000_000])
    const [bad] = await records(recordBatch({ records: [{ value }], crc: 1 }))
    expect([bad!.value.length, bad!.truncated]).toEqual([64_000, 12_000_000 + 61 + 13])
  })

  it('is a batch that unpacks to more than its share of the budget', async () => {
    const large = recordBatch({ records: [{ value: Buffer.alloc(900_000) }], codec: 1 })
    const [bad, after] = await records(Buffer.concat([large, batchFrom(1, 1)]), { bytesInFlight: 1_000_000 })
    expect(bad!.unreadable).toBe(
      'the batch: it decompresses to more than the 0 MB that limits.bytesInFlight allows',
    )
    expect(after!.unreadable).toBeUndefined()
  })
})

describe('message sets', () => {
  const inner = (magic: 0 | 1, ats: readonly number[]) =>
    ats.map((offset) =>
      message({ magic, offset, value: Buffer.from(`m${offset}`), timestamp: NOON + BigInt(offset) }),
    )

  it('of format 1 count from their first message, as compaction left them', async () => {
    const set = compressedSet({ magic: 1, offset: 107 }, 1, inner(1, [0, 2, 7]))
    expect(offsets(await records(set))).toEqual([100, 102, 107])
  })
  it('of format 0 have the offsets of the partition, and no timestamps', async () => {
    const read = await records(compressedSet({ magic: 0, offset: 12 }, 2, inner(0, [10, 12])))
    expect(offsets(read)).toEqual([10, 12])
    expect(read.map(({ timestamp, timestampType }) => [timestamp, timestampType])).toEqual([
      [-1, undefined],
      [-1, undefined],
    ])
  })
  it('take the time of what they are in, where the broker set it', async () => {
    const set = compressedSet(
      { magic: 1, offset: 1, timestamp: 9n, attributes: LOG_APPEND_TIME },
      3,
      inner(1, [0, 1]),
    )
    expect((await records(set)).map((r) => [r.timestamp, r.timestampType])).toEqual([
      [9, 'LogAppendTime'],
      [9, 'LogAppendTime'],
    ])
  })
  it('lose a message with a wrong checksum, and no other', async () => {
    const messages = [...inner(1, [0]), message({ magic: 1, offset: 1, crc: 1 }), ...inner(1, [2])]
    const read = await records(
      Buffer.concat([
        compressedSet({ magic: 1, offset: 2 }, 1, messages),
        message({ magic: 1, offset: 3, crc: 1 }),
      ]),
    )
    expect(read.map(({ unreadable }) => unreadable?.split(':')[0])).toEqual([
      undefined,
      'the message',
      undefined,
      'the batch',
    ])
    expect(read.map(({ firstOffset }) => firstOffset)).toEqual([undefined, 1, undefined, 3])
  })
})

describe('aborted transactions', () => {
  const steps = fc.array(
    fc.record({ producer: fc.constantFrom(1n, 2n, 3n), end: fc.constantFrom(undefined, 'abort', 'commit') }),
    { maxLength: 60 },
  )

  it('are hidden, and nothing else is, wherever reading begins and however they overlap', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(50), async (made, start) => {
        const log: { producer: bigint; kind: 'record' | 'abort' | 'commit' }[] = []
        const open = new Set<bigint>()
        for (const { producer, end } of made) {
          const isEnd = end !== undefined && open.delete(producer)
          if (!isEnd) open.add(producer)
          log.push({ producer, kind: isEnd ? (end as 'abort') : 'record' })
        }
        for (const producer of open) log.push({ producer, kind: 'abort' })
        const from = Math.min(start, log.length)
        const begun = new Map<bigint, number>()
        const aborted: AbortedTransaction[] = []
        const committed: number[] = []
        for (const [offset, { producer, kind }] of log.entries()) {
          if (kind === 'record') {
            if (!begun.has(producer)) begun.set(producer, offset)
            const end = log
              .slice(offset)
              .find((entry) => entry.producer === producer && entry.kind !== 'record')
            if (offset >= from && end!.kind === 'commit') committed.push(offset)
          } else {
            if (kind === 'abort' && offset >= from)
              aborted.push({ producerId: producer, firstOffset: BigInt(begun.get(producer)!) })
            begun.delete(producer)
          }
        }
        const bytes = log.map(({ producer, kind }, baseOffset) =>
          kind === 'record'
            ? batchFrom(baseOffset, 1, { producerId: producer, attributes: TRANSACTIONAL })
            : endMark(baseOffset, producer, kind),
        )
        expect(offsets(await records(Buffer.concat(bytes.slice(from)), { from, aborted }))).toEqual(committed)
      }),
      { numRuns: 200 },
    )
  })
})

it('a batch of a million records is read in short turns, in a time that grows with their number', {
  timeout: 60_000,
}, async () => {
  const bytes = largeBatch(1_000_000, 1, (n) => `{"id":"${n}"}`)
  // By the processor: neighbours on the machine have their part in the time of the wall.
  const spent = () => process.cpuUsage().user / 1_000
  let [last, longest, turns] = [spent(), 0, 0]
  const timer = setInterval(() => {
    const now = spent()
    longest = Math.max(longest, now - last)
    last = now
    turns++
  }, 1)
  let seen = 0
  last = spent()
  const options = { ...decodingWithin(), from: 0, size: 512 }
  for await (const slice of slicesOf(
    batchesOf(bytes, { highWatermark: 2e6, firstIsWhole: true, aborted: [] }),
    { topic: 't', partition: 0 },
    options,
  ))
    seen += slice.records.length
  clearInterval(timer)
  expect(seen).toBe(1_000_000)
  expect(turns).toBeGreaterThan(20)
  // The collector of garbage has its part in it.
  expect(longest).toBeLessThan(200)
})

import { createRequire } from 'node:module'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { murmur2 } from '../../../../src/adapters/kafka/murmur2.ts'
import {
  isPlain,
  type ProduceParameters,
  type ProduceRequest,
  produceBody,
} from '../../../../src/adapters/kafka/produce-request.ts'

const require = createRequire(import.meta.url)
/** The client's own, which the module under test stands for. */
const original = require('kafkajs/src/protocol/requests/produce/v3/request') as (
  parameters: ProduceParameters,
) => ProduceRequest
const originalHash = require('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: Buffer | string,
) => number
const NOW = Date.UTC(2026, 10, 11, 2)

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const text = fc.oneof(fc.string({ maxLength: 100 }), fc.string({ unit: 'binary', maxLength: 300 }))
const record = fc.record({
  key: fc.oneof(text, bytes, fc.constant(null)),
  value: fc.oneof(text, bytes, fc.constant(null)),
  headers: fc.option(fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), text, { maxKeys: 5 }), {
    nil: undefined,
  }),
})
const topics = fc.array(
  fc.record({
    topic: fc.string({ minLength: 1, maxLength: 20 }),
    partitions: fc.array(
      fc.record({ partition: fc.nat(1_000), messages: fc.array(record, { minLength: 1, maxLength: 150 }) }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 3 },
)

describe('a produce request', () => {
  beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  it('is byte by byte what the client would have written', async () => {
    await fc.assert(
      fc.asyncProperty(topics, fc.constantFrom(-1, 0, 1), async (topicData, acks) => {
        const parameters = { acks, timeout: 30_000, topicData } as unknown as ProduceParameters
        expect(isPlain(parameters)).toBe(true)
        const theirs = await original(parameters).encode()
        const ours = produceBody(parameters, NOW)
        expect(ours.buf.subarray(0, ours.offset).equals(theirs.buf.subarray(0, theirs.offset))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is so too with the id of a producer, in a transaction or not', async () => {
    const sequenced = topics.map((all) =>
      all.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((p, n) => ({ ...p, firstSequence: 70_000 * n + p.partition })),
      })),
    )
    const producer = fc.record({
      producerId: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String),
      producerEpoch: fc.nat(32_767),
      transactionalId: fc.constantFrom('group-sms.mt-3', '组-0', undefined),
    })
    await fc.assert(
      fc.asyncProperty(sequenced, producer, async (topicData, { transactionalId, ...rest }) => {
        const of = { acks: -1, timeout: 30_000, topicData, ...rest } as unknown as ProduceParameters
        const parameters = transactionalId === undefined ? of : { ...of, transactionalId }
        expect(isPlain(parameters)).toBe(true)
        const theirs = await original(parameters).encode()
        const ours = produceBody(parameters, NOW)
        expect(ours.buf.subarray(0, ours.offset).equals(theirs.buf.subarray(0, theirs.offset))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('is left to the client where it is compressed, or has times or other headers', () => {
    const of = (message: object, rest: object = {}) => ({
      ...{
        acks: -1,
        timeout: 1,
        topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [message] }] }],
      },
      ...rest,
    })
    const plain = { key: null, value: 'v' }
    expect(isPlain(of(plain) as ProduceParameters)).toBe(true)
    expect(isPlain(of({ ...plain, timestamp: '1' }) as ProduceParameters)).toBe(true)
    const messages = [plain, { ...plain, timestamp: '1' }]
    const topicData = [{ topic: 't', partitions: [{ partition: 0, messages }] }]
    expect(isPlain({ acks: -1, timeout: 1, topicData })).toBe(false)
    expect(isPlain(of(plain, { producerId: -1 }) as ProduceParameters)).toBe(true)
    for (const other of [
      of(plain, { compression: 1 }),
      of({ ...plain, headers: { a: ['1', '2'] } }),
      of({ ...plain, headers: { a: Buffer.from('1') } }),
    ])
      expect(isPlain(other as ProduceParameters)).toBe(false)
  })
})

describe('murmur2', () => {
  it('equals that of the client for any key', () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes), (key) => {
        expect(murmur2(key)).toBe(originalHash(key))
      }),
    )
  })

  it('equals the values that the Java client documents in its tests', () => {
    expect(murmur2('21')).toBe(-973932308)
    expect(murmur2('foobar')).toBe(-790332482)
    expect(murmur2('a-little-bit-long-string')).toBe(-985981536)
    expect(murmur2('a-little-bit-longer-string')).toBe(-1486304829)
    expect(murmur2('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8')).toBe(-58897971)
    expect(murmur2(Buffer.from('abc'))).toBe(479470107)
  })
})

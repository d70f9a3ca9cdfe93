import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileAvro } from '../../../../src/adapters/input/avro.ts'

const SCHEMA = {
  type: 'record',
  name: 'Mt',
  namespace: 'gw',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'src', type: 'string' },
    { name: 'content', type: 'bytes' },
    { name: 'digest', type: { type: 'fixed', name: 'Digest', size: 4 } },
    { name: 'result', type: { type: 'enum', name: 'Result', symbols: ['ACCEPTED', 'BLOCKED'] } },
    { name: 'part', type: ['null', { type: 'record', name: 'Part', fields: [{ name: 'n', type: 'int' }] }] },
    { name: 'dest', type: { type: 'array', items: 'string' } },
    { name: 'more', type: { type: 'map', values: ['null', 'double', 'boolean'] } },
    { name: 'next', type: ['null', 'gw.Mt'] },
    { name: 'twin', type: ['null', 'Digest'] },
    { name: 'f', type: 'float' },
  ],
}

/** An encoder of another make. */
const type = avro.Type.forSchema(SCHEMA as never, { wrapUnions: false })
const read = compileAvro({ text: JSON.stringify(SCHEMA), type: 'AVRO', references: [] })
const record = {
  id: 2_251_799_813_685_247,
  at: 1_794_355_205_000,
  src: '10690200001',
  content: Buffer.from('京东', 'utf16le'),
  digest: Buffer.from('abcd'),
  result: 'BLOCKED',
  part: { n: -3 },
  dest: ['13800000001', '13800000002'],
  more: { a: 1.5, b: true, c: null },
  next: null,
  twin: Buffer.from('zzzz'),
  f: 0.5,
}

describe('an Avro value', () => {
  it('is read as another implementation wrote it', () => {
    const value = { ...record, next: { ...record, id: -1, part: null, dest: [], more: {} } }
    expect(read(Buffer.concat([Buffer.alloc(5), type.toBuffer(value)]), 5)).toEqual(value)
  })

  it('of 64 bits keeps them all', () => {
    const long = compileAvro({ text: '"long"', type: 'AVRO', references: [] })
    // 2^63 - 1 as zigzag: 10 bytes.
    expect(long(Buffer.from('feffffffffffffffff01', 'hex'), 0)).toBe(9_223_372_036_854_775_807n)
    expect(long(Buffer.from('ffffffffffffffffff01', 'hex'), 0)).toBe(-9_223_372_036_854_775_808n)
    // Beyond 2^52 the other encoder rounds.
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 51n), 2n ** 51n).map(Number), (n) => {
        expect(long(avro.Type.forSchema('long').toBuffer(n), 0)).toBe(n)
      }),
    )
  })

  it('uses the types of references, and names of their namespace', () => {
    const digest = JSON.stringify({ type: 'fixed', name: 'Digest', namespace: 'gw.common', size: 2 })
    const text = JSON.stringify({
      type: 'record',
      name: 'R',
      namespace: 'gw',
      fields: [{ name: 'd', type: 'gw.common.Digest' }],
    })
    const of = compileAvro({ text, type: 'AVRO', references: [{ name: 'gw.common.Digest', text: digest }] })
    expect(of(Buffer.from('xy'), 0)).toEqual({ d: Buffer.from('xy') })
    expect(() => compileAvro({ text, type: 'AVRO', references: [] })).toThrow(/gw\.common\.Digest/)
  })

  it('in blocks with their lengths is read too', () => {
    const list = compileAvro({ text: '{"type":"array","items":"int"}', type: 'AVRO', references: [] })
    // -2 items of 2 bytes, then one item, then the end.
    expect(list(Buffer.from([0x03, 0x04, 0x02, 0x04, 0x02, 0x06, 0x00]), 0)).toEqual([1, 2, 3])
  })
})

describe('bytes that do not fit', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a cut record', type.toBuffer(record).subarray(0, -3)],
    ['what is left over', Buffer.concat([type.toBuffer(record), Buffer.from([0])])],
    ['text', Buffer.from('{"id": 1}')],
  ])('are refused: %s', (_, bytes) => {
    expect(() => read(bytes, 0)).toThrow(RangeError)
  })

  it('never take longer than their length allows', () => {
    const nulls = compileAvro({ text: '{"type":"array","items":"null"}', type: 'AVRO', references: [] })
    // A block that claims 2^62 values of no bytes.
    expect(() => nulls(Buffer.from('feffffffffffffff7f', 'hex'), 0)).toThrow(/more values than/)
    const deep = JSON.stringify({
      type: 'record',
      name: 'D',
      fields: [{ name: 'd', type: ['null', 'D'] }],
    })
    const read = compileAvro({ text: deep, type: 'AVRO', references: [] })
    expect(() => read(Buffer.alloc(1_000_000, 0x02), 0)).toThrow(/nested deeper/)
  })

  it.each([
    ['8 values a byte', 1_000, 30_000],
    ['a million values', 900_000, 2_000_000],
  ])('stand for no more than %s', (_, length, count) => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'list', type: { type: 'array', items: { type: 'record', name: 'Empty', fields: [] } } },
        { name: 'rest', type: 'bytes' },
      ],
    }
    const read = compileAvro({ text: JSON.stringify(schema), type: 'AVRO', references: [] })
    const long = avro.Type.forSchema('long')
    const bytes = Buffer.concat([
      long.toBuffer(count),
      Buffer.from([0]),
      long.toBuffer(length),
      Buffer.alloc(length),
    ])
    expect(() => read(bytes, 0)).toThrow(/more values than/)
  })

  it('throw, and nothing else, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          read(Buffer.from(bytes), 0)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})

it.each(['{', '{"type":"record","name":"R"}', '{"type":"nothing"}', '{"type":"enum","name":"E"}'])(
  'a schema that is none is refused: %s',
  (text) => {
    expect(() => compileAvro({ text, type: 'AVRO', references: [] })).toThrow(/type|fields|symbols|JSON/)
  },
)

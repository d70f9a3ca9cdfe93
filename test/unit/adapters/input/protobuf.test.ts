import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { compileProtobuf } from '../../../../src/adapters/input/protobuf.ts'
import { SchemaError } from '../../../../src/adapters/input/schema-registry.ts'

const HEAD = 'syntax = "proto3"; package gw; message Head { string node = 1; }'
const TEXT = `
  syntax = "proto3";
  package gw;
  import "head.proto";
  import "google/protobuf/timestamp.proto";
  message Ack { uint64 id = 1; }
  message Mt {
    enum Result { ACCEPTED = 0; BLOCKED = 1; }
    message Part { int32 seq = 1; }
    uint64 msg_id = 1;
    google.protobuf.Timestamp at = 2;
    Head head = 3;
    bytes content = 4;
    repeated string dest = 5;
    Result result = 6;
    Part part = 7;
    map<string, string> more = 8;
  }`
const schema = { text: TEXT, type: 'PROTOBUF' as const, references: [{ name: 'head.proto', text: HEAD }] }
const read = compileProtobuf(schema)

const root = new protobuf.Root()
protobuf.parse(HEAD, root, { keepCase: true })
root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')!.nested!)
protobuf.parse(TEXT.replace(/import .*/g, ''), root, { keepCase: true })
const encode = (name: string, value: object) =>
  root.lookupType(name).encode(root.lookupType(name).fromObject(value)).finish()
/** Behind 5 bytes, the indexes, as zigzag. */
const framed = (indexes: readonly number[], bytes: Uint8Array) =>
  Buffer.concat([Buffer.alloc(5), Buffer.from(indexes), bytes])

const MT = {
  msg_id: '18446744073709551615',
  at: { seconds: '1794355205', nanos: 7 },
  head: { node: 'gw7' },
  content: Buffer.from('京东'),
  dest: ['13800000001'],
  result: 'BLOCKED',
  part: { seq: 2 },
  more: { a: 'b' },
}

describe('a Protobuf value', () => {
  it('is read by the indexes of its message, with the names of the schema', () => {
    expect(read(framed([2, 2], encode('gw.Mt', MT)), 5)).toEqual(MT)
  })

  it('is of the first message where a zero stands for them', () => {
    expect(read(framed([0], encode('gw.Ack', { id: 7 })), 5)).toEqual({ id: '7' })
  })

  it('may be of a message within another', () => {
    expect(read(framed([4, 2, 0], encode('gw.Mt.Part', { seq: 9 })), 5)).toEqual({ seq: 9 })
  })

  it.each([
    ['a message that the schema has not', framed([2, 18], encode('gw.Ack', { id: 7 }))],
    ['a cut value', framed([2, 2], encode('gw.Mt', MT).subarray(0, -2))],
    ['nothing', Buffer.alloc(5)],
    ['indexes without end', framed([0x80, 0x80, 0x80, 0x80], Buffer.alloc(0))],
  ])('is refused: %s', (_, bytes) => {
    expect(() => read(bytes, 5)).toThrow(RangeError)
  })
})

it('refuses a schema whose import is not a reference, or that is not a schema', () => {
  expect(() => compileProtobuf({ ...schema, references: [] })).toThrow(/head\.proto/)
  expect(() => compileProtobuf({ ...schema, text: 'message {' })).toThrow(/cannot be read/)
})

/** Names that mean something to JavaScript, or to protobufjs. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'decode',
  'root',
  'fields',
]

describe('a schema by another author', () => {
  const of = (text: string, references: typeof schema.references = []) =>
    compileProtobuf({ text: `syntax = "proto3";\n${text}`, type: 'PROTOBUF', references })
  const field = (number: number, value: Uint8Array | string) => {
    const bytes = Buffer.from(value as string)
    return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes])
  }
  const first = (...fields: Buffer[]) => Buffer.concat([Buffer.from([0]), ...fields])
  const cpuOf = (work: () => void) => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }

  it.each(NAMES)('reaches no prototype by the name %s', (name) => {
    const texts = [
      `message M { string id = 1; N ${name} = 2; } message N { string polluted = 1; }`,
      `message M { string id = 1; map<string, N> m = 2; } message N { string polluted = 1; }`,
      `message M { string id = 1; } message ${name} { string polluted = 1; }`,
      `package ${name}.x; message M { string id = 1; }`,
      `message M { string id = 1; ${name} e = 2; } enum ${name} { A = 0; }`,
      `message M { option (a).${name}.polluted = "x"; string id = 1 [(a).${name}.polluted = "x"]; }`,
      `message M { option (a) = { ${name} { polluted: "x" } }; string id = 1; }`,
      `import "${name}"; message M { string id = 1; }`,
    ]
    const entry = field(2, Buffer.concat([field(1, name), field(2, field(1, 'x'))]))
    for (const text of texts) {
      let value: object = {}
      try {
        value = of(text)(first(field(1, 'i'), entry), 0) as object
      } catch {
        // Refused, or the record does not fit it: as well.
      }
      expect(Object.getPrototypeOf(value), text).toBe(Object.prototype)
      expect('polluted' in {} || 'polluted' in Function.prototype || 'polluted' in [], text).toBe(false)
      expect('polluted' in value, text).toBe(false)
    }
  })

  it('is never run', () => {
    const code = `globalThis.ran = true`
    const texts = [
      `message M { string id = 1 [json_name = "x\\"+(${code})+\\""]; }`,
      `message M { string id = 1 [default = "\\");${code};//"]; bytes b = 2 [default = "]+(${code})"]; }`,
      `message M { string id = 1 [default = "${code}", jstype = ${code.replace(/ /g, '')}]; }`,
      `message M { string a]+(${code})+[ = 1; }`,
      `enum E { A = 0; } message M { string id = 1; E e = 2 [default = "];${code}//"]; }`,
    ]
    for (const text of texts) {
      try {
        of(text)(first(field(1, 'i')), 0)
      } catch {
        // Refused: as well.
      }
      expect('ran' in globalThis, text).toBe(false)
    }
  })

  it('may refer to itself; a record of such is read to a bounded depth', () => {
    const read = of('message M { M m = 1; string id = 2; }')
    expect(read(first(field(1, field(2, 'inner')), field(2, 'i')), 0)).toEqual({
      m: { id: 'inner' },
      id: 'i',
    })
    let deep: Buffer = Buffer.alloc(0)
    for (let i = 0; i < 5_000; i++) deep = field(1, deep)
    expect(() => read(first(deep), 0)).toThrow(/depth/)
  })

  it('is refused where it is nested without end', () => {
    const deep = 20_000
    for (const text of [
      `${'message A { '.repeat(deep)}${'}'.repeat(deep)}`,
      `package ${'a.'.repeat(deep)}a; message M { string id = 1; }`,
      `message M { option (a) = ${'{ a: '.repeat(deep)} 1 ${'}'.repeat(deep)}; }`,
    ])
      expect(() => of(text)).toThrow(SchemaError)
    const loop = { name: 'a', text: 'syntax = "proto3"; import "a"; message N { N n = 1; }' }
    expect(of('import "a"; message M { N n = 1; }', [loop])(first(), 0)).toEqual({})
  })

  it('costs a bounded time, whatever it declares', () => {
    const many = (count: number, each: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => each(i)).join('')
    const texts = [
      `message M { ${many(15_000, (i) => `int32 f${i} = ${i + 1};`)} }`,
      `message M { ${many(10_000, (i) => `oneof o${i} { int32 f${i} = ${i + 1}; }`)} }`,
      `message M { reserved ${many(50_000, (i) => `${i + 1},`)} 90000; ${many(2_000, (i) => `int32 f${i} = ${100_000 + i};`)} }`,
      `message M { extensions 1000 to max; } ${many(10_000, (i) => `extend M { int32 f${i} = ${1_000 + i}; }`)}`,
      `message M { string id = 1; } ${'//'.repeat(600_000)}`,
    ]
    for (const text of texts) {
      let cpu = 0
      expect(
        () => {
          cpu = cpuOf(() => {
            try {
              of(text)
            } catch (error) {
              expect(error).toBeInstanceOf(SchemaError)
              expect((error as Error).message.length).toBeLessThan(300)
              throw error
            }
          })
        },
        text.slice(0, 50),
      ).toThrow(/too large|characters/)
      expect(cpu).toBeLessThan(500)
    }
    // What is read at most.
    expect(
      cpuOf(() => of(`message M { ${many(2_900, (i) => `int32 f${i} = ${i + 1};`)} }`)(first(), 0)),
    ).toBeLessThan(10_000)
  })

  it('is reported with a reason of bounded length', () => {
    expect(() => of(`${'/*'.repeat(400_000)}`)).toThrow(/^the schema cannot be .{1,300}$/)
  })
})

function varint(n: number): Buffer {
  const bytes: number[] = []
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}

import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { compileProtobuf } from '../../../src/input/protobuf.ts'

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

it('a schema whose import is no reference, or that is none, is refused', () => {
  expect(() => compileProtobuf({ ...schema, references: [] })).toThrow(/head\.proto/)
  expect(() => compileProtobuf({ ...schema, text: 'message {' })).toThrow(/cannot be read/)
})

import { jsonOf } from '../../domain/json.ts'
import type { RegisteredSchema } from './schema-registry.ts'
import { SchemaError } from './schema-registry.ts'

/** Reads the value that begins at `at` and must fill the rest of the bytes. Throws if they do not fit. */
export type ReadValue = (bytes: Buffer, at: number) => unknown

type Read = (input: Input) => unknown
type Names = Map<string, { read: Read }>

/** Maximum number of values per byte of a record: block counts may claim items that no bytes back. */
const VALUES_PER_BYTE = 8
const VALUES = 10_000
const MOST_VALUES = 1_000_000
const DEEPEST = 200

/**
 * Compiles an Avro schema (specification 1.12, binary encoding). A union yields the value of its branch; `long` beyond
 * 2^53 is a bigint, `bytes` and `fixed` are buffers, enums their symbols; logical types keep their encoded form. Throws
 * SchemaError.
 */
export function compileAvro({ text, references }: RegisteredSchema): ReadValue {
  const names: Names = new Map()
  for (const reference of references) readerOf(parse(reference.text), names, '')
  const read = readerOf(parse(text), names, '')
  return (bytes, at) => {
    const input = new Input(bytes, at)
    const value = read(input)
    input.end()
    return value
  }
}

function parse(text: string): unknown {
  const schema = jsonOf(text)
  if (schema === undefined) throw new SchemaError('the schema is not valid JSON')
  return schema
}

/** The bytes of one record. Reads past the end throw. */
class Input {
  readonly #bytes: Buffer
  #at: number
  #left: number
  #depth = 0

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
    this.#left = Math.min(VALUES + VALUES_PER_BYTE * bytes.length, MOST_VALUES)
  }

  count(): void {
    if (--this.#left < 0) throw new RangeError('more values than the remaining bytes can hold')
  }

  within<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new RangeError(`nested deeper than ${DEEPEST}`)
    const value = read()
    this.#depth--
    return value
  }

  take(length: number): Buffer {
    if (!(length >= 0 && length <= this.#bytes.length - this.#at))
      throw new RangeError('the bytes end too soon')
    const from = this.#at
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }

  /** A zigzag integer of at most 64 bits. */
  long(): number | bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte] = this.take(1) as unknown as [number]
      value |= BigInt(byte & 0x7f) << shift
      if ((byte & 0x80) === 0) {
        const signed = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
        return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
      }
    }
    throw new RangeError('a number of more than 64 bits')
  }

  int(): number {
    return Number(this.long())
  }

  end(): void {
    const rest = this.#bytes.length - this.#at
    if (rest > 0) throw new RangeError(`${rest} bytes are left over`)
  }
}

const PRIMITIVES: Readonly<Record<string, Read>> = {
  null: () => null,
  boolean: (input) => input.take(1)[0] !== 0,
  int: (input) => input.int(),
  long: (input) => input.long(),
  float: (input) => input.take(4).readFloatLE(),
  double: (input) => input.take(8).readDoubleLE(),
  bytes: (input) => input.take(input.int()),
  string: (input) => input.take(input.int()).toString('utf8'),
}

function readerOf(schema: unknown, names: Names, namespace: string): Read {
  const read = typeReader(schema, names, namespace)
  return (input) => {
    input.count()
    return read(input)
  }
}

function typeReader(schema: unknown, names: Names, namespace: string): Read {
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? named(schema, names, namespace)
  if (Array.isArray(schema)) return unionReader(schema, names, namespace)
  if (typeof schema !== 'object' || schema === null)
    throw new SchemaError('a type is neither name nor object')
  const { type, items, values } = schema as Record<string, unknown>
  switch (type) {
    case 'array':
      return blocks(readerOf(items, names, namespace), (read) => {
        const list: unknown[] = []
        read((item) => list.push(item()))
        return list
      })
    case 'map': {
      const key = PRIMITIVES.string!
      return blocks(readerOf(values, names, namespace), (read) => {
        const map: [unknown, unknown][] = []
        read((item, input) => map.push([key(input), item()]))
        return Object.fromEntries(map)
      })
    }
    case 'record':
    case 'error':
    case 'enum':
    case 'fixed':
      return namedReader(schema as NamedSchema, names, namespace)
    default:
      return typeReader(type, names, namespace)
  }
}

interface NamedSchema {
  readonly type: string
  readonly name?: unknown
  readonly namespace?: unknown
  readonly fields?: unknown
  readonly symbols?: unknown
  readonly size?: unknown
}

function namedReader(schema: NamedSchema, names: Names, outer: string): Read {
  const name = String(schema.name ?? '')
  const dot = name.lastIndexOf('.')
  const namespace =
    dot >= 0 ? name.slice(0, dot) : typeof schema.namespace === 'string' ? schema.namespace : outer
  const full = fullName(name.slice(dot + 1), namespace)
  // Registered before its fields are compiled: a record may contain itself.
  const entry = { read: (): unknown => undefined } as { read: Read }
  names.set(full, entry)
  entry.read = bodyReader(schema, names, namespace, full)
  return entry.read
}

function bodyReader(schema: NamedSchema, names: Names, namespace: string, full: string): Read {
  const { type, fields, symbols, size } = schema
  if (type === 'fixed') {
    if (!Number.isInteger(size)) throw new SchemaError(`${full} has no size`)
    return (input) => input.take(size as number)
  }
  if (type === 'enum') {
    if (!Array.isArray(symbols)) throw new SchemaError(`${full} has no symbols`)
    return (input) => chosen(symbols, input.int())
  }
  if (!Array.isArray(fields)) throw new SchemaError(`${full} has no fields`)
  const readers = fields.map(
    (field: { name?: unknown; type?: unknown }) =>
      [String(field?.name), readerOf(field?.type, names, namespace)] as const,
  )
  return (input) => input.within(() => Object.fromEntries(readers.map(([name, read]) => [name, read(input)])))
}

function named(name: string, names: Names, namespace: string): Read {
  const entry = names.get(name.includes('.') ? name : fullName(name, namespace)) ?? names.get(name)
  if (!entry) throw new SchemaError(`the type ${name} is not defined`)
  return (input) => entry.read(input)
}

function fullName(name: string, namespace: string): string {
  return namespace === '' ? name : `${namespace}.${name}`
}

function unionReader(branches: readonly unknown[], names: Names, namespace: string): Read {
  const readers = branches.map((branch) => readerOf(branch, names, namespace))
  return (input) => chosen(readers, input.int())(input)
}

function chosen<T>(list: readonly T[], index: number): T {
  if (!(index >= 0 && index < list.length)) throw new RangeError('an index that the schema has not')
  return list[index]!
}

type EachItem = (item: () => unknown, input: Input) => void

/** Items in blocks. A negative count announces the size of the block in bytes, which is skipped. */
function blocks(item: Read, collect: (read: (each: EachItem) => void) => unknown): Read {
  return (input) =>
    input.within(() =>
      collect((each) => {
        for (let count = input.int(); count !== 0; count = input.int()) {
          if (count < 0) input.long()
          for (let left = Math.abs(count); left > 0; left--) each(() => item(input), input)
        }
      }),
    )
}

import protobuf from 'protobufjs'
import type { ReadValue } from './avro.ts'
import { type RegisteredSchema, SchemaError } from './schema-registry.ts'

/** 64-bit integers become strings, enums their names, `bytes` buffers; fields missing from a record are absent. */
const FORM: protobuf.IConversionOptions = { longs: String, enums: String, bytes: Buffer as never }
const DEEPEST = 10
const MOST_MESSAGES = 10_000
/** Maximum length of a schema in characters, imports included. */
const MAX_TEXT = 1_000_000
/**
 * Maximum number of semicolons, commas and opening braces in it, comments included. Every declaration needs one of them, and the
 * time of protobufjs grows with the square of a message's declarations (4,000 fields: 0.7 s to parse).
 */
const MAX_MARKS = 3_000
const MARKS = new Set([';', ',', '{'].map((mark) => mark.charCodeAt(0)))
const MAX_REASON = 200

/**
 * Compiles a .proto text. Fields keep their names from it. A record begins with the indexes that lead to its message
 * type, as Confluent's serializers write them. Throws SchemaError.
 */
export function compileProtobuf(schema: RegisteredSchema): ReadValue {
  refuseLarge([schema.text, ...schema.references.map(({ text }) => text)])
  const root = new protobuf.Root()
  const texts = new Map(schema.references.map(({ name, text }) => [name, text]))
  const own = messagesOf(schema.text)
  try {
    parseInto(root, schema.text, texts, new Set())
    root.resolveAll()
  } catch (error) {
    throw error instanceof SchemaError
      ? error
      : new SchemaError(`the schema cannot be used: ${firstLine(error)}`)
  }
  const types = new Map<string, protobuf.Type>()
  return (bytes, at) => {
    const { path, next } = messageIndexes(bytes, at)
    const key = path.join()
    const type = types.get(key) ?? root.lookupType(nameAt(own, path))
    types.set(key, type)
    return type.toObject(type.decode(bytes.subarray(next)), FORM)
  }
}

function refuseLarge(texts: readonly string[]): void {
  if (texts.reduce((sum, { length }) => sum + length, 0) > MAX_TEXT)
    throw new SchemaError(`the schema has more than ${MAX_TEXT} characters`)
  let marks = 0
  for (const text of texts) for (let i = 0; i < text.length; i++) if (MARKS.has(text.charCodeAt(i))) marks++
  if (marks > MAX_MARKS)
    throw new SchemaError(`the schema is too large: ${marks} of ; , and { where ${MAX_MARKS} are read`)
}

function parseInto(
  root: protobuf.Root,
  text: string,
  texts: ReadonlyMap<string, string>,
  parsed: Set<string>,
): void {
  const { imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true })
  for (const name of [...imports, ...weakImports]) {
    if (parsed.has(name)) continue
    parsed.add(name)
    const known = protobuf.common.get(name)
    const imported = texts.get(name)
    if (imported !== undefined) parseInto(root, imported, texts, parsed)
    else if (known?.nested) root.addJSON(known.nested)
    else throw new SchemaError(`the import ${name} is not among the references of the schema`)
  }
}

/** The messages of this file without imports, in declaration order: the indexes of a record refer to them. */
function messagesOf(text: string): readonly protobuf.Type[] {
  try {
    const alone = protobuf.parse(text, new protobuf.Root(), { keepCase: true })
    const space = alone.package === undefined ? alone.root : alone.root.lookup(alone.package)
    return space instanceof protobuf.Namespace ? typesIn(space) : []
  } catch (error) {
    throw new SchemaError(`the schema cannot be read: ${firstLine(error)}`)
  }
}

function typesIn(space: protobuf.NamespaceBase): protobuf.Type[] {
  return space.nestedArray.filter((nested) => nested instanceof protobuf.Type)
}

function nameAt(own: readonly protobuf.Type[], path: readonly number[]): string {
  let types = own
  let found: protobuf.Type | undefined
  for (const index of path) {
    found = types[index]
    if (!found) throw new RangeError('a message that the schema has not')
    types = typesIn(found)
  }
  return found!.fullName
}

/** A single zero means the first message. */
function messageIndexes(
  bytes: Buffer,
  at: number,
): { readonly path: readonly number[]; readonly next: number } {
  const reader = protobuf.Reader.create(bytes)
  reader.pos = at
  const count = reader.sint32()
  if (count === 0) return { path: [0], next: reader.pos }
  if (count < 0 || count > DEEPEST) throw new RangeError('no indexes of a message')
  const path = Array.from({ length: count }, () => reader.sint32())
  if (path.some((index) => index < 0 || index > MOST_MESSAGES))
    throw new RangeError('no indexes of a message')
  return { path, next: reader.pos }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split('\n')[0]!
    .slice(0, MAX_REASON)
}

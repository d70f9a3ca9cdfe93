import { setTimeout as sleep } from 'node:timers/promises'
import { RecordError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { Health } from '../../domain/health.ts'
import { compileAvro, type ReadValue } from './avro.ts'
import {
  AbsentSchemaError,
  type RegisteredSchema,
  SchemaError,
  SchemaRegistry,
  type SchemaRegistrySettings,
} from './schema-registry.ts'

export type RegisteredFormat = 'avro' | 'protobuf'

const MAGIC = 0
const HEADER = 5
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5_000
/** A missing schema is requested again after this time, ms. */
const UNKNOWN_FOR = 30_000

/** A schema is missing once the registry has said so for this long, ms: a replica may lag behind. */
const ABSENT_FOR = 5_000
const MOST_REFUSED = 10_000
const AT_A_TIME = 8
const PART = 'registry'

interface Refused {
  readonly reason: string
  /** The registry is not asked again before this time. */
  readonly until: number
}

/** Decodes Avro and Protobuf records by the registry schemas whose ids they carry. */
export class RegisteredValues {
  readonly #registry: SchemaRegistry
  readonly #health: Health
  readonly #readers = new Map<string, ReadValue>()
  /** Most recently refused last. Entries stay after they expire, so that they are never waited for again. */
  readonly #refused = new Map<string, Refused>()
  #dropped = false
  readonly #asked = new Map<string, Promise<void>>()
  readonly #turns = new Turns(AT_A_TIME)

  constructor(settings: SchemaRegistrySettings, emit: Emit) {
    this.#registry = new SchemaRegistry(settings)
    this.#health = new Health('schema-registry', emit)
  }

  /**
   * True if the schemas of all these values are known. Otherwise a promise that keeps asking the registry until it
   * answers and resolves with true, or with false when the signal is aborted first.
   */
  prepare(format: RegisteredFormat, values: Iterable<Buffer>, signal?: AbortSignal): true | Promise<boolean> {
    const ids = new Set<number>()
    for (const value of values) {
      const id = schemaId(value)
      if (id !== undefined && !this.#isKnown(keyOf(format, id))) ids.add(id)
    }
    if (ids.size === 0) return true
    const asked = Promise.all([...ids].map((id) => this.#ask(format, id, signal)))
    return unlessAborted(asked, signal).then(() => !signal?.aborted)
  }

  /** Decodes a record whose schema was prepared. Throws RecordError. */
  read(format: RegisteredFormat, value: Buffer): object {
    const id = schemaId(value)
    if (id === undefined)
      throw new RecordError('RECORD_NOT_DECODED', 'does not begin with a zero byte and the id of a schema')
    const read = this.#reader(format, id)
    let fields: unknown
    try {
      fields = read(value, HEADER)
    } catch (error) {
      const why = error instanceof RangeError ? `: ${error.message}` : ''
      throw new RecordError('RECORD_NOT_DECODED', `the bytes do not fit schema ${id}${why}`)
    }
    if (typeof fields !== 'object' || fields === null)
      throw new RecordError('RECORD_NOT_DECODED', `schema ${id} is not that of a record`)
    return fields
  }

  #reader(format: RegisteredFormat, id: number): ReadValue {
    const key = keyOf(format, id)
    const read = this.#readers.get(key)
    if (read) return read
    const refused = this.#refused.get(key)
    if (refused) throw new RecordError('RECORD_NOT_DECODED', `schema ${id}: ${refused.reason}`)
    if (!this.#dropped) throw new TypeError(`schema ${id} was not prepared`)
    throw new RecordError('RECORD_NOT_DECODED', `schema ${id} is among too many that cannot be used`)
  }

  #isKnown(key: string): boolean {
    return this.#readers.has(key) || (this.#refused.get(key)?.until ?? 0) > performance.now()
  }

  #ask(format: RegisteredFormat, id: number, signal: AbortSignal | undefined): Promise<void> {
    const key = keyOf(format, id)
    let asked = this.#asked.get(key)
    if (!asked) {
      asked = this.#untilAnswered(format, id, signal).finally(() => this.#asked.delete(key))
      this.#asked.set(key, asked)
    }
    return asked
  }

  async #untilAnswered(format: RegisteredFormat, id: number, signal: AbortSignal | undefined): Promise<void> {
    const key = keyOf(format, id)
    let absentAt = this.#refused.has(key) ? 0 : undefined
    for (let pause = FIRST_PAUSE; !signal?.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      let wait = pause
      try {
        const read = await this.#turns.take(() => this.#compiled(format, id, signal))
        this.#health.restored(PART)
        this.#refused.delete(key)
        this.#readers.set(key, read)
        return
      } catch (error) {
        if (signal?.aborted) break
        if (error instanceof SchemaError) {
          this.#health.restored(PART)
          absentAt ??= performance.now() + ABSENT_FOR
          wait = error instanceof AbsentSchemaError ? Math.min(pause, absentAt - performance.now()) : 0
          if (wait <= 0) return this.#refuse(key, error.message)
        } else this.#health.lost(PART, error instanceof Error ? error.message : String(error))
      }
      await sleep(wait, undefined, signal ? { signal } : {}).catch(() => undefined)
    }
    this.#health.forget(PART)
  }

  #refuse(key: string, reason: string): void {
    this.#refused.delete(key)
    this.#refused.set(key, { reason, until: performance.now() + UNKNOWN_FOR })
    if (this.#refused.size <= MOST_REFUSED) return
    const [oldest] = this.#refused.keys()
    this.#refused.delete(oldest!)
    this.#dropped = true
  }

  /** Rejects with SchemaError if the schema cannot be used, with another error if the registry does not answer. */
  async #compiled(format: RegisteredFormat, id: number, signal: AbortSignal | undefined): Promise<ReadValue> {
    signal?.throwIfAborted()
    return await compile(format, await this.#registry.schema(id))
  }
}

/** A semaphore that admits callers in order of arrival. */
class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atATime: number) {
    this.#free = atATime
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}

async function compile(format: RegisteredFormat, schema: RegisteredSchema): Promise<ReadValue> {
  if (schema.type !== format.toUpperCase())
    throw new SchemaError(`is ${schema.type}, and the format of the input is ${format}`)
  const compiler = format === 'avro' ? compileAvro : (await import('./protobuf.ts')).compileProtobuf
  try {
    return compiler(schema)
  } catch (error) {
    if (error instanceof SchemaError) throw error
    throw new SchemaError(`the schema cannot be used: ${error instanceof Error ? error.message : error}`)
  }
}

/** The schema id in front of the value, from 0: a zero byte and 4 bytes, big-endian. */
function schemaId(value: Buffer): number | undefined {
  if (value.length < HEADER || value[0] !== MAGIC) return undefined
  const id = value.readInt32BE(1)
  return id < 0 ? undefined : id
}

function keyOf(format: RegisteredFormat, id: number): string {
  return `${format} ${id}`
}

async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) {
    await work
    return
  }
  if (signal.aborted) return
  let over = () => {}
  const aborted = new Promise<void>((resolve) => {
    over = resolve
  })
  signal.addEventListener('abort', over)
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', over)
  }
}

import { wellFormed } from '../../domain/well-formed.ts'

/** A schema as a registry has it. */
export interface RegisteredSchema {
  readonly text: string
  /** AVRO where the registry does not say. */
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON'
  /** Schemas that it names, each before those that name it; `name` is how they are named. */
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

export interface SchemaRegistrySettings {
  /** Of the REST API of Confluent, up to what stands before `/schemas`. */
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** The registry has no such schema, or it is none that could be read. The message names no value of a record. */
export class SchemaError extends Error {}

/** The registry says that it does not have the schema or what it refers to; a replica that lags behind may say so too. */
export class AbsentSchemaError extends SchemaError {}

const WITHIN = 5_000
const MAX_BYTES = 1_000_000
const MAX_REFERENCES = 100
/** Answers of the registry that say nothing about the schema: login, timeout, rate limit. */
const NOT_ABOUT_IT = new Set([401, 408, 429])

interface Answer {
  readonly schema?: unknown
  readonly schemaType?: unknown
  readonly references?: unknown
}

interface Reference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** Asks a schema registry over the REST API of Confluent, which Apicurio, Karapace and Redpanda speak too. */
export class SchemaRegistry {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, username, password }: SchemaRegistrySettings) {
    this.#base = url.replace(/\/+$/, '')
    const login = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(username === undefined ? {} : { authorization: `Basic ${login}` }),
    }
  }

  /** Rejects with SchemaError when there is no such schema, and with another error when the registry does not answer. */
  async schema(id: number): Promise<RegisteredSchema> {
    const answer = await this.#ask(`/schemas/ids/${id}`, `schema ${id}`)
    const references = new Map<string, string>()
    await this.#collect(answer, references, [])
    return {
      text: textOf(answer, `schema ${id}`),
      type: typeOf(answer, id),
      references: [...references].map(([name, text]) => ({ name, text })),
    }
  }

  async #collect(answer: Answer, found: Map<string, string>, path: readonly string[]): Promise<void> {
    for (const { name, subject, version } of referencesOf(answer)) {
      if (found.has(name)) continue
      if (path.includes(name)) throw new SchemaError(`references lead back to ${name}`)
      if (found.size + path.length >= MAX_REFERENCES)
        throw new SchemaError(`more than ${MAX_REFERENCES} references`)
      const place = `/subjects/${encodeURIComponent(wellFormed(subject))}/versions/${version}`
      const referred = await this.#ask(place, `its reference ${name}`)
      await this.#collect(referred, found, [...path, name])
      found.set(name, textOf(referred, name))
    }
  }

  async #ask(path: string, what: string): Promise<Answer> {
    const response = await fetch(`${this.#base}${path}`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(WITHIN),
      redirect: 'error',
    }).catch((error: Error) => {
      const { cause } = error
      throw new Error(cause instanceof Error && cause.message !== '' ? cause.message : error.message)
    })
    const body = await textWithin(response, MAX_BYTES)
    if (!response.ok) throw refusal(response.status, parsed(body ?? ''), what)
    if (body === undefined) throw new SchemaError(`${what} has more than ${MAX_BYTES} bytes`)
    const answer = parsed(body)
    if (!answer) throw new Error('the answer is no JSON: input.schemaRegistry.url leads elsewhere')
    return answer
  }
}

/** What the body says, or undefined where it has more than `most` bytes; it is read no further than that. */
async function textWithin({ body }: Response, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > most) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * A registry says in JSON what it has against a request, with an `error_code`; another server, a wrong path and a proxy that
 * wants a login do not.
 */
function refusal(status: number, answer: Record<string, unknown> | undefined, what: string): Error {
  const code = answer?.error_code
  if (status >= 400 && status < 500 && !NOT_ABOUT_IT.has(status) && Number.isInteger(code)) {
    if (status === 404) return new AbsentSchemaError(`${what} is not in the registry`)
    return new SchemaError(`the registry refuses ${what}: HTTP ${status}, error code ${code}`)
  }
  return new Error(`${status === 401 || status === 403 ? 'authentication: ' : ''}HTTP ${status}`)
}

function textOf({ schema }: Answer, what: string): string {
  if (typeof schema !== 'string') throw new SchemaError(`${what} has no text in the registry`)
  return schema
}

function typeOf({ schemaType = 'AVRO' }: Answer, id: number): RegisteredSchema['type'] {
  if (schemaType === 'AVRO' || schemaType === 'PROTOBUF' || schemaType === 'JSON') return schemaType
  throw new SchemaError(`schema ${id} is of an unknown type`)
}

function referencesOf({ references }: Answer): Reference[] {
  if (!Array.isArray(references)) return []
  return references.filter(
    (entry: Partial<Reference> | null) =>
      typeof entry?.name === 'string' && typeof entry.subject === 'string' && Number.isInteger(entry.version),
  ) as Reference[]
}

import { given } from '../../domain/given.ts'
import { jsonOf } from '../../domain/json.ts'
import { wellFormed } from '../../domain/well-formed.ts'

export interface RegisteredSchema {
  readonly text: string
  /** AVRO if the registry does not name a type. */
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON'
  /** Referenced schemas in dependency order; `name` is the name used by the reference. */
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

export interface SchemaRegistrySettings {
  /** Base URL of the Confluent REST API, without `/schemas`. */
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** The registry has no such schema, or the schema cannot be read. The message contains no values of records. */
export class SchemaError extends Error {}

/** The registry reports the schema or one of its references as missing; a lagging replica may do so too. */
export class AbsentSchemaError extends SchemaError {}

const WITHIN = 5_000
const MAX_BYTES = 1_000_000
const MAX_REFERENCES = 100
/** Statuses that do not concern the schema: login, timeout, rate limit. */
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

/** Client of a schema registry with the Confluent REST API, which Apicurio, Karapace and Redpanda implement too. */
export class SchemaRegistry {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, username, password }: SchemaRegistrySettings) {
    this.#base = url.replace(/\/+$/, '')
    const login = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...given({ authorization: username === undefined ? undefined : `Basic ${login}` }),
    }
  }

  /** Rejects with SchemaError if there is no such schema, with another error if the registry does not answer. */
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
    if (!answer) throw new Error('the answer is not JSON: check input.schemaRegistry.url')
    return answer
  }
}

/** The text of the body, or undefined if it is longer than `most` bytes; reading stops there. */
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
  const value = jsonOf(body)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

/** A registry reports errors in JSON with an `error_code`. Other servers, wrong paths and proxies that require a login do not. */
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

import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { bearerOf, bodyOf, digest, parsedJson } from './http-body.ts'

export interface CheckOptions {
  /** What `Authorization: Bearer` has to carry. */
  readonly token?: string
  /** Further tokens. */
  readonly allows?: (token: string) => boolean
  /** One answer a record, in order; undefined while nothing can be judged. */
  readonly check: (records: readonly unknown[]) => Promise<readonly unknown[]> | undefined
  readonly emit: Emit
}

export interface CheckReply {
  readonly status: 200 | 400 | 401 | 413 | 429 | 500 | 503
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Bytes of a body. */
const MAX_BODY = 1_000_000
const MAX_RECORDS = 100
/** Requests that are read or judged at a time; more are refused. */
const MAX_AT_ONCE = 16

const OWN: Partial<Record<CheckReply['status'], Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  429: { 'retry-after': '1' },
  503: { 'retry-after': '1' },
}

function refused(status: CheckReply['status'], code: ErrorCode, detail: string): CheckReply {
  return { status, body: { error: { code, detail } }, headers: OWN[status] ?? {} }
}

/** `POST /v1/check`: a verdict for an input record, or for each of an array. Bounded in body, records and requests. */
export class CheckEndpoint {
  readonly #options: CheckOptions
  readonly #token: Buffer | undefined
  #atOnce = 0

  constructor(options: CheckOptions) {
    this.#options = options
    this.#token = options.token === undefined ? undefined : digest(options.token)
  }

  /** Never rejects. */
  async reply(request: IncomingMessage): Promise<CheckReply> {
    const began = performance.now()
    const reply = await this.#reply(request).catch(() =>
      refused(500, 'INTERNAL', 'the records cannot be judged'),
    )
    const seconds = (performance.now() - began) / 1000
    const judged = reply.status !== 200 ? 0 : Array.isArray(reply.body) ? reply.body.length : 1
    this.#options.emit({ name: 'checked', status: String(reply.status), records: judged, seconds })
    return reply
  }

  async #reply(request: IncomingMessage): Promise<CheckReply> {
    const unasked = this.#refusal(request)
    if (unasked) {
      await bodyOf(request, 0)
      return unasked
    }
    this.#atOnce++
    try {
      const body = await bodyOf(request, MAX_BODY)
      return body === undefined
        ? refused(413, 'CHECK_TOO_LARGE', `the body has more than ${MAX_BODY} bytes`)
        : await this.#judge(body)
    } finally {
      this.#atOnce--
    }
  }

  /** Why the request is not even read. */
  #refusal(request: IncomingMessage): CheckReply | undefined {
    const given = bearerOf(request)
    const isKnown = this.#token !== undefined && timingSafeEqual(digest(given), this.#token)
    if (!isKnown && !this.#options.allows?.(given))
      return refused(
        401,
        'CHECK_UNAUTHORIZED',
        'Authorization must be Bearer and the token of http.check.token, or one of http.tokens that may check',
      )
    if (this.#atOnce >= MAX_AT_ONCE)
      return refused(429, 'CHECK_BUSY', `${MAX_AT_ONCE} requests are being answered`)
    return undefined
  }

  async #judge(body: Buffer): Promise<CheckReply> {
    const value = parsedJson(body)
    if (typeof value !== 'object' || value === null)
      return refused(400, 'CHECK_MALFORMED', 'the body must be an input record or an array of them, in JSON')
    const records: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (records.length > MAX_RECORDS)
      return refused(400, 'CHECK_MALFORMED', `${records.length} records, at most ${MAX_RECORDS}`)
    const answers = await this.#options.check(records)
    if (!answers) return refused(503, 'CHECK_UNAVAILABLE', 'records cannot be judged yet, or any more')
    if (Array.isArray(value)) return { status: 200, body: answers }
    const [answer] = answers
    return { status: isError(answer) ? 400 : 200, body: answer }
  }
}

function isError(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'error' in answer
}

import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Emit } from '../../domain/events.ts'
import { digest } from '../../domain/hash.ts'
import { bearerOf, parsedJson } from './http-body.ts'
import { type Reply, RequestGate } from './request-gate.ts'

export interface CheckOptions {
  /** The bearer token that callers need. */
  readonly token?: string
  /** Accepts further tokens. */
  readonly allows?: (token: string) => boolean
  /** Returns one result per record, in order, or undefined while messages cannot be judged. */
  readonly check: (records: readonly unknown[]) => Promise<readonly unknown[]> | undefined
  readonly emit: Emit
}

const MAX_RECORDS = 100

/** `POST /v1/check`: the verdict on an input record or on each of an array. Body size, records and concurrent requests are bounded. */
export class CheckEndpoint {
  readonly #options: CheckOptions
  readonly #token: Buffer | undefined
  readonly #gate = new RequestGate({
    maxBody: 1_000_000,
    maxAtOnce: 16,
    codes: {
      ...{ 400: 'CHECK_MALFORMED', 401: 'CHECK_UNAUTHORIZED', 413: 'CHECK_TOO_LARGE' },
      ...{ 429: 'CHECK_BUSY', 503: 'CHECK_UNAVAILABLE' },
    },
  })

  constructor(options: CheckOptions) {
    this.#options = options
    this.#token = options.token === undefined ? undefined : digest(options.token)
  }

  /** Never rejects. */
  async reply(request: IncomingMessage): Promise<Reply> {
    const began = performance.now()
    const reply = await this.#reply(request).catch(() =>
      this.#gate.refused(500, 'the records cannot be judged'),
    )
    const seconds = (performance.now() - began) / 1000
    const judged = reply.status !== 200 ? 0 : Array.isArray(reply.body) ? reply.body.length : 1
    this.#options.emit({ name: 'checked', status: String(reply.status), records: judged, seconds })
    return reply
  }

  #reply(request: IncomingMessage): Promise<Reply> {
    const refusal = this.#refusal(request)
    return refusal
      ? this.#gate.refuse(request, refusal)
      : this.#gate.pass(request, (body) => this.#judge(body))
  }

  #refusal(request: IncomingMessage): Reply | undefined {
    const given = bearerOf(request)
    const isKnown = this.#token !== undefined && timingSafeEqual(digest(given), this.#token)
    if (isKnown || this.#options.allows?.(given)) return undefined
    return this.#gate.refused(
      401,
      'Authorization must be Bearer and the token of http.check.token, or one of http.tokens that may check',
    )
  }

  async #judge(body: Buffer): Promise<Reply> {
    const value = parsedJson(body)
    if (typeof value !== 'object' || value === null)
      return this.#gate.refused(400, 'the body must be an input record or an array of them, in JSON')
    const records: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (records.length > MAX_RECORDS)
      return this.#gate.refused(400, `${records.length} records, at most ${MAX_RECORDS}`)
    const answers = await this.#options.check(records)
    if (!answers) return this.#gate.refused(503, 'records cannot be judged yet, or any more')
    if (Array.isArray(value)) return { status: 200, body: answers }
    const [answer] = answers
    return { status: isError(answer) ? 400 : 200, body: answer }
  }
}

function isError(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'error' in answer
}

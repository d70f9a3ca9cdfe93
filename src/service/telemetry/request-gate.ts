import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../../domain/errors.ts'
import type { HttpRight } from '../../settings/token-forms.ts'
import type { HttpTokenBook } from '../http-token-book.ts'
import { bearerOf, bodyOf } from './http-body.ts'

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface GateOptions {
  /** Maximum body size in bytes. */
  readonly maxBody: number
  /** Maximum number of requests being read or answered; others are refused. */
  readonly maxAtOnce: number
  /** Error code by HTTP status; INTERNAL for any other. */
  readonly codes: Readonly<Partial<Record<number, ErrorCode>>>
}

const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  429: { 'retry-after': '1' },
  503: { 'retry-after': '1' },
}

/** Authentication and limits shared by the endpoints that take a body. Requests are refused before any of their body is buffered. */
export class RequestGate {
  readonly #options: GateOptions
  #atOnce = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  refused(status: number, detail: string): Reply {
    const code: ErrorCode = this.#options.codes[status] ?? 'INTERNAL'
    return { status, body: { error: { code, detail } }, headers: HEADERS[status] ?? {} }
  }

  /** The holder of the request's token if it has one of the rights, otherwise the refusal. */
  holder(
    request: IncomingMessage,
    rights: readonly HttpRight[],
    tokens: Pick<HttpTokenBook, 'holderOf'>,
  ): { readonly name: string } | { readonly refusal: Reply } {
    const holder = tokens.holderOf(bearerOf(request))
    if (!holder)
      return { refusal: this.refused(401, 'Authorization must be Bearer and a token of http.tokens') }
    if (!rights.some((right) => holder.may.includes(right)))
      return { refusal: this.refused(403, `the token may not ${rights.join(' or ')}`) }
    return { name: holder.name }
  }

  /** Answers a request without reading its body, which is discarded as it arrives. */
  async refuse(request: IncomingMessage, reply: Reply): Promise<Reply> {
    await bodyOf(request, 0)
    return reply
  }

  /** Reads the body and answers the request, unless too many requests are in progress or the body is too long. */
  async pass(request: IncomingMessage, answer: (body: Buffer) => Promise<Reply> | Reply): Promise<Reply> {
    const { maxAtOnce, maxBody } = this.#options
    if (this.#atOnce >= maxAtOnce)
      return this.refuse(request, this.refused(429, `${maxAtOnce} requests are being answered`))
    this.#atOnce++
    try {
      const body = await bodyOf(request, maxBody)
      if (body === undefined) return this.refused(413, `the body has more than ${maxBody} bytes`)
      return await answer(body)
    } finally {
      this.#atOnce--
    }
  }
}

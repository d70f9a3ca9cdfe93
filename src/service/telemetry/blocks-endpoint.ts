import type { IncomingMessage } from 'node:http'
import type { HttpRight } from '../../settings/http-forms.ts'
import type { HttpTokenBook } from '../http-token-book.ts'
import { bearerOf, bodyOf, parsedJson } from './http-body.ts'

/** What an order became, or why it did not. */
export type OrderAnswer =
  | { readonly status: 200 | 202; readonly body: object }
  | { readonly status: 400 | 403 | 404 | 409 | 503; readonly detail: string }

/** Takes orders; `by` is the name of the token. Absent members: the service is starting or ending. */
export interface Orders {
  block(order: Readonly<Record<string, unknown>>, by: string): Promise<OrderAnswer>
  unblock(stateId: string, by: string): Promise<OrderAnswer>
  approve(stateId: string, by: string): Promise<OrderAnswer>
}

export interface BlocksOptions {
  readonly tokens: Pick<HttpTokenBook, 'holderOf'>
  /** undefined while nothing can be ordered. */
  readonly orders: () => Orders | undefined
}

export interface BlocksReply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export const BLOCKS_PATH = '/v1/blocks'
const MAX_BODY = 100_000
const MAX_AT_ONCE = 16
const STATE = /^\/v1\/blocks\/([0-9a-f]{32})(\/approve)?$/

const CODES: Readonly<Record<number, string>> = {
  400: 'ORDER_MALFORMED',
  401: 'ORDER_UNAUTHORIZED',
  403: 'ORDER_FORBIDDEN',
  404: 'ORDER_UNKNOWN',
  405: 'ORDER_MALFORMED',
  409: 'ORDER_UNKNOWN',
  413: 'ORDER_TOO_LARGE',
  429: 'ORDER_BUSY',
  503: 'ORDER_UNAVAILABLE',
}

function refused(status: number, detail: string): BlocksReply {
  const headers =
    status === 401 ? { 'www-authenticate': 'Bearer' } : status >= 429 ? { 'retry-after': '1' } : {}
  return { status, body: { error: { code: CODES[status] ?? 'INTERNAL', detail } }, headers }
}

/** `POST /v1/blocks`, `DELETE /v1/blocks/<state>` and `POST /v1/blocks/<state>/approve`. Bounded in body and requests. */
export class BlocksEndpoint {
  readonly #options: BlocksOptions
  #atOnce = 0

  constructor(options: BlocksOptions) {
    this.#options = options
  }

  async reply(path: string, request: IncomingMessage): Promise<BlocksReply> {
    const body = await bodyOf(request, MAX_BODY)
    const asked = askedOf(path, request.method ?? '')
    if (!asked)
      return refused(405, 'POST /v1/blocks, DELETE /v1/blocks/<state>, POST /v1/blocks/<state>/approve')
    const holder = this.#options.tokens.holderOf(bearerOf(request))
    if (!holder) return refused(401, 'Authorization must be Bearer and a token of http.tokens')
    if (!holder.may.includes(asked.right)) return refused(403, `the token may not ${asked.right}`)
    if (body === undefined) return refused(413, `the body has more than ${MAX_BODY} bytes`)
    const orders = this.#options.orders()
    if (!orders) return refused(503, 'orders cannot be taken yet, or any more')
    if (this.#atOnce >= MAX_AT_ONCE) return refused(429, `${MAX_AT_ONCE} requests are being answered`)
    this.#atOnce++
    try {
      const answer = await asked.take(orders, holder.name, body)
      return 'detail' in answer ? refused(answer.status, answer.detail) : answer
    } finally {
      this.#atOnce--
    }
  }
}

interface Asked {
  readonly right: HttpRight
  readonly take: (orders: Orders, by: string, body: Buffer) => Promise<OrderAnswer>
}

function askedOf(path: string, method: string): Asked | undefined {
  if (path === BLOCKS_PATH && method === 'POST')
    return {
      right: 'block',
      take: async (orders, by, body) => {
        const value = parsedJson(body)
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          return { status: 400, detail: 'the body must be an order, in JSON' }
        return orders.block(value as Record<string, unknown>, by)
      },
    }
  const [, id, approves] = STATE.exec(path) ?? []
  if (id === undefined) return undefined
  if (approves) {
    if (method !== 'POST') return undefined
    return { right: 'approve', take: (orders, by) => orders.approve(id, by) }
  }
  if (method !== 'DELETE') return undefined
  return { right: 'block', take: (orders, by) => orders.unblock(id, by) }
}

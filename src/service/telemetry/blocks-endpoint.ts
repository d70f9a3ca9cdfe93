import type { IncomingMessage } from 'node:http'
import type { HttpRight } from '../../settings/token-forms.ts'
import type { HttpTokenBook } from '../http-token-book.ts'
import { parsedJson } from './http-body.ts'
import { type GateOptions, type Reply, RequestGate } from './request-gate.ts'

/** Result of an order, or why it was refused. */
export type OrderAnswer =
  | { readonly status: 200 | 202; readonly body: object }
  | { readonly status: 400 | 403 | 404 | 409 | 503; readonly detail: string }

/** Handles orders; `by` is the name of the token. */
export interface Orders {
  list(): OrderAnswer
  block(order: Readonly<Record<string, unknown>>, by: string): Promise<OrderAnswer>
  unblock(stateId: string, by: string): Promise<OrderAnswer>
  approve(stateId: string, by: string): Promise<OrderAnswer>
}

export interface BlocksOptions {
  readonly tokens: Pick<HttpTokenBook, 'holderOf'>
  /** undefined while the service is starting or shutting down. */
  readonly orders: () => Orders | undefined
}

export const BLOCKS_PATH = '/v1/blocks'
const STATE = /^\/v1\/blocks\/([0-9a-f]{32})(\/approve)?$/

const GATE: GateOptions = {
  maxBody: 100_000,
  maxAtOnce: 16,
  codes: {
    ...{ 400: 'ORDER_MALFORMED', 401: 'ORDER_UNAUTHORIZED', 403: 'ORDER_FORBIDDEN', 404: 'ORDER_UNKNOWN' },
    ...{ 405: 'ORDER_MALFORMED', 409: 'ORDER_UNKNOWN', 413: 'ORDER_TOO_LARGE', 429: 'ORDER_BUSY' },
    503: 'ORDER_UNAVAILABLE',
  },
}

/**
 * `GET` and `POST /v1/blocks`, `DELETE /v1/blocks/<state>` and `POST /v1/blocks/<state>/approve`. Body size and concurrent
 * requests are bounded.
 */
export class BlocksEndpoint {
  readonly #options: BlocksOptions
  readonly #gate = new RequestGate(GATE)

  constructor(options: BlocksOptions) {
    this.#options = options
  }

  async reply(path: string, request: IncomingMessage): Promise<Reply> {
    const gate = this.#gate
    const asked = askedOf(path, request.method ?? '')
    if (asked === 405 || asked === 404) return gate.refuse(request, gate.refused(asked, TAKEN[asked]))
    const holder = gate.holder(request, asked.rights, this.#options.tokens)
    if ('refusal' in holder) return gate.refuse(request, holder.refusal)
    return gate.pass(request, async (body) => {
      const orders = this.#options.orders()
      if (!orders) return gate.refused(503, 'orders cannot be taken yet, or any more')
      const answer = await asked.take(orders, holder.name, body)
      return 'detail' in answer ? gate.refused(answer.status, answer.detail) : answer
    })
  }
}

interface Asked {
  /** One of these is required. */
  readonly rights: readonly HttpRight[]
  readonly take: (orders: Orders, by: string, body: Buffer) => OrderAnswer | Promise<OrderAnswer>
}

const TAKEN = {
  404: 'no state has this id: 32 hexadecimal digits',
  405: 'GET /v1/blocks, POST /v1/blocks, DELETE /v1/blocks/<state>, POST /v1/blocks/<state>/approve',
} as const

function askedOf(path: string, method: string): Asked | 404 | 405 {
  if (path === BLOCKS_PATH && method === 'GET')
    return { rights: ['block', 'approve'], take: (orders) => orders.list() }
  if (path === BLOCKS_PATH && method === 'POST')
    return {
      rights: ['block'],
      take: async (orders, by, body) => {
        const value = parsedJson(body)
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          return { status: 400, detail: 'the body must be an order, in JSON' }
        return orders.block(value as Record<string, unknown>, by)
      },
    }
  const [, id, approves] = STATE.exec(path) ?? []
  if (id === undefined) return path === BLOCKS_PATH ? 405 : 404
  if (approves) {
    if (method !== 'POST') return 405
    return { rights: ['approve'], take: (orders, by) => orders.approve(id, by) }
  }
  if (method !== 'DELETE') return 405
  return { rights: ['block'], take: (orders, by) => orders.unblock(id, by) }
}

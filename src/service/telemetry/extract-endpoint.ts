import type { IncomingMessage } from 'node:http'
import type { Emit } from '../../domain/events.ts'
import type { Extracted } from '../../text/extract.ts'
import type { HttpTokenBook } from '../http-token-book.ts'
import { parsedJson } from './http-body.ts'
import { type GateOptions, type Reply, RequestGate } from './request-gate.ts'

export interface ExtractOptions {
  readonly tokens: Pick<HttpTokenBook, 'holderOf'>
  /** undefined while the service is not ready. */
  readonly extract: () => ((text: string, signature?: string) => Extracted) | undefined
  readonly emit: Emit
}

const MAX_TEXTS = 100
/** Limits in code units; the text may be one of many parts. */
const MAX_TEXT = 20_000
const MAX_SIGNATURE = 64

const GATE: GateOptions = {
  maxBody: 200_000,
  maxAtOnce: 16,
  codes: {
    ...{ 400: 'EXTRACT_MALFORMED', 401: 'EXTRACT_UNAUTHORIZED', 403: 'EXTRACT_FORBIDDEN' },
    ...{ 413: 'EXTRACT_TOO_LARGE', 429: 'EXTRACT_BUSY', 503: 'EXTRACT_UNAVAILABLE' },
  },
}

/**
 * `POST /v1/extract`: extracts from a text, or from each of an array, what blocks match: signature, links, contacts and the
 * folded text. Body size, texts and concurrent requests are bounded.
 */
export class ExtractEndpoint {
  readonly #options: ExtractOptions
  readonly #gate = new RequestGate(GATE)

  constructor(options: ExtractOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async reply(request: IncomingMessage): Promise<Reply> {
    const began = performance.now()
    const reply = await this.#reply(request).catch(() => this.#gate.refused(500, 'the texts cannot be read'))
    const seconds = (performance.now() - began) / 1000
    const texts = reply.status !== 200 ? 0 : Array.isArray(reply.body) ? reply.body.length : 1
    this.#options.emit({ name: 'extracted', status: String(reply.status), texts, seconds })
    return reply
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const holder = this.#gate.holder(request, ['extract'], this.#options.tokens)
    if ('refusal' in holder) return this.#gate.refuse(request, holder.refusal)
    return this.#gate.pass(request, (body) => this.#answer(body))
  }

  #answer(body: Buffer): Reply {
    const value = parsedJson(body)
    if (typeof value !== 'object' || value === null)
      return this.#gate.refused(400, 'the body must be {text, signature?} or an array of them, in JSON')
    const asked: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (asked.length > MAX_TEXTS)
      return this.#gate.refused(400, `${asked.length} texts, at most ${MAX_TEXTS}`)
    const extract = this.#options.extract()
    if (!extract) return this.#gate.refused(503, 'texts cannot be read yet, or any more')
    for (const [i, one] of asked.entries()) {
      const fault = faultOf(one)
      if (fault !== undefined)
        return this.#gate.refused(400, Array.isArray(value) ? `[${i}]: ${fault}` : fault)
    }
    const found = (asked as { text: string; signature?: string | null }[]).map(({ text, signature }) =>
      extract(text, signature ?? undefined),
    )
    return { status: 200, body: Array.isArray(value) ? found : found[0] }
  }
}

/** Describes what is wrong with a text, if anything. Unknown members are ignored, so a whole record is accepted. */
function faultOf(one: unknown): string | undefined {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) return 'must be {text, signature?}'
  const { text, signature } = one as { text?: unknown; signature?: unknown }
  if (typeof text !== 'string') return 'text: must be a string'
  if (text.length > MAX_TEXT) return `text: has more than ${MAX_TEXT} characters`
  if (signature === undefined || signature === null) return undefined
  if (typeof signature !== 'string') return 'signature: must be a string'
  return signature.length > MAX_SIGNATURE ? `signature: has more than ${MAX_SIGNATURE} characters` : undefined
}

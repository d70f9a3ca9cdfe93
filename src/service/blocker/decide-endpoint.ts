import type { IncomingMessage } from 'node:http'
import type { Submission } from '../../detection/blocking/match.ts'
import { readSubmission } from '../../detection/blocking/submission.ts'
import type { Action } from '../../domain/decision.ts'
import type { Emit } from '../../domain/events.ts'
import type { HttpTokenBook } from '../http-token-book.ts'
import { parsedJson } from '../telemetry/http-body.ts'
import { type GateOptions, type Reply, RequestGate } from '../telemetry/request-gate.ts'
import type { Decider, Decision } from './decider.ts'

export interface DecideOptions {
  readonly tokens: Pick<HttpTokenBook, 'holderOf'>
  readonly decider: Pick<Decider, 'decide'>
  /** True while the instance is shutting down. */
  readonly isEnding: () => boolean
  readonly emit: Emit
}

const MAX_MESSAGES = 100

const GATE: GateOptions = {
  maxBody: 1_000_000,
  maxAtOnce: 1_024,
  codes: {
    ...{ 400: 'DECIDE_MALFORMED', 401: 'DECIDE_UNAUTHORIZED', 403: 'DECIDE_FORBIDDEN' },
    ...{ 413: 'DECIDE_TOO_LARGE', 429: 'DECIDE_BUSY', 503: 'DECIDE_UNAVAILABLE' },
  },
}

/** Error for one message of an array; the other messages are still decided. */
interface Refused {
  readonly id?: string
  readonly error: { readonly code: 'DECIDE_MALFORMED'; readonly detail: string }
}

/** `POST /v1/decide`: decides one message or an array of messages. Body size, messages and concurrent requests are bounded. */
export class DecideEndpoint {
  readonly #options: DecideOptions
  readonly #gate = new RequestGate(GATE)

  constructor(options: DecideOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async reply(request: IncomingMessage): Promise<Reply> {
    const began = performance.now()
    const counts: Partial<Record<Action | 'pass', number>> = {}
    const tally = { counts, undecided: 0 }
    const reply = await this.#reply(request, tally).catch(() =>
      this.#gate.refused(500, 'the messages cannot be decided'),
    )
    const seconds = (performance.now() - began) / 1000
    this.#options.emit({ name: 'decided', status: String(reply.status), ...tally, seconds })
    return reply
  }

  #reply(request: IncomingMessage, tally: Tally): Promise<Reply> {
    const gate = this.#gate
    const holder = gate.holder(request, ['decide'], this.#options.tokens)
    if ('refusal' in holder) return gate.refuse(request, holder.refusal)
    if (this.#options.isEnding()) return gate.refuse(request, gate.refused(503, 'the instance is stopping'))
    return gate.pass(request, (body) => this.#answer(body, tally))
  }

  async #answer(body: Buffer, tally: Tally): Promise<Reply> {
    const value = parsedJson(body)
    if (typeof value !== 'object' || value === null)
      return this.#gate.refused(400, 'the body must be a message or an array of them, in JSON')
    const asked: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (asked.length > MAX_MESSAGES)
      return this.#gate.refused(400, `${asked.length} messages, at most ${MAX_MESSAGES}`)
    const read = asked.map(readSubmission)
    if (!Array.isArray(value) && typeof read[0] === 'string') return this.#gate.refused(400, read[0])
    const messages = read.filter((one): one is Submission => typeof one !== 'string')
    const decisions = await this.#options.decider.decide(messages)
    for (const decision of decisions) count(decision, tally)
    let next = 0
    const answers = read.map((one, i) =>
      typeof one === 'string' ? refusedOf(asked[i], one) : decisions[next++]!,
    )
    return { status: 200, body: Array.isArray(value) ? answers : answers[0] }
  }
}

interface Tally {
  readonly counts: Partial<Record<Action | 'pass', number>>
  undecided: number
}

const DOUBTS = new Set(['TABLE_UNREAD', 'BROKERS_SILENT', 'UNDECIDED'])

function count({ action, why }: Decision, tally: Tally): void {
  tally.counts[action] = (tally.counts[action] ?? 0) + 1
  if (why.length === 1 && DOUBTS.has(why[0]!)) tally.undecided++
}

function refusedOf(asked: unknown, detail: string): Refused {
  const { id } = (typeof asked === 'object' && asked !== null ? asked : {}) as { id?: unknown }
  return { ...(typeof id === 'string' ? { id } : {}), error: { code: 'DECIDE_MALFORMED', detail } }
}

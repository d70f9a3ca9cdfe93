import { parseTarget } from '../domain/codes.ts'
import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import type { Clock } from '../domain/ports.ts'
import { givenAtOf, type ProposedOrder } from '../domain/state-store.ts'
import { DAY } from '../domain/time.ts'
import type { Runner } from '../pipeline/runner.ts'
import { feedbackIdOf } from '../pipeline/side-inputs/feedback-id.ts'
import { FeedbackRefusal } from '../pipeline/side-inputs/feedback-refusal.ts'
import { isOrderable, ORDERED_FORM } from '../pipeline/side-inputs/row-checks.ts'
import { type Feedback, readSideRow } from '../pipeline/side-inputs/rows.ts'
import { momentOrSpan } from '../settings/files/value-forms.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import type { KeyedRecord } from './compose-producer.ts'
import type { OrderAnswer, Orders } from './telemetry/blocks-endpoint.ts'

export interface OrdersParts {
  readonly core: Pick<Runner, 'orderedState' | 'approve' | 'isBlockedByHand' | 'blockedByHand'>
  /** Writes a feedback row, which every instance applies. Rejects with a retryable error. undefined if the topic is off. */
  readonly write: ((record: KeyedRecord) => Promise<void>) | undefined
  readonly needsApproval: boolean
  readonly clock: Clock
}

const ORDER = ['target', 'until', 'why', 'action', 'perMinute', 'labels', 'feedbackId', 'batch'] as const
const UNAVAILABLE = {
  status: 503,
  detail: 'the brokers or Redis do not answer: the order may still be written',
} as const
const UNREAD = { status: 503, detail: 'the open states have not been read yet' } as const
const OFF = { status: 503, detail: 'kafka.topics.feedback is off: orders have no topic' } as const

/**
 * Orders over HTTP: validated here so that the caller gets an answer, then written as feedback rows so that every instance
 * applies them.
 */
export class FeedbackOrders implements Orders {
  readonly #parts: OrdersParts

  constructor(parts: OrdersParts) {
    this.#parts = parts
  }

  list(): OrderAnswer {
    const states = this.#parts.core.blockedByHand()
    if (!states) return UNREAD
    const blocks = states.map(({ id, target, action, match, byHand, alert }) => ({
      ...{ id, target: `${target.kind}:${target.id}`, action },
      ...given({ perMinute: byHand!.limit?.perMinute, labels: match.labels }),
      ...{ by: byHand!.by, why: alert.data.reasons[0]?.evidence.why ?? '' },
      orderedAt: new Date(givenAtOf(byHand!)).toISOString(),
      until: new Date(byHand!.until).toISOString(),
      pending: byHand!.pending === true,
      ...given({ proposed: proposedOf(byHand!.proposed, this.#parts.clock.now()) }),
    }))
    return { status: 200, body: { blocks: blocks.sort((a, b) => (a.orderedAt < b.orderedAt ? 1 : -1)) } }
  }

  async block(order: Readonly<Record<string, unknown>>, by: string): Promise<OrderAnswer> {
    const unknown = Object.keys(order).find((key) => !ORDER.some((known) => known === key))
    if (unknown !== undefined) return { status: 400, detail: `unknown member (allowed: ${ORDER.join(', ')})` }
    const { why, until, ...rest } = order
    if (typeof order.target === 'string' && !isOrderable(parseTarget(order.target)?.kind))
      return { status: 400, detail: `target: is not allowed (allowed: ${ORDERED_FORM})` }
    const ts = Math.round(this.#parts.clock.now())
    if (until === undefined || until === null) return { status: 400, detail: 'until: is missing' }
    const end = typeof until === 'string' ? momentOrSpan(until, ts) : until
    if (typeof end !== 'number')
      return { status: 400, detail: 'until: is neither a duration (2h) nor a time with offset' }
    const row = { ...rest, until: end, note: why, verdict: 'block', by, ts }
    const read = readSideRow('feedback', row, canonicalNumber)
    if ('message' in read)
      return { status: 400, detail: `${read.key === 'note' ? 'why' : read.key}: ${read.message}` }
    try {
      const { id, isGiven } = await this.#parts.core.orderedState(read.row)
      const body = {
        id,
        feedbackId: feedbackIdOf(read.row),
        until: new Date(read.row.until).toISOString(),
        ...given({ pending: this.#parts.needsApproval && !isGiven ? true : undefined }),
      }
      return await this.#write(String(order.target), read.row, row, body)
    } catch (error) {
      if (error instanceof FeedbackRefusal) return { status: 400, detail: error.message }
      return unavailable(error)
    }
  }

  async unblock(stateId: string, by: string): Promise<OrderAnswer> {
    try {
      if (!(await this.#parts.core.isBlockedByHand(stateId)))
        return { status: 404, detail: 'there is no open manual block with this id' }
      const ts = Math.round(this.#parts.clock.now())
      const row: Feedback = { stateId, verdict: 'unblock', by, ts, until: ts + DAY }
      return await this.#write(stateId, row, row, { id: stateId, feedbackId: feedbackIdOf(row) })
    } catch (error) {
      return unavailable(error)
    }
  }

  async approve(stateId: string, by: string): Promise<OrderAnswer> {
    try {
      const answer = await this.#parts.core.approve(stateId, by)
      if (answer === 'unknown')
        return {
          status: 404,
          detail:
            'there is no open manual block with this id: it has ended, and a change that waited has lapsed with it',
        }
      if (answer === 'over')
        return { status: 409, detail: 'the order has ended before it was approved: order it again' }
      if (answer === 'not pending') return { status: 409, detail: 'the state waits for no approval' }
      if (answer === 'same person')
        return { status: 403, detail: 'the person who ordered a block cannot approve it' }
      return { status: 200, body: { id: stateId, approvedBy: by } }
    } catch (error) {
      return unavailable(error)
    }
  }

  async #write(key: string, read: Feedback, row: object, body: object): Promise<OrderAnswer> {
    if (!this.#parts.write) return OFF
    const value = JSON.stringify({ ...row, feedbackId: feedbackIdOf(read) })
    await this.#parts.write({ key, value, at: read.ts })
    return { status: 202, body }
  }
}

/** A change of a block in force that awaits approval; undefined if there is none, or its time is over. */
function proposedOf(proposed: ProposedOrder | undefined, now: number) {
  if (!proposed || proposed.until <= now) return undefined
  const { by, why, action, limit, match, ts, until } = proposed
  return {
    ...{ action, ...given({ perMinute: limit?.perMinute, labels: match.labels }), by, why },
    orderedAt: new Date(ts).toISOString(),
    until: new Date(until).toISOString(),
  }
}

function unavailable(error: unknown): OrderAnswer {
  if (error instanceof SigwatchError && error.retry) return UNAVAILABLE
  throw error
}

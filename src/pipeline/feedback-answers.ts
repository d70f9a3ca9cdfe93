import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { hashOf } from '../domain/hash.ts'
import type { Clock, Sink } from '../domain/ports.ts'
import type { StateStore } from '../domain/state-store.ts'
import { MINUTE } from '../domain/time.ts'
import type { FeedbackOutcome } from './side-inputs/feedback.ts'
import { feedbackIdOf } from './side-inputs/feedback-id.ts'
import type { Feedback } from './side-inputs/rows.ts'

export interface FeedbackAnswersParts {
  readonly sink: Pick<Sink, 'has' | 'write'>
  readonly store: Pick<StateStore, 'lease'>
  readonly holder: string
  readonly clock: Clock
  readonly emit: Emit
  readonly signal: AbortSignal
  /** How long an instance has to write an answer before another one does, ms. */
  readonly writeWithin?: number
}

/** Row of `sms.feedback-results`; the key is `feedbackId`. */
export interface FeedbackResult {
  readonly feedbackId: string
  readonly batch?: string
  readonly outcome: 'applied' | 'refused' | 'undone'
  readonly why?: string
  readonly states: readonly string[]
  /** RFC 3339. */
  readonly until?: string
  /** A second person must approve it first. */
  readonly pending?: true
  readonly at: string
}

/** Every instance applies a row; the first one to do so answers it. */
const ANSWERED_ONCE = 10 * MINUTE
const WRITE_WITHIN = 5_000

export class FeedbackAnswers {
  readonly #parts: FeedbackAnswersParts

  constructor(parts: FeedbackAnswersParts) {
    this.#parts = parts
  }

  /** Never rejects: an answer that cannot be written is reported. */
  async answer(row: Feedback, outcome: FeedbackOutcome): Promise<void> {
    const { clock, writeWithin = WRITE_WITHIN } = this.#parts
    if (await this.#answered(row, outcome)) return
    // The instance that answers may end before it has written, and somebody waits for the answer.
    if (clock.now() - row.ts > MINUTE) return
    setTimeout(() => void this.#answered(row, outcome), 1.2 * writeWithin).unref()
  }

  /** False while another instance has the row. */
  async #answered(row: Feedback, outcome: FeedbackOutcome): Promise<boolean> {
    const { sink, store, holder, clock, emit, signal, writeWithin = WRITE_WITHIN } = this.#parts
    if (!sink.has('feedbackResults') || signal.aborted) return true
    const feedbackId = feedbackIdOf(row)
    const lease = `answer:${hashOf(feedbackId, row.ts)}`
    try {
      if (!(await store.lease(lease, holder, writeWithin))) return false
      const result: FeedbackResult = {
        feedbackId,
        ...(row.batch === undefined ? {} : { batch: row.batch }),
        ...shownOf(row, outcome),
        at: new Date(clock.now()).toISOString(),
      }
      await sink.write(
        [{ channel: 'feedbackResults', key: feedbackId, value: JSON.stringify(result) }],
        signal,
      )
      await store.lease(lease, holder, ANSWERED_ONCE)
    } catch (error) {
      emit({ name: 'warning', message: `a row of feedback is not answered: ${codeOf(error)}` })
    }
    return true
  }
}

function shownOf({ verdict }: Feedback, outcome: FeedbackOutcome): Omit<FeedbackResult, 'feedbackId' | 'at'> {
  if (outcome.outcome === 'refused') return { outcome: 'refused', why: outcome.why, states: [] }
  if (outcome.outcome === 'undone') return outcome
  const { states, until, pending } = outcome
  return {
    outcome: verdict === 'unblock' ? 'undone' : 'applied',
    states,
    until: new Date(until).toISOString(),
    ...(pending ? { pending } : {}),
  }
}

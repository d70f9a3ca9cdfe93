import type { ConsentLedger } from '../../domain/consent-ledger.ts'
import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { FeatureStore } from '../../domain/feature-store.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { StateStore } from '../../domain/state-store.ts'
import type { VersionsInForce } from '../../domain/versions.ts'
import type { StateManager } from '../../stores/states/manager.ts'
import type { ManualStates } from '../../stores/states/manual.ts'
import { optOutReply } from '../../text/phrases.ts'
import type { TemplateLearning } from '../template-learning.ts'
import { countComplaint } from './complaints.ts'
import { applyFeedback, type FeedbackOutcome } from './feedback.ts'
import { feedbackIdOf } from './feedback-id.ts'
import type { Feedback, Reply } from './rows.ts'
import { type SideRow, WaitingRows } from './waiting-rows.ts'

export interface SideRowsParts {
  readonly ledger: Pick<ConsentLedger, 'apply' | 'sentBy'>
  readonly features: Pick<FeatureStore, 'count' | 'sent' | 'feedShare'>
  readonly states: Pick<StateManager, 'apply' | 'release' | 'open' | 'allowances'>
  readonly store: Pick<StateStore, 'get' | 'alerted' | 'suppress' | 'given'>
  readonly deployment: string
  readonly versions: VersionsInForce
  /** Raises ordered states; if absent, orders are refused. */
  readonly manual?: ManualStates
  readonly needsApproval?: boolean
  /** Learns from confirmations; absent if disabled. */
  readonly templates?: TemplateLearning
  /** Answers a feedback row with its outcome; never rejects. If absent, rows are not answered. */
  readonly answer?: (row: Feedback, outcome: FeedbackOutcome) => Promise<void>
  readonly emit: Emit
}

/** The fields of a message that determine what a reply refuses. */
type Sent = Pick<AnalysedMessage, 'ts' | 'from' | 'to'>

/** Feedback with a `ts` this close to the wall clock, ms, is from an analyst looking at currently open states. */
const JUST_NOW = 300_000
/** Maximum number of rows checked ahead of the event time, in case a message has a wrong timestamp. */
const AHEAD = 1_000

/**
 * Replies, complaints and feedback, each of which takes effect when the event time reaches its `ts`. Events of changed
 * states are in the outbox; the caller that applies rows publishes them.
 */
export class SideRows {
  readonly #parts: SideRowsParts
  readonly #waiting = new WaitingRows()
  /** Replies applied ahead of the event time, with the pair that each refuses; undefined if it refuses nothing. */
  readonly #actedAhead = new Map<SideRow, string | undefined>()
  #advancing: Promise<void> = Promise.resolve()

  constructor(parts: SideRowsParts) {
    this.#parts = parts
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Event time at which the next complaint or feedback takes effect, ms; Infinity if none waits. Replies act by their `ts`. */
  get dueAt(): number {
    return this.#waiting.dueAt
  }

  add(rows: readonly SideRow[]): void {
    this.#waiting.add(rows)
  }

  /**
   * Applies every row whose `ts` is not after the event time, in `ts` order. Rejects with a retryable error if a
   * store cannot be reached; the row then waits for the next call. A row that fails otherwise is skipped with a
   * warning. `batch` contains the messages that are judged next. Refusals before a message apply to it even if the
   * event time, a median, lags behind; they are applied again when it reaches them, as more may have been sent by
   * then.
   */
  advance(eventTime: number, batch: readonly Sent[] = []): Promise<void> {
    return this.#next(async () => {
      await this.#advanceTo(eventTime)
      await this.#actAhead(eventTime, batch)
    })
  }

  /** Applies feedback given just now by the wall clock, ms, without waiting for the event time, however old the traffic is. */
  applyRecentFeedback(now: number): Promise<void> {
    return this.#next(() => this.#applyAll(this.#waiting.takeFeedback(now - JUST_NOW, now), now))
  }

  /** Runs work sequentially, even after failures. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#advancing = this.#advancing.catch(() => {}).then(work)
    return this.#advancing
  }

  async #advanceTo(eventTime: number): Promise<void> {
    // Rows may arrive while others are applied.
    for (let due = this.#waiting.takeDue(eventTime); due.length > 0; due = this.#waiting.takeDue(eventTime)) {
      await this.#applyAll(due, eventTime)
    }
  }

  /** Rows that a store did not accept wait again. */
  async #applyAll(items: readonly SideRow[], at: number): Promise<void> {
    const failures: unknown[] = []
    const apply = async (item: SideRow) => {
      try {
        await this.#apply(item, at)
        this.#actedAhead.delete(item)
        item.applied?.()
      } catch (error) {
        this.#waiting.add([item])
        failures.push(error)
      }
    }
    // A later feedback row may refer to the effect of an earlier one, and waits with it.
    for (const item of items.filter(({ input }) => input === 'feedback'))
      if (failures.length === 0) await apply(item)
      else this.#waiting.add([item])
    await Promise.all(items.filter(({ input }) => input !== 'feedback').map(apply))
    if (failures.length > 0) throw failures[0]
  }

  async #apply(item: SideRow, eventTime: number): Promise<void> {
    try {
      if (item.input === 'replies') await this.#reply(item.row)
      else if (item.input === 'complaints') await this.#complaint(item, eventTime)
      else await this.#feedback(item)
    } catch (error) {
      if (error instanceof SigwatchError && error.retry) throw error
      const { partition, offset } = item.position
      const reason = error instanceof Error ? error.message : String(error)
      this.#parts.emit({
        name: 'warning',
        message: `${item.input} row at ${partition}/${offset} fails: ${reason}`,
      })
    }
  }

  async #feedback({ row, position, isOfBefore = false }: Extract<SideRow, { input: 'feedback' }>) {
    const { versions, answer } = this.#parts
    const { registry, policy } = versions.current
    // A row undone before this instance started must not take effect even briefly.
    const undoneAt = isOfBefore ? this.#waiting.undoneAt([feedbackIdOf(row), row.batch], row.ts) : undefined
    const outcome = await applyFeedback(row, {
      ...this.#parts,
      registry,
      own: [...(policy.own?.codes.keys() ?? [])],
      position,
      isOfBefore,
      undoneAt,
    })
    await answer?.(row, outcome)
  }

  /** An opt-out word refuses the signatures that this port sent to this subscriber. */
  async #reply({ ts, from, to, text }: Reply): Promise<void> {
    if (!optOutReply(text)) return
    const { ledger } = this.#parts
    const signatures = await ledger.sentBy(to, from, ts)
    await ledger.apply(signatures.map((signature) => ({ signature, to: from, state: 'out' as const, ts })))
  }

  async #complaint(
    { row, position }: Extract<SideRow, { input: 'complaints' }>,
    eventTime: number,
  ): Promise<void> {
    const { features, states, versions } = this.#parts
    const { policy, registry } = versions.current
    const context = { registry, codePolicy: policy.codePolicy.bind(policy) }
    const signals = await countComplaint(row, position, eventTime, features, context)
    for (const signal of signals) await states.apply([{ signal, position }])
  }

  /**
   * Applies refusals from before the newest message of the batch. One that was applied already is repeated only if the
   * batch contains a message of its port to its subscriber, as nothing else can add to what it refuses.
   */
  async #actAhead(eventTime: number, batch: readonly Sent[]): Promise<void> {
    const newest = batch.reduce((time, { ts }) => Math.max(time, ts), Number.NEGATIVE_INFINITY)
    if (newest <= eventTime) return
    const replies = this.#waiting.repliesUntil(newest, AHEAD)
    if (replies.length === 0) return
    const sent = new Set(batch.map(({ from, to }) => `${from} ${to}`))
    const acting = replies.filter((item) => {
      const pair = this.#actedAhead.get(item)
      return pair === undefined ? !this.#actedAhead.has(item) : sent.has(pair)
    })
    await Promise.all(acting.map((item) => this.#apply(item, newest)))
    for (const item of acting) {
      const { text, from, to } = item.row
      this.#actedAhead.set(item, optOutReply(text) ? `${to} ${from}` : undefined)
    }
  }
}

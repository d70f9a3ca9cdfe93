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
  /** Raises what people order; absent: orders are refused. */
  readonly manual?: ManualStates
  readonly needsApproval?: boolean
  /** Learns what is confirmed; absent: nothing is. */
  readonly templates?: TemplateLearning
  /** Tells what became of a row of feedback; never rejects. Absent: it is not told. */
  readonly answer?: (row: Feedback, outcome: FeedbackOutcome) => Promise<void>
  readonly emit: Emit
}

/** What of a message may let a reply refuse more than it did. */
type Sent = Pick<AnalysedMessage, 'ts' | 'from' | 'to'>

/** Feedback with a `ts` this close to the wall clock, ms, is an analyst's who looks at what is open now. */
const JUST_NOW = 300_000
/** Rows looked at ahead of the event time: a wild timestamp of a message must not read all. */
const AHEAD = 1_000

/**
 * Replies, complaints and feedback: each takes effect when the event time reaches its `ts`. States that change have
 * their events in the outbox; who lets rows take effect publishes them.
 */
export class SideRows {
  readonly #parts: SideRowsParts
  readonly #waiting = new WaitingRows()
  /** Replies that acted ahead of the event time, each with the pair that it refuses; undefined: it refuses nothing. */
  readonly #actedAhead = new Map<SideRow, string | undefined>()
  #advancing: Promise<void> = Promise.resolve()

  constructor(parts: SideRowsParts) {
    this.#parts = parts
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Event time at which the next complaint or feedback takes effect, ms; Infinity: none waits. Replies act by their `ts`. */
  get dueAt(): number {
    return this.#waiting.dueAt
  }

  add(rows: readonly SideRow[]): void {
    this.#waiting.add(rows)
  }

  /**
   * Lets every row take effect whose `ts` is not after the event time, in the order of `ts`. Rejects with a retryable
   * error when a store cannot be reached; the row waits for the next call then. A row that fails otherwise is left out
   * with a warning: it would fail again.
   *
   * `batch`: the messages that are judged next. Refusals of a message's past count for it although the event time, a
   * median, comes behind; they act again when it reaches them, since by then more may have been sent.
   */
  advance(eventTime: number, batch: readonly Sent[] = []): Promise<void> {
    return this.#next(async () => {
      await this.#advanceTo(eventTime)
      await this.#actAhead(eventTime, batch)
    })
  }

  /** Lets feedback act that was given just now by the wall clock, ms: it waits for no event time, however old the traffic. */
  applyRecentFeedback(now: number): Promise<void> {
    return this.#next(() => this.#applyAll(this.#waiting.takeFeedback(now - JUST_NOW, now), now))
  }

  /** One after another, whether or not the one before failed. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#advancing = this.#advancing.catch(() => {}).then(work)
    return this.#advancing
  }

  async #advanceTo(eventTime: number): Promise<void> {
    // Rows may come while one is applied.
    for (let due = this.#waiting.takeDue(eventTime); due.length > 0; due = this.#waiting.takeDue(eventTime)) {
      await this.#applyAll(due, eventTime)
    }
  }

  /** Rows that a store did not take wait again. */
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
    // Of feedback the later row may speak of what the earlier did, and waits with it.
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
    // What was undone before this instance began does not act for a moment.
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
   * Lets refusals act that lie before the newest message of the batch. One that has acted before acts again only where
   * the batch holds a message of its port to its subscriber: nothing else can add to what it refuses.
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

import type { BlockTable } from '../../detection/blocking/block-table.ts'
import type { Submission } from '../../detection/blocking/match.ts'
import { codesFor, type Standing } from '../../detection/blocking/standing.ts'
import { smsOf } from '../../detection/blocking/submission.ts'
import { type Action, stronger } from '../../domain/decision.ts'
import type { Emit } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import type { PassAnswer, PassBook, PassRequest, StoppedBy } from '../../domain/pass-book.ts'
import type { MemoryPassBook } from '../../stores/passes/memory.ts'

/** `block` and `throttle` mean do not deliver now; any other action means deliver. */
export interface Decision {
  readonly id: string
  readonly action: Action | 'pass'
  /** The throttle that the message counts against, or that is exhausted. */
  readonly limit?: { readonly perMinute: number }
  /** States in force, and states that may be in force and are treated as `review`. */
  readonly states: readonly string[]
  /** Reason codes, those of the chosen action first, or why no decision was possible. */
  readonly why: readonly string[]
}

/** Why the block table cannot decide. */
export type Doubt = 'TABLE_UNREAD' | 'BROKERS_SILENT' | 'UNDECIDED'

export interface Kept {
  readonly messageId: string
  readonly stateId?: string
  /** The message alert that blocks it. */
  readonly alertId?: string
  /** Same as `why` of the decision. Absent with `missed`. */
  readonly codes?: readonly string[]
  readonly action: Action | 'missed'
}

export interface DeciderOptions {
  readonly table: BlockTable
  /** Time of the brokers, epoch ms. */
  readonly now: () => number
  /** undefined if the table can be trusted. */
  readonly doubt: () => Doubt | undefined
  readonly failure: 'open' | 'closed'
  readonly tokenise: (number: string) => string
  readonly own: MemoryPassBook
  /** Pass book shared by all instances. If absent, each instance counts on its own. */
  readonly shared?: PassBook
  /** Called for each message that must not be delivered, and for each part that was delivered before its block was known. */
  readonly kept: (kept: Kept) => void
  readonly emit: Emit
}

/** A decision with the state or alert that caused the block. */
interface Outcome extends Decision {
  readonly by?: string
  readonly alert?: string
  /** SMS whose other parts are blocked too. */
  readonly stops?: string
}

/** A message whose decision needs a count first. */
interface Pending {
  readonly id: string
  readonly standing: Standing
  readonly request: PassRequest
}

/**
 * Decides messages by the block table and counts what it lets through. While the shared pass book is unreachable, the instance
 * counts on its own, starting from what it let through in the last minute.
 */
export class Decider {
  readonly #options: DeciderOptions
  #sharedLost = false
  #isRegaining = false

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  /** Whether throttles are counted across all instances at the moment. */
  get isShared(): boolean {
    return this.#options.shared !== undefined && !this.#sharedLost
  }

  /** Returns one decision per message, in order. Never rejects. */
  async decide(messages: readonly Submission[]): Promise<Decision[]> {
    const { shared } = this.#options
    if (!shared) return messages.map((message) => this.decideAlone(message))
    const outcomes = await Promise.all(
      messages.map((message) => {
        const begun = this.#begin(message)
        if ('request' in begun) return this.#finishShared(begun, shared)
        return begun.stops === undefined ? begun : this.#stopShared(begun, begun.stops, shared)
      }),
    )
    return outcomes.map((outcome) => this.#tell(outcome))
  }

  /** Decides by the table and the counts of this instance only. Never throws. */
  decideAlone(message: Submission): Decision {
    const begun = this.#begin(message)
    return this.#tell('request' in begun ? this.#finishAlone(begun) : begun)
  }

  /** Handles an alert that blocks the parts of an SMS: parts already delivered are reported as missed. Never rejects. */
  async takeGone(ids: readonly string[]): Promise<void> {
    const { own, kept, shared } = this.#options
    // Other instances do not know what this instance let through while on its own.
    const gone = new Set(own.takeGoneNow(ids))
    if (shared)
      for (const id of await shared.takeGone(ids).catch((error: unknown) => this.#lost(error))) gone.add(id)
    for (const messageId of gone) kept({ messageId, action: 'missed' })
  }

  /** Asks the shared book whether it answers again, as no message may do so for hours. Never rejects. */
  async regain(): Promise<void> {
    const { shared } = this.#options
    if (!shared || !this.#sharedLost || this.#isRegaining) return
    this.#isRegaining = true
    // No message has an empty id.
    await shared.takeGone(['']).then(
      () => this.#found(),
      () => undefined,
    )
    this.#isRegaining = false
  }

  #tell({ by, alert, stops: _, ...decision }: Outcome): Decision {
    const { id, action, why } = decision
    if (action === 'block' || action === 'throttle')
      this.#options.kept({ messageId: id, action, ...given({ stateId: by, alertId: alert }), codes: why })
    return decision
  }

  #begin(message: Submission): Outcome | Pending {
    const { failure, doubt, emit } = this.#options
    try {
      const doubted = doubt()
      if (doubted === 'TABLE_UNREAD' || (doubted && failure === 'closed'))
        return undecided(message.id, failure, doubted)
      return this.#byTable(message)
    } catch (error) {
      emit({ name: 'decide_failed', reason: error instanceof Error ? error.name : typeof error })
      return undecided(message.id, failure, 'UNDECIDED')
    }
  }

  /** Decides the message, unless it has to be counted first. */
  #byTable(message: Submission): Outcome | Pending {
    const { table, now, own, tokenise } = this.#options
    const { id } = message
    const sms = message.part && smsOf(message, tokenise)
    const stopped = sms === undefined ? undefined : own.stoppedBy(sms)
    if (stopped) return stoppedOutcome(id, stopped)
    const standing = table.look(message, now())
    const { action, by, alert, states, throttles } = standing
    if (action === 'block') {
      const why = codesFor(standing.codes, action)
      if (sms !== undefined) own.stopNow(sms, { why, ...given({ state: by, alert }) })
      return { id, action, states, why, ...given({ by, alert, stops: sms }) }
    }
    if (throttles.length === 0 && sms === undefined) return passed(id, standing)
    return { id, standing, request: { throttles, ...(sms === undefined ? {} : { part: { sms, id } }) } }
  }

  #finishAlone(pending: Pending): Outcome {
    return outcomeOf(pending, this.#options.own.settleNow(pending.request))
  }

  async #finishShared(pending: Pending, shared: PassBook): Promise<Outcome> {
    try {
      const [answer] = await shared.settle([pending.request])
      this.#found()
      // Parts are tracked in the shared book only, so that a missed part is reported by one instance.
      if (answer!.outcome === 'passes') this.#options.own.note({ throttles: pending.request.throttles })
      return outcomeOf(pending, answer!)
    } catch (error) {
      this.#lost(error)
      return this.#finishAlone(pending)
    }
  }

  /** Resolves once the other instances know about the block. */
  async #stopShared(outcome: Outcome, sms: string, shared: PassBook): Promise<Outcome> {
    const { by, alert, why } = outcome
    await shared
      .stop(sms, { why, ...given({ state: by, alert }) })
      .catch((error: unknown) => this.#lost(error))
    return outcome
  }

  #lost(error: unknown): never[] {
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.emit({ name: 'throttles_apart', reason })
    this.#sharedLost = true
    return []
  }

  #found(): void {
    if (!this.#sharedLost) return
    this.#sharedLost = false
    this.#options.emit({ name: 'throttles_shared' })
  }
}

function undecided(id: string, failure: 'open' | 'closed', why: Doubt): Outcome {
  return { id, action: failure === 'open' ? 'pass' : 'block', states: [], why: [why] }
}

function stoppedOutcome(id: string, { state, alert, why }: StoppedBy): Outcome {
  const states = state === undefined ? [] : [state]
  return { id, action: 'block', states, why, ...given({ by: state, alert }) }
}

function outcomeOf({ id, standing }: Pending, answer: PassAnswer): Outcome {
  if (answer.outcome === 'stopped') return stoppedOutcome(id, answer.by)
  if (answer.outcome === 'passes') return passed(id, standing)
  const { state, perMinute } = standing.throttles[answer.full]!
  const { states, codes } = standing
  const why = codesFor(codes, 'throttle')
  return { id, action: 'throttle', limit: { perMinute }, states, why, by: state }
}

/** The outcome of a delivered message. A throttle without a known state asks for review. */
function passed(id: string, standing: Standing): Outcome {
  const { throttles, throttledBare, states, codes } = standing
  const action = throttledBare ? stronger(standing.action, 'review') : standing.action
  const perMinute = Math.min(...throttles.map((throttle) => throttle.perMinute))
  return {
    ...{ id, action: action === 'none' ? 'pass' : action },
    ...(throttles.length > 0 ? { limit: { perMinute } } : {}),
    ...{ states, why: codesFor(codes, action) },
  }
}

import type { ConsentLedger } from '../domain/consent-ledger.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { FeatureStore } from '../domain/feature-store.ts'
import type { Sink, Source } from '../domain/ports.ts'
import type { StateRecord, StateStore } from '../domain/state-store.ts'
import type { Versioned } from '../domain/versions.ts'
import { isStillJustified } from '../stores/states/escalation.ts'
import type { StateManager } from '../stores/states/manager.ts'
import type { ApprovalRefusal, ManualStates } from '../stores/states/manual.ts'
import type { StatePublisher } from '../stores/states/publisher.ts'
import type { ActiveVersions } from './active-versions.ts'
import type { CheckAnswer, Checker } from './checker.ts'
import type { Degradation } from './degradation.ts'
import type { Intake } from './intake.ts'
import { orderedMatch } from './side-inputs/manual-blocks.ts'
import type { Feedback } from './side-inputs/rows.ts'
import type { SideRows } from './side-inputs/side-rows.ts'

export interface Background {
  start(): void
  stop(): void | Promise<void>
}

export interface RunnerParts {
  readonly source: Source
  readonly sink: Sink
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  readonly versions: ActiveVersions
  readonly manager: StateManager
  readonly publisher: StatePublisher
  readonly sideRows: SideRows
  readonly intake: Intake
  readonly checker: Checker
  /** Aborted when unwritten output is given up. */
  readonly stopping: AbortController
  /** Aborted when `run` must end: nothing is waited for any more. */
  readonly draining: AbortController
  /** Started before the first record, and stopped after the last, in this order. */
  readonly background: readonly Background[]
  readonly degradation: Degradation
  readonly manual: ManualStates
  /** Further reasons for `/readyz`. */
  readonly unready?: () => readonly string[]
}

/** Time after a stop to wait for a sink that does not respond, ms: less than a process is given to end. */
const GIVE_UP_AFTER = 15_000

/** Runs the parts composed by `createCore`. */
export class Runner {
  readonly #parts: RunnerParts
  /** Ledgers and states have been read and are not closed yet. */
  #judges = false

  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  get manager(): StateManager {
    return this.#parts.manager
  }

  get intake(): Intake {
    return this.#parts.intake
  }

  get sideRows(): SideRows {
    return this.#parts.sideRows
  }

  /** Reads the source to its end or until stopped; when it resolves, all records taken are settled. */
  async run(): Promise<void> {
    const { manager, intake, background, degradation } = this.#parts
    // States are unknown without the store; the sweeper reads them when it is back.
    await manager.refresh().catch((error: unknown) => {
      if (!(error instanceof SigwatchError && error.retry)) throw error
      degradation.missed([error.code], 0)
    })
    for (const work of background) work.start()
    this.#judges = true
    try {
      await intake.run()
    } finally {
      this.#judges = false
      for (const work of background) await work.stop()
    }
  }

  /** Verdicts on records, one answer each; undefined unless it is running. Counts nothing. */
  check(records: readonly unknown[]): Promise<CheckAnswer[]> | undefined {
    return this.#judges ? this.#parts.checker.check(records) : undefined
  }

  /** Drains and ends `run`. */
  async stop(): Promise<void> {
    const { source, stopping, draining } = this.#parts
    draining.abort()
    // Output that is not written by then is produced again by the next owner.
    setTimeout(() => stopping.abort(), GIVE_UP_AFTER).unref()
    await source.stop()
  }

  /**
   * Called after a reload: resolves when no batch uses the previous version and the states that the new one does not
   * support are cleared.
   */
  async adopt(what: Versioned): Promise<void> {
    const { versions, manager, publisher } = this.#parts
    await versions.adopt()
    const { registry } = versions.current
    if (what === 'policy') await manager.review('policy')
    else if (what === 'registry')
      await manager.review('registry', (state) => isStillJustified(state, registry))
    await publisher.publish()
  }

  /**
   * The id of the state that an order raises, and whether one in force does all that it asks for. Rejects with FeedbackRefusal
   * if it raises none.
   */
  async orderedState({ target, labels, action = 'block', perMinute, until }: Feedback) {
    const { manager, manual, states: store, versions } = this.#parts
    const { registry } = versions.current
    const ordered = await orderedMatch({ target: target!, labels }, { registry, open: manager.open, store })
    const id = manual.idOf(ordered.target)
    const limit = perMinute === undefined ? {} : { limit: { perMinute } }
    return { id, isGiven: await manual.isGiven(id, { match: ordered.match, action, until, ...limit }) }
  }

  /** States blocked manually or waiting for approval, as known to this instance; undefined until it has read the states. */
  blockedByHand(): readonly StateRecord[] | undefined {
    const { open } = this.#parts.manager
    if (!open.isRead) return undefined
    return [...open].filter(({ byHand }) => byHand !== undefined)
  }

  async isBlockedByHand(stateId: string): Promise<boolean> {
    const [state] = await this.#parts.states.get([stateId])
    return state?.open === true && state.byHand !== undefined
  }

  async approve(stateId: string, by: string): Promise<ApprovalRefusal | undefined> {
    const { manual, publisher } = this.#parts
    const answer = await manual.approve(stateId, by)
    await publisher.publish()
    return typeof answer === 'string' ? answer : undefined
  }

  /** Reasons for `/readyz`; empty if ready. */
  unready(): readonly string[] {
    const { source, sink, intake, features, states, ledger } = this.#parts
    const own = [source, sink, intake, features, states, ledger].flatMap((part) => part.unready())
    // Parts that share a server report the same reason.
    return [...new Set([...own, ...(this.#parts.unready?.() ?? [])])]
  }
}

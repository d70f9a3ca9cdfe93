import {
  clearedAlert,
  type Feedback,
  renewedAlert,
  shownIds,
  stateAlert,
} from '../../detection/alerts/state-alert.ts'
import type { ClearCause } from '../../domain/alert.ts'
import type { Signal } from '../../domain/decision.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { stateId } from '../../domain/hash.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { MatchingState, StateInput } from '../../domain/state.ts'
import { givenAtOf, type PutDown, type StateRecord } from '../../domain/state-store.ts'
import { provenanceOf } from '../../domain/versions.ts'
import type { Allowances } from './allowances.ts'
import { idsOf } from './campaigns.ts'
import { Expiry } from './expiry.ts'
import { FormerTokens } from './former-tokens.ts'
import { allowedByPolicy, judgeSignal } from './judgement.ts'
import { clear, due, LIFECYCLE_LIMITS, type LifecycleLimits, renew, transition } from './lifecycle.ts'
import { LocalCopy } from './local-copy.ts'
import { type StateManagerParts, type Step, type Write, written } from './manager-parts.ts'
import type { OpenStates } from './open-states.ts'
import { SenderCap } from './sender-cap.ts'
import { settleAll } from './settle-all.ts'

/** Attempts at a compare-and-swap; more conflicts than this indicate a defect. */
const MAX_ATTEMPTS = 32

/**
 * Owns the lifecycle of states: decides transitions and writes each state together with its event by compare-and-swap.
 * All methods reject with a retryable error if the store cannot be reached; events already written are in the outbox.
 */
export class StateManager {
  readonly #parts: StateManagerParts
  readonly #limits: LifecycleLimits
  readonly #copy: LocalCopy
  readonly #former: FormerTokens
  readonly #expiry: Expiry
  /** Suppressions that were put back, whose states have not been checked yet. */
  readonly #putDown = new Map<string, PutDown>()

  constructor(parts: StateManagerParts) {
    this.#parts = parts
    this.#limits = parts.limits ?? LIFECYCLE_LIMITS
    this.#expiry = new Expiry(parts)
    this.#former = parts.formerTokens ?? new FormerTokens()
    this.#copy = new LocalCopy(parts.store, this.#former)
  }

  /** The local copy of all open states, enforced and shadow. */
  get open(): OpenStates {
    return this.#copy.open
  }

  get allowances(): Allowances {
    return this.#copy.allowances
  }

  /** Synchronizes the local copy with the store: before the first message, and periodically. */
  async refresh(): Promise<void> {
    await this.#copy.refresh()
    await this.#clearPutDown()
  }

  /** Open enforced states that match the message, from the local copy: see OpenStates. */
  openStatesFor(message: AnalysedMessage, untilExpiry = false): readonly MatchingState[] {
    return this.#copy.open.matching(message, untilExpiry)
  }

  /** Applies signals in order. Signals carry levels, so the next one compensates for one lost to a rejection. */
  async apply(inputs: readonly StateInput[]): Promise<void> {
    const { store, alerts, versions } = this.#parts
    const byState = new Map<string, StateInput[]>()
    const cap = new SenderCap(this.open)
    for (const input of inputs) {
      const { signal } = input
      if (this.#former.exempt(input, versions.current.policy)) continue
      if (this.allowances.coversTarget(`${signal.target.kind}:${signal.target.id}`, signal.code, signal.at))
        continue
      const id = stateId(alerts.deployment, signal.code, signal.target)
      const group = byState.get(id)
      if (group) group.push(input)
      else if (!this.#idles(id, input) && !cap.refuses(id, signal)) byState.set(id, [input])
    }
    if (cap.refused > 0) this.#parts.capped?.(cap.refused)
    if (byState.size === 0) return
    const ids = [...byState.keys()]
    const suppressed = this.#former.suppressed(store, alerts.deployment, byState)
    const [states, until] = await Promise.all([store.get(ids), suppressed])
    await settleAll(ids.map((id, i) => this.#applyTo(id, byState.get(id)!, states[i], until[i])))
  }

  /**
   * Clears a state at event time `at`, if it is open, and suppresses it until `feedback.until`. Returns false if the id
   * is unknown; it is then suppressed only with `beforehand`, and with `allowed` the matches of its next signal are
   * allowed too. A manual block ordered after `at` stays in force.
   */
  async release(
    id: string,
    at: number,
    feedback: Feedback,
    beforehand?: 'silent' | 'allowed',
  ): Promise<boolean> {
    const { store, alerts } = this.#parts
    const [known] = await store.get([id])
    if (!known && !beforehand) return false
    const isOrderedLater = (state: StateRecord) => state.byHand !== undefined && givenAtOf(state.byHand) > at
    if (known && isOrderedLater(known)) return false
    if (!known && beforehand === 'allowed') this.allowances.addWithSignal(id, feedback.until)
    const ids = known ? idsOf(known, alerts.deployment) : [id]
    await Promise.all(ids.map((name) => store.suppress(name, feedback.until, feedback.by)))
    // A row that is read again (after a restart) must not clear a state raised after the suppression ended.
    await this.#change([id], (current) =>
      current.raisedAt < feedback.until && !isOrderedLater(current)
        ? { next: clear(current, at), cause: 'feedback', feedback }
        : undefined,
    )
    return known !== undefined
  }

  /** Clears states that a restored older store has open although their release was put back. */
  async #clearPutDown(): Promise<void> {
    for (const one of this.#parts.store.takePutDown()) this.#putDown.set(one.id, one)
    await this.#change([...this.#putDown.keys()], (current) => clearedAgain(current, this.#putDown))
    this.#putDown.clear()
  }

  /** Clears states that have ended, and renews those that only their hold keeps open. Returns the number of changed states. */
  async sweep(watermark: number | undefined): Promise<number> {
    const ids = [...this.open].filter((state) => this.#asked(state, watermark)).map((state) => state.id)
    return this.#change(ids, (current) => {
      const asks = this.#asked(current, watermark)
      if (!asks) return undefined
      return asks.kind === 'clear'
        ? { next: clear(current, asks.at), cause: asks.cause }
        : { next: renew(current, asks.at, this.#limits) }
    })
  }

  /** Called after a reload: clears open states that the current policy, or `stands`, no longer supports. */
  async review(
    cause: 'policy' | 'registry',
    stands = (state: StateRecord) => allowedByPolicy(state, this.#parts.versions.current.policy),
  ): Promise<number> {
    const ids = [...this.open].filter((state) => !stands(state)).map((state) => state.id)
    const at = await this.#parts.store.watermark()
    return this.#change(ids, (current) =>
      stands(current) ? undefined : { next: clear(current, Math.max(current.lastSeenAt, at ?? 0)), cause },
    )
  }

  #judge(signal: Signal) {
    return judgeSignal(signal, this.#parts.versions.current.policy, this.#limits)
  }

  /** Writes a state with its event; undefined if another instance wrote first. */
  async #put(write: Write, current: StateRecord | undefined): Promise<StateRecord | undefined> {
    const next = await written(this.#parts, write, current)
    if (next) this.#copy.apply(next)
    return next
  }

  async #applyTo(
    id: string,
    inputs: readonly StateInput[],
    stored: StateRecord | undefined,
    suppressedUntil: number | undefined,
  ): Promise<void> {
    const { store, alerts } = this.#parts
    let current = stored
    let suppressed = suppressedUntil
    for (const input of inputs) {
      for (let attempt = 0; ; attempt++) {
        if (attempt === MAX_ATTEMPTS) throw new SigwatchError('STORE_CONFLICT', `state ${id} keeps changing`)
        if (suppressed !== undefined && suppressed > input.signal.at) {
          await this.allowances.signalled(id, input.signal)
          break
        }
        const write = this.#nextOf(id, current, input)
        if (write === undefined) break
        const written = await this.#put(write, current)
        if (written) {
          current = written
          // After a clear, the signal is checked again: it may raise the state again.
          if (current.open) break
        } else {
          const again = this.#former.suppressed(store, alerts.deployment, new Map([[id, [input]]]))
          ;[[current], [suppressed]] = await Promise.all([store.get([id]), again])
        }
      }
    }
  }

  #nextOf(id: string, current: StateRecord | undefined, input: StateInput): Write | undefined {
    const { signal } = input
    // The state has ended, but was not swept yet. The watermark may lag, so the time of the signal decides.
    if (current?.open && signal.at > current.lastSeenAt + current.hold) {
      // Earlier signals may still arrive; the sweep decides by the watermark.
      if (!signal.over) return undefined
      const ended = due(current, signal.at, this.#limits)
      if (ended?.kind === 'clear') return { next: closed(current, ended.at, ended.cause), isEvent: true }
    }
    const judgement = this.#judge(signal)
    const change = transition(
      current,
      id,
      signal,
      judgement,
      this.#expiry.receptionOf(input, current),
      this.#limits,
    )
    if (change.kind === 'none') return undefined
    if (change.kind === 'clear') return { next: closed(current!, signal.at, change.cause), isEvent: true }
    if (change.kind === 'touch') return { next: { ...change.next, alert: current!.alert }, isEvent: false }
    const { message, samples = [], position, degraded = false } = input
    const alert = stateAlert(
      change.next,
      change.event,
      {
        signal,
        message,
        samples,
        degraded,
        weight: judgement.weight,
        limit: judgement.limit,
        late: judgement.mode === 'enforce' && !change.next.enforced,
        provenance: { ...provenanceOf(this.#parts.versions.current), ...position },
      },
      this.#parts.alerts,
      current?.open ? current.alert : undefined,
    )
    const before = current?.episode === change.next.episode ? current.shown : undefined
    return { next: { ...change.next, alert, shown: shownIds(alert, before) }, isEvent: true }
  }

  /** Whether the local copy already shows that the signal changes nothing: most signals are repeats. */
  #idles(id: string, input: StateInput): boolean {
    const { signal } = input
    const known = this.open.get(id)
    if (!known && !signal.over) return true
    const judgement = this.#judge(signal)
    if (!known) return judgement.action === 'none'
    const reception = this.#expiry.receptionOf(input, known)
    return transition(known, id, signal, judgement, reception, this.#limits).kind === 'none'
  }

  /** Applies a step to each open state in the store, retrying on conflicts. */
  async #change(ids: readonly string[], step: Step): Promise<number> {
    if (ids.length === 0) return 0
    const { store } = this.#parts
    const states = await store.get(ids)
    let changed = 0
    const changeOne = async (first: StateRecord | undefined) => {
      let current = first
      for (let attempt = 0; current?.open && attempt < MAX_ATTEMPTS; attempt++) {
        const taken = step(current)
        if (!taken) return
        const { next, cause, feedback } = taken
        const alert = cause
          ? clearedAlert(next, current.alert, cause, feedback)
          : renewedAlert(next, current.alert)
        if (await this.#put({ next: { ...next, alert }, isEvent: true }, current)) {
          changed++
          return
        }
        ;[current] = await store.get([current.id])
      }
    }
    await settleAll(states.map(changeOne))
    for (const [i, id] of ids.entries()) {
      const stored = states[i]
      if (!stored) this.open.forget(id)
      else if (!stored.open) this.open.apply(stored)
    }
    return changed
  }

  /** The action due on a state, by the watermark and for enforced states by the clock of their readers. */
  #asked(state: StateRecord, watermark: number | undefined) {
    return this.#expiry.asks(state, watermark, this.#limits)
  }
}

function clearedAgain(current: StateRecord, putDown: ReadonlyMap<string, PutDown>): ReturnType<Step> {
  const { until, by = 'unknown' } = putDown.get(current.id)!
  if (current.lastSeenAt >= until) return undefined
  return { next: clear(current, current.lastSeenAt), cause: 'feedback', feedback: { by, until } }
}

function closed(current: StateRecord, at: number, cause: ClearCause): StateRecord {
  const core = clear(current, at)
  return { ...core, alert: clearedAlert(core, current.alert, cause) }
}

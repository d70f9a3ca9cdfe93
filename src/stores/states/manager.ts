import {
  changeOf,
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
import type { PutDown, StateRecord } from '../../domain/state-store.ts'
import { provenanceOf } from '../../domain/versions.ts'
import type { Allowances } from './allowances.ts'
import { idsOf } from './campaigns.ts'
import { Expiry } from './expiry.ts'
import { FormerTokens } from './former-tokens.ts'
import { allowedByPolicy, judgeSignal } from './judgement.ts'
import { clear, due, LIFECYCLE_LIMITS, type LifecycleLimits, renew, transition } from './lifecycle.ts'
import { LocalCopy } from './local-copy.ts'
import type { StateManagerParts, Step, Write } from './manager-parts.ts'
import type { OpenStates } from './open-states.ts'
import { SenderCap } from './sender-cap.ts'
import { settleAll } from './settle-all.ts'

/** Attempts at a compare-and-swap before the conflict is somebody else's defect. */
const MAX_ATTEMPTS = 32

/**
 * Owner of the life of states: decides by the lifecycle and writes by compare-and-swap, each state together with its
 * event. All methods reject with a retryable error when the store cannot be reached; what was written is in the outbox.
 */
export class StateManager {
  readonly #parts: StateManagerParts
  readonly #limits: LifecycleLimits
  readonly #copy: LocalCopy
  readonly #former: FormerTokens
  readonly #expiry: Expiry
  /** Kept down again, and not looked at yet. */
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

  /** What analysts' feedback allows. */
  get allowances(): Allowances {
    return this.#copy.allowances
  }

  /** Brings the local copy in line with the store: before the first message, and now and then. */
  async refresh(): Promise<void> {
    await this.#copy.refresh()
    await this.#clearPutDown()
  }

  /** Open enforced states that match the message, from the local copy: see OpenStates. */
  openStatesFor(message: AnalysedMessage, untilExpiry = false): readonly MatchingState[] {
    return this.#copy.open.matching(message, untilExpiry)
  }

  /** Applies signals in order. Signals speak of levels, so the next one makes up for one that a rejection lost. */
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
   * Clears a state at event time `at` and keeps it from rising until `feedback.until`; also one that is not open now. False:
   * no state of this id is known, and it is kept down only `beforehand`; `allowed`: what its next signal matches is then
   * allowed as well. A block by hand that was ordered after `at` stands.
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
    const isOrderedLater = (state: StateRecord) => state.byHand !== undefined && state.byHand.ts > at
    if (known && isOrderedLater(known)) return false
    if (!known && beforehand === 'allowed') this.allowances.addWithSignal(id, feedback.until)
    const ids = known ? idsOf(known, alerts.deployment) : [id]
    await Promise.all(ids.map((name) => store.suppress(name, feedback.until, feedback.by)))
    // A row that is read again (after a restart) does not clear a state that rose when its time was over.
    await this.#change([id], (current) =>
      current.raisedAt < feedback.until && !isOrderedLater(current)
        ? { next: clear(current, at), cause: 'feedback', feedback }
        : undefined,
    )
    return known !== undefined
  }

  /** Clears what an older store has open of the states whose release was put back there. */
  async #clearPutDown(): Promise<void> {
    for (const one of this.#parts.store.takePutDown()) this.#putDown.set(one.id, one)
    await this.#change([...this.#putDown.keys()], (current) => clearedAgain(current, this.#putDown))
    this.#putDown.clear()
  }

  /** Clears what the time has ended, renews what only its hold keeps open. Returns how many states changed. */
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

  /** After a reload: clears open states that the policy in force, or `stands`, does not bear any more. */
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

  /** Writes a state with its event; undefined when somebody was first. */
  async #put(write: Write, current: StateRecord | undefined): Promise<StateRecord | undefined> {
    const { store, clock, outbox, alerts } = this.#parts
    const { next, entry } = changeOf(write, current, clock.now(), alerts.blocksFrom)
    if (!(await store.put(next, current?.version ?? 0, entry))) return undefined
    this.#copy.apply(next)
    if (entry) outbox.add(entry)
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
          // A clear leaves the signal to be looked at again: it may raise the state again.
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
    // Silence has ended the state, only no sweep has come by yet. The watermark may lag, so the time of the signal counts.
    if (current?.open && signal.at > current.lastSeenAt + current.hold) {
      // Earlier signals may still come: the sweep knows when none does.
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

  /** Whether the local copy is enough to see that nothing will come of it: most signals only repeat. */
  #idles(id: string, input: StateInput): boolean {
    const { signal } = input
    const known = this.open.get(id)
    if (!known && !signal.over) return true
    const judgement = this.#judge(signal)
    if (!known) return judgement.action === 'none'
    const reception = this.#expiry.receptionOf(input, known)
    return transition(known, id, signal, judgement, reception, this.#limits).kind === 'none'
  }

  /** Takes a step on each open state of the store, as often as others are in the way. */
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

  /** What the clocks ask of a state: the watermark, and for enforced states the clock of their readers. */
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

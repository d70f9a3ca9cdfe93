import type { Alert, ClearCause, Provenance } from '../domain/alert.ts'
import type { Signal } from '../domain/decision.ts'
import { SigwatchError } from '../domain/errors.ts'
import { stateId } from '../domain/hash.ts'
import type { AnalysedMessage, Position } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { Clock, OutboxEntry, StateRecord, StateStore } from '../domain/ports.ts'
import type { MatchingState } from '../stages/decide.ts'
import {
  clearedAlert,
  matchOf,
  outboxEntry,
  renewedAlert,
  type StateAlertOptions,
  stateAlert,
} from './alert.ts'
import {
  clear,
  due,
  type Judgement,
  judgementOf,
  LIFECYCLE_LIMITS,
  type LifecycleLimits,
  renew,
  type StateCore,
  transition,
} from './lifecycle.ts'
import { OpenStates } from './open-states.ts'

/** Attempts at a compare-and-swap before the conflict is somebody else's defect. */
const MAX_ATTEMPTS = 32

/** Readers drop an event at its `expiresAt`; their clocks may differ from ours by this much, ms. */
const EXPIRY_GRACE = 60_000

/** Messages that an episode is remembered to have shown. */
const MAX_SHOWN = 64

export interface StateInput {
  readonly signal: Signal
  /** The message that tipped it; absent where none did (complaints). */
  readonly message?: AnalysedMessage
  /** Further messages, of which up to 5 are shown. */
  readonly samples?: readonly AnalysedMessage[]
  /** The record that the event is traced to. */
  readonly position: Position
  readonly degraded?: boolean
}

export interface StateManagerOptions extends StateAlertOptions {
  readonly store: StateStore
  readonly policy: () => Policy
  readonly provenance: () => Pick<Provenance, 'model' | 'policy' | 'registry'>
  /** Delivers events that are in the outbox; resolves when they are acknowledged. */
  readonly publish: (entries: readonly OutboxEntry[], signal?: AbortSignal) => Promise<void>
  readonly clock: Clock
  /** Events past their `expiresAt` by the wall clock are shadow and marked late: with Kafka and `alerts.maxAge` > 0. */
  readonly lateAfterExpiry: boolean
  /**
   * Signals come from one partition in the order of event time (embedded mode): a silence between two of them ends a
   * state although the watermark, which moves by batches, has not come so far.
   */
  readonly ordered?: boolean
  readonly limits?: LifecycleLimits
}

export interface StateManager {
  /** Fills the local copy; before the first message. */
  start(): Promise<void>
  /**
   * Applies signals in order and resolves when the events they caused are acknowledged. Rejects with a retryable
   * error when the store cannot be reached: signals speak of levels, so the next one makes up for a lost one.
   */
  apply(inputs: readonly StateInput[]): Promise<void>
  /** Open enforced states that match the message, from the local copy. */
  openStatesFor(message: AnalysedMessage): readonly MatchingState[]
  /**
   * Clears a state at event time `at` and keeps it from rising before `until` (event time); also for an id that is
   * not open now. True when it was open.
   */
  release(id: string, at: number, until: number): Promise<boolean>
  /** Clears what the time has ended, renews what only its hold keeps open. Returns how many states changed. */
  sweep(watermark: number | undefined, signal?: AbortSignal): Promise<number>
  /** After a reload: clears open states that the policy in force, or `stands`, does not bear any more. */
  review(cause: 'policy' | 'registry', stands?: (state: StateRecord) => boolean): Promise<number>
  /** Brings the local copy in line with the store: now and then, for notices that were lost. */
  refresh(): Promise<void>
  /** The local copy, enforced and shadow. */
  readonly open: Iterable<StateRecord> & Pick<OpenStates, 'size' | 'get' | 'campaignOf'>
}

type Step = (current: StateRecord) => { readonly next: StateCore; readonly cause?: ClearCause } | undefined

/** Owner of the life of states: decides by the lifecycle, writes by compare-and-swap, publishes what happened. */
export function createStateManager(options: StateManagerOptions): StateManager {
  const { store, policy, clock, publish, limits = LIFECYCLE_LIMITS } = options
  const open = new OpenStates()
  /** Ids that change while a refresh is reading. */
  let changed: Set<string> | undefined
  let refreshing: Promise<void> = Promise.resolve()

  const late = (expiresAt: number) => options.lateAfterExpiry && clock.now() > expiresAt

  store.subscribe(learn, () => {
    // A failure is made up for by the next refresh of the sweeper.
    refresh().catch(() => {})
  })

  function learn(state: StateRecord): void {
    changed?.add(state.id)
    open.apply(state)
  }

  function judge(
    signal: Signal,
  ): Judgement & { weight: number; limit?: { readonly perMinute: number } | undefined } {
    const { code, target, at } = signal
    const inForce = policy()
    const rule = inForce.judge(code, at)
    const exempt = inForce.exempt(`${target.kind}:${target.id}`, code, at) !== undefined
    const { action, mode, hold } = judgementOf(rule, signal.cap, limits)
    return {
      action: exempt ? 'none' : action,
      mode: inForce.mode === 'shadow' ? 'shadow' : mode,
      hold,
      weight: rule.weight,
      limit: signal.limit ?? rule.limit,
    }
  }

  /** Writes a state with its event; undefined when somebody was first. */
  async function put(next: StateRecord, current: StateRecord | undefined, isEvent: boolean) {
    const entry = isEvent
      ? outboxEntry(next, current?.open === true && current.enforced, clock.now())
      : undefined
    if (!(await store.put(next, current?.version ?? 0, entry))) return undefined
    learn(next)
    return { state: next, entry }
  }

  function closed(current: StateRecord, at: number, cause: ClearCause): StateRecord {
    const core = clear(current, at)
    return { ...core, alert: clearedAlert(core, current.alert, cause) }
  }

  async function applyTo(
    id: string,
    inputs: readonly StateInput[],
    stored: StateRecord | undefined,
    suppressedUntil: number | undefined,
    entries: OutboxEntry[],
  ): Promise<void> {
    let current = stored
    let suppressed = suppressedUntil
    for (const input of inputs) {
      for (let attempt = 0; ; attempt++) {
        if (attempt === MAX_ATTEMPTS) throw new SigwatchError('STORE_CONFLICT', `state ${id} keeps changing`)
        if (suppressed !== undefined && suppressed > input.signal.at) break
        const step = await nextOf(id, current, input)
        if (step === undefined) break
        const written = await put(step.next, current, step.isEvent)
        if (written) {
          current = written.state
          if (written.entry) entries.push(written.entry)
          // A clear leaves the signal to be looked at again: it may raise the state anew.
          if (current.open) break
        } else {
          const [states, until] = await Promise.all([store.get([id]), store.suppressed([id])])
          current = states[0]
          suppressed = until[0]
        }
      }
    }
  }

  async function nextOf(id: string, current: StateRecord | undefined, input: StateInput) {
    const { signal } = input
    // Silence may have ended the state before this signal, only no sweep has come by yet.
    if (current?.open && signal.at > current.lastSeenAt + current.hold) {
      const watermark = options.ordered ? signal.at : await store.watermark()
      const ended = watermark === undefined ? undefined : due(current, watermark, limits)
      if (ended?.kind === 'clear') return { next: closed(current, ended.at, ended.cause), isEvent: true }
    }
    const judgement = judge(signal)
    const change = transition(current, id, signal, judgement, late, limits)
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
        provenance: { ...options.provenance(), ...position },
      },
      options,
      current?.open ? current.alert : undefined,
    )
    const before = current?.episode === change.next.episode ? current.shown : undefined
    return { next: { ...change.next, alert, shown: shownBy(alert, before) }, isEvent: true }
  }

  /** Whether the local copy is enough to see that nothing will come of it: most signals only repeat. */
  function idles(id: string, signal: Signal): boolean {
    const known = open.get(id)
    if (!known && !signal.over) return true
    const judgement = judge(signal)
    if (!known) return judgement.action === 'none'
    return transition(known, id, signal, judgement, late, limits).kind === 'none'
  }

  async function apply(inputs: readonly StateInput[]): Promise<void> {
    const byState = new Map<string, StateInput[]>()
    for (const input of inputs) {
      const signal = { ...input.signal, match: matchOf(input.signal) }
      const id = stateId(options.deployment, signal.code, signal.target)
      const group = byState.get(id)
      if (group) group.push({ ...input, signal })
      else if (!idles(id, signal)) byState.set(id, [{ ...input, signal }])
    }
    if (byState.size === 0) return
    const ids = [...byState.keys()]
    const [states, until] = await Promise.all([store.get(ids), store.suppressed(ids)])
    const entries: OutboxEntry[] = []
    try {
      await settleAll(ids.map((id, i) => applyTo(id, byState.get(id)!, states[i], until[i], entries)))
    } finally {
      if (entries.length > 0) await publish(entries)
    }
  }

  /** Takes a step on each open state of the store, as often as others are in the way. */
  async function change(ids: readonly string[], step: Step, signal?: AbortSignal): Promise<number> {
    if (ids.length === 0) return 0
    const entries: OutboxEntry[] = []
    const states = await store.get(ids)
    async function changeOne(first: StateRecord | undefined) {
      let current = first
      for (let attempt = 0; current?.open && attempt < MAX_ATTEMPTS; attempt++) {
        const taken = step(current)
        if (!taken) return
        const { next, cause } = taken
        const alert = cause ? clearedAlert(next, current.alert, cause) : renewedAlert(next, current.alert)
        const written = await put({ ...next, alert }, current, true)
        if (written) {
          entries.push(written.entry!)
          return
        }
        ;[current] = await store.get([current.id])
      }
    }
    try {
      await settleAll(states.map(changeOne))
    } finally {
      if (entries.length > 0) await publish(entries, signal)
    }
    for (const [i, id] of ids.entries()) {
      const stored = states[i]
      if (!stored) open.forget(id)
      else if (!stored.open) open.apply(stored)
    }
    return entries.length
  }

  /** What the clocks ask of a state: the watermark, and for enforced states the clock of their readers. */
  function asked(state: StateRecord, watermark: number | undefined) {
    const asks = watermark === undefined ? undefined : due(state, watermark, limits)
    const tooLate = asks?.kind === 'renew' && state.enforced && late(asks.at + limits.validity)
    if (asks && !tooLate) return asks
    if (!state.enforced || !late(state.expiresAt + EXPIRY_GRACE)) return undefined
    return { kind: 'clear', at: state.expiresAt, cause: 'expired' } as const
  }

  return {
    open,
    apply,
    start: refresh,
    openStatesFor: (message) => open.matching(message),

    async release(id, at, until) {
      await store.suppress(id, until)
      // A word that is read again (after a restart) is none on a state that rose when its time was over.
      const cleared = await change([id], (current) =>
        current.raisedAt < until ? { next: clear(current, at), cause: 'feedback' } : undefined,
      )
      return cleared > 0
    },

    async sweep(watermark, signal) {
      const ids = [...open].filter((state) => asked(state, watermark)).map((state) => state.id)
      return change(
        ids,
        (current) => {
          const asks = asked(current, watermark)
          if (!asks) return undefined
          return asks.kind === 'clear'
            ? { next: clear(current, asks.at), cause: asks.cause }
            : { next: renew(current, asks.at, limits) }
        },
        signal,
      )
    },

    async review(cause, stands = bornByPolicy) {
      const ids = [...open].filter((state) => !stands(state)).map((state) => state.id)
      const at = await store.watermark()
      return change(ids, (current) =>
        stands(current) ? undefined : { next: clear(current, Math.max(current.lastSeenAt, at ?? 0)), cause },
      )
    },

    refresh,
  }

  /** One after another: a refresh that began before notices were lost does not make up for them. */
  function refresh(): Promise<void> {
    const next = refreshing.catch(() => {}).then(compare)
    refreshing = next
    return next
  }

  async function compare(): Promise<void> {
    const meanwhile = new Set<string>()
    changed = meanwhile
    try {
      const versions = await store.versions()
      const stale = [...versions].filter(([id, version]) => open.get(id)?.version !== version)
      const states = stale.length > 0 ? await store.get(stale.map(([id]) => id)) : []
      for (const { id } of [...open]) if (!versions.has(id) && !meanwhile.has(id)) open.forget(id)
      for (const [i, [id]] of stale.entries()) {
        if (meanwhile.has(id)) continue
        // Not by version: a store that lost its data counts from 1 again.
        open.forget(id)
        if (states[i]) open.apply(states[i])
      }
    } finally {
      changed = undefined
    }
  }

  function bornByPolicy(state: StateRecord): boolean {
    const inForce = policy()
    const { action, mode } = inForce.judge(state.code, state.lastSeenAt)
    const shadowed = mode === 'shadow' || inForce.mode === 'shadow'
    const exempt = inForce.exempt(`${state.target.kind}:${state.target.id}`, state.code, state.lastSeenAt)
    return action !== 'none' && !exempt && !(state.enforced && shadowed)
  }
}

/** What the episode has shown so far. */
function shownBy({ data }: Alert, before: readonly string[] = []): readonly string[] {
  const now = [...(data.samples ?? []), ...(data.message ? [data.message] : [])].map(({ id }) => id)
  return [...before.filter((id) => !now.includes(id)), ...now].slice(-MAX_SHOWN)
}

/** Waits for all, then rejects with the first failure: what was written must still be published. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

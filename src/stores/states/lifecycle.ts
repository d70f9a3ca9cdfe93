import type { ClearCause } from '../../domain/alert.ts'
import { type Action, cappedAction, type Mode, type Signal, stronger } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import type { CodePolicy } from '../../domain/policy.ts'
import type { StateCore } from '../../domain/state.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { MINUTE } from '../../domain/time.ts'

/** The policy's judgement of a signal; `action` is already weakened by the signal's cap. */
export interface Judgement {
  /** The policy's action before the signal's cap, if the cap may have weakened it. */
  readonly allowed?: Action
  readonly action: Action
  readonly mode: Mode
  /** Silence after the last signal before the state clears, ms. */
  readonly hold: number
}

/** All values in ms of event time. */
export interface LifecycleLimits {
  /** Time from an event to its `expiresAt`. */
  readonly validity: number
  /** Age at which an event is renewed by an update while signals last. */
  readonly renewAfter: number
  /** Minimum interval between updates that do not change the action. */
  readonly updateEvery: number
  /** Factor of growth over the level of the last event that triggers an update. */
  readonly growth: number
  readonly minHold: number
  /** A state that returns within this time of its clear continues its episode. */
  readonly returnWithin: number
  /** Minimum interval between writes of `lastSeenAt`. */
  readonly touchEvery: number
}

/** Maximum number of campaign bands that a state remembers. */
const MAX_ALIASES = 32

export const LIFECYCLE_LIMITS: LifecycleLimits = {
  validity: 15 * MINUTE,
  renewAfter: 7.5 * MINUTE,
  updateEvery: MINUTE,
  growth: 1.5,
  minHold: 5 * MINUTE,
  returnWithin: 30 * MINUTE,
  touchEvery: 10_000,
}

/**
 * `none`: nothing to write. `touch`: only the time of the last signal changes. `event`: `next` is published as an
 * alert. `clear`: the policy no longer allows the state; the caller clears it with the given cause.
 */
export type Transition =
  | { readonly kind: 'none' }
  | { readonly kind: 'touch'; readonly next: StateCore }
  | { readonly kind: 'event'; readonly event: 'raised' | 'updated'; readonly next: StateCore }
  | { readonly kind: 'clear'; readonly cause: 'policy' }

/** Relates a signal to wall clocks. */
export interface Reception {
  /** Whether an alert with this expiry, epoch ms, has already expired for its readers, so that it can only be a shadow. */
  late(expiry: number): boolean
  /** How far an event time, epoch ms, is behind the record of the signal, ms. */
  lag(at: number): number
}

const ON_TIME: Reception = { late: () => false, lag: () => 0 }

const NONE: Transition = { kind: 'none' }

/** Applies the policy of a code to a signal; `hold` is the threshold of that name, in seconds. */
export function judgementOf(
  policy: CodePolicy,
  cap: Action | undefined,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Judgement {
  const hold = policy.thresholds.hold
  return {
    action: cappedAction(policy.action, cap),
    ...given({ allowed: cap === undefined ? undefined : policy.action }),
    mode: policy.mode,
    hold: Math.max(limits.minHold, typeof hold === 'number' ? hold * 1000 : 0),
  }
}

/** The effect of a signal on a state: raise it, hold it, change its action, or nothing. */
export function transition(
  current: StateRecord | undefined,
  id: string,
  signal: Signal,
  judgement: Judgement,
  reception: Reception = ON_TIME,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Transition {
  if (current?.open) return held(current, signal, judgement, reception, limits)
  if (!signal.over || judgement.action === 'none') return NONE
  // Before the last clear: a row or message that is read again.
  if (current?.clearedAt !== undefined && signal.at < current.clearedAt) return NONE
  const returns =
    current?.clearedAt !== undefined && signal.at - current.clearedAt < limits.returnWithin
      ? current
      : undefined
  const expiresAt = signal.at + limits.validity
  const lag = reception.lag(signal.at)
  return {
    kind: 'event',
    event: 'raised',
    next: {
      id,
      code: signal.code,
      target: signal.target,
      match: signal.match,
      ...given({ aliases: signal.aliases }),
      episode: returns?.episode ?? signal.at,
      revision: (returns?.revision ?? 0) + 1,
      version: (current?.version ?? 0) + 1,
      open: true,
      action: judgement.action,
      enforced: judgement.mode === 'enforce' && !reception.late(expiresAt + lag),
      level: signal.level,
      raisedAt: signal.at,
      lastSeenAt: signal.at,
      lastEventAt: signal.at,
      expiresAt,
      ...given({ lag: lag > 0 ? lag : undefined }),
      hold: judgement.hold,
    },
  }
}

function held(
  current: StateRecord,
  signal: Signal,
  judgement: Judgement,
  reception: Reception,
  limits: LifecycleLimits,
): Transition {
  // Readers of the enforced topic would never learn that a state continued in shadow, so it is cleared there first.
  if (judgement.action === 'none' || (current.enforced && judgement.mode === 'shadow')) {
    return { kind: 'clear', cause: 'policy' }
  }
  const lastSeenAt = Math.max(current.lastSeenAt, signal.at)
  const eventAt = Math.max(current.lastEventAt, signal.at)
  const expiresAt = eventAt + limits.validity
  const lag = reception.lag(eventAt)
  const enforced = judgement.mode === 'enforce' && !reception.late(expiresAt + lag)
  const since = signal.at - current.lastEventAt
  const grew = signal.over && signal.level >= current.level * limits.growth
  const rematched = signal.over && JSON.stringify(signal.match) !== JSON.stringify(current.match)
  // A less certain signal does not undo the action that a more certain one justified.
  const action =
    judgement.allowed === undefined
      ? judgement.action
      : cappedAction(judgement.allowed, stronger(current.action, judgement.action))
  const changed = action !== current.action
  const next = withAliases(current, signal.aliases)
  const { lag: _, ...rest } = next
  const surfaced = enforced && !current.enforced
  if (
    changed ||
    surfaced ||
    since >= limits.renewAfter ||
    (since >= limits.updateEvery && (grew || rematched))
  ) {
    return {
      kind: 'event',
      // The enforced topic has no event of this state yet.
      event: surfaced ? 'raised' : 'updated',
      next: {
        ...rest,
        match: signal.match,
        revision: current.revision + 1,
        version: current.version + 1,
        action,
        enforced,
        level: signal.level,
        lastSeenAt,
        lastEventAt: eventAt,
        expiresAt,
        ...given({ lag: lag > 0 ? lag : undefined }),
        hold: judgement.hold,
      },
    }
  }
  if (next === current && lastSeenAt - current.lastSeenAt < limits.touchEvery) return NONE
  return {
    kind: 'touch',
    next: { ...next, version: current.version + 1, lastSeenAt, hold: judgement.hold },
  }
}

/** The state with additional aliases, up to a maximum; the same object if there are no new ones. */
function withAliases(current: StateCore, more: Signal['aliases'] = []): StateCore {
  const known = current.aliases ?? []
  const aliases = [...new Set([...known, ...more])].slice(0, MAX_ALIASES)
  return aliases.length === known.length ? current : { ...current, aliases }
}

/** An update that only renews, for a state that is kept open by its `hold` and not by signals. */
export function renew(
  current: StateRecord,
  at: number,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): StateCore {
  return {
    ...current,
    revision: current.revision + 1,
    version: current.version + 1,
    lastEventAt: at,
    expiresAt: Math.min(at + limits.validity, current.byHand?.until ?? Number.POSITIVE_INFINITY),
  }
}

/**
 * Closes an open state at event time `time`, but not before it was raised. This is the last event of the episode unless
 * the state returns in time.
 */
export function clear(current: StateRecord, time: number): StateCore {
  const at = Math.max(time, current.raisedAt)
  return {
    ...current,
    revision: current.revision + 1,
    version: current.version + 1,
    open: false,
    lastEventAt: Math.max(current.lastEventAt, at),
    expiresAt: Math.min(current.expiresAt, at),
    clearedAt: at,
  }
}

export type Due =
  | { readonly kind: 'clear'; readonly at: number; readonly cause: ClearCause }
  | { readonly kind: 'renew'; readonly at: number }

/** The action due on a manually ordered state: it lasts until its end time, even if it was not renewed. */
export function dueByHand(
  { byHand, lastEventAt }: StateRecord,
  now: number,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Due | undefined {
  const until = byHand!.until
  if (now >= until) return { kind: 'clear', at: until, cause: 'ended' }
  return now - lastEventAt >= limits.renewAfter ? { kind: 'renew', at: now } : undefined
}

/**
 * The action due on an open state. It is cleared when the watermark is past its last signal by `hold`, and expires if
 * its `expiresAt` passed first without a renewal, when readers have dropped it. A clear is dated when it fell due, not
 * when the sweep found it.
 */
export function due(
  current: StateRecord,
  watermark: number,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Due | undefined {
  const ends = current.lastSeenAt + current.hold
  if (watermark > ends && ends <= current.expiresAt) return { kind: 'clear', at: ends, cause: 'ended' }
  if (watermark > current.expiresAt) return { kind: 'clear', at: current.expiresAt, cause: 'expired' }
  if (watermark <= ends && watermark - current.lastEventAt >= limits.renewAfter)
    return { kind: 'renew', at: watermark }
  return undefined
}

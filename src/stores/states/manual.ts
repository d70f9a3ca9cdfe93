import { isDeepStrictEqual } from 'node:util'
import { shownIds, stateAlert } from '../../detection/alerts/state-alert.ts'
import { CODE_BY_HAND } from '../../detection/detectors/all.ts'
import type { Signal, Target } from '../../domain/decision.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { stateId } from '../../domain/hash.ts'
import { type ByHand, givenAtOf, type ProposedOrder, type StateRecord } from '../../domain/state-store.ts'
import { MINUTE } from '../../domain/time.ts'
import { provenanceOf } from '../../domain/versions.ts'
import { redactText } from '../../text/redact.ts'
import { exemptionOf } from './judgement.ts'
import { LIFECYCLE_LIMITS, type LifecycleLimits } from './lifecycle.ts'
import { type StateManagerParts, written } from './manager-parts.ts'

/** A manual order: an action on everything that a match selects, until a time. */
export interface Order extends ProposedOrder, Pick<ByHand, 'pending'> {
  readonly target: Target
}

/** How much later an order may end than the one in force and still count as the same, ms: a second click, or a retry. */
const SAME_END = 5 * MINUTE
/** How far the time of a state lies after that of an order without effect, ms. */
const SKIPPED = 0.5

/** Whether a state is raised manually, approved and not over. */
function isInForce(state: StateRecord | undefined, now: number): state is StateRecord {
  return state?.byHand !== undefined && state.open && state.enforced && state.byHand.until > now
}

type Asked = Pick<Order, 'match' | 'action' | 'limit' | 'until'>

/** Whether an order asks for nothing beyond a state in force. */
function asksForNoMore({ match, action, limit, until }: Asked, state: StateRecord): boolean {
  const { limit: own, until: end } = state.byHand!
  const isSame = action === state.action && limit?.perMinute === own?.perMinute
  return isSame && until <= end + SAME_END && isDeepStrictEqual(match, state.match)
}

export type ApprovalRefusal = 'unknown' | 'not pending' | 'same person' | 'over'

const MAX_ATTEMPTS = 32

/**
 * States raised by people. Each lasts until the end time of its order by the clock, not by event time, and is renewed
 * meanwhile like any other (`Expiry`). All methods reject with a retryable error if the store cannot be reached.
 */
export class ManualStates {
  readonly #parts: Pick<
    StateManagerParts,
    'store' | 'versions' | 'alerts' | 'outbox' | 'clock' | 'ordersLastBy'
  >
  readonly #limits: LifecycleLimits

  constructor(parts: StateManagerParts) {
    this.#parts = parts
    this.#limits = parts.limits ?? LIFECYCLE_LIMITS
  }

  idOf(target: Target): string {
    return stateId(this.#parts.alerts.deployment, CODE_BY_HAND, target)
  }

  /**
   * Raises or changes the state of an order. An order that is not later than the state's current one changes nothing, and one
   * that awaits approval leaves a state in force as it is.
   */
  async raise(order: Order): Promise<StateRecord> {
    const { store, clock } = this.#parts
    const id = this.idOf(order.target)
    return this.#untilWritten(id, async (current) => {
      const known = current?.byHand
      if (known && Math.max(givenAtOf(known), known.proposed?.ts ?? 0) >= order.ts) return current
      if (order.pending && isInForce(current, clock.now())) {
        const isSettled = asksForNoMore(order, current)
        if (isSettled && current.byHand!.ts >= order.ts) return current
        const { pending: _, target: _target, ...proposed } = order
        const byHand = {
          ...current.byHand!,
          ...{ ts: Math.max(current.byHand!.ts, order.ts + SKIPPED), givenAt: givenAtOf(current.byHand!) },
          ...(isSettled ? {} : { proposed: { ...proposed, why: redactText(proposed.why) } }),
        }
        return this.#put({ ...current, version: current.version + 1, byHand }, current, false)
      }
      // The later of an order and an exemption wins.
      const [suppressed] = await store.suppressed([id])
      if (suppressed !== undefined && suppressed > order.ts) await store.suppress(id, order.ts, order.by)
      return this.#put(this.#ordered(id, current, order), current)
    })
  }

  async isGiven(id: string, asked: Asked): Promise<boolean> {
    const [state] = await this.#parts.store.get([id])
    return isInForce(state, this.#parts.clock.now()) && asksForNoMore(asked, state)
  }

  /** Activates an order that awaits approval; the person who gave it cannot approve it. */
  async approve(id: string, by: string): Promise<StateRecord | ApprovalRefusal> {
    const { clock } = this.#parts
    return this.#untilWritten(id, async (current) => {
      if (!current?.open || !current.byHand) return 'unknown'
      const { byHand, target } = current
      const { proposed, pending } = byHand
      if (!proposed && !pending) return 'not pending'
      const waits = proposed ?? byHand
      if (waits.by === by) return 'same person'
      // It would end a block in force.
      if (waits.until <= clock.now()) return 'over'
      const next = proposed
        ? this.#ordered(id, current, { ...proposed, target }, { approvedBy: by })
        : this.#approved(current, byHand, by)
      return this.#put(next, current)
    })
  }

  /** Withdraws an order that awaits approval while an earlier one is in force. Does nothing if there is none of this time. */
  async withdraw(id: string, ts: number): Promise<void> {
    await this.#untilWritten(id, async (current) => {
      if (current?.byHand?.proposed?.ts !== ts) return 'none'
      const { proposed: _, ...byHand } = current.byHand
      return this.#put({ ...current, version: current.version + 1, byHand }, current, false)
    })
  }

  /** Reads a state and changes it, again while another instance is first: `change` is then undefined. */
  async #untilWritten<T>(
    id: string,
    change: (current: StateRecord | undefined) => Promise<T | undefined>,
  ): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [current] = await this.#parts.store.get([id])
      const done = await change(current)
      if (done !== undefined) return done
    }
    throw new SigwatchError('STORE_CONFLICT', `state ${id} keeps changing`)
  }

  #approved(current: StateRecord, { pending: _, ...byHand }: ByHand, by: string): StateRecord {
    const next = this.#next(current, this.#parts.clock.now(), byHand.until)
    const { reasons, provenance } = current.alert.data
    const evidence = { ...reasons[0]!.evidence, approvedBy: by }
    return this.#event({ ...current, ...next, byHand, enforced: true }, evidence, provenance, undefined)
  }

  #ordered(
    id: string,
    current: StateRecord | undefined,
    order: Order,
    approval?: { readonly approvedBy: string },
  ): StateRecord {
    const { clock, versions, ordersLastBy } = this.#parts
    const { target, match, action, by, ts, until, why, limit, pending, position } = order
    const { policy } = versions.current
    const inSpiteOf = exemptionOf({ code: CODE_BY_HAND, target }, policy, ts)
    const evidence = {
      by,
      why: redactText(why),
      until: new Date(until).toISOString(),
      ...given({ policyMode: policy.mode === 'shadow' ? 'shadow' : undefined }),
      ...approval,
    }
    const known = current?.byHand?.ts ?? ts
    const latest = known > ts + SKIPPED ? known : ts
    const core = {
      ...{ id, code: CODE_BY_HAND, target, match, open: true, action, level: 1 },
      ...this.#next(current, ordersLastBy === 'event' ? ts : Math.max(ts, clock.now()), until),
      episode: current?.open ? current.episode : ts,
      enforced: pending === undefined,
      raisedAt: ts,
      lastSeenAt: ts,
      hold: until - ts,
      byHand: {
        ...{ by, ts: latest, until },
        ...given({ givenAt: latest > ts ? ts : undefined, limit, pending: pending || undefined, inSpiteOf }),
      },
    }
    return this.#event(core, evidence, { ...provenanceOf(versions.current), ...position }, current)
  }

  #next(current: StateRecord | undefined, at: number, until: number) {
    return {
      revision: (current?.revision ?? 0) + 1,
      version: (current?.version ?? 0) + 1,
      lastEventAt: at,
      expiresAt: Math.min(until, at + this.#limits.validity),
    }
  }

  #event(
    core: Omit<StateRecord, 'alert'>,
    evidence: Signal['evidence'],
    provenance: StateRecord['alert']['data']['provenance'],
    previous: StateRecord | undefined,
  ): StateRecord {
    const { code, target, match, level, raisedAt: at } = core
    const signal = { code, target, match, level, at, over: true, score: 1, evidence }
    // Readers of the enforced topic have not seen a state that waited for approval.
    const type = previous?.open && previous.enforced && core.enforced ? 'updated' : 'raised'
    const context = { signal, weight: 1, samples: [], provenance, limit: core.byHand?.limit }
    const alert = stateAlert(core, type, { ...context, degraded: false, late: false }, this.#parts.alerts)
    return { ...core, alert, shown: shownIds(alert) }
  }

  /** `isEvent`: whether readers of the topics are to learn of it. */
  async #put(next: StateRecord, current: StateRecord | undefined, isEvent = true) {
    return written(this.#parts, { next, isEvent }, current)
  }
}

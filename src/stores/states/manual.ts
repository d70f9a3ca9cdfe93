import { changeOf, shownIds, stateAlert } from '../../detection/alerts/state-alert.ts'
import { CODE_BY_HAND } from '../../detection/detectors/all.ts'
import type { Action, Match, Signal, Target } from '../../domain/decision.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { stateId } from '../../domain/hash.ts'
import type { Position } from '../../domain/message.ts'
import type { ByHand, StateRecord } from '../../domain/state-store.ts'
import { provenanceOf } from '../../domain/versions.ts'
import { redactText } from '../../text/redact.ts'
import { exemptionOf } from './judgement.ts'
import { LIFECYCLE_LIMITS, type LifecycleLimits } from './lifecycle.ts'
import type { StateManagerParts } from './manager-parts.ts'

/** A manual order: an action on everything that a match selects, until a time. */
export interface Order extends Pick<ByHand, 'by' | 'ts' | 'until' | 'limit' | 'pending'> {
  readonly target: Target
  readonly match: Match
  readonly action: Action
  readonly why: string
  /** Position of the order's record. */
  readonly position: Position
}

/** Why a state cannot be approved. */
export type ApprovalRefusal = 'unknown' | 'not pending' | 'same person'

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

  /** The id of the state that an order raises for a target. */
  idOf(target: Target): string {
    return stateId(this.#parts.alerts.deployment, CODE_BY_HAND, target)
  }

  /** Raises or changes the state of an order. An order that is not later than the state's current one changes nothing. */
  async raise(order: Order): Promise<StateRecord> {
    const { store } = this.#parts
    const id = this.idOf(order.target)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [[current], [suppressed]] = await Promise.all([store.get([id]), store.suppressed([id])])
      if (current?.byHand && current.byHand.ts >= order.ts) return current
      // The later of an order and an exemption wins.
      if (suppressed !== undefined && suppressed > order.ts) await store.suppress(id, order.ts, order.by)
      const written = await this.#put(this.#ordered(id, current, order), current)
      if (written) return written
    }
    throw new SigwatchError('STORE_CONFLICT', `state ${id} keeps changing`)
  }

  /** Activates a state that waits for approval; the person who ordered it cannot approve it. */
  async approve(id: string, by: string): Promise<StateRecord | ApprovalRefusal> {
    const { store, clock } = this.#parts
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [current] = await store.get([id])
      if (!current?.open || !current.byHand) return 'unknown'
      if (!current.byHand.pending) return 'not pending'
      if (current.byHand.by === by) return 'same person'
      const { pending: _, ...byHand } = current.byHand
      const now = clock.now()
      const core = {
        ...current,
        ...this.#next(current, now, byHand.until),
        byHand,
        enforced: true,
      }
      const { evidence } = current.alert.data.reasons[0]!
      const written = await this.#put(
        this.#event(core, { ...evidence, approvedBy: by }, current.alert.data.provenance, undefined),
        current,
      )
      if (written) return written
    }
    throw new SigwatchError('STORE_CONFLICT', `state ${id} keeps changing`)
  }

  #ordered(id: string, current: StateRecord | undefined, order: Order): StateRecord {
    const { clock, versions, ordersLastBy } = this.#parts
    const { target, match, action, by, ts, until, why, limit, pending, position } = order
    const { policy } = versions.current
    const inSpiteOf = exemptionOf({ code: CODE_BY_HAND, target }, policy, ts)
    const evidence = {
      by,
      why: redactText(why),
      until: new Date(until).toISOString(),
      ...given({ policyMode: policy.mode === 'shadow' ? 'shadow' : undefined }),
    }
    const core = {
      ...{ id, code: CODE_BY_HAND, target, match, open: true, action, level: 1 },
      ...this.#next(current, ordersLastBy === 'event' ? ts : Math.max(ts, clock.now()), until),
      episode: current?.open ? current.episode : ts,
      enforced: pending === undefined,
      raisedAt: ts,
      lastSeenAt: ts,
      hold: until - ts,
      byHand: {
        ...{ by, ts, until },
        ...given({ limit, pending: pending || undefined, inSpiteOf }),
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

  async #put(next: StateRecord, current: StateRecord | undefined): Promise<StateRecord | undefined> {
    const { store, clock, outbox, alerts } = this.#parts
    const change = changeOf({ next, isEvent: true }, current, clock.now(), alerts.blocksFrom)
    if (!(await store.put(change.next, current?.version ?? 0, change.entry))) return undefined
    if (change.entry) outbox.add(change.entry)
    return change.next
  }
}

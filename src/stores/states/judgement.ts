import type { Signal } from '../../domain/decision.ts'
import type { Policy } from '../../domain/policy.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { type Judgement, judgementOf, type LifecycleLimits } from './lifecycle.ts'

/** A judgement with what the alert of the state says of it. */
export interface SignalJudgement extends Judgement {
  readonly weight: number
  readonly limit?: { readonly perMinute: number } | undefined
}

/** What the policy makes of a signal: exemptions and the mode of the whole included. */
export function judgeSignal(signal: Signal, policy: Policy, limits: LifecycleLimits): SignalJudgement {
  const { code, target, at } = signal
  const rule = policy.codePolicy(code, at)
  const exempt = policy.exempt(`${target.kind}:${target.id}`, code, at) !== undefined
  const { action, allowed, mode, hold } = judgementOf(rule, signal.cap, limits)
  return {
    action: exempt ? 'none' : action,
    ...(allowed === undefined || exempt ? {} : { allowed }),
    mode: policy.mode === 'shadow' ? 'shadow' : mode,
    hold,
    weight: rule.weight,
    limit: rule.limit,
  }
}

/** Whether the policy still allows an open state: its code acts, in the mode in which it was raised, and no exemption covers it. */
export function allowedByPolicy(state: StateRecord, policy: Policy): boolean {
  const { code, target, lastSeenAt, enforced } = state
  const { action, mode } = policy.codePolicy(code, lastSeenAt)
  const shadowed = mode === 'shadow' || policy.mode === 'shadow'
  const exempt = policy.exempt(`${target.kind}:${target.id}`, code, lastSeenAt)
  return action !== 'none' && !exempt && !(enforced && shadowed)
}

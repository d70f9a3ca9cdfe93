import type { Signal } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { isShadowed, type Policy } from '../../domain/policy.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { type Judgement, judgementOf, type LifecycleLimits } from './lifecycle.ts'

/** A judgement with the fields for the state's alert. */
export interface SignalJudgement extends Judgement {
  readonly weight: number
  readonly limit?: { readonly perMinute: number } | undefined
}

/** The policy's judgement of a signal, including exemptions and the global mode. */
export function judgeSignal(signal: Signal, policy: Policy, limits: LifecycleLimits): SignalJudgement {
  const { code, target, at } = signal
  const rule = policy.codePolicy(code, at)
  const exempt = policy.exempt(`${target.kind}:${target.id}`, code, at) !== undefined
  const { action, allowed, mode, hold } = judgementOf(rule, signal.cap, limits)
  return {
    action: exempt ? 'none' : action,
    ...given({ allowed: allowed === undefined || exempt ? undefined : allowed }),
    mode: isShadowed(policy, code) ? 'shadow' : mode,
    hold,
    weight: rule.weight,
    limit: rule.limit,
  }
}

/** The exemption of a target from a code, as JSON; undefined if there is none. */
export function exemptionOf(
  { code, target }: Pick<StateRecord, 'code' | 'target'>,
  policy: Policy,
  ts: number,
): string | undefined {
  const found = policy.exempt(`${target.kind}:${target.id}`, code, ts)
  return found && JSON.stringify(found)
}

/** Whether the policy has exempted a manual order since it was given: the later of the two wins. */
function isExemptedSince(state: StateRecord, policy: Policy): boolean {
  const exemption = exemptionOf(state, policy, state.lastEventAt)
  return exemption !== undefined && exemption !== state.byHand!.inSpiteOf
}

/** Whether the policy still allows an open state: its code acts, in the mode it was raised in, and no exemption covers it. */
export function allowedByPolicy(state: StateRecord, policy: Policy): boolean {
  if (state.byHand) return !isExemptedSince(state, policy)
  const { code, target, lastSeenAt, enforced } = state
  const { action, mode } = policy.codePolicy(code, lastSeenAt)
  const shadowed = mode === 'shadow' || isShadowed(policy, code)
  const exempt = policy.exempt(`${target.kind}:${target.id}`, code, lastSeenAt)
  return action !== 'none' && !exempt && !(enforced && shadowed)
}

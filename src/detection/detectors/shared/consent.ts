import type { ConsentChange } from '../../../domain/consent-ledger.ts'

/** Consent preselected at registration: not valid, and does not revoke a refusal. */
export function isDefault({ state, proof }: ConsentChange): boolean {
  return state === 'in' && proof === 'default'
}

/** The change in effect at an event time, epoch ms. `consents`: newest first. */
export function consentAt(ts: number, consents: readonly ConsentChange[]): ConsentChange | undefined {
  return consents.find((change) => change.ts <= ts && !isDefault(change))
}

/** A duration in ms as whole seconds. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000)
}

import type { ConsentChange } from '../../../domain/consent-ledger.ts'

/** Ticked by default at registration: no consent, and it takes back no refusal. */
export function isDefault({ state, proof }: ConsentChange): boolean {
  return state === 'in' && proof === 'default'
}

/** The change that holds at an event time, epoch ms. `consents`: newest first. */
export function consentAt(ts: number, consents: readonly ConsentChange[]): ConsentChange | undefined {
  return consents.find((change) => change.ts <= ts && !isDefault(change))
}

/** Whole seconds of a span in ms. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000)
}

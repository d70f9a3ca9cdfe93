import { bareSignature } from '../../text/bare-signature.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'

export interface Pair {
  readonly signature: string
  /** Canonical number or token. */
  readonly to: string
}

/** Parses a key `<signature>|<recipient>` into a pair in the ledger's form. */
export function pairOf(key: string): Pair | undefined {
  const bar = key.lastIndexOf('|')
  if (bar <= 0 || bar === key.length - 1) return undefined
  return { signature: bareSignature(key.slice(0, bar)), to: canonicalNumber(key.slice(bar + 1)) }
}

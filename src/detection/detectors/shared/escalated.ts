import { coversPort } from '../../../domain/filing.ts'
import { isForeignDomain, type Registry } from '../../../domain/registry.ts'
import type { StateRecord } from '../../../domain/state-store.ts'
import { hold } from '../code-spec.ts'

/** `hold` of codes that escalate from messages to a state. */
export const ESCALATED_HOLD = hold(600, 'seconds without another such message until a state clears')

/**
 * Whether a state raised by repeated messages is still justified after a registry change: not if its domain now belongs to a
 * brand, or its port is now filed for its signature.
 */
export function isStillForeign(state: StateRecord, registry: Registry): boolean {
  const { kind, id } = state.target
  if (kind === 'domain') return isForeignDomain(id, registry)
  if (kind !== 'sender') return true
  const { signature, ports = [] } = state.match
  if (signature === undefined) return !ports.some((port) => registry.port(port))
  const row = registry.signature(signature)
  const filings = row ? registry.filings(row, { ts: state.lastSeenAt }) : []
  return !ports.some((port) => filings.some((filing) => coversPort(filing, port)))
}

import { coversPort } from '../../../domain/filing.ts'
import { isForeignDomain, type Registry } from '../../../domain/registry.ts'
import type { StateRecord } from '../../../domain/state-store.ts'
import { hold } from '../code-spec.ts'

/** For codes that escalate from messages to a state. */
export const ESCALATED_HOLD = hold(
  600,
  'seconds without another such message after which an escalated state clears',
)

/**
 * Whether a state that repeated messages raised still stands in a changed registry: not when its domain has become
 * somebody's own, or its port has been filed for its signature meanwhile.
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

import { type Code, isOwnCode } from '../../domain/codes.ts'
import type { Metrics } from './metrics.ts'

/** Codes of the operator's rules that have a label of their own: the first that are counted. */
const NAMED = 100
/** The label of all others. */
const OTHERS = 'OP_OTHER'

const labels = new WeakMap<Metrics, Set<string>>()

/** The label of a code in metrics: those of operators' rules are bounded. */
export function codeLabel(metrics: Metrics, code: Code): string {
  if (!isOwnCode(code)) return code
  const known = labels.get(metrics) ?? new Set()
  labels.set(metrics, known)
  if (known.has(code)) return code
  const label = known.size < NAMED ? code : OTHERS
  known.add(label)
  return label
}

/** The labels that own codes have had so far. */
export function ownLabels(metrics: Metrics): Iterable<string> {
  return labels.get(metrics) ?? []
}

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

/** Sets how many states of own codes are open: those of codes that had some are 0 now. */
export function countOwnStates(metrics: Metrics, counts: Readonly<Partial<Record<Code, number>>>): void {
  for (const code of labels.get(metrics) ?? []) metrics.sigwatch_states_open.set({ code }, 0)
  for (const code of Object.keys(counts).filter(isOwnCode))
    metrics.sigwatch_states_open.inc({ code: codeLabel(metrics, code) }, counts[code])
}

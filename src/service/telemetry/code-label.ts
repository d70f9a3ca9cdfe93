import { type Code, isOwnCode } from '../../domain/codes.ts'
import type { Metrics } from './metrics.ts'

/** Number of own codes with a label of their own: the first ones counted. */
const NAMED = 100
/** The label of all other own codes. */
const OTHERS = 'OP_OTHER'

const labels = new WeakMap<Metrics, Set<string>>()

/** The metric label of a code. The number of labels for own codes is bounded. */
export function codeLabel(metrics: Metrics, code: Code): string {
  if (!isOwnCode(code)) return code
  const known = labels.get(metrics) ?? new Set()
  labels.set(metrics, known)
  if (known.has(code)) return code
  const label = known.size < NAMED ? code : OTHERS
  known.add(label)
  return label
}

/** Sets the number of open states per own code; codes without any are reset to 0. */
export function countOwnStates(metrics: Metrics, counts: Readonly<Partial<Record<Code, number>>>): void {
  for (const code of labels.get(metrics) ?? []) metrics.sigwatch_states_open.set({ code }, 0)
  for (const code of Object.keys(counts).filter(isOwnCode))
    metrics.sigwatch_states_open.inc({ code: codeLabel(metrics, code) }, counts[code])
}

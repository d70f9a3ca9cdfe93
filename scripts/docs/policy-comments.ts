import { readFileSync } from 'node:fs'
import { isMap, isScalar, parseDocument } from 'yaml'
import { SHIPPED_POLICY } from '../../src/policy/load.ts'

export interface ThresholdNote {
  readonly name: string
  readonly value: string
  readonly meaning: string
}

/** The thresholds of a code in the shipped policy, with the comments that stand behind them. */
export function thresholdNotes(code: string): ThresholdNote[] {
  const thresholds = parseDocument(readFileSync(SHIPPED_POLICY, 'utf8')).getIn(
    ['codes', code, 'thresholds'],
    true,
  )
  if (!isMap(thresholds)) return []
  return thresholds.items.map(({ key, value }) => ({
    name: String(isScalar(key) ? key.value : key),
    value: isScalar(value) ? String(value.value) : String(value),
    meaning: isScalar(value) ? (value.comment ?? '').trim() : '',
  }))
}

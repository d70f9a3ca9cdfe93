import { codeNamed } from '../../detection/detectors/all.ts'
import { CODE_NAMES, TARGET_KINDS } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { LABELS } from '../../domain/labels.ts'
import { termsOf } from '../evidence/terms.ts'
import { type Speech, speechIn } from './words.ts'

const CHINESE = speechIn('zh-CN')
const term = termsOf('zh-CN')
const byName = (values: readonly string[], nameOf: (value: string) => string | undefined) =>
  new Map(values.map((value) => [nameOf(value) ?? value, value]))

/** Values of search fields by the names that Chinese pages and CSV files show. */
const VALUES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  code: byName(CODE_NAMES, (code) => codeNamed(code)?.called['zh-CN']),
  action: byName(ACTIONS, (action) => term('action', action)),
  label: byName(LABELS, (label) => term('label', label)),
  target: byName(TARGET_KINDS, (kind) => term('target', kind)),
  type: byName(['raised', 'updated', 'cleared'], (type) => term('event', type)),
  severity: byName(['low', 'medium', 'high', 'critical'], CHINESE.value),
  mode: byName(['enforce', 'shadow'], CHINESE.value),
}

/** The value that alerts have for a shown name of a code, a brand or a fixed value; other values are returned unchanged. */
export function shownValue({ brandNamed }: Speech, field: string, name: string): string {
  if (field === 'brand') return brandNamed(name)
  return (Object.hasOwn(VALUES, field) && VALUES[field]!.get(name)) || name
}

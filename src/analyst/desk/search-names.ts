import { codeNamed } from '../../detection/detectors/all.ts'
import { CODE_NAMES } from '../../domain/codes.ts'
import { valuesOfField } from '../archive/search-conditions.ts'
import type { StoredValue } from '../archive/search-terms.ts'
import { type Speech, speechIn } from './words.ts'

const { term, value } = speechIn('zh-CN')
const byName = (values: readonly string[], nameOf: (value: string) => string | undefined) =>
  new Map(values.map((one) => [nameOf(one) ?? one, one]))

/** Values of search fields by the names that Chinese pages and CSV files show. */
const VALUES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  code: byName(CODE_NAMES, (code) => codeNamed(code)?.called['zh-CN']),
  action: byName(valuesOfField('action'), (one) => term('action', one)),
  label: byName(valuesOfField('label'), (one) => term('label', one)),
  target: byName(valuesOfField('target'), (one) => term('target', one)),
  type: byName(valuesOfField('type'), (one) => term('event', one)),
  severity: byName(valuesOfField('severity'), value),
  mode: byName(valuesOfField('mode'), value),
}

/** Finds the value of a shown name of a code, a brand or a fixed value; other values are returned unchanged. */
export function storedValueIn({ brandNamed }: Speech): StoredValue {
  return (field, name) => {
    if (field === 'brand') return brandNamed(name)
    return (Object.hasOwn(VALUES, field) && VALUES[field]!.get(name)) || name
  }
}

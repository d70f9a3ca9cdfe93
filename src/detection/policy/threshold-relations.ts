import { CODE_NAMES, type ShippedCode } from '../../domain/codes.ts'
import type { Fault } from '../../settings/files/operator-schema.ts'
import { CODES } from '../detectors/all.ts'
import { segmentsOf } from './periods.ts'
import type { CodeRules, PeriodRule, PolicyFile } from './policy-file.ts'

interface Layer {
  readonly path: Fault['path']
  readonly codes: CodeRules
}

/** Inconsistent thresholds at any time for any carrier and tenant, each reported once, at the rules that cause it. */
export function thresholdFaults(policy: PolicyFile): Fault[] {
  const base: Layer = { path: [], codes: policy.codes ?? {} }
  const places = (['carriers', 'tenants'] as const).map((kind): Layer[][] => [
    [],
    ...Object.entries(policy[kind] ?? {}).map(([name, { codes = {} }]) => [{ path: [kind, name], codes }]),
  ])
  const [carriers, tenants] = places as [Layer[][], Layer[][]]
  const faults = new Map<string, Fault>()
  for (const ofPlace of carriers.flatMap((carrier) => tenants.map((tenant) => [...carrier, ...tenant]))) {
    for (const ofTime of periodsTogether(policy.periods ?? [])) {
      const layers = [base, ...ofPlace, ...ofTime]
      for (const fault of CODE_NAMES.flatMap((code) => relationFault(code, layers))) {
        faults.set(JSON.stringify(fault.path), fault)
      }
    }
  }
  return [...faults.values()]
}

/** The sets of periods that are active at the same time. */
function periodsTogether(periods: readonly PeriodRule[]): Layer[][] {
  return segmentsOf(periods).map(({ active }) =>
    active.map((rule) => ({ path: ['periods', periods.indexOf(rule)], codes: rule.codes })),
  )
}

function relationFault(code: ShippedCode, layers: readonly Layer[]): Fault[] {
  const thresholds = Object.assign({}, ...layers.map(({ codes }) => codes[code]?.thresholds))
  const fault = CODES[code].relation?.(thresholds)
  if (!fault) return []
  const names = (layer: Layer) => fault.among.filter((name) => name in (layer.codes[code]?.thresholds ?? {}))
  const layer = layers.findLast((one) => names(one).length > 0)!
  const named = names(layer)
  const threshold = named.includes(fault.threshold) ? fault.threshold : named[0]!
  return [{ path: [...layer.path, 'codes', code, 'thresholds', threshold], message: fault.message }]
}

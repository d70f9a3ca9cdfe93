import { CODE_NAMES, type Code, type OwnCode, parseTarget } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { LABELS } from '../../domain/labels.ts'
import { isTenant, TENANT_FORM } from '../../domain/tenant.ts'
import {
  CHANGE_SCHEMA,
  type Checker,
  compileSchema,
  type Fault,
  strict,
} from '../../settings/files/operator-schema.ts'
import { parseTime } from '../../settings/files/value-forms.ts'
import { speaksOf, specOf } from '../detectors/all.ts'
import type { AnyCode, ThresholdSpec } from '../detectors/code-spec.ts'
import { OWN_CODES } from '../detectors/own-codes.ts'
import type { ExemptionRule, PolicyFile } from './policy-file.ts'

const MODES = ['enforce', 'shadow']
const share = { type: 'number', minimum: 0, maximum: 1 }
const whole = { type: 'integer', minimum: 1, maximum: 1_000_000_000 }
function thresholdSchema(threshold: ThresholdSpec): object {
  if (!('unit' in threshold)) return { type: 'boolean' }
  const { min, max, below, whole } = threshold
  return {
    type: whole ? 'integer' : 'number',
    minimum: min,
    ...given({ maximum: max, exclusiveMaximum: below }),
  }
}

function codeSchema({ thresholds }: AnyCode): object {
  const checks = Object.entries(thresholds).map(([name, threshold]) => [name, thresholdSchema(threshold)])
  return strict({
    action: { type: 'string', enum: ACTIONS },
    mode: { type: 'string', enum: MODES },
    weight: share,
    thresholds: strict(Object.fromEntries(checks)),
    limit: { ...strict({ perMinute: whole }, ['perMinute']), type: ['object', 'null'] },
  })
}

/**
 * Builds the checker of policy files; thresholds and their bounds come from the modules of the codes. `own`: codes of the
 * operator's rules.
 */
export function policyChecker(own: readonly OwnCode[] = []): Checker {
  const names: readonly Code[] = [...CODE_NAMES, ...own]
  const codes = { $ref: '#/$defs/codes' }
  const codeTable = strict({
    ...Object.fromEntries(CODE_NAMES.map((name) => [name, codeSchema(specOf(name))])),
    ...Object.fromEntries(own.map((name) => [name, { $ref: '#/$defs/own' }])),
  })
  const line = { type: 'string', minLength: 1, maxLength: 200 }
  const span = { type: ['string', 'null'], format: 'span' }
  const quietHours = strict({
    ...Object.fromEntries(LABELS.map((label) => [label, span])),
    zone: { type: 'string', format: 'zone' },
  })
  const time = { type: 'string', format: 'time' }
  const period = strict({ name: line, from: time, to: time, codes }, ['name', 'from', 'to', 'codes'])
  const exemption = strict(
    {
      target: { ...line, format: 'target' },
      codes: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: names } },
      until: time,
      by: line,
      why: line,
    },
    ['target', 'codes', 'until', 'by', 'why'],
  )
  const exemptions = { type: 'array', items: exemption }
  const mode = { type: 'string', enum: MODES }
  const root = strict({
    change: CHANGE_SCHEMA,
    requireChange: { type: 'boolean' },
    mode,
    codes,
    periods: { type: 'array', items: period },
    quietHours,
    escalate: strict({ count: whole, recipients: whole, within: { type: 'string', format: 'duration' } }),
    exemptions,
    carriers: { type: 'object', additionalProperties: strict({ mode, codes, quietHours }) },
    tenants: {
      type: 'object',
      additionalProperties: strict({ mode, codes, quietHours, exemptions }),
    },
    enforce: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: names } },
  })
  const check = compileSchema({ ...root, $defs: { codes: codeTable, own: codeSchema(OWN_CODES) } })
  return (value) => {
    const faults = check(value)
    return faults.length > 0 ? faults : relations(value as PolicyFile)
  }
}

/** Relations between values of the merged policy that the schema cannot express. */
export function mergedFaults({ escalate: { count = 1, recipients = 1 } = {} }: PolicyFile): readonly Fault[] {
  if (recipients <= count) return []
  const message = `${recipients} recipients cannot be reached by ${count} messages: recipients must not exceed count`
  return [{ path: ['escalate', 'recipients'], message }]
}

/** Relations between values that the schema cannot express. */
function relations(policy: PolicyFile): Fault[] {
  const faults: Fault[] = []
  if (policy.requireChange && !policy.change) {
    const message = 'asks for a change, and the file names none: add change: {by: …, why: …}'
    faults.push({ path: ['requireChange'], message })
  }
  const names = new Set<string>()
  for (const [index, { name, from, to }] of (policy.periods ?? []).entries()) {
    if (names.has(name))
      faults.push({ path: ['periods', index, 'name'], message: `"${name}" is used twice: rename one` })
    names.add(name)
    if (parseTime(to)! <= parseTime(from)!) {
      faults.push({ path: ['periods', index, 'to'], message: `is not after from (${from})` })
    }
  }
  faults.push(...idleExemptions(policy.exemptions, []))
  for (const [name, { exemptions }] of Object.entries(policy.tenants ?? {})) {
    if (!isTenant(name))
      faults.push({ path: ['tenants', name], message: `is not a tenant (allowed: ${TENANT_FORM})` })
    faults.push(...idleExemptions(exemptions, ['tenants', name]))
  }
  return faults
}

/** Exemptions without effect: the code does not apply to the target. */
function idleExemptions(exemptions: readonly ExemptionRule[] = [], path: Fault['path']): Fault[] {
  return exemptions.flatMap(({ target, codes }, index) => {
    const { kind } = parseTarget(target)!
    return codes.flatMap((code, place) => {
      if (speaksOf(code, kind)) return []
      const message = `${code} does not apply to a ${kind}: it would exempt nothing (allowed: ${specOf(code).targets.join(', ')})`
      return [{ path: [...path, 'exemptions', index, 'codes', place], message }]
    })
  })
}

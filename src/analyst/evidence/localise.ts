import { Ajv, type ValidateFunction } from 'ajv'
import { codeNamed } from '../../detection/detectors/all.ts'
import { createDescribe } from '../../detection/detectors/describe.ts'
import { ESCALATION_FIELDS, objectSchema } from '../../detection/detectors/evidence-fields.ts'
import { citedIn } from '../../detection/detectors/rules.ts'
import type { Locale } from '../../detection/detectors/words.ts'
import type { AlertReason } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import { given } from '../../domain/given.ts'

/** The sentence and rule of a reason in the language of the pack. */
export type Localise = (reason: Pick<AlertReason, 'code' | 'detail' | 'rule' | 'evidence'>) => {
  readonly detail: string
  readonly rule?: string
}

/**
 * Translates reasons into the language of the reader by generating the sentence again from its evidence. If this version does
 * not know the code or the evidence, the sentence stays as the service wrote it.
 */
export function localiser(locale: Locale): Localise {
  const describe = createDescribe(locale)
  const ajv = new Ajv()
  const checks = new Map<Code, ValidateFunction>()
  const isKnown = ({ code, evidence }: Pick<AlertReason, 'code' | 'evidence'>): boolean => {
    const spec = codeNamed(code)
    if (!spec) return false
    let check = checks.get(code)
    if (!check) {
      const fields = { ...ESCALATION_FIELDS, ...spec.evidence }
      const required = Object.entries(spec.evidence).flatMap(([name, f]) => (f.optional ? [] : [name]))
      check = ajv.compile({ ...objectSchema(fields), required, additionalProperties: true })
      checks.set(code, check)
    }
    return check(evidence)
  }
  return (reason) => ({
    detail: isKnown(reason) ? describe(reason).detail : reason.detail,
    ...given({ rule: reason.rule === undefined ? undefined : citedIn(locale, reason.rule) }),
  })
}

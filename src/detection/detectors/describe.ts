import type { Alert, AlertReason } from '../../domain/alert.ts'
import type { Finding } from '../../domain/decision.ts'
import { CODES_OF_SIGNATURE_ROWS, restsOnComplaints, specOf } from './all.ts'
import { citation } from './rules.ts'
import { type Locale, WORDS } from './words.ts'

export type Describe = (finding: Pick<Finding, 'code' | 'evidence'>) => {
  readonly detail: string
  readonly rule?: string
}

export function createDescribe(locale: Locale): Describe {
  const words = WORDS[locale]
  return ({ code, evidence }) => {
    const { sentences, rule } = specOf(code)
    const detail = sentences[locale](evidence, words)
    return rule === undefined ? { detail } : { detail, rule: citation(rule) }
  }
}

/** The sentence of an alert's reason in another language; the original one if the evidence is of another version. */
export function sentenceOf({ code, evidence, detail }: AlertReason, describe: Describe): string {
  try {
    return describe({ code, evidence }).detail
  } catch {
    return detail
  }
}

/** Whether the alert is based on counts alone and so never showed a message. */
export function restsOnCounts({ data }: Pick<Alert, 'data'>): boolean {
  return data.reasons.some(({ code }) => restsOnComplaints(code))
}

/** Names of the codes that are off while the registry has no signature rows, for a warning. */
export const WITHOUT_SIGNATURE_ROWS = `${new Intl.ListFormat('en-GB').format(CODES_OF_SIGNATURE_ROWS)} are off`

import type { Alert, AlertReason } from '../../domain/alert.ts'
import type { Finding } from '../../domain/decision.ts'
import { CODES_OF_SIGNATURE_ROWS, restsOnComplaints, specOf } from './all.ts'
import { citation } from './rules.ts'
import { type Locale, WORDS } from './words.ts'

export type Describe = (finding: Pick<Finding, 'code' | 'evidence'>) => {
  readonly detail: string
  readonly rule?: string
}

/** Sentence and rule of findings in a language. */
export function createDescribe(locale: Locale): Describe {
  const words = WORDS[locale]
  return ({ code, evidence }) => {
    const { sentences, rule } = specOf(code)
    const detail = sentences[locale](evidence, words)
    return rule === undefined ? { detail } : { detail, rule: citation(rule) }
  }
}

/** The sentence of an alert's reason in another language; its own where the evidence is that of another version. */
export function sentenceOf({ code, evidence, detail }: AlertReason, describe: Describe): string {
  try {
    return describe({ code, evidence }).detail
  } catch {
    return detail
  }
}

/** Whether no single message raised what the alert is about, so that it never showed one. */
export function restsOnCounts({ data }: Pick<Alert, 'data'>): boolean {
  return data.reasons.some(({ code }) => restsOnComplaints(code))
}

/** Which codes are off while the registry has no signature rows, for a warning. */
export const WITHOUT_SIGNATURE_ROWS = `${new Intl.ListFormat('en-GB').format(CODES_OF_SIGNATURE_ROWS)} are off`

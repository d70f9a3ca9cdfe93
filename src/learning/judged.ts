import type { Alert } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import { LABELS, type Label } from '../domain/labels.ts'

/** The last word of an analyst on a case. */
export interface Judgement {
  readonly verdict: 'confirmed' | 'false_positive'
  readonly by: string
  /** Epoch ms. */
  readonly at: number
  /** Codes that it is about; absent: all of the alert. */
  readonly codes?: readonly string[]
  readonly note?: string
}

/** A case with the alert that it is about: on a message, or a state with the messages that it shows. */
export interface JudgedCase {
  readonly alert: Alert
  readonly judgement: Judgement
}

/** A label of the corpus: one of the six, or one that the text is not. */
export type CorpusLabel = Label | `not-${Label}`

/** What a confirmed code says of the words of a message. Codes that rest on the sender or on counts say nothing. */
const LABEL_OF: Readonly<Partial<Record<Code, Label>>> = {
  TEXT_FRAUD: 'fraud',
  TEXT_ILLICIT: 'illicit',
  TEXT_FINANCE: 'finance',
  TEXT_MARKETING: 'marketing',
  FORGED_BRAND: 'fraud',
  LOOKALIKE_SIGNATURE: 'fraud',
  LOOKALIKE_DOMAIN: 'fraud',
}

/** Codes that rest on the text being commercial: confirmed, they confirm the label that it had. */
const ON_COMMERCIAL: readonly Code[] = [
  'SCOPE_EXPANDED',
  'NO_CONSENT',
  'AFTER_OPT_OUT',
  'OPT_OUT_MISSING',
  'QUIET_HOURS',
  'MARKETING_BURST',
]

const STATED = new RegExp(`(?:^|[\\s,;，；。])label\\s*[:=：]\\s*(${LABELS.join('|')})(?![a-z])`, 'i')

/**
 * The label that a judgement gives to the text. A note that says `label: notice` decides; else the codes do. undefined:
 * it says nothing of the words.
 */
export function labelOf({ alert, judgement }: JudgedCase): CorpusLabel | undefined {
  const stated = STATED.exec(judgement.note ?? '')?.[1]?.toLowerCase()
  if (stated !== undefined) return stated as Label
  const { reasons, label } = alert.data
  const codes = reasons
    .map(({ code }) => code)
    .filter((code) => judgement.codes === undefined || judgement.codes.includes(code))
  const named = [...new Set(codes.flatMap((code) => LABEL_OF[code] ?? []))]
  const one = named.find((name) => name === label) ?? (named.length === 1 ? named[0] : undefined)
  if (judgement.verdict === 'false_positive') return one === undefined ? undefined : `not-${one}`
  if (one !== undefined || named.length > 1) return one
  const isCommercial = label === 'marketing' || label === 'finance'
  return isCommercial && codes.some((code) => ON_COMMERCIAL.includes(code)) ? label : undefined
}

/** Whether a text can have both labels. */
export function agree(a: CorpusLabel, b: CorpusLabel): boolean {
  if (a === b) return true
  const [notA, notB] = [a.startsWith('not-'), b.startsWith('not-')]
  if (notA && notB) return true
  if (notA) return a !== `not-${b}`
  if (notB) return b !== `not-${a}`
  return false
}

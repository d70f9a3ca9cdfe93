import { codeNamed } from '../../detection/detectors/all.ts'
import type { Alert } from '../../domain/alert.ts'
import { LABELS, type Label } from '../../domain/labels.ts'

/** An analyst's last judgement on a case. */
export interface Judgement {
  readonly verdict: 'confirmed' | 'false_positive'
  readonly by: string
  /** Epoch ms. */
  readonly at: number
  /** The codes it applies to; absent for all codes of the alert. */
  readonly codes?: readonly string[]
  readonly note?: string
  /** The label of the text as chosen by the analyst. */
  readonly label?: Label
}

/** A judgement with its alert: on a message, or on a state with the messages that it shows. */
export interface JudgedCase {
  readonly alert: Alert
  readonly judgement: Judgement
}

/** A label of the corpus: one of the six, or one that the text does not have. */
export type CorpusLabel = Label | `not-${Label}`

const STATED = new RegExp(`(?:^|[\\s,;，；。])label\\s*[:=：]\\s*(${LABELS.join('|')})(?![a-z])`, 'i')

/**
 * The label that a judgement implies for the text. An explicit label, or `label: notice` in the note, takes precedence over the
 * codes. undefined if the judgement does not concern the text.
 */
export function labelOf({ alert, judgement }: JudgedCase): CorpusLabel | undefined {
  const stated = judgement.label ?? STATED.exec(judgement.note ?? '')?.[1]?.toLowerCase()
  if (stated !== undefined) return stated as Label
  const { reasons, label } = alert.data
  const confirmed = reasons
    .filter(({ code }) => judgement.codes === undefined || judgement.codes.includes(code))
    .flatMap(({ code, evidence }) => {
      const confirms = codeNamed(code)?.confirms
      return (confirms === 'evidence' ? (evidence.label as Label) : confirms) ?? []
    })
  const named = [...new Set(confirmed.filter((name) => name !== 'commercial'))]
  const one = named.find((name) => name === label) ?? (named.length === 1 ? named[0] : undefined)
  if (judgement.verdict === 'false_positive') return one === undefined ? undefined : `not-${one}`
  if (one !== undefined || named.length > 1) return one
  const isCommercial = label === 'marketing' || label === 'finance'
  return isCommercial && confirmed.includes('commercial') ? label : undefined
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

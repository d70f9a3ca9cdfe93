import type { Action, Finding, Severity } from '../../domain/decision.ts'
import type { SenderContacts } from './show.ts'

export const ALERT_SCHEMA = 'urn:sigwatch:schema:alert:1'

export interface AlertOptions {
  readonly deployment: string
  /** `source` of events; default `/sigwatch/<deployment>`. */
  readonly source?: string
  /** Sentence and rule of a finding, in the configured language. */
  readonly describe: (finding: Pick<Finding, 'code' | 'evidence'>) => {
    readonly detail: string
    readonly rule?: string
  }
  readonly senderContacts: SenderContacts
  /** The weakest action of states in the block table. */
  readonly blocksFrom: Action
  /**
   * Longest delay of a message behind the timestamp of its record, ms, that is attributed to a slow gateway: alerts are valid
   * longer by the delay. Default 0.
   */
  readonly maxLag?: number
}

export function sourceOf({ source, deployment }: AlertOptions): string {
  return source ?? `/sigwatch/${deployment}`
}

/** 1 − Π(1 − weight × score) */
export function combinedScore(
  reasons: readonly { readonly weight: number; readonly score: number }[],
): number {
  const rest = reasons.reduce((product, r) => product * (1 - r.weight * r.score), 1)
  return Math.round((1 - rest) * 1e4) / 1e4
}

export function severityOf(action: Action, score: number): Severity {
  if (action === 'block') return score >= 0.9 ? 'critical' : 'high'
  if (action === 'throttle') return 'high'
  return action === 'review' ? 'medium' : 'low'
}

import type { Action, Finding, Severity } from '../../domain/decision.ts'
import type { SenderContacts } from './show.ts'

export const ALERT_SCHEMA = 'urn:sigwatch:schema:alert:1'

/** What all alerts of a deployment have in common. */
export interface AlertOptions {
  readonly deployment: string
  /** `source` of events when it is not `/sigwatch/<deployment>`. */
  readonly source?: string
  /** Sentence and rule of a finding, in the configured language. */
  readonly describe: (finding: Pick<Finding, 'code' | 'evidence'>) => {
    readonly detail: string
    readonly rule?: string
  }
  readonly senderContacts: SenderContacts
  /** The least action of the states that the block table holds. */
  readonly blocksFrom: Action
  /**
   * How far the time of a message may lie behind the timestamp of its record, ms, and be taken for that of a slow gateway:
   * alerts are valid longer by that. Default 0.
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

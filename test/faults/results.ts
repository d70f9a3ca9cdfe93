import { type CellResult, isTooOften } from './judge.ts'

interface Run {
  /** Of the working tree, and the day of the run. */
  readonly commit: string
  readonly at: string
}

type LookedAtLater =
  | 'undue'
  | 'prompt'
  | 'counts'
  | 'told'
  | 'said'
  | 'ready'
  | 'caughtUp'
  | 'resident'
  | 'late'
  | 'expired'
  | 'undueLetters'

/** What `/healthz` may take to answer, ms. */
const ANSWERS_WITHIN = 2_000

/** What a cell came to: what the invariants found, or why it did not come to its end. Earlier runs looked at less. */
export type Outcome =
  | (Run & Omit<CellResult, LookedAtLater> & Partial<Pick<CellResult, LookedAtLater>>)
  | (Run & Pick<CellResult, 'cell' | 'seed' | 'delivery'> & { readonly failure: string })

export interface FileOfResults {
  readonly results: readonly Outcome[]
}

/**
 * Whether all invariants hold. Where rates could not be counted for a while, or what was counted was lost, a state may
 * come late or not at all. With exactly-once delivery readers of what is committed see nothing twice.
 */
export function holds(outcome: Outcome): boolean {
  if ('failure' in outcome) return false
  const { missing, both, early, alerts, states, degraded, undue = 0, told = true, ready = true } = outcome
  const { needless = 0, late = 0, expired = 0, undueLetters = 0, slowestHealth = 0 } = outcome
  const { marked, wrong } = outcome.counts ?? { marked: 0, wrong: 0 }
  if (!told || !ready || wrong > 0 || undue > 0 || needless > 0) return false
  if (isTooOften(outcome)) return false
  if (late + expired + undueLetters > 0 || slowestHealth > ANSWERS_WITHIN) return false
  if (outcome.delivery === 'exactly-once' && outcome.repeated > 0) return false
  if (missing + both + early + alerts.only + alerts.lacking > 0) return false
  return degraded + marked > 0 || states.only + states.lacking === 0
}

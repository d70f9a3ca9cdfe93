import type { DecidedBy } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import type { Asking } from './difference.ts'
import type { SampleReport } from './sample.ts'
import type { StateName } from './state-names.ts'

export type Versions = DecidedBy

export interface Raised {
  raised: number
  released: number
}

/** A message with a changed verdict, shown as in alerts: recipient masked, text redacted. */
export interface Example {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly signature?: string
  readonly to?: string
  readonly text: string
  readonly was: ExampleVerdict
  readonly is: ExampleVerdict
}

interface ExampleVerdict {
  readonly action: string
  readonly label: string
  readonly reasons: readonly string[]
  readonly states: readonly string[]
}

/** The result of a replay, as printed by `--json`. */
export interface Report {
  /** Number of input records in the range. */
  readonly records: number
  /** Records whose old verdict could be compared. */
  readonly compared: number
  /** Compared records whose action, label, reasons or states differ. */
  readonly changed: number
  readonly newly: Readonly<Record<Asking, number>>
  readonly released: Readonly<Record<Asking, number>>
  readonly byCode: Readonly<Partial<Record<Code, Readonly<Raised>>>>
  /** Ids of states that applied to a message of the range on one side only. */
  readonly states: { readonly raised: readonly string[]; readonly released: readonly string[] }
  readonly versions: Versions & { readonly against?: Versions }
  /** Records judged without Redis the first time; not compared. */
  readonly degraded: number
  /** Compared records that were judged late the first time, without states and with `observe` at most. */
  readonly late: number
  /** Records without a verdict to compare with. */
  readonly unmatched: number
  /** Unreadable records. */
  readonly deadLetters: number
  /** The senders with the most messages whose action changed. */
  readonly bySender: readonly ({ readonly sender: string } & Readonly<Raised>)[]
  /** What the states in `states` are about, where known. */
  readonly stateNames: Readonly<Record<string, StateName>>
  /** Only for a sample: estimates for all senders. All other figures count the drawn records. */
  readonly sample?: SampleReport
  /** Some example messages by kind of change, such as `newly.block`. */
  readonly examples: Readonly<Record<string, readonly Example[]>>
}

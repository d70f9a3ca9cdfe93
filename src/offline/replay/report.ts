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

/** A message that is judged otherwise now, as alerts show it: recipient masked, text redacted. */
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

/** What a replay found: the object of `--json`. */
export interface Report {
  /** Input records of the range. */
  readonly records: number
  /** Records whose verdict before could be compared. */
  readonly compared: number
  /** Of those compared: action, label, reasons or states are others. */
  readonly changed: number
  readonly newly: Readonly<Record<Asking, number>>
  readonly released: Readonly<Record<Asking, number>>
  readonly byCode: Readonly<Partial<Record<Code, Readonly<Raised>>>>
  /** Ids of states that applied to a message of the range on one side only. */
  readonly states: { readonly raised: readonly string[]; readonly released: readonly string[] }
  readonly versions: Versions & { readonly against?: Versions }
  /** Records that were judged without Redis the first time: not compared. */
  readonly degraded: number
  /** Of those compared: judged late the first time, without states and with `observe` at most. */
  readonly late: number
  /** Records with no verdict to compare with. */
  readonly unmatched: number
  /** Records that cannot be read. */
  readonly deadLetters: number
  /** Senders with the most messages whose action changed. */
  readonly bySender: readonly ({ readonly sender: string } & Readonly<Raised>)[]
  /** What states are about, of those named in `states` where that is known. */
  readonly stateNames: Readonly<Record<string, StateName>>
  /** Of a sample: all other figures are of what was drawn. */
  readonly sample?: SampleReport
  /** Some messages by what changed, such as `newly.block`. */
  readonly examples: Readonly<Record<string, readonly Example[]>>
}

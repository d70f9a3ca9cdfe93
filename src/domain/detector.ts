import type { Code } from './codes.ts'
import type { Finding, Signal } from './decision.ts'
import type { Scores } from './labels.ts'
import type { AnalysedMessage } from './message.ts'
import type { CodePolicy, QuietHours } from './policy.ts'
import type {
  ConsentChange,
  MemberObservation,
  MemberReading,
  RateObservation,
  RateReading,
  TallyObservation,
  TallyReading,
} from './ports.ts'
import type { Registry } from './registry.ts'

/** What a detector of messages may look at beside the message. Everything was fetched before: detectors do no I/O. */
export interface MessageContext {
  readonly registry: Registry
  /** The policy of a code at the message's time and for its carrier. */
  judge(code: Code): CodePolicy
  /** The last two consent changes of (signature, recipient), newest first; undefined when no ledger could be asked. */
  readonly consents: readonly ConsentChange[] | undefined
  /** Event time of an earlier request for consent with no "in" since. */
  readonly askedBefore: number | undefined
  /** Label thresholds of the model card: what a threshold of 0 in the policy stands for. */
  readonly modelThresholds: Scores
  /** Quiet hours of the policy for the message's carrier. */
  quietHours(): QuietHours
}

/** One family of message codes. Emits symbols; scores and thresholds come from policy, actions are decided later. */
export interface MessageDetector {
  readonly codes: readonly Code[]
  detect(message: AnalysedMessage, context: MessageContext): readonly Finding[]
}

/** A numeric threshold of a code's policy. */
export function threshold(policy: CodePolicy, name: string): number {
  const value = policy.thresholds[name]
  if (typeof value !== 'number') throw new TypeError(`policy: threshold ${name} is not a number`)
  return value
}

/** What a detector of rates may look at beside the reading. */
export interface SignalContext {
  readonly registry: Registry
  /** The policy of a code at an event time (epoch ms). */
  judge(code: Code, ts: number): CodePolicy
}

/** A message with what the detectors found on it. */
export interface Judged {
  readonly message: AnalysedMessage
  readonly findings: readonly Finding[]
}

/**
 * One family of state codes: what it has counted of a message, and what it concludes from the counts.
 * A reading that is not its own gives undefined.
 */
export interface RateDetector {
  readonly rates?: (judged: Judged, context: SignalContext) => readonly RateObservation[]
  readonly members?: (judged: Judged, context: SignalContext) => readonly MemberObservation[]
  readonly tallies?: (judged: Judged, context: SignalContext) => readonly TallyObservation[]
  readonly onRate?: (reading: RateReading, context: SignalContext) => Signal | undefined
  readonly onMembers?: (reading: MemberReading, at: number, context: SignalContext) => Signal | undefined
  readonly onTally?: (reading: TallyReading, at: number, context: SignalContext) => Signal | undefined
}

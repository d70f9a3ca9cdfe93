import type { ShippedCode, TargetKind } from '../../domain/codes.ts'
import type { Action, Finding, Mode, Signal } from '../../domain/decision.ts'
import type {
  CodeTraits,
  ComplaintCount,
  Detected,
  MessageContext,
  RateDetector,
  SignalContext,
} from '../../domain/detector.ts'
import type {
  FanoutObservation,
  FanoutReading,
  MemberObservation,
  MemberReading,
  RateObservation,
  RateReading,
  TallyObservation,
  TallyReading,
} from '../../domain/feature-store.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { CodePolicy, Thresholds } from '../../domain/policy.ts'
import type { Registry } from '../../domain/registry.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import type { EscalationEvidence, EvidenceFields, EvidenceOf } from './evidence-fields.ts'
import type { RuleName } from './rules.ts'
import type { Locale, Words } from './words.ts'

/** A number that a detector compares with; what it is called in policy files is its key. */
interface NumberThreshold {
  readonly default: number
  /** What it counts: `seconds`, `messages`, `times the baseline`, … */
  readonly unit: string
  readonly min: number
  readonly max?: number
  /** Less than this, where the bound itself is not allowed. */
  readonly below?: number
  readonly whole?: true
  /** One sentence for the comment in the policy and the reference. */
  readonly says: string
}
/** A switch. */
interface FlagThreshold {
  readonly default: boolean
  readonly says: string
}
export type ThresholdSpec = NumberThreshold | FlagThreshold
export type ThresholdSpecs = Readonly<Record<string, ThresholdSpec>>

/**
 * What a code compares with that is no number: a member of the policy of its own, of the same form as in policy files. The
 * code finds the value in its context.
 */
interface PolicySetting {
  /** Its name in policy files. */
  readonly name: string
  readonly default: Readonly<Record<string, string>>
  /** One sentence for each key of the default. */
  readonly says: Readonly<Record<string, string>>
  /** What a value may be, for the reference. */
  readonly allowed: Readonly<Record<string, string>>
}

/** The values of these thresholds in a policy. */
export type ThresholdsOf<T extends ThresholdSpecs> = {
  readonly [K in keyof T]: T[K] extends FlagThreshold ? boolean : number
}

/** A threshold that does not go with the others. */
export interface ThresholdFault {
  readonly threshold: string
  readonly message: string
  /** All that the relation is between. */
  readonly among: readonly string[]
}

/** Seconds without a new signal after which a state clears: every code whose state can open has it. A state holds 5 minutes. */
export const hold = (seconds: number, says: string) => ({
  default: seconds,
  unit: 'seconds',
  min: 300,
  max: 86_400,
  whole: true as const,
  says,
})

/** Seconds that count back from now: a window, or how long something holds. */
export const period = (seconds: number, max: number, says: string) => ({
  default: seconds,
  unit: 'seconds',
  min: 1,
  max,
  whole: true as const,
  says,
})

/** The sentences of a finding: alone for a message, and with what escalation adds for a state that repeated messages raised. */
export type Sentences<E extends EvidenceFields> = Readonly<
  Record<Locale, (evidence: EvidenceOf<E> & Partial<EscalationEvidence>, say: Words) => string>
>

/** What every code says of itself. The reference, the shipped policy and the schemas are generated from it. */
interface CodeDescription<T extends ThresholdSpecs, E extends EvidenceFields> extends CodeTraits {
  readonly code: ShippedCode
  /** Of the shipped policy. Anything but `none` raises an alert. */
  readonly action: Action
  /** Share of the finding's score in the score of the alert, 0 to 1: 1 − Π(1 − weight × score). */
  readonly weight: number
  /** What a `throttle` asks the blocking service to let through. */
  readonly limit?: { readonly perMinute: number }
  readonly thresholds: T
  /** Those that differ in the festivals of the shipped policy. */
  readonly atFestivals?: Partial<ThresholdsOf<T>>
  /** What it compares with in addition to numbers. */
  readonly setting?: PolicySetting
  /** What the bounds of single thresholds do not say: how they must stand to each other. The first fault, if any. */
  relation?(thresholds: ThresholdsOf<T>): ThresholdFault | undefined
  readonly evidence: E
  /** The rule that it serves, where one is certain. */
  readonly rule?: RuleName
  /** A few words for somebody who sees the code for the first time. */
  readonly summary: string
  /** The code in Chinese; in English it is its name. */
  readonly called: { readonly 'zh-CN': string }
  readonly fires: string
  readonly why: string
  /** What to change when it fires too often, or too seldom. */
  readonly tune: string
  readonly sentences: Sentences<E>
  /** Whether an open state of it still stands after the registry has changed; without it, it does. */
  stillJustified?(state: StateRecord, registry: Registry): boolean
}

/** Where repeated messages with one code lead. */
export type EscalationKind = Extract<TargetKind, 'domain' | 'sender' | 'campaign'>

/** What a detector finds on a message: how sure it is, 0 to 1, and why. */
export type Found<E extends EvidenceFields> = Omit<Finding, 'code' | 'evidence'> & {
  readonly evidence: EvidenceOf<E>
}

interface MessageCodeDescription<T extends ThresholdSpecs, E extends EvidenceFields>
  extends CodeDescription<T, E> {
  /** Targets to which repeated findings escalate, in the order tried. */
  readonly escalates?: readonly EscalationKind[]
  /** What a text must come with for the code to be asked: `score` is given texts without a sender or a time. */
  readonly needs?: readonly ('sender' | 'time')[]
}

/** Looks at one message. `policy`: how the operator wants the code judged at its time. Undefined: nothing is found. */
type Detect<T extends ThresholdSpecs, E extends EvidenceFields> = (
  message: AnalysedMessage,
  context: MessageContext,
  policy: CodePolicy<ThresholdsOf<T>>,
) => Found<E> | undefined

/** What a detector of states concludes from counts. */
export type Raised<E extends EvidenceFields> = Omit<Signal, 'code' | 'evidence'> & {
  readonly evidence: EvidenceOf<E>
}

/** The steps of a state code, each with the policy at the time of what it judges. A reading that is not its own gives undefined. */
interface StateSteps<P, R> {
  rates?(detected: Detected, context: SignalContext, policy: P): readonly RateObservation[]
  members?(detected: Detected, context: SignalContext, policy: P): readonly MemberObservation[]
  tallies?(detected: Detected, context: SignalContext, policy: P): readonly TallyObservation[]
  fanout?(detected: Detected, context: SignalContext, policy: P): FanoutObservation | undefined
  onRate?(reading: RateReading, context: SignalContext, policy: P): R | undefined
  onMembers?(reading: MemberReading, at: number, context: SignalContext, policy: P): R | undefined
  onTally?(reading: TallyReading, at: number, context: SignalContext, policy: P): R | undefined
  onFanout?(
    reading: FanoutReading,
    message: AnalysedMessage,
    context: SignalContext,
    policy: P,
  ): R | undefined
  onComplaints?(count: ComplaintCount, at: number, context: SignalContext, policy: P): R | undefined
}

interface StateCodeDescription<T extends ThresholdSpecs, E extends EvidenceFields>
  extends CodeDescription<T, E> {
  /** What its states are about. */
  readonly targets: readonly TargetKind[]
}

/** What all codes have in common once they are defined; types of their own evidence and thresholds are left behind. */
interface DefinedCode extends CodeTraits {
  readonly code: ShippedCode
  readonly targets: readonly TargetKind[]
  readonly escalates: readonly EscalationKind[]
  readonly action: Action
  readonly mode: Mode
  readonly weight: number
  readonly limit?: { readonly perMinute: number }
  readonly thresholds: ThresholdSpecs
  readonly atFestivals?: Thresholds
  readonly setting?: PolicySetting
  relation?(thresholds: Thresholds): ThresholdFault | undefined
  readonly evidence: EvidenceFields
  readonly rule?: RuleName
  readonly summary: string
  readonly called: { readonly 'zh-CN': string }
  readonly fires: string
  readonly why: string
  readonly tune: string
  readonly sentences: Readonly<Record<Locale, (evidence: Finding['evidence'], say: Words) => string>>
  stillJustified?(state: StateRecord, registry: Registry): boolean
}

/** What is known of a code that may be one of an operator's. */
export type AnyCode = Omit<DefinedCode, 'code'>

export interface MessageCode extends DefinedCode {
  readonly needs: readonly ('sender' | 'time')[]
  detect(message: AnalysedMessage, context: MessageContext, policy: CodePolicy): Finding | undefined
}

export interface StateCode<T extends ThresholdSpecs = ThresholdSpecs> extends DefinedCode, RateDetector {
  /** The policy of this code at an event time, epoch ms. */
  policyAt(context: SignalContext, ts: number): CodePolicy<ThresholdsOf<T>>
  readonly onComplaints?: (count: ComplaintCount, at: number, context: SignalContext) => Signal | undefined
}

export type CodeSpec = MessageCode | StateCode

/** A code that is found on single messages: its description, then what detects it. */
export function defineMessageCode<T extends ThresholdSpecs, E extends EvidenceFields>(
  description: MessageCodeDescription<T, E>,
): { detectedBy(detect: Detect<T, E>): MessageCode } {
  const { code } = description
  return {
    detectedBy: (detect) => ({
      ...(description as MessageCodeDescription<T, E> & Pick<DefinedCode, 'sentences' | 'atFestivals'>),
      mode: 'enforce',
      targets: ['message'],
      escalates: description.escalates ?? [],
      needs: description.needs ?? [],
      detect(message, context, policy) {
        // The check of policy files holds its thresholds to those of the description.
        const found = detect(message, context, policy as CodePolicy<ThresholdsOf<T>>)
        return found && { code, ...found }
      },
    }),
  }
}

/** A code that is concluded from counts, about a target that many messages share: its description, then its steps. */
export function defineStateCode<T extends ThresholdSpecs, E extends EvidenceFields>(
  description: StateCodeDescription<T, E>,
): { raisedBy(steps: StateSteps<CodePolicy<ThresholdsOf<T>>, Raised<E>>): StateCode<T> } {
  const { code } = description
  const policyAt = (context: SignalContext, ts: number) =>
    context.codePolicy(code, ts) as CodePolicy<ThresholdsOf<T>>
  const named = (raised: Raised<E> | undefined): Signal | undefined => raised && { code, ...raised }
  return {
    raisedBy: ({ rates, members, tallies, fanout, onRate, onMembers, onTally, onFanout, onComplaints }) => ({
      ...(description as StateCodeDescription<T, E> & Pick<DefinedCode, 'sentences' | 'atFestivals'>),
      mode: 'enforce',
      escalates: [],
      policyAt,
      ...(rates && { rates: (detected, c) => rates(detected, c, policyAt(c, detected.message.ts)) }),
      ...(members && { members: (detected, c) => members(detected, c, policyAt(c, detected.message.ts)) }),
      ...(tallies && { tallies: (detected, c) => tallies(detected, c, policyAt(c, detected.message.ts)) }),
      ...(fanout && { fanout: (detected, c) => fanout(detected, c, policyAt(c, detected.message.ts)) }),
      ...(onRate && { onRate: (reading, c) => named(onRate(reading, c, policyAt(c, reading.bucketEnd))) }),
      ...(onMembers && {
        onMembers: (reading, at, c) => named(onMembers(reading, at, c, policyAt(c, at))),
      }),
      ...(onTally && { onTally: (reading, at, c) => named(onTally(reading, at, c, policyAt(c, at))) }),
      ...(onFanout && {
        onFanout: (reading, message, c) => named(onFanout(reading, message, c, policyAt(c, message.ts))),
      }),
      ...(onComplaints && {
        onComplaints: (counted, at, c) => named(onComplaints(counted, at, c, policyAt(c, at))),
      }),
    }),
  }
}

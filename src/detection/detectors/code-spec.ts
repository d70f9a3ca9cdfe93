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

/** A numeric threshold of a detector; its key is its name in policy files. */
interface NumberThreshold {
  readonly default: number
  /** Unit: `seconds`, `messages`, `times the baseline`, … */
  readonly unit: string
  readonly min: number
  readonly max?: number
  /** Exclusive upper bound. */
  readonly below?: number
  readonly whole?: true
  /** One sentence for the policy's comment and the reference. */
  readonly says: string
}
interface FlagThreshold {
  readonly default: boolean
  readonly says: string
}
export type ThresholdSpec = NumberThreshold | FlagThreshold
export type ThresholdSpecs = Readonly<Record<string, ThresholdSpec>>

export type ThresholdsOf<T extends ThresholdSpecs> = {
  readonly [K in keyof T]: T[K] extends FlagThreshold ? boolean : number
}

export interface ThresholdFault {
  readonly threshold: string
  readonly message: string
  readonly among: readonly string[]
}

/** Threshold: seconds without a new signal after which a state clears, at least 5 minutes. Every code with states has it. */
export const hold = (seconds: number, says: string) => ({
  default: seconds,
  unit: 'seconds',
  min: 300,
  max: 86_400,
  whole: true as const,
  says,
})

/** Threshold: a period in seconds, such as a window or a validity. */
export const period = (seconds: number, max: number, says: string) => ({
  default: seconds,
  unit: 'seconds',
  min: 1,
  max,
  whole: true as const,
  says,
})

/** Sentences for a finding: for a single message, and with the escalation evidence for a state raised by repeated messages. */
export type Sentences<E extends EvidenceFields> = Readonly<
  Record<Locale, (evidence: EvidenceOf<E> & Partial<EscalationEvidence>, say: Words) => string>
>

/** Description of a code. The reference, the shipped policy and the schemas are generated from it. */
interface CodeDescription<T extends ThresholdSpecs, E extends EvidenceFields> extends CodeTraits {
  readonly code: ShippedCode
  /** Action in the shipped policy. Any action except `none` raises an alert. */
  readonly action: Action
  /** Weight of the finding's score in the alert's score, 0 to 1: 1 − Π(1 − weight × score). */
  readonly weight: number
  /** Rate that a `throttle` allows. */
  readonly limit?: { readonly perMinute: number }
  readonly thresholds: T
  /** Thresholds overridden during the festivals of the shipped policy. */
  readonly atFestivals?: Partial<ThresholdsOf<T>>
  /** Checks relations between thresholds; returns the first fault, if any. */
  relation?(thresholds: ThresholdsOf<T>): ThresholdFault | undefined
  readonly evidence: E
  /** The regulation behind it, if one clearly applies. */
  readonly rule?: RuleName
  /** A few words for readers new to the code. */
  readonly summary: string
  /** Chinese name of the code; the English one is the code itself. */
  readonly called: { readonly 'zh-CN': string }
  readonly fires: string
  readonly tune: string
  readonly sentences: Sentences<E>
  /** Whether an open state is still justified after a change of the registry; default: yes. */
  stillJustified?(state: StateRecord, registry: Registry): boolean
}

/** Targets that repeated messages with one code escalate to. */
export type EscalationKind = Extract<TargetKind, 'domain' | 'sender' | 'campaign'>

/** A finding on a message: confidence, 0 to 1, and evidence. */
export type Found<E extends EvidenceFields> = Omit<Finding, 'code' | 'evidence'> & {
  readonly evidence: EvidenceOf<E>
}

interface MessageCodeDescription<T extends ThresholdSpecs, E extends EvidenceFields>
  extends CodeDescription<T, E> {
  /** Escalation targets of repeated findings, in the order tried. */
  readonly escalates?: readonly EscalationKind[]
  /** Inputs required besides the text: `score` is given texts without a sender or a time. */
  readonly needs?: readonly ('sender' | 'time')[]
}

/** Examines one message. `policy`: policy of the code at the message's time. Undefined if nothing is found. */
type Detect<T extends ThresholdSpecs, E extends EvidenceFields> = (
  message: AnalysedMessage,
  context: MessageContext,
  policy: CodePolicy<ThresholdsOf<T>>,
) => Found<E> | undefined

/** Conclusion of a state detector from counts. */
export type Raised<E extends EvidenceFields> = Omit<Signal, 'code' | 'evidence'> & {
  readonly evidence: EvidenceOf<E>
}

/** The steps of a state code, each with the policy at the judged time. Readings of other codes yield undefined. */
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
  readonly targets: readonly TargetKind[]
}

/** The common form of defined codes, without the types of their evidence and thresholds. */
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
  relation?(thresholds: Thresholds): ThresholdFault | undefined
  readonly evidence: EvidenceFields
  readonly rule?: RuleName
  readonly summary: string
  readonly called: { readonly 'zh-CN': string }
  readonly fires: string
  readonly tune: string
  readonly sentences: Readonly<Record<Locale, (evidence: Finding['evidence'], say: Words) => string>>
  stillJustified?(state: StateRecord, registry: Registry): boolean
}

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
        // Policy files are validated against the description, so the thresholds have these types.
        const found = detect(message, context, policy as CodePolicy<ThresholdsOf<T>>)
        return found && { code, ...found }
      },
    }),
  }
}

/** Defines a code based on counts, about a target shared by many messages: description, then steps. */
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

import type { Alike } from './alike.ts'
import type { Code } from './codes.ts'
import type { ConsentChange } from './consent-ledger.ts'
import type { Finding, Signal, Target } from './decision.ts'
import type {
  FanoutObservation,
  FanoutReading,
  MemberObservation,
  MemberReading,
  RateObservation,
  RateReading,
  TallyObservation,
  TallyReading,
} from './feature-store.ts'
import type { KnownTemplates } from './known-templates.ts'
import type { Label, Scores } from './labels.ts'
import type { AnalysedMessage } from './message.ts'
import type { Notices } from './notices.ts'
import type { CodePolicy, OwnRules, QuietHours } from './policy.ts'
import type { Registry } from './registry.ts'

/** Properties of a code. Pages, the archive, learning and states depend on these, never on the name of a code. */
export interface CodeTraits {
  /** Sort position among the reasons of a message and in every list, ascending. Steps of 10 leave room for a code in between. */
  readonly order: number
  /** The message impersonates a brand, given as `brand` in the evidence. */
  readonly forgery?: true
  /**
   * What a confirmation by an analyst says about the wording: the text has this label; `commercial`: the commercial label that
   * the message had; `evidence`: the one in `label` of the evidence. Absent if the code depends on the sender or on counts: a
   * confirmation then says nothing about the wording.
   */
  readonly confirms?: Label | 'commercial' | 'evidence'
  /**
   * Its states on campaigns are templates: a campaign is open under each MinHash band of its texts, and `messages` in the
   * evidence is the number of messages in the window that have the band of the signal.
   */
  readonly findsTemplates?: true
  /** Its states mean that a signature sends more than usual: pages show its minutes next to the usual rate. */
  readonly leavesUsualRate?: true
  /** Its states are raised by people: nothing is counted for it, and each state ends at the time given in its order. */
  readonly byHand?: true
  /** Off while the registry has no signature rows. */
  readonly needsSignatureRows?: true
  /** The sender is not filed for the signature it uses, or uses none. */
  readonly ofStrangers?: true
  /** False if the simulator's planted day has no message that must raise it. */
  readonly planted?: false
}

/** Inputs of a message detector besides the message. Everything is fetched beforehand: detectors do no I/O. */
export interface MessageContext {
  readonly registry: Registry
  /** Known notices of brands; absent: not compared. */
  readonly notices?: Notices | undefined
  /** Templates confirmed as fraud or illicit; absent: not compared. */
  readonly templates?: KnownTemplates | undefined
  readonly own?: OwnRules | undefined
  /** The last two consent changes of (signature, recipient), newest first; undefined if no ledger could be asked. */
  readonly consents: readonly ConsentChange[] | undefined
  /** Event time of an earlier request for consent with no "in" since. */
  readonly askedBefore: number | undefined
  /** Label thresholds of the model card, used where the policy's threshold is 0. */
  readonly modelThresholds: Scores
  /** The setting `quietHours` of the policy for the message's carrier. */
  readonly quietHours: QuietHours
}

export interface SignalContext {
  readonly registry: Registry
  /** Similarity of advertisements; absent: not compared. */
  readonly alike?: Alike | undefined
  /** Source of sketches for comparing texts; absent: only their words are compared. */
  readonly notices?: Pick<Notices, 'sketchOf'> | undefined
  /** The policy of a code at an event time (epoch ms). */
  codePolicy(code: Code, ts: number): CodePolicy
}

export interface Detected {
  readonly message: AnalysedMessage
  readonly findings: readonly Finding[]
}

/** Complaints about one signature or port in the window, and the messages it sent in the same time. */
export interface ComplaintCount {
  readonly target: Target
  readonly complaints: number
  readonly sent: number
}

/** What a code counts per message, and how it judges the counts. Returns undefined for readings of other codes. */
export interface RateDetector {
  readonly rates?: (detected: Detected, context: SignalContext) => readonly RateObservation[]
  readonly members?: (detected: Detected, context: SignalContext) => readonly MemberObservation[]
  readonly tallies?: (detected: Detected, context: SignalContext) => readonly TallyObservation[]
  readonly fanout?: (detected: Detected, context: SignalContext) => FanoutObservation | undefined
  readonly onRate?: (reading: RateReading, context: SignalContext) => Signal | undefined
  readonly onMembers?: (reading: MemberReading, at: number, context: SignalContext) => Signal | undefined
  readonly onTally?: (reading: TallyReading, at: number, context: SignalContext) => Signal | undefined
  /** `message`: the one the reading is about. */
  readonly onFanout?: (
    reading: FanoutReading,
    message: AnalysedMessage,
    context: SignalContext,
  ) => Signal | undefined
}

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

/**
 * What the rest of the service asks of a code: pages, the archive, learning and states decide by these members and never by
 * the name of a code.
 */
export interface CodeTraits {
  /** Its place among the reasons of a message and in every list, ascending. Steps of 10 leave room for a code between two. */
  readonly order: number
  /** It says that a message pretends to come from a brand, which its evidence names in `brand`. */
  readonly forgery?: true
  /**
   * What an analyst who confirms it says of the words of the message: that they have this label, or, for a code that rests
   * on the text being commercial, the commercial label that the message had; `evidence`: the one in `label` of its evidence. Absent where the code rests on the sender or on
   * counts: then it says nothing of the words.
   */
  readonly confirms?: Label | 'commercial' | 'evidence'
  /**
   * Its states on campaigns are templates: a campaign is open under each MinHash band of its texts, and `messages` of its
   * evidence says how many messages of the window have the band that the signal is about.
   */
  readonly findsTemplates?: true
  /** Its states say that a signature sends more than is usual for it: pages show its minutes next to the usual rate. */
  readonly leavesUsualRate?: true
  /** People raise its states: nothing is counted for it, and each state ends at the time that its order names. */
  readonly byHand?: true
  /** It is off while the registry has no signature rows. */
  readonly needsSignatureRows?: true
  /** It says that the sender is not filed for the signature that it uses, or uses none. */
  readonly ofStrangers?: true
  /** False where the planted day of the simulator has nothing that must raise it. */
  readonly planted?: false
}

/** What a detector of messages may look at in addition to the message. Everything was fetched before: detectors do no I/O. */
export interface MessageContext {
  readonly registry: Registry
  /** What notices of brands look like; absent: they are not compared. */
  readonly notices?: Notices | undefined
  /** What was confirmed as fraud or illicit; absent: nothing is compared with it. */
  readonly templates?: KnownTemplates | undefined
  /** The rules of the operator; absent: there are none. */
  readonly own?: OwnRules | undefined
  /** The last two consent changes of (signature, recipient), newest first; undefined when no ledger could be asked. */
  readonly consents: readonly ConsentChange[] | undefined
  /** Event time of an earlier request for consent with no "in" since. */
  readonly askedBefore: number | undefined
  /** Label thresholds of the model card: what a threshold of 0 in the policy stands for. */
  readonly modelThresholds: Scores
  /** The setting `quietHours` of the policy for the message's carrier. */
  readonly quietHours: QuietHours
}

/** What a detector of rates may look at in addition to the reading. */
export interface SignalContext {
  readonly registry: Registry
  /** How advertisements are alike; absent: they are not compared. */
  readonly alike?: Alike | undefined
  /** By which texts are compared; absent: by their words alone. */
  readonly notices?: Pick<Notices, 'sketchOf'> | undefined
  /** The policy of a code at an event time (epoch ms). */
  codePolicy(code: Code, ts: number): CodePolicy
}

/** A message with what the detectors found on it. */
export interface Detected {
  readonly message: AnalysedMessage
  readonly findings: readonly Finding[]
}

/** Complaints about one signature or port in the window, and the messages it sent in that time. */
export interface ComplaintCount {
  readonly target: Target
  readonly complaints: number
  readonly sent: number
}

/** What one code counts of a message, and what it concludes from the counts. A reading that is not its own gives undefined. */
export interface RateDetector {
  readonly rates?: (detected: Detected, context: SignalContext) => readonly RateObservation[]
  readonly members?: (detected: Detected, context: SignalContext) => readonly MemberObservation[]
  readonly tallies?: (detected: Detected, context: SignalContext) => readonly TallyObservation[]
  readonly fanout?: (detected: Detected, context: SignalContext) => FanoutObservation | undefined
  readonly onRate?: (reading: RateReading, context: SignalContext) => Signal | undefined
  readonly onMembers?: (reading: MemberReading, at: number, context: SignalContext) => Signal | undefined
  readonly onTally?: (reading: TallyReading, at: number, context: SignalContext) => Signal | undefined
  /** `message`: the one that the reading is about. */
  readonly onFanout?: (
    reading: FanoutReading,
    message: AnalysedMessage,
    context: SignalContext,
  ) => Signal | undefined
}

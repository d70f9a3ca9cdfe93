import { CODE_NAMES, type Code, type TargetKind } from '../domain/codes.ts'
import type { Finding } from '../domain/decision.ts'
import type { MessageContext } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import { afterOptOut } from './after-opt-out.ts'
import { campaignBurst } from './campaign-burst.ts'
import type { CodeSpec, MessageCode, StateCode } from './code-spec.ts'
import { complaintSpike } from './complaint-spike.ts'
import { consentReasked } from './consent-reasked.ts'
import { forgedBrand } from './forged-brand.ts'
import { lookalikeDomain } from './lookalike-domain.ts'
import { lookalikeSignature } from './lookalike-signature.ts'
import { marketingBurst } from './marketing-burst/marketing-burst.ts'
import { noConsent } from './no-consent.ts'
import { obfuscatedText } from './obfuscated-text.ts'
import { optOutMissing } from './opt-out-missing.ts'
import { portSublet } from './port-sublet.ts'
import { quietHours } from './quiet-hours.ts'
import { recipientFlood } from './recipient-flood.ts'
import { scopeExpanded } from './scope-expanded.ts'
import { signatureMissing } from './signature-missing.ts'
import { signatureUnfiled } from './signature-unfiled.ts'
import { signatureWrongPort } from './signature-wrong-port.ts'
import { textFinance } from './text-finance.ts'
import { textFraud } from './text-fraud.ts'
import { textIllicit } from './text-illicit.ts'
import { textMarketing } from './text-marketing.ts'

/** Codes of single messages, in the order in which the reasons of a message are listed. */
export const MESSAGE_CODES: readonly MessageCode[] = [
  forgedBrand,
  lookalikeSignature,
  lookalikeDomain,
  textFraud,
  textIllicit,
  textFinance,
  textMarketing,
  signatureMissing,
  signatureUnfiled,
  signatureWrongPort,
  scopeExpanded,
  noConsent,
  afterOptOut,
  consentReasked,
  optOutMissing,
  quietHours,
  obfuscatedText,
]

/** Codes of states that are concluded from counts. */
export const STATE_CODES: readonly StateCode[] = [
  marketingBurst,
  campaignBurst,
  portSublet,
  recipientFlood,
  complaintSpike,
]

/** Every code by its name, in the order of the list of names; a test holds the two together. */
export const CODES = Object.fromEntries(
  [...MESSAGE_CODES, ...STATE_CODES].map((spec) => [spec.code, spec]),
) as Readonly<Record<Code, CodeSpec>>

/** Codes of which states can be open: those of counts, and those to which repeated messages escalate. */
export const CODES_OF_STATES: readonly Code[] = CODE_NAMES.filter(
  (name) => !isMessageCode(name) || CODES[name].escalates.length > 0,
)

/** Codes that are found on one message; the others only speak of states. */
export function isMessageCode(name: Code): boolean {
  return CODES[name].targets.includes('message')
}

/** Whether a code can say anything of a kind of target: codes of messages speak of whatever a message belongs to. */
export function speaksOf(name: Code, kind: TargetKind): boolean {
  return isMessageCode(name) || CODES[name].targets.includes(kind)
}

/** What judges messages and counts; a core may be given fewer. */
export interface Detectors {
  readonly message: readonly MessageCode[]
  readonly rate: readonly StateCode[]
}

export const DETECTORS: Detectors = { message: MESSAGE_CODES, rate: STATE_CODES }

/** What findings rest on: the versions in force. */
export interface Versions {
  readonly classifier: Pick<Classifier, 'thresholds'>
  readonly policy: Policy
  readonly registry: Registry
}

const NONE: readonly Finding[] = []

/** What every detector finds on a message. `consulted`: what the ledgers know of it. */
export function findingsOf(
  message: AnalysedMessage,
  { classifier, policy, registry }: Versions,
  consulted: Pick<MessageContext, 'consents' | 'askedBefore'>,
  codes: readonly MessageCode[] = MESSAGE_CODES,
): readonly Finding[] {
  const { codes: policies, quietHours } = policy.at(message.ts, message.record.carrier)
  const context: MessageContext = {
    registry,
    modelThresholds: classifier.thresholds,
    quietHours,
    consents: consulted.consents,
    askedBefore: consulted.askedBefore,
  }
  // Most messages have none, and those of a whole batch are held: a list that grew keeps room for more.
  let found: readonly Finding[] = NONE
  for (const spec of codes) {
    const finding = spec.detect(message, context, policies[spec.code])
    if (finding) found = found.length === 0 ? [finding] : [...found, finding]
  }
  return found
}

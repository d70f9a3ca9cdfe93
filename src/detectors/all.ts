import type { Finding } from '../domain/decision.ts'
import type { MessageContext, MessageDetector, RateDetector } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import { campaignBurst } from './campaign-burst.ts'
import { consent } from './consent.ts'
import { forgedBrand } from './forged-brand.ts'
import { lookalike } from './lookalike.ts'
import { manners } from './manners.ts'
import { marketingBurst } from './marketing-burst.ts'
import { obfuscation } from './obfuscation.ts'
import { portSublet } from './port-sublet.ts'
import { recipientFlood } from './recipient-flood.ts'
import { scope } from './scope.ts'
import { signature } from './signature.ts'
import { textLabel } from './text-label.ts'

/** Detectors of message codes, in the order in which their reasons are listed. */
export const MESSAGE_DETECTORS: readonly MessageDetector[] = [
  forgedBrand,
  lookalike,
  textLabel,
  signature,
  scope,
  consent,
  manners,
  obfuscation,
]

/** Detectors of state codes. */
export const RATE_DETECTORS: readonly RateDetector[] = [
  marketingBurst,
  campaignBurst,
  portSublet,
  recipientFlood,
]

/** What judges messages and rates; a core may be given fewer. */
export interface Detectors {
  readonly message: readonly MessageDetector[]
  readonly rate: readonly RateDetector[]
}

export const DETECTORS: Detectors = { message: MESSAGE_DETECTORS, rate: RATE_DETECTORS }

/** What findings rest on: the versions in force. */
export interface Versions {
  readonly classifier: Pick<Classifier, 'thresholds'>
  readonly policy: Policy
  readonly registry: Registry
}

/** What every detector finds on a message. `consulted`: what the ledgers know of it. */
export function findingsOf(
  message: AnalysedMessage,
  { classifier, policy, registry }: Versions,
  consulted: Pick<MessageContext, 'consents' | 'askedBefore'>,
  detectors = MESSAGE_DETECTORS,
): Finding[] {
  const carrier = message.record.carrier
  const context: MessageContext = {
    registry,
    modelThresholds: classifier.thresholds,
    judge: (code) => policy.judge(code, message.ts, carrier),
    quietHours: () => policy.quietHours(carrier),
    ...consulted,
  }
  return detectors.flatMap((detector) => detector.detect(message, context))
}

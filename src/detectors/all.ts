import type { MessageDetector, RateDetector } from '../domain/detector.ts'
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

// Written by `npm run docs` from the modules of the codes in src/detection/detectors; do not edit.
import { afterOptOut } from './after-opt-out.ts'
import { campaignBurst } from './campaign-burst.ts'
import type { CodeSpec } from './code-spec.ts'
import { complaintSpike } from './complaint-spike.ts'
import { consentReasked } from './consent-reasked.ts'
import { forgedBrand } from './forged-brand.ts'
import { knownTemplate } from './known-template.ts'
import { lookalikeDomain } from './lookalike-domain.ts'
import { lookalikeSignature } from './lookalike-signature.ts'
import { manualBlock } from './manual-block.ts'
import { marketingBurst } from './marketing-burst/marketing-burst.ts'
import { noConsent } from './no-consent.ts'
import { obfuscatedText } from './obfuscated-text.ts'
import { optOutMissing } from './opt-out-missing.ts'
import { portSublet } from './port-sublet.ts'
import { privateFanout } from './private-fanout.ts'
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

/** Every code, in the order in which reasons are listed. */
export const MODULES: readonly CodeSpec[] = [
  forgedBrand,
  lookalikeSignature,
  lookalikeDomain,
  textFraud,
  textIllicit,
  knownTemplate,
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
  marketingBurst,
  campaignBurst,
  portSublet,
  privateFanout,
  recipientFlood,
  complaintSpike,
  manualBlock,
]

import { CODE_NAMES, type Code, isOwnCode, type ShippedCode, type TargetKind } from '../../domain/codes.ts'
import { MODULES } from './code-modules.generated.ts'
import type { AnyCode, CodeSpec, MessageCode, StateCode } from './code-spec.ts'
import { OWN_CODES } from './own-codes.ts'

/** Codes of single messages, in the order in which the reasons of a message are listed. */
export const MESSAGE_CODES: readonly MessageCode[] = MODULES.filter((spec) => 'detect' in spec)

/** Codes of states that are concluded from counts. */
export const STATE_CODES: readonly StateCode[] = MODULES.filter((spec) => 'policyAt' in spec)

/** Every code by its name, in the order of the list of names. */
export const CODES = Object.fromEntries(MODULES.map((spec) => [spec.code, spec])) as Readonly<
  Record<ShippedCode, CodeSpec>
>

/** What is known of a code: of an operator's, what all of these have in common. */
export function specOf(code: Code): AnyCode {
  return isOwnCode(code) ? OWN_CODES : CODES[code as ShippedCode]
}

/** The code of a name from outside, for example of a record that a later version wrote; undefined when there is none. */
export function codeNamed(name: string): AnyCode | undefined {
  if (isOwnCode(name)) return OWN_CODES
  return Object.hasOwn(CODES, name) ? CODES[name as ShippedCode] : undefined
}

/** Codes that say that a message pretends to come from a brand. */
export const FORGERY_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].forgery)
/** Codes that say that a sender is not filed for what it claims to be. */
export const STRANGER_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].ofStrangers)
/** Codes whose states say that a signature sends more than is usual for it. */
export const UNUSUAL_RATE_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].leavesUsualRate)
/** The code of states that people raise. */
export const CODE_BY_HAND: Code = CODE_NAMES.find((name) => CODES[name].byHand)!
/** Codes that are off while the registry has no signature rows. */
export const CODES_OF_SIGNATURE_ROWS: readonly Code[] = CODE_NAMES.filter(
  (name) => CODES[name].needsSignatureRows,
)

/** Whether a code is concluded from complaints alone, so that no single message raises it. */
export function restsOnComplaints(name: string): boolean {
  return 'onComplaints' in (codeNamed(name) ?? {})
}

/** Codes of which states can be open: those of counts, and those to which repeated messages escalate. */
export const CODES_OF_STATES: readonly Code[] = CODE_NAMES.filter(
  (name) => !isMessageCode(name) || CODES[name].escalates.length > 0,
)

/** Codes that are found on one message; the others only speak of states. */
export function isMessageCode(name: Code): boolean {
  return specOf(name).targets.includes('message')
}

/** Whether a code can say anything of a kind of target: codes of messages speak of whatever a message belongs to. */
export function speaksOf(name: Code, kind: TargetKind): boolean {
  return isMessageCode(name) || specOf(name).targets.includes(kind)
}

/** What judges messages and counts; a core may be given fewer. */
export interface Detectors {
  readonly message: readonly MessageCode[]
  readonly rate: readonly StateCode[]
}

export const DETECTORS: Detectors = { message: MESSAGE_CODES, rate: STATE_CODES }

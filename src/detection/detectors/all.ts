import { CODE_NAMES, type Code, isOwnCode, type ShippedCode, type TargetKind } from '../../domain/codes.ts'
import { MODULES } from './code-modules.generated.ts'
import type { AnyCode, CodeSpec, MessageCode, StateCode } from './code-spec.ts'
import { OWN_CODES } from './own-codes.ts'

/** Codes of single messages, in the order in which reasons are listed. */
export const MESSAGE_CODES: readonly MessageCode[] = MODULES.filter((spec) => 'detect' in spec)

export const STATE_CODES: readonly StateCode[] = MODULES.filter((spec) => 'policyAt' in spec)

export const CODES = Object.fromEntries(MODULES.map((spec) => [spec.code, spec])) as Readonly<
  Record<ShippedCode, CodeSpec>
>

export function specOf(code: Code): AnyCode {
  return isOwnCode(code) ? OWN_CODES : CODES[code as ShippedCode]
}

/** Looks up a code by a name from outside, such as a record written by a later version; undefined if there is none. */
export function codeNamed(name: string): AnyCode | undefined {
  if (isOwnCode(name)) return OWN_CODES
  return Object.hasOwn(CODES, name) ? CODES[name as ShippedCode] : undefined
}

export const FORGERY_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].forgery)
/** Codes for senders that are not filed for what they claim to be. */
export const STRANGER_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].ofStrangers)
/** Codes whose states mean that a signature sends more than usual. */
export const UNUSUAL_RATE_CODES: readonly Code[] = CODE_NAMES.filter((name) => CODES[name].leavesUsualRate)
export const CODE_BY_HAND: Code = CODE_NAMES.find((name) => CODES[name].byHand)!
/** Codes that are off while the registry has no signature rows. */
export const CODES_OF_SIGNATURE_ROWS: readonly Code[] = CODE_NAMES.filter(
  (name) => CODES[name].needsSignatureRows,
)

/** Whether a code is raised on complaints alone, so that no single message causes it. */
export function restsOnComplaints(name: string): boolean {
  return 'onComplaints' in (codeNamed(name) ?? {})
}

/** Codes that can have open states: those based on counts, and those that repeated messages escalate to. */
export const CODES_OF_STATES: readonly Code[] = CODE_NAMES.filter(
  (name) => !isMessageCode(name) || CODES[name].escalates.length > 0,
)

/** Whether a code is found on single messages; the others only apply to states. */
export function isMessageCode(name: Code): boolean {
  return specOf(name).targets.includes('message')
}

/** Whether a code can apply to a kind of target; message codes apply to every target of a message. */
export function speaksOf(name: Code, kind: TargetKind): boolean {
  return isMessageCode(name) || specOf(name).targets.includes(kind)
}

/** The detectors for messages and counts; a core may be given fewer. */
export interface Detectors {
  readonly message: readonly MessageCode[]
  readonly rate: readonly StateCode[]
}

export const DETECTORS: Detectors = { message: MESSAGE_CODES, rate: STATE_CODES }

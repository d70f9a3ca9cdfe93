import { CODE_NAMES } from './code-names.generated.ts'

/**
 * Subjects of findings. `sender`: `<signature>@<port>`; `template`: a MinHash band of texts; `brand-claim`: id of a brand that
 * texts claim.
 */
export const TARGET_KINDS = [
  'message',
  'signature',
  'port',
  'sender',
  'campaign',
  'domain',
  'recipient',
  'template',
  'brand-claim',
] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

/** Parses a target `<kind>:<id>`; undefined if the text is not one. */
export function parseTarget(text: string): { readonly kind: TargetKind; readonly id: string } | undefined {
  const colon = text.indexOf(':')
  const kind = TARGET_KINDS.find((known) => known === text.slice(0, Math.max(colon, 0)))
  const id = text.slice(colon + 1)
  return kind === undefined || id === '' ? undefined : { kind, id }
}

/** Whether a target covers every port or sender with a prefix: `port:1069012*`. */
export function isPortPrefix(target: string): boolean {
  return target.endsWith('*') && (target.startsWith('port:') || target.startsWith('sender:'))
}

export { CODE_NAMES }
export type ShippedCode = (typeof CODE_NAMES)[number]
/** A code of an operator's own rules: see OWN_CODE. */
export type OwnCode = `OP_${string}`
export type Code = ShippedCode | OwnCode

/** The form of an operator's codes, for schemas. */
export const OWN_CODE = '^OP_[A-Z0-9][A-Z0-9_]{0,56}$'
const OWN = new RegExp(OWN_CODE)

export function isOwnCode(name: string): name is OwnCode {
  return OWN.test(name)
}

/** Whether a name from outside can be a code, including codes of operator rules that are not loaded. */
export function isCode(name: string): name is Code {
  return isOwnCode(name) || (CODE_NAMES as readonly string[]).includes(name)
}

/** Codes in display order: the shipped ones, then the operator's by name. */
export function inOrder(codes: Iterable<string>): Code[] {
  const given = new Set(codes)
  return [...CODE_NAMES.filter((name) => given.has(name)), ...[...given].filter(isOwnCode).sort()]
}

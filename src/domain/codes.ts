import { CODE_NAMES } from './code-names.generated.ts'

/** What a finding can be about. `sender` = `<signature>@<port>`; `template`: a MinHash band of texts; `brand-claim`: id of a
 * brand that texts claim. */
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

/** A target as `<kind>:<id>`; undefined when it is none. */
export function parseTarget(text: string): { readonly kind: TargetKind; readonly id: string } | undefined {
  const colon = text.indexOf(':')
  const kind = TARGET_KINDS.find((known) => known === text.slice(0, Math.max(colon, 0)))
  const id = text.slice(colon + 1)
  return kind === undefined || id === '' ? undefined : { kind, id }
}

/** Whether a target stands for every port, or sender, that begins so: `port:1069012*`. */
export function isPortPrefix(target: string): boolean {
  return target.endsWith('*') && (target.startsWith('port:') || target.startsWith('sender:'))
}

export { CODE_NAMES }
export type Code = (typeof CODE_NAMES)[number]

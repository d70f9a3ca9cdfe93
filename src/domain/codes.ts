import { CODE_NAMES } from './code-names.generated.ts'

/** What a finding can be about. `sender` = `<signature>@<port>`. */
export const TARGET_KINDS = [
  'message',
  'signature',
  'port',
  'sender',
  'campaign',
  'domain',
  'recipient',
] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

/** A target as `<kind>:<id>`; undefined when it is none. */
export function parseTarget(text: string): { readonly kind: TargetKind; readonly id: string } | undefined {
  const colon = text.indexOf(':')
  const kind = TARGET_KINDS.find((known) => known === text.slice(0, Math.max(colon, 0)))
  const id = text.slice(colon + 1)
  return kind === undefined || id === '' ? undefined : { kind, id }
}

export { CODE_NAMES }
export type Code = (typeof CODE_NAMES)[number]

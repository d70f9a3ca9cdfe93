import { hashOf } from '../../domain/hash.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { extract } from '../../text/extract.ts'
import type { Submission } from './match.ts'

/** Limits in code points; for the text, of possibly many parts, in code units. */
const LONGEST = { id: 128, from: 21, to: 64, text: 20_000, signature: 64 } as const

function faultOf(body: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, longest] of Object.entries(LONGEST)) {
    const value = body[name]
    if (name === 'signature' && (value === undefined || value === null)) continue
    if (typeof value !== 'string') return `${name}: must be a string`
    if (value === '' && name !== 'signature') return `${name}: must not be empty`
    if (value.length > longest) return `${name}: has more than ${longest} characters`
  }
  return undefined
}

/** Undefined if it is not one of several parts; a string describes a fault. */
function partOf(value: unknown): Submission['part'] | string {
  if (value === undefined || value === null) return undefined
  const { ref, count, index } = (typeof value === 'object' ? value : {}) as Readonly<Record<string, unknown>>
  const isRef = (typeof ref === 'string' && ref.length <= LONGEST.id) || Number.isInteger(ref)
  if (!isRef || !Number.isInteger(count)) return 'part: must be {ref, index, count}'
  const isIndex = Number.isInteger(index) && (index as number) >= 1 && (index as number) <= (count as number)
  if (index !== undefined && !isIndex) return 'part.index: must be from 1 to count'
  return (count as number) < 2 ? undefined : { ref: String(ref), count: count as number }
}

/**
 * Parses a submission `{id, from, to, text, signature?, part?}`; other members are ignored, so an input record is accepted.
 * Signature and links are read from the text; those missing in the text of a part may be cut and are unknown. A returned string
 * describes a fault.
 */
export function readSubmission(body: unknown): Submission | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return 'must be {id, from, to, text, signature?, part?}'
  const members = body as Readonly<Record<string, unknown>>
  const fault = faultOf(members)
  if (fault !== undefined) return fault
  const part = partOf(members.part)
  if (typeof part === 'string') return part
  const { id, from, to, text } = members as { id: string; from: string; to: string; text: string }
  const given = (members.signature as string | null | undefined) || undefined
  const { signature, urls } = extract(text, given)
  const hosts = urls.map(({ host }) => host)
  return {
    ...{ id, from, to, part },
    signature: part && signature === '' ? undefined : signature,
    hosts: part && hosts.length === 0 ? undefined : hosts,
  }
}

/** Key of the SMS that a part belongs to; reveals no number. */
export function smsOf({ from, to, toToken, part }: Submission, tokenise: (number: string) => string): string {
  const recipient = toToken ?? (to === undefined ? '' : tokenise(canonicalNumber(to)))
  return hashOf(canonicalNumber(from), recipient, part!.ref, String(part!.count))
}

import { LABELS, type Label } from '../../domain/labels.ts'
import type { DeclaredCampaign, Filing, SignatureRow } from '../../domain/registry.ts'
import type { Codec } from './packed-rows.ts'

/** scope (indices of LABELS, null: no limit), status, sp, carrier. */
type Terms = [scope?: readonly number[] | null, status?: number, sp?: string | null, carrier?: string | null]
type Dates = [from?: number | null, to?: number | null]
/** A tail of nulls is cut. */
type PlainFiling = [ports: readonly string[], ...Terms, ...Dates]
/** With the number of its terms in `known`, or all of them. */
type PackedFiling = PlainFiling | [ports: readonly string[], terms: number, ...Dates]
/** name (0 where it is the key), filings, brand, consent required, campaigns; a tail of empty members is cut. */
type PackedSignature = [
  name: string | 0,
  filings: readonly PackedFiling[],
  brand?: string | null,
  required?: 0 | 1,
  campaigns?: readonly (readonly [number, number, number])[],
]

const STATUSES = ['filed', 'suspended', 'revoked'] as const

/** A row as arrays without member names; `name` is left out where it equals `key`. */
export function packSignature(row: SignatureRow, key: string, filingOf: (filing: Filing) => PackedFiling) {
  const packed: PackedSignature = [row.name === key ? 0 : row.name, row.filings.map(filingOf)]
  const required = row.consent === 'required' ? 1 : 0
  if (row.brand !== undefined || required === 1 || row.campaigns.length > 0) {
    packed.push(row.brand ?? null, required)
    if (row.campaigns.length > 0)
      packed.push(row.campaigns.map(({ from, to, perMinute }) => [from, to, perMinute]))
  }
  return packed
}

/** Encodes rows for this process: terms that filings share are packed as numbers. */
export const signatureCodec: Codec<SignatureRow> = {
  pack: (row, key) => packSignature(row, key, shareTerms),
  unpack(value, key) {
    const [name, filings, brand, required, campaigns = []] = value as PackedSignature
    return {
      name: name === 0 ? key : name,
      consent: required === 1 ? 'required' : 'unless-refused',
      campaigns: campaigns.map(([from, to, perMinute]): DeclaredCampaign => ({ from, to, perMinute })),
      filings: filings.map(unpackFiling),
      ...(brand == null ? {} : { brand }),
    }
  },
}

export function plainFiling(filing: Filing): PlainFiling {
  const packed = [
    filing.ports,
    filing.scope ? filing.scope.map((label) => LABELS.indexOf(label)) : null,
    STATUSES.indexOf(filing.status),
    filing.sp ?? null,
    filing.carrier ?? null,
    filing.from ?? null,
    filing.to ?? null,
  ]
  while (packed.at(-1) === null) packed.pop()
  return packed as unknown as PlainFiling
}

/** Different terms that are kept; filings with others hold their own. */
const MOST_TERMS = 65_536
const TERMS = 4
const known: Terms[] = []
const numbers = new Map<string, number>()

function shareTerms(filing: Filing): PackedFiling {
  const [ports, ...rest] = plainFiling(filing)
  const terms = rest.slice(0, TERMS) as Terms
  const json = JSON.stringify(terms)
  let number = numbers.get(json)
  if (number === undefined) {
    if (known.length === MOST_TERMS) return [ports, ...rest]
    number = known.push(terms) - 1
    numbers.set(json, number)
  }
  return [ports, number, ...(rest.slice(TERMS) as Dates)]
}

function unpackFiling(filing: PackedFiling): Filing {
  const [ports, ...rest] = filing
  const [scope, status = 0, sp, carrier, from, to] = (
    typeof rest[0] === 'number' ? [...known[rest[0]]!, ...rest.slice(1)] : rest
  ) as [...Terms, ...Dates]
  return {
    ports,
    status: STATUSES[status] as Filing['status'],
    ...(scope == null ? {} : { scope: scope.map((index) => LABELS[index] as Label) }),
    ...(sp == null ? {} : { sp }),
    ...(carrier == null ? {} : { carrier }),
    ...(from == null ? {} : { from }),
    ...(to == null ? {} : { to }),
  }
}

import { LABELS, type Label } from '../../domain/labels.ts'
import type { DeclaredCampaign, Filing, SignatureRow } from '../../domain/registry.ts'
import type { Codec } from './packed-rows.ts'

/** ports, scope (indices of LABELS, null: no limit), status, sp, carrier, from, to; a tail of nulls is cut. */
type PackedFiling = [
  ports: readonly string[],
  scope?: readonly number[] | null,
  status?: number,
  sp?: string | null,
  carrier?: string | null,
  from?: number | null,
  to?: number | null,
]
/** name (0 where it is the key), filings, brand, consent required, campaigns; a tail of empty members is cut. */
type PackedSignature = [
  name: string | 0,
  filings: readonly PackedFiling[],
  brand?: string | null,
  required?: 0 | 1,
  campaigns?: readonly (readonly [number, number, number])[],
]

const STATUSES = ['filed', 'suspended', 'revoked'] as const

/** Encodes signature rows as arrays without member names. */
export const signatureCodec: Codec<SignatureRow> = {
  pack(row, key) {
    const packed: PackedSignature = [row.name === key ? 0 : row.name, row.filings.map(packFiling)]
    const required = row.consent === 'required' ? 1 : 0
    if (row.brand !== undefined || required === 1 || row.campaigns.length > 0) {
      packed.push(row.brand ?? null, required)
      if (row.campaigns.length > 0)
        packed.push(row.campaigns.map(({ from, to, perMinute }) => [from, to, perMinute]))
    }
    return packed
  },
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

function packFiling(filing: Filing): PackedFiling {
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
  return packed as unknown as PackedFiling
}

function unpackFiling([ports, scope, status = 0, sp, carrier, from, to]: PackedFiling): Filing {
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

import { domainToASCII } from 'node:url'
import { LABELS, type Label } from '../../domain/labels.ts'
import type { Brand, DeclaredCampaign, Filing, PortRow, SignatureRow } from '../../domain/registry.ts'
import { type Checker, compileSchema, type Fault, strict } from '../../settings/files/operator-schema.ts'
import { parseTime } from '../../settings/files/value-forms.ts'
import { bareSignature } from '../../text/bare-signature.ts'

export const ROW_KINDS = ['brand', 'signature', 'port'] as const
export type RowKind = (typeof ROW_KINDS)[number]

export type RegistryRow =
  | { readonly kind: 'brand'; readonly row: Brand }
  | { readonly kind: 'signature'; readonly row: SignatureRow }
  | { readonly kind: 'port'; readonly row: PortRow }

interface FilingSource {
  readonly sp?: string
  readonly carrier?: string
  readonly ports?: readonly string[]
  readonly scope?: readonly Label[]
  readonly status?: Filing['status']
  readonly from?: string
  readonly to?: string
}

interface SignatureSource extends Pick<FilingSource, 'sp' | 'ports' | 'scope'> {
  readonly name: string
  readonly brand?: string
  readonly consent?: SignatureRow['consent']
  readonly campaigns?: readonly { readonly from: string; readonly to: string; readonly perMinute: number }[]
  readonly filings?: readonly FilingSource[]
}

type BrandSource = Partial<Brand> & Pick<Brand, 'id' | 'names'>
type PortSource = Partial<PortRow> & Pick<PortRow, 'port'>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const text = { type: 'string', minLength: 1, maxLength: 64 }
const time = { type: 'string', format: 'time' }
const ports = { type: 'array', uniqueItems: true, items: { type: 'string', format: 'port' } }
const scope = { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: LABELS } }

function row(
  kind: RowKind,
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
): Checker {
  return compileSchema(strict({ ...properties, kind: { type: 'string', enum: [kind] } }, required))
}

const brandShape = row(
  'brand',
  {
    id: { type: 'string', format: 'id' },
    names: { type: 'array', minItems: 1, uniqueItems: true, items: text },
    shortNames: { type: 'array', uniqueItems: true, items: text },
    domains: { type: 'array', uniqueItems: true, items: { type: 'string', format: 'host' } },
    hotlines: { type: 'array', uniqueItems: true, items: { type: 'string', format: 'hotline' } },
    verified: { type: 'boolean' },
    source: { type: 'string', minLength: 1, maxLength: 400 },
    replaces: { type: 'boolean' },
  },
  ['id', 'names'],
)

const campaign = strict({ from: time, to: time, perMinute: { type: 'integer', minimum: 1 } }, [
  'from',
  'to',
  'perMinute',
])
const filing = strict(
  {
    sp: text,
    carrier: text,
    ports,
    scope,
    status: { type: 'string', enum: ['filed', 'suspended', 'revoked'] },
    from: time,
    to: time,
  },
  ['ports'],
)
const signatureShape = row(
  'signature',
  {
    name: { type: 'string', format: 'signature' },
    brand: { type: 'string', format: 'id' },
    sp: text,
    ports,
    scope,
    consent: { type: 'string', enum: ['unless-refused', 'required'] },
    campaigns: { type: 'array', items: campaign },
    filings: { type: 'array', minItems: 1, items: filing },
  },
  ['name'],
)

const portShape = row(
  'port',
  {
    port: { type: 'string', format: 'port' },
    sp: text,
    sharedBy: { type: 'integer', minimum: 1, maximum: 100_000 },
    signatureAdded: { type: 'string', enum: ['downstream'] },
    scope,
  },
  ['port'],
)

const CHECKS: Readonly<Record<RowKind, Checker>> = {
  brand: brandShape,
  port: portShape,
  signature: (value, isPrivate) => {
    const faults = signatureShape(value, isPrivate)
    return faults.length > 0 ? faults : signatureRelations(value as SignatureSource)
  },
}

/**
 * A row with its names in one form, whatever file or topic it comes from: those of signatures and brands without spaces and 【】
 * around. Values of other forms are left to `checkRow`.
 */
export function withPlainNames(kind: RowKind, value: unknown): unknown {
  if (kind === 'port' || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const row: Record<string, unknown> = { ...value }
  if (kind === 'signature') row.name = plainName(row.name)
  else
    for (const key of ['names', 'shortNames']) if (Array.isArray(row[key])) row[key] = row[key].map(plainName)
  return row
}

/** The key of a record of the registry topic, in the form of the rows' own. */
export function plainKey(kind: RowKind, key: string): string {
  return kind === 'signature' ? bareSignature(key) : key
}

function plainName(name: unknown): unknown {
  return typeof name === 'string' ? bareSignature(name) : name
}

/** Faults of a registry row; empty if it is valid. `isPrivate`: omit its contents. */
export function checkRow(kind: RowKind, value: unknown, isPrivate?: boolean): readonly Fault[] {
  return CHECKS[kind](value, isPrivate)
}

/** The key of a valid row within its kind: id, name or port. */
export function keyOf(kind: RowKind, value: unknown): string {
  const { id, name, port } = value as { id?: string; name?: string; port?: string }
  return (kind === 'brand' ? id : kind === 'signature' ? name : port) ?? ''
}

function signatureRelations(value: SignatureSource): Fault[] {
  const faults: Fault[] = []
  if (value.filings !== undefined) {
    for (const key of ['sp', 'ports', 'scope'] as const) {
      if (value[key] === undefined) continue
      faults.push({
        path: [key],
        message: 'stands next to filings: give one of the two, filings where they differ',
      })
    }
  }
  for (const list of ['campaigns', 'filings'] as const) {
    for (const [index, span] of (value[list] ?? []).entries()) {
      if (span.from !== undefined && span.to !== undefined && parseTime(span.to)! <= parseTime(span.from)!) {
        faults.push({ path: [list, index, 'to'], message: `is not after from (${span.from})` })
      }
    }
  }
  return faults
}

/** Converts rows, interning equal strings and label lists: a registry has a million rows and few distinct values. */
export class RowReader {
  readonly #texts = new Map<string, string>()
  readonly #scopes = new Map<string, readonly Label[]>()

  /** Converts a value accepted by `checkRow`. */
  read(kind: RowKind, value: unknown): RegistryRow {
    if (kind === 'brand') return { kind, row: brandOf(value as BrandSource) }
    if (kind === 'signature') return { kind, row: this.#signature(value as SignatureSource) }
    return { kind, row: this.#port(value as PortSource) }
  }

  #signature(value: SignatureSource): SignatureRow {
    const { name, brand, consent = 'unless-refused', campaigns, filings } = value
    const row: Mutable<SignatureRow> = {
      name,
      consent,
      campaigns: campaigns?.map(campaignOf) ?? NONE,
      filings: filings ? filings.map((source) => this.#filing(source)) : [this.#filing(value)],
    }
    if (brand !== undefined) row.brand = this.#text(brand)
    return row
  }

  #filing(source: FilingSource): Filing {
    const { sp, carrier, ports = NONE, scope, status = 'filed', from, to } = source
    const row: Mutable<Filing> = { ports, status }
    if (sp !== undefined) row.sp = this.#text(sp)
    if (carrier !== undefined) row.carrier = this.#text(carrier)
    if (scope !== undefined) row.scope = this.#scope(scope)
    if (from !== undefined) row.from = parseTime(from)!
    if (to !== undefined) row.to = parseTime(to)!
    return row
  }

  #port({ port, sp, sharedBy = 1, signatureAdded, scope }: PortSource): PortRow {
    const row: Mutable<PortRow> = { port, sharedBy }
    if (sp !== undefined) row.sp = this.#text(sp)
    if (signatureAdded !== undefined) row.signatureAdded = signatureAdded
    if (scope !== undefined) row.scope = this.#scope(scope)
    return row
  }

  #text(value: string): string {
    const known = this.#texts.get(value)
    if (known !== undefined) return known
    this.#texts.set(value, value)
    return value
  }

  #scope(labels: readonly Label[]): readonly Label[] {
    const key = labels.join()
    const known = this.#scopes.get(key)
    if (known) return known
    this.#scopes.set(key, labels)
    return labels
  }
}

const NONE: readonly never[] = []

/** Internationalised domains are converted to the form in which hosts are compared. */
function brandOf(source: BrandSource): Brand {
  const { id, names, shortNames, domains = NONE, hotlines = NONE, verified, replaces } = source
  const row: Mutable<Brand> = {
    id,
    names,
    domains: domains.map((domain) => domainToASCII(domain) || domain),
    hotlines,
  }
  if (shortNames !== undefined) row.shortNames = shortNames
  if (verified !== undefined) row.verified = verified
  if (replaces !== undefined) row.replaces = replaces
  return row
}

function campaignOf({
  from,
  to,
  perMinute,
}: {
  from: string
  to: string
  perMinute: number
}): DeclaredCampaign {
  return { from: parseTime(from)!, to: parseTime(to)!, perMinute }
}

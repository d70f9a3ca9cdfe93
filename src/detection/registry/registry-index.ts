import { BoundedCache } from '../../domain/bounded-cache.ts'
import { isInForce } from '../../domain/filing.ts'
import type {
  Brand,
  BrandMention,
  Filing,
  Lookalike,
  PortRow,
  Registry,
  RegistryContent,
  SignatureRow,
} from '../../domain/registry.ts'
import { portMatches } from '../../domain/registry.ts'
import type { Steps } from '../../domain/steps.ts'
import { isShortener } from '../../text/shorteners.ts'
import { BrandIndex, spelling } from './brand-index.ts'
import { isRestricted } from './host-lookalikes.ts'
import { isNeutralHost } from './neutral-hosts.ts'
import { PortIndex, PortSet } from './port-set.ts'
import { SignatureFile, SignatureIndex } from './signature-index.ts'

export interface RegistryRows {
  readonly brands: Iterable<Brand>
  /** May be a generator: rows are packed one by one. Rows with the same normalised name are merged. */
  readonly signatures: Iterable<SignatureRow>
  readonly ports: Iterable<PortRow>
  /** The shipped brand list; rows of `brands` with the same id or a common name are merged into it. */
  readonly shippedBrands?: Iterable<Brand>
  readonly hash: string
}

const REMEMBERED = 16_384

/** Builds a registry from rows. A million signatures take seconds and about 60 bytes each. */
export function buildRegistry(rows: RegistryRows): Registry {
  const file = new SignatureFile()
  for (const row of rows.signatures) file.add(row)
  return new RegistryIndex({
    hash: rows.hash,
    brands: new BrandIndex(rows.shippedBrands ?? [], rows.brands),
    signatures: new SignatureIndex(file),
    ports: portIndex(rows.ports),
  })
}

export function portIndex(rows: Iterable<PortRow>): PortIndex<PortRow> {
  const ports = new PortIndex<PortRow>()
  for (const row of rows) ports.set(row.port, row)
  return ports
}

export interface RegistryParts {
  readonly hash: string
  readonly content?: RegistryContent
  readonly brands: BrandIndex
  readonly signatures: SignatureIndex
  readonly ports: PortIndex<PortRow>
}

export class RegistryIndex implements Registry {
  readonly hash: string
  readonly content?: RegistryContent
  readonly hasSignatures: boolean
  readonly #brands: BrandIndex
  readonly #signatures: SignatureIndex
  readonly #ports: PortIndex<PortRow>
  readonly #portsOfBrand = new Map<string, PortSet>()
  readonly #rows = new BoundedCache<SignatureRow | undefined>(REMEMBERED)
  readonly #rowOf = (name: string) => this.#filed(this.#brands.keyOf(name))

  constructor({ hash, content, brands, signatures, ports }: RegistryParts) {
    this.hash = hash
    if (content) this.content = content
    this.hasSignatures = signatures.size > 0
    this.#brands = brands
    this.#signatures = signatures
    this.#ports = ports
  }

  brand(id: string): Brand | undefined {
    return this.#brands.byId(id)
  }

  brandByName(name: string): Brand | undefined {
    const key = this.#brands.keyOf(name)
    const brand = this.#brands.byKey(key)
    if (brand || !this.hasSignatures) return brand
    const filed = this.#filed(key)
    return filed?.brand === undefined ? undefined : this.#brands.byId(filed.brand)
  }

  brandByHost(host: string): Brand | undefined {
    return this.#brands.byHost(host)
  }

  brandByHotline(number: string): Brand | undefined {
    return this.#brands.byHotline(number)
  }

  brandMentions(normalised: string): readonly BrandMention[] {
    return this.#brands.mentions(normalised)
  }

  shortNameMentions(normalised: string): readonly BrandMention[] {
    return this.#brands.shortNameMentions(normalised)
  }

  lookalikeOfName(name: string): Lookalike | undefined {
    const key = this.#brands.keyOf(name)
    const isFiled = () => this.#filed(key)?.filings.some((filing) => filing.status !== 'revoked')
    if (this.#brands.byKey(key) || (this.hasSignatures && isFiled())) return undefined
    return this.#brands.lookalikeOfKey(key)
  }

  lookalikeOfHost(host: string): Lookalike | undefined {
    return this.#brands.lookalikeOfHost(host)
  }

  signature(name: string): SignatureRow | undefined {
    return this.hasSignatures ? this.#rows.get(name, this.#rowOf) : undefined
  }

  port(port: string): PortRow | undefined {
    return this.#ports.get(port)
  }

  filings(signature: SignatureRow, at: { ts: number; carrier?: string; sp?: string }): readonly Filing[] {
    return signature.filings.filter((filing) => isInForce(filing, at.ts, at.carrier, at.sp))
  }

  portsOfBrand(brandId: string): readonly string[] {
    return this.#portSet(brandId).patterns()
  }

  ownsPort(brandId: string, port: string): boolean {
    return this.#portSet(brandId).has(port)
  }

  *filesPort(pattern: string): Steps<boolean> {
    const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
    const start = prefix ?? pattern
    const meets = (filed: string) =>
      portMatches(filed, start) || (prefix !== undefined && filed.startsWith(prefix))
    const written = [prefix === undefined ? `"${pattern}"` : `"${prefix}`]
    for (let length = 0; length <= start.length; length++) written.push(`"${start.slice(0, length)}*"`)
    for (const row of this.#signatures.having(written)) {
      if (row?.filings.some(({ status, ports }) => status !== 'revoked' && ports.some(meets))) return true
      yield
    }
    return false
  }

  isSpelled(name: string): boolean {
    if (this.#brands.isSpelled(name)) return true
    const filed = this.signature(name)
    return filed !== undefined && spelling(filed.name) === spelling(name)
  }

  isShortener(host: string): boolean {
    return isShortener(host)
  }

  isNeutralHost(host: string): boolean {
    return isNeutralHost(host)
  }

  isRestricted(host: string): boolean {
    return isRestricted(host)
  }

  /** The merged rows of a normalised name, with the brand that they refer to or share a name with. */
  #filed(key: string): SignatureRow | undefined {
    const rows = this.#signatures.get(key)
    const [first] = rows
    if (!first) return undefined
    const row = rows.length === 1 ? first : rows.reduce(joined)
    if (row.brand !== undefined) return row
    const brand = this.#brands.byKey(key)
    return brand ? { ...row, brand: brand.id } : row
  }

  #portSet(brandId: string): PortSet {
    let ports = this.#portsOfBrand.get(brandId)
    if (ports) return ports
    ports = new PortSet()
    const names = this.#brands.byId(brandId)?.names ?? []
    const keys = new Set([
      ...this.#signatures.keysOfBrand(brandId),
      ...names.map((n) => this.#brands.keyOf(n)),
    ])
    for (const key of keys) {
      for (const row of this.#signatures.get(key)) {
        if ((row.brand ?? this.#brands.byKey(key)?.id) !== brandId) continue
        for (const filing of row.filings) {
          if (filing.status !== 'revoked') for (const port of filing.ports) ports.add(port)
        }
      }
    }
    this.#portsOfBrand.set(brandId, ports)
    return ports
  }
}

/** Merges two rows of one name: filings are combined, and the stricter consent applies. */
function joined(earlier: SignatureRow, row: SignatureRow): SignatureRow {
  return {
    ...earlier,
    ...row,
    consent: earlier.consent === 'required' ? 'required' : row.consent,
    campaigns: [...earlier.campaigns, ...row.campaigns],
    filings: [...earlier.filings, ...row.filings],
  }
}

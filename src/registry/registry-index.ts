import type {
  Brand,
  BrandMention,
  Filing,
  Lookalike,
  PortRow,
  Registry,
  SignatureRow,
} from '../domain/registry.ts'
import { signatureKey } from '../stages/extract-signature.ts'
import { normalise } from '../stages/normalise.ts'
import { BoundedCache } from './bounded-cache.ts'
import { BrandMatcher, type BrandName } from './brand-matcher.ts'
import { mergeBrands } from './brands.ts'
import { HostLookalikes, isRestricted } from './host-lookalikes.ts'
import { NameLookalikes } from './lookalikes.ts'
import { PackedRows } from './packed-rows.ts'
import { PortIndex, PortSet } from './port-set.ts'
import { isShortener } from './shorteners.ts'
import { signatureCodec } from './signature-codec.ts'

export interface RegistryRows {
  readonly brands: Iterable<Brand>
  /** May be a generator: rows are packed one by one. Rows of one name (in its normalised form) are joined. */
  readonly signatures: Iterable<SignatureRow>
  readonly ports: Iterable<PortRow>
  /** The brand list that comes with sigwatch; rows of `brands` with the same id or a shared name are added to it. */
  readonly shippedBrands?: Iterable<Brand>
  /** How many signatures to expect, so that tables need not grow. */
  readonly expectedSignatures?: number
  readonly hash: string
}

const REMEMBERED = 16_384

/** Indexes the rows; immutable afterwards. A million signatures take seconds and about 150 bytes each. */
export function buildRegistry(rows: RegistryRows): Registry {
  return new RegistryIndex(rows)
}

class RegistryIndex implements Registry {
  readonly hash: string
  readonly hasSignatures: boolean
  readonly #brands = new Map<string, Brand>()
  readonly #byName = new Map<string, Brand>()
  readonly #byHost = new Map<string, Brand>()
  readonly #byHotline = new Map<string, Brand>()
  readonly #spelled = new Set<string>()
  readonly #signatures: PackedRows<SignatureRow>
  readonly #ports = new PortIndex<PortRow>()
  readonly #portsOfBrand = new Map<string, PortSet>()
  readonly #matcher: BrandMatcher
  readonly #names: NameLookalikes
  readonly #hosts: HostLookalikes
  readonly #keys = new BoundedCache<string>(REMEMBERED)
  readonly #nameAnswers = new BoundedCache<Lookalike | undefined>(REMEMBERED)
  readonly #hostAnswers = new BoundedCache<Lookalike | undefined>(REMEMBERED)

  constructor(rows: RegistryRows) {
    this.hash = rows.hash
    const names: BrandName[] = []
    for (const brand of mergeBrands(rows.shippedBrands ?? [], rows.brands, signatureKey)) {
      this.#brands.set(brand.id, brand)
      for (const name of brand.names) {
        this.#spelled.add(spelling(name))
        const key = signatureKey(name)
        if (key === '' || (this.#byName.get(key) ?? brand) !== brand) continue
        this.#byName.set(key, brand)
        names.push({ brand, name, key, text: normalise(name).text })
      }
      for (const domain of brand.domains) {
        const host = domain.toLowerCase()
        if (!this.#byHost.has(host)) this.#byHost.set(host, brand)
      }
      for (const hotline of brand.hotlines) {
        const number = digitsOf(hotline)
        if (!this.#byHotline.has(number)) this.#byHotline.set(number, brand)
      }
    }
    this.#signatures = new PackedRows(signatureCodec, rows.expectedSignatures)
    for (const row of rows.signatures) this.#addSignature(row)
    this.hasSignatures = this.#signatures.size > 0
    for (const row of rows.ports) this.#ports.set(row.port, row)
    this.#matcher = new BrandMatcher(names)
    this.#names = new NameLookalikes(names)
    this.#hosts = new HostLookalikes([...this.#brands.values()], names, this.#names)
  }

  brand(id: string): Brand | undefined {
    return this.#brands.get(id)
  }

  brandByName(name: string): Brand | undefined {
    const key = this.#keyOf(name)
    const brand = this.#byName.get(key)
    if (brand || !this.hasSignatures) return brand
    const filed = this.#signatures.get(key)
    return filed?.brand === undefined ? undefined : this.#brands.get(filed.brand)
  }

  brandByHost(host: string): Brand | undefined {
    for (let at = 0; at >= 0; ) {
      const brand = this.#byHost.get(at === 0 ? host : host.slice(at))
      if (brand) return brand
      const dot = host.indexOf('.', at)
      at = dot < 0 ? -1 : dot + 1
    }
    return undefined
  }

  brandByHotline(number: string): Brand | undefined {
    return this.#byHotline.get(digitsOf(number))
  }

  brandMentions(normalised: string): readonly BrandMention[] {
    return this.#matcher.find(normalised)
  }

  lookalikeOfName(name: string): Lookalike | undefined {
    return this.#nameAnswers.get(this.#keyOf(name), (key) => {
      if (this.#byName.has(key) || this.#isFiled(key)) return undefined
      return this.#names.find(key)
    })
  }

  lookalikeOfHost(host: string): Lookalike | undefined {
    return this.#hostAnswers.get(host, (asked) => {
      const bare = asked.endsWith('.') ? asked.slice(0, -1) : asked
      if (isShortener(bare) || this.brandByHost(bare)) return undefined
      return this.#hosts.find(bare)
    })
  }

  signature(name: string): SignatureRow | undefined {
    return this.hasSignatures ? this.#signatures.get(this.#keyOf(name)) : undefined
  }

  port(port: string): PortRow | undefined {
    return this.#ports.get(port)
  }

  filings(signature: SignatureRow, at: { ts: number; carrier?: string; sp?: string }): readonly Filing[] {
    return signature.filings.filter(
      (filing) =>
        filing.status === 'filed' &&
        (filing.from === undefined || filing.from <= at.ts) &&
        (filing.to === undefined || at.ts < filing.to) &&
        (filing.carrier === undefined || at.carrier === undefined || filing.carrier === at.carrier) &&
        (filing.sp === undefined || at.sp === undefined || filing.sp === at.sp),
    )
  }

  portsOfBrand(brandId: string): readonly string[] {
    return this.#portsOfBrand.get(brandId)?.patterns() ?? []
  }

  ownsPort(brandId: string, port: string): boolean {
    return this.#portsOfBrand.get(brandId)?.has(port) ?? false
  }

  isSpelled(name: string): boolean {
    if (this.#spelled.has(spelling(name))) return true
    const filed = this.signature(name)
    return filed !== undefined && spelling(filed.name) === spelling(name)
  }

  isShortener(host: string): boolean {
    return isShortener(host)
  }

  isRestricted(host: string): boolean {
    return isRestricted(host)
  }

  #addSignature(row: SignatureRow): void {
    const key = signatureKey(row.name)
    if (key === '') return
    const brandId = row.brand ?? this.#byName.get(key)?.id
    const earlier = this.#signatures.read(key)
    this.#signatures.set(key, joined(brandId === undefined ? row : { ...row, brand: brandId }, earlier))
    if (brandId === undefined) return
    for (const filing of row.filings) {
      if (filing.status === 'revoked') continue
      let ports = this.#portsOfBrand.get(brandId)
      if (!ports) {
        ports = new PortSet()
        this.#portsOfBrand.set(brandId, ports)
      }
      for (const port of filing.ports) ports.add(port)
    }
  }

  #isFiled(key: string): boolean {
    if (!this.hasSignatures) return false
    return this.#signatures.get(key)?.filings.some((filing) => filing.status !== 'revoked') ?? false
  }

  /** Callers hold names in any form: as written, or normalised already. */
  #keyOf(name: string): string {
    return this.#byName.has(name) ? name : this.#keys.get(name, signatureKey)
  }
}

/** Two rows of one name are one signature: the filings add up, and the stricter consent holds. */
function joined(row: SignatureRow, earlier: SignatureRow | undefined): SignatureRow {
  if (!earlier) return row
  return {
    ...earlier,
    ...row,
    consent: earlier.consent === 'required' ? 'required' : row.consent,
    campaigns: [...earlier.campaigns, ...row.campaigns],
    filings: [...earlier.filings, ...row.filings],
  }
}

function spelling(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, '')
}

function digitsOf(number: string): string {
  return number.replace(/[^\d+]/g, '')
}

import { BoundedCache } from '../../domain/bounded-cache.ts'
import type { Brand, BrandMention, Lookalike } from '../../domain/registry.ts'
import { normalise } from '../../text/normalise.ts'
import { isShortener } from '../../text/shorteners.ts'
import { signatureKey } from '../../text/signature.ts'
import { brandIndexWords } from '../rules/patterns.generated.ts'
import { BrandMatcher, type BrandName } from './brand-matcher.ts'
import { mergeBrands } from './brands.ts'
import { HostLookalikes } from './host-lookalikes.ts'
import { NameLookalikes } from './lookalikes.ts'
import { isNeutralHost } from './neutral-hosts.ts'

const REMEMBERED = 16_384

/** A Latin name of several words, long enough to be unambiguous without its spaces. */
const SEVERAL_WORDS = /^(?=.{8})[a-z]+(?: [a-z]+)+$/

/** Words with two accepted spellings: either makes the brand's name. */
const SPELLINGS: readonly (readonly [string, string])[] = brandIndexWords.spellings

/** Index of brands by name, domain and hotline, and of their imitations; immutable. */
export class BrandIndex {
  readonly #brands = new Map<string, Brand>()
  readonly #byName = new Map<string, Brand>()
  readonly #byHost = new Map<string, Brand>()
  readonly #byHotline = new Map<string, Brand>()
  readonly #spelled = new Set<string>()
  readonly #matcher: BrandMatcher
  readonly #shortMatcher: BrandMatcher
  readonly #names: NameLookalikes
  readonly #hosts: HostLookalikes
  readonly #keys = new BoundedCache<string>(REMEMBERED)
  readonly #nameAnswers = new BoundedCache<Lookalike | undefined>(REMEMBERED)
  readonly #hostAnswers = new BoundedCache<Lookalike | undefined>(REMEMBERED)

  /** `own`: the operator's rows; those sharing an id or a name with a shipped brand are merged into it. */
  constructor(shipped: Iterable<Brand>, own: Iterable<Brand>) {
    const names: BrandName[] = []
    const shortNames: BrandName[] = []
    for (const brand of mergeBrands(shipped, own, (name) => this.#keys.get(name, signatureKey))) {
      this.#brands.set(brand.id, brand)
      for (const name of brand.names) {
        this.#spelled.add(spelling(name))
        const key = this.#keys.get(name, signatureKey)
        if (key === '' || (this.#byName.get(key) ?? brand) !== brand) continue
        this.#byName.set(key, brand)
        const { text } = normalise(name)
        names.push({ brand, name, key, text })
        this.#addSpellings(brand, name)
        // `WellsFargo`: forgers write names of several words without spaces, as in hosts.
        if (SEVERAL_WORDS.test(text)) names.push({ brand, name, key, text: text.replaceAll(' ', '') })
      }
      for (const name of brand.shortNames ?? [])
        shortNames.push({ brand, name, key: signatureKey(name), text: normalise(name).text })
      for (const domain of brand.domains) {
        const host = domain.toLowerCase()
        if (!this.#byHost.has(host)) this.#byHost.set(host, brand)
      }
      for (const hotline of brand.hotlines) {
        const number = digitsOf(hotline)
        if (!this.#byHotline.has(number)) this.#byHotline.set(number, brand)
      }
    }
    this.#matcher = new BrandMatcher(names)
    this.#shortMatcher = new BrandMatcher(shortNames)
    this.#names = new NameLookalikes(names)
    this.#hosts = new HostLookalikes([...this.#brands.values()], names, this.#names)
  }

  #addSpellings(brand: Brand, name: string): void {
    for (const [a, b] of SPELLINGS) {
      for (const other of [name.replaceAll(a, b), name.replaceAll(b, a)]) {
        if (other === name) continue
        const key = signatureKey(other)
        if (this.#byName.has(key)) continue
        this.#spelled.add(spelling(other))
        this.#byName.set(key, brand)
      }
    }
  }

  get size(): number {
    return this.#brands.size
  }

  byId(id: string): Brand | undefined {
    return this.#brands.get(id)
  }

  byKey(key: string): Brand | undefined {
    return this.#byName.get(key)
  }

  byHost(host: string): Brand | undefined {
    for (let at = 0; at >= 0; ) {
      const brand = this.#byHost.get(at === 0 ? host : host.slice(at))
      if (brand) return brand
      const dot = host.indexOf('.', at)
      at = dot < 0 ? -1 : dot + 1
    }
    return undefined
  }

  byHotline(number: string): Brand | undefined {
    return this.#byHotline.get(digitsOf(number))
  }

  mentions(normalised: string): readonly BrandMention[] {
    return this.#matcher.find(normalised)
  }

  shortNameMentions(normalised: string): readonly BrandMention[] {
    return this.#shortMatcher.find(normalised)
  }

  isSpelled(name: string): boolean {
    return this.#spelled.has(spelling(name))
  }

  lookalikeOfKey(key: string): Lookalike | undefined {
    return this.#nameAnswers.get(key, (asked) => this.#names.find(asked))
  }

  lookalikeOfHost(host: string): Lookalike | undefined {
    return this.#hostAnswers.get(host, (asked) => {
      const bare = asked.endsWith('.') ? asked.slice(0, -1) : asked
      if (isShortener(bare) || isNeutralHost(bare) || this.byHost(bare)) return undefined
      return this.#hosts.find(bare)
    })
  }

  /** Callers pass names as written or already normalised. */
  keyOf(name: string): string {
    return this.#byName.has(name) ? name : this.#keys.get(name, signatureKey)
  }
}

/** A name without case and spaces. */
export function spelling(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, '')
}

function digitsOf(number: string): string {
  return number.replace(/[^\d+]/g, '')
}

import { loadShippedBrands } from '../../detection/registry/shipped-brands.ts'
import { evidenceWords } from '../../detection/rules/chinese.generated.ts'
import type { Brand } from '../../domain/registry.ts'
import { MINUTE } from '../../domain/time.ts'
import type { Ask } from './ask.ts'

const LATIN = /^[\p{Script=Latin}\d .&'-]+$/u

/** Names of brands by id: shipped brands, and those in the registry topic, which are refreshed every few minutes. */
export class BrandNames extends Map<string, string> {
  readonly #isEnglish: boolean
  readonly #ids = new Map<string, string>()
  #nextAt = 0

  constructor(locale: string) {
    super()
    this.#isEnglish = locale === 'en'
    for (const brand of loadShippedBrands().brands) this.#add(brand)
    // An institution that is on no list is named by its kind.
    for (const [kind, name] of Object.entries(evidenceWords.values.claimedKind))
      this.#add({ id: kind, names: [name, kind] })
  }

  /** Loads the brands of the registry topic. Rejects with the errors of the archive. */
  async renew(ask: Ask): Promise<void> {
    if (performance.now() < this.#nextAt) return
    const rows = await ask<{ content: Brand | null }>(
      "SELECT DISTINCT ON (key) content FROM registry_row WHERE kind = 'brand' ORDER BY key, at DESC",
      [],
    )
    this.#nextAt = performance.now() + 5 * MINUTE
    for (const { content } of rows) if (content) this.#add(content)
  }

  /** The id of the brand with a name in any language, upper or lower case; undefined for an id and an unknown name. */
  idOf(name: string): string | undefined {
    return this.has(name) ? undefined : this.#ids.get(name.toLowerCase())
  }

  #add({ id, names }: Pick<Brand, 'id' | 'names'>): void {
    for (const name of names) if (!this.#ids.has(name.toLowerCase())) this.#ids.set(name.toLowerCase(), id)
    const own = this.#isEnglish ? names.find((name) => LATIN.test(name)) : undefined
    // A row of the operator is merged with the shipped one.
    if (own === undefined && this.#isEnglish && this.has(id)) return
    const name = own ?? names[0]
    if (name !== undefined) this.set(id, name)
  }
}

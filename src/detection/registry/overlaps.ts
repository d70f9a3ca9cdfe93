import type { Brand } from '../../domain/registry.ts'
import { signatureKey } from '../../text/signature.ts'
import { mergeBrands } from './brands.ts'

/**
 * Conflicts between the operator's rows and other brands: a domain, hotline or name in two brands, or a domain below another
 * brand's. One sentence each. The first of the two in the registry wins.
 */
export function overlapsOf(shipped: readonly Brand[], own: readonly Brand[]): string[] {
  const brands = mergeBrands(shipped, own, signatureKey)
  const ownIds = new Set(own.map((brand) => brand.id))
  const found: string[] = []
  const say = (what: string, first: Brand, second: Brand) => {
    if (first.id !== second.id && (ownIds.has(first.id) || ownIds.has(second.id)))
      found.push(`${what} of both ${first.id} and ${second.id}`)
  }
  const domains = ownersOf(brands, (brand) => brand.domains)
  for (const [kind, owners] of [
    ['domain', domains],
    ['hotline', ownersOf(brands, (brand) => brand.hotlines.map((hotline) => hotline.replace(/\D/g, '')))],
    ['name', ownersOf(brands, (brand) => [...new Set(brand.names.map(signatureKey))])],
  ] as const) {
    for (const [value, [first, ...others]] of owners)
      for (const other of others) if (first) say(`${value} is a ${kind}`, first, other)
  }
  for (const [domain, [owner]] of domains) {
    for (let dot = domain.indexOf('.'); owner && dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      const [above] = domains.get(domain.slice(dot + 1)) ?? []
      if (above && above.id !== owner.id && (ownIds.has(above.id) || ownIds.has(owner.id)))
        found.push(`${domain} of ${owner.id} lies below ${domain.slice(dot + 1)} of ${above.id}`)
    }
  }
  return found
}

/** Signature rows whose names differ only in writing, such as traditional characters. One sentence each. */
export function mergedSignatures(rows: readonly { readonly name: string }[]): string[] {
  const first = new Map<string, string>()
  return rows.flatMap(({ name }) => {
    const key = signatureKey(name)
    const other = first.get(key)
    if (other === undefined) first.set(key, name)
    return other === undefined || key === ''
      ? []
      : [`${other} and ${name} are read as one signature: the filings of each hold for both`]
  })
}

function ownersOf(
  brands: readonly Brand[],
  values: (brand: Brand) => readonly string[],
): Map<string, Brand[]> {
  const owners = new Map<string, Brand[]>()
  for (const brand of brands) {
    for (const value of new Set(values(brand))) {
      const known = owners.get(value)
      if (known) known.push(brand)
      else owners.set(value, [brand])
    }
  }
  return owners
}

import { given } from '../../domain/given.ts'
import type { Brand } from '../../domain/registry.ts'

/**
 * Merges the operator's brands into the shipped ones: rows with the same id, or with a common name, become one brand under the
 * operator's id with the names, domains and hotlines of both; a row with `replaces` is taken alone. Names are compared by
 * `keyOf`.
 */
export function mergeBrands(
  shipped: Iterable<Brand>,
  own: Iterable<Brand>,
  keyOf: (name: string) => string,
): Brand[] {
  const merged = new Map<string, Brand>()
  const owners = new Map<string, string>()
  const put = (brand: Brand) => {
    merged.set(brand.id, brand)
    for (const name of brand.names) owners.set(keyOf(name), brand.id)
  }
  for (const brand of own) put(merged.has(brand.id) ? union(merged.get(brand.id) as Brand, brand) : brand)
  for (const brand of shipped) {
    const id = merged.has(brand.id)
      ? brand.id
      : brand.names.map((n) => owners.get(keyOf(n))).find((o) => o !== undefined)
    const mine = id === undefined ? undefined : merged.get(id)
    if (!mine) put(brand)
    else if (mine.replaces !== true) put(union(mine, brand))
  }
  return [...merged.values()]
}

/** The first row decides whether the brand is verified: an operator's row is, unless it states otherwise. */
function union(first: Brand, second: Brand): Brand {
  const { id, verified, replaces } = first
  const shortNames = [...new Set([...(first.shortNames ?? []), ...(second.shortNames ?? [])])]
  return {
    id,
    names: [...new Set([...first.names, ...second.names])],
    ...given({ shortNames: shortNames.length === 0 ? undefined : shortNames }),
    domains: [...new Set([...first.domains, ...second.domains])],
    hotlines: [...new Set([...first.hotlines, ...second.hotlines])],
    ...given({ verified, replaces }),
  }
}

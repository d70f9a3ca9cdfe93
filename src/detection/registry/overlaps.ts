import { getOrInsert } from '../../domain/maps.ts'
import type { Brand, Filing, PortRow, SignatureRow } from '../../domain/registry.ts'
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

interface FiledPort {
  readonly pattern: string
  readonly name: string
  readonly filing: Filing
}

/**
 * Ports that filings of different signatures and different enterprises (`sp`) cover together, where both may be in force for a
 * carrier. One sentence for each pair of signatures. Ports whose row lets several signatures share them are left out.
 */
export function sharedPorts(signatures: readonly SignatureRow[], ports: readonly PortRow[]): string[] {
  const filed = filedPorts(signatures)
  const isShared = sharingOf(ports)
  const found = new Map<string, string>()
  for (const [pattern, inner] of filed) {
    if (isShared(pattern)) continue
    const covering = [...enclosing(pattern), pattern].flatMap((one) => filed.get(one) ?? [])
    for (const [sp, own] of inner) {
      const others = covering.flatMap((bySp) =>
        [...bySp].flatMap(([other, ports]) => (other === sp ? [] : [ports])),
      )
      if (others.length === 0) continue
      for (const one of own) {
        const other = firstOf(others, (two) => areTogether(one, two))
        if (!other) continue
        const pair = [one.name, other.name].toSorted().join('\n')
        if (!found.has(pair)) found.set(pair, sentenceOf(one, other))
      }
    }
  }
  return [...found.values()]
}

/** By pattern and enterprise: an enterprise may file one prefix for a hundred thousand signatures. */
function filedPorts(signatures: readonly SignatureRow[]): Map<string, Map<string, FiledPort[]>> {
  const filed = new Map<string, Map<string, FiledPort[]>>()
  for (const { name, filings } of signatures)
    for (const filing of filings)
      if (filing.status !== 'revoked' && filing.sp !== undefined)
        for (const pattern of filing.ports) {
          const bySp = getOrInsert(filed, pattern, () => new Map<string, FiledPort[]>())
          getOrInsert(bySp, filing.sp, () => []).push({ pattern, name, filing })
        }
  return filed
}

function firstOf<T>(lists: readonly (readonly T[])[], fits: (one: T) => boolean): T | undefined {
  for (const list of lists) {
    const found = list.find(fits)
    if (found !== undefined) return found
  }
  return undefined
}

/** Shorter prefixes that cover a pattern, the longest first; for `10690*`: `1069*`, `106*`, …, `1*`. */
function enclosing(pattern: string): string[] {
  const digits = pattern.replace(/\*$/, '')
  const longest = pattern.endsWith('*') ? digits.length - 1 : digits.length
  return Array.from({ length: longest }, (_, i) => `${digits.slice(0, longest - i)}*`)
}

/** Whether the longest row of ports that covers a pattern lets several signatures share one port. */
function sharingOf(ports: readonly PortRow[]): (pattern: string) => boolean {
  const rows = new Map(ports.map((row) => [row.port, row]))
  return (pattern) => {
    const row = [pattern, ...enclosing(pattern)].map((one) => rows.get(one)).find((one) => one !== undefined)
    return row !== undefined && row.sharedBy > 1
  }
}

/** Whether both may be in force for one carrier, and are of different signatures. */
function areTogether(one: FiledPort, two: FiledPort): boolean {
  const [a, b] = [one.filing, two.filing]
  return (
    one.name !== two.name &&
    (a.carrier === undefined || b.carrier === undefined || a.carrier === b.carrier) &&
    (a.to ?? Number.POSITIVE_INFINITY) > (b.from ?? 0) &&
    (b.to ?? Number.POSITIVE_INFINITY) > (a.from ?? 0)
  )
}

const REMEDY =
  'the port does not tell whose message it is: correct one row, or give the port a row with sharedBy if they share it'

function sentenceOf(inner: FiledPort, outer: FiledPort): string {
  const owner = ({ name, filing }: FiledPort) => `${name} (${filing.sp})`
  if (inner.pattern === outer.pattern)
    return `${inner.pattern} is filed for both ${owner(outer)} and ${owner(inner)}: ${REMEDY}`
  return `${inner.pattern} of ${owner(inner)} lies in ${outer.pattern} of ${owner(outer)}: ${REMEDY}`
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

import { createHash } from 'node:crypto'
import type { Emit } from '../domain/events.ts'
import type { Brand, PortRow, Registry } from '../domain/registry.ts'
import { atOnce, inSlices, type Steps } from '../domain/steps.ts'
import { BrandIndex } from '../registry/brand-index.ts'
import {
  type LoadedRows,
  loadRegistry,
  type RegistryChange,
  registryReading,
  SHIPPED_BRANDS,
} from '../registry/load.ts'
import { portIndex, RegistryIndex } from '../registry/registry-index.ts'
import { type SignatureChange, SignatureFile, SignatureIndex } from '../registry/signature-index.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/** The registry in force, swapped whole when its file or its topic changes. */
export interface RegistryHolder {
  current(): Registry
  /** Takes in rows of the registry topic, which override the file by key: all of them at one moment. */
  apply(changes: readonly RegistryChange[]): void
  /** Says what is in force, after rows of the topic were taken in. */
  announce(): void
  /** Reads the file anew, beside other work; a bad one is refused with the reason and the old one stays. */
  reload(): Promise<Reload>
}

/** The rows of a file; signatures may be a million, brands and ports are fewer. */
interface FileRows {
  readonly hash: string
  readonly brands: ReadonlyMap<string, Brand>
  readonly ports: ReadonlyMap<string, PortRow>
  readonly signatures: SignatureFile
}

const EMPTY: LoadedRows = { brands: [], signatures: [], ports: [], hash: '' }

function* fileRows(rows: LoadedRows): Steps<FileRows> {
  return {
    hash: rows.hash,
    brands: new Map(rows.brands.map((row) => [row.id, row])),
    ports: new Map(rows.ports.map((row) => [row.port, row])),
    signatures: yield* SignatureFile.read(rows.signatures, rows.signatures.length),
  }
}

/** Rows of a topic by key, null for one that is gone. */
type Overrides<T> = Map<string, T | null>

function overridden<T>(rows: ReadonlyMap<string, T>, overrides: Overrides<T>): Map<string, T> {
  const all = new Map(rows)
  for (const [key, row] of overrides) {
    if (row === null) all.delete(key)
    else all.set(key, row)
  }
  return all
}

/** Says which overrides hold, whatever the order in which they came; empty without any. */
function digestOf<T>(rows: ReadonlyMap<string, T>, overrides: Overrides<T>): string {
  const effective = [...overrides].filter(([key, row]) => row !== null || rows.has(key))
  if (effective.length === 0) return ''
  const hash = createHash('sha256')
  for (const [key, row] of effective.sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${key}\n${JSON.stringify(row)}\n`)
  return hash.digest('hex')
}

/** Loads the shipped brands and the operator's file; throws InvalidInput when the file is wrong. */
export function openRegistry(file: string | undefined, emit: Emit): RegistryHolder {
  const { brands: shipped, hash: shippedHash } = loadRegistry(SHIPPED_BRANDS)
  const knownBrands = new Set(shipped.map((brand) => brand.id))
  let base = atOnce(fileRows(file === undefined ? EMPTY : loadRegistry(file, { knownBrands })))
  const brandOverrides: Overrides<Brand> = new Map()
  const portOverrides: Overrides<PortRow> = new Map()
  let signatures = new SignatureIndex(base.signatures)
  let brands = brandsInForce()
  let ports = portsInForce()
  let registry = inForce()
  announce()

  function brandsInForce() {
    const index = new BrandIndex(shipped, overridden(base.brands, brandOverrides).values())
    return { index, digest: digestOf(base.brands, brandOverrides) }
  }

  function portsInForce() {
    const rows = overridden(base.ports, portOverrides)
    return { rows: rows.size, index: portIndex(rows.values()), digest: digestOf(base.ports, portOverrides) }
  }

  function inForce(): Registry {
    const hash = createHash('sha256').update(shippedHash).update(base.hash)
    if (brands.digest !== '') hash.update(`brands\n${brands.digest}\n`)
    if (ports.digest !== '') hash.update(`ports\n${ports.digest}\n`)
    if (signatures.digest !== 0) hash.update(`signatures\n${signatures.digest}\n`)
    return new RegistryIndex({
      hash: hash.digest('hex').slice(0, 12),
      brands: brands.index,
      signatures,
      ports: ports.index,
    })
  }

  function announce(): void {
    emit({
      name: 'registry_loaded',
      hash: registry.hash,
      brands: brands.index.size,
      signatures: signatures.size,
      ports: ports.rows,
    })
    if (registry.hasSignatures) return
    const message =
      'the registry has no signatures: SIGNATURE_UNFILED, SIGNATURE_WRONG_PORT and SCOPE_EXPANDED are off'
    emit({ name: 'warning', message })
  }

  return {
    current: () => registry,
    announce,
    apply(changes) {
      const changed: SignatureChange[] = []
      for (const change of changes) {
        const { key } = change
        const row = change.op === 'delete' ? null : change.row
        if (change.kind === 'brand') brandOverrides.set(key, row as Brand | null)
        else if (change.kind === 'port') portOverrides.set(key, row as PortRow | null)
        else changed.push({ name: key, row: row as SignatureChange['row'] })
      }
      if (changed.length > 0) signatures = signatures.with(changed)
      if (changes.some(({ kind }) => kind === 'brand')) brands = brandsInForce()
      if (changes.some(({ kind }) => kind === 'port')) ports = portsInForce()
      if (changes.length > 0) registry = inForce()
    },
    async reload() {
      if (file === undefined) return 'same'
      const { rows, problems } = await inSlices(registryReading(file, { knownBrands }))
      if (problems.length > 0) {
        emit({ name: 'reload_refused', what: 'registry', reason: refusal(problems) })
        return 'refused'
      }
      if (rows.hash === base.hash) return 'same'
      const next = await inSlices(fileRows(rows))
      let before: SignatureIndex
      let after: SignatureIndex
      do {
        before = signatures
        after = await inSlices(before.over(next.signatures))
        // Rows of the topic may have come meanwhile.
      } while (before !== signatures)
      signatures = after
      base = next
      brands = brandsInForce()
      ports = portsInForce()
      registry = inForce()
      announce()
      return 'swapped'
    },
  }
}

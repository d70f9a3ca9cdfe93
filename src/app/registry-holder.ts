import { createHash } from 'node:crypto'
import type { Emit } from '../domain/events.ts'
import type { Brand, PortRow, Registry, SignatureRow } from '../domain/registry.ts'
import {
  type LoadedRows,
  loadRegistry,
  type RegistryChange,
  readRegistry,
  SHIPPED_BRANDS,
} from '../registry/load.ts'
import { buildRegistry } from '../registry/registry-index.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/** The registry in force, swapped whole when its file or its topic changes. */
export interface RegistryHolder {
  current(): Registry
  /** Takes in rows of the registry topic, which override the file by key. The registry is swapped once for all of them. */
  apply(changes: readonly RegistryChange[]): void
  /** Reads the file anew; a bad one is refused with the reason and the old one stays. */
  reload(): Reload
}

const EMPTY: LoadedRows = { brands: [], signatures: [], ports: [], hash: '' }

function rowsByKey(rows: LoadedRows) {
  return {
    brand: new Map(rows.brands.map((row) => [row.id, row])),
    signature: new Map(rows.signatures.map((row) => [row.name, row])),
    port: new Map(rows.ports.map((row) => [row.port, row])),
  }
}

/** Loads the shipped brands and the operator's file; throws InvalidInput when the file is wrong. */
export function openRegistry(file: string | undefined, emit: Emit): RegistryHolder {
  const { brands: shipped, hash: shippedHash } = loadRegistry(SHIPPED_BRANDS)
  const knownBrands = new Set(shipped.map((brand) => brand.id))
  let base = file === undefined ? EMPTY : loadRegistry(file, { knownBrands })
  const overrides = new Map<string, RegistryChange>()
  let registry = build()

  function build(): Registry {
    const hash = createHash('sha256').update(shippedHash).update(base.hash)
    let rows: { brands: Iterable<Brand>; signatures: Iterable<SignatureRow>; ports: Iterable<PortRow> } = base
    if (overrides.size > 0) {
      const maps = rowsByKey(base)
      for (const [key, change] of [...overrides].sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(`${key}\n${JSON.stringify(change)}\n`)
        if (change.op === 'delete') maps[change.kind].delete(change.key)
        else if (change.kind === 'brand') maps.brand.set(change.key, change.row)
        else if (change.kind === 'signature') maps.signature.set(change.key, change.row)
        else maps.port.set(change.key, change.row)
      }
      rows = { brands: maps.brand.values(), signatures: maps.signature.values(), ports: maps.port.values() }
    }
    const built = buildRegistry({
      ...rows,
      shippedBrands: shipped,
      expectedSignatures: base.signatures.length + overrides.size,
      hash: hash.digest('hex').slice(0, 12),
    })
    emit({
      name: 'registry_loaded',
      hash: built.hash,
      brands: base.brands.length + shipped.length,
      signatures: base.signatures.length,
      ports: base.ports.length,
    })
    if (!built.hasSignatures) {
      const message =
        'the registry has no signatures: SIGNATURE_UNFILED, SIGNATURE_WRONG_PORT and SCOPE_EXPANDED are off'
      emit({ name: 'warning', message })
    }
    return built
  }

  return {
    current: () => registry,
    apply(changes) {
      for (const change of changes) overrides.set(`${change.kind}:${change.key}`, change)
      if (changes.length > 0) registry = build()
    },
    reload() {
      if (file === undefined) return 'same'
      const { rows, problems } = readRegistry(file, { knownBrands })
      if (problems.length > 0) {
        emit({ name: 'reload_refused', what: 'registry', reason: refusal(problems) })
        return 'refused'
      }
      if (rows.hash === base.hash) return 'same'
      base = rows
      registry = build()
      return 'swapped'
    },
  }
}

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatProblem, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Brand, PortRow, Registry, SignatureRow } from '../domain/registry.ts'
import { loadRegistry, type RegistryChange, type RegistryRows, readRegistry } from '../registry/load.ts'
import { buildRegistry } from '../registry/registry-index.ts'

/** The brand list that comes with sigwatch. */
export const SHIPPED_BRANDS = fileURLToPath(new URL('../../config/brands.yaml', import.meta.url))

/** The registry in force, swapped whole when its file or its topic changes. */
export interface RegistryHolder {
  current(): Registry
  /** Takes in rows of the registry topic, which override the file by key. The registry is swapped once for all of them. */
  apply(changes: readonly RegistryChange[]): void
  /** Reads the file anew; a bad one is refused with the reason and the old one stays. True when it was taken. */
  reload(): boolean
}

const EMPTY: RegistryRows = { brands: [], signatures: [], ports: [] }

function rowsByKey(rows: RegistryRows) {
  return {
    brand: new Map(rows.brands.map((row) => [row.id, row])),
    signature: new Map(rows.signatures.map((row) => [row.name, row])),
    port: new Map(rows.ports.map((row) => [row.port, row])),
  }
}

/** Loads the shipped brands and the operator's file; throws InvalidInput when the file is wrong. */
export function openRegistry(file: string | undefined, emit: Emit): RegistryHolder {
  const shipped = loadRegistry(SHIPPED_BRANDS).brands
  const knownBrands = new Set(shipped.map((brand) => brand.id))
  let base = file === undefined ? EMPTY : loadRegistry(file, { knownBrands })
  let baseHash = file === undefined ? '' : hashFile(file)
  const overrides = new Map<string, RegistryChange>()
  let registry = build()

  function build(): Registry {
    const hash = createHash('sha256').update(hashFile(SHIPPED_BRANDS)).update(baseHash)
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
      if (file === undefined) return false
      const { rows, problems } = readRegistry(file, { knownBrands })
      if (problems.length > 0) {
        emit({ name: 'reload_refused', what: 'registry', reason: problems.map(formatProblem).join('; ') })
        return false
      }
      base = rows
      baseHash = hashFile(file)
      registry = build()
      return true
    },
  }
}

function hashFile(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch (error) {
    throw new SigwatchError('REGISTRY_INVALID', `${path}: cannot be read`, { cause: error })
  }
}

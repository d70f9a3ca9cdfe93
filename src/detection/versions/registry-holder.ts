import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Change } from '../../domain/change.ts'
import { InvalidInput } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import type { Brand, PortRow, Registry, RegistryContent } from '../../domain/registry.ts'
import { inSlices } from '../../domain/steps.ts'
import type { RowMap } from '../../settings/files/row-file.ts'
import { WITHOUT_SIGNATURE_ROWS } from '../detectors/describe.ts'
import { BrandIndex } from '../registry/brand-index.ts'
import {
  type LoadedRows,
  loadRegistry,
  type RegistryChange,
  type RegistryOptions,
  registryReading,
} from '../registry/load.ts'
import { portIndex, RegistryIndex } from '../registry/registry-index.ts'
import { loadShippedBrands } from '../registry/shipped-brands.ts'
import { type SignatureChange, SignatureFile, SignatureIndex } from '../registry/signature-index.ts'
import { changeFaults } from './named-change.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/** Rows of a file; there may be a million signatures, but fewer brands and ports. */
interface FileRows {
  readonly hash: string
  readonly brands: ReadonlyMap<string, Brand>
  readonly ports: ReadonlyMap<string, PortRow>
  readonly signatures: SignatureFile
  readonly change: Change | undefined
}

const EMPTY: LoadedRows = { brands: [], signatures: [], ports: [], hash: '' }

function fileRows({ hash, change, brands, ports }: LoadedRows, signatures: SignatureFile): FileRows {
  return {
    hash,
    change,
    brands: new Map(brands.map((row) => [row.id, row])),
    ports: new Map(ports.map((row) => [row.port, row])),
    signatures,
  }
}

/** Below this many rows, a file may lose any number of them. */
const LEAST_TO_LOSE = 20

function rowsOf({ brands, ports, signatures }: FileRows): number {
  return brands.size + ports.size + signatures.size
}

/** Topic rows by key; null for a removed one. */
type Overrides<T> = Map<string, T | null>

function overridden<T>(rows: ReadonlyMap<string, T>, overrides: Overrides<T>): Map<string, T> {
  const all = new Map(rows)
  for (const [key, row] of overrides) {
    if (row === null) all.delete(key)
    else all.set(key, row)
  }
  return all
}

/** Digest of the effective overrides, independent of their order; empty without any. */
function digestOf<T>(rows: ReadonlyMap<string, T>, overrides: Overrides<T>): string {
  const effective = [...overrides].filter(([key, row]) => row !== null || rows.has(key))
  if (effective.length === 0) return ''
  const hash = createHash('sha256')
  for (const [key, row] of effective.sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${key}\n${JSON.stringify(row)}\n`)
  return hash.digest('hex')
}

/** Hash of a registry of these files, as in alerts and metrics; topic rows change it. */
export const registryHash = (shipped: string, file: string) =>
  hashOf(shipped, file).digest('hex').slice(0, 12)
const hashOf = (shipped: string, file: string) => createHash('sha256').update(shipped).update(file)

/** The current registry, replaced as a whole when its file or its topic changes. */
export class RegistryHolder {
  readonly #file: string | undefined
  readonly #emit: Emit
  readonly #requiresChange: () => boolean
  readonly #shipped = loadShippedBrands()
  readonly #options: RegistryOptions
  readonly #brandOverrides: Overrides<Brand> = new Map()
  readonly #portOverrides: Overrides<PortRow> = new Map()
  #base: FileRows
  #signatures: SignatureIndex
  #brands: { readonly index: BrandIndex; readonly digest: string }
  #ports: { readonly rows: number; readonly index: ReturnType<typeof portIndex>; readonly digest: string }
  #current: Registry

  /**
   * Loads the shipped brands and the operator's file; throws InvalidInput if the file is faulty, or states no change although
   * `requiresChange` demands one. `map` maps rows of another format.
   */
  constructor(
    file: string | undefined,
    emit: Emit,
    requiresChange: () => boolean = () => false,
    map?: RowMap,
  ) {
    this.#file = file
    const knownBrands = new Set(this.#shipped.brands.map((brand) => brand.id))
    this.#options = { knownBrands, ...given({ map }) }
    this.#emit = emit
    this.#requiresChange = requiresChange
    const signatures = new SignatureFile()
    const rows = file === undefined ? EMPTY : loadRegistry(file, { ...this.#options, signatures })
    const faults = file !== undefined && requiresChange() ? changeFaults(file, rows.change) : []
    if (faults.length > 0) throw new InvalidInput('REGISTRY_INVALID', faults)
    this.#base = fileRows(rows, signatures)
    this.#signatures = new SignatureIndex(this.#base.signatures)
    this.#brands = this.#brandsInForce()
    this.#ports = this.#portsInForce()
    this.#current = this.#inForce()
    this.announce()
  }

  get current(): Registry {
    return this.#current
  }

  /** Reports the current registry after topic rows were applied. */
  announce(): void {
    this.#emit({
      name: 'registry_loaded',
      hash: this.#current.hash,
      brands: this.#brands.index.size,
      signatures: this.#signatures.size,
      ports: this.#ports.rows,
    })
    if (this.#current.hasSignatures) return
    const message = `the registry has no signatures: ${WITHOUT_SIGNATURE_ROWS}`
    this.#emit({ name: 'warning', message })
  }

  /** Applies rows of the registry topic, which override the file by key, atomically. */
  apply(changes: readonly RegistryChange[]): void {
    const changed: SignatureChange[] = []
    for (const change of changes) {
      const { key } = change
      const row = change.op === 'delete' ? null : change.row
      if (change.kind === 'brand') this.#brandOverrides.set(key, row as Brand | null)
      else if (change.kind === 'port') this.#portOverrides.set(key, row as PortRow | null)
      else changed.push({ name: key, row: row as SignatureChange['row'] })
    }
    if (changed.length > 0) this.#signatures = this.#signatures.with(changed)
    if (changes.some(({ kind }) => kind === 'brand')) this.#brands = this.#brandsInForce()
    if (changes.some(({ kind }) => kind === 'port')) this.#ports = this.#portsInForce()
    if (changes.length > 0) this.#current = this.#inForce()
  }

  /**
   * Reloads the file while other work continues; a faulty one is refused with the reason and the old one stays. So is one that
   * lost most of its rows, unless `asked` for: it may be a truncated export.
   */
  async reload(asked = false): Promise<Reload> {
    if (this.#file === undefined) return 'same'
    const signatures = new SignatureFile()
    const reading = registryReading(this.#file, { ...this.#options, signatures })
    const { rows, problems } = await inSlices(reading)
    if (problems.length > 0) return this.#refuse(refusal(problems))
    if (rows.hash === this.#base.hash) return 'same'
    const faults = this.#requiresChange() ? changeFaults(this.#file, rows.change, this.#base) : []
    if (faults.length > 0) return this.#refuse(refusal(faults))
    const next = fileRows(rows, signatures)
    const [held, rest] = [rowsOf(this.#base), rowsOf(next)]
    if (!asked && held >= LEAST_TO_LOSE && rest < held / 2) {
      return this.#refuse(
        `${this.#file} has ${rest} rows where ${held} are in force, fewer than half: the file may be incomplete; send SIGHUP if it is meant so`,
      )
    }
    let before: SignatureIndex
    let after: SignatureIndex
    do {
      before = this.#signatures
      after = await inSlices(before.over(next.signatures))
      // Topic rows may have arrived meanwhile.
    } while (before !== this.#signatures)
    const keepsBrands = isDeepStrictEqual([...this.#base.brands], [...next.brands])
    this.#signatures = after
    this.#base = next
    if (!keepsBrands) this.#brands = this.#brandsInForce()
    this.#ports = this.#portsInForce()
    this.#current = this.#inForce()
    this.announce()
    return 'swapped'
  }

  #refuse(reason: string): 'refused' {
    this.#emit({ name: 'reload_refused', what: 'registry', reason })
    return 'refused'
  }

  #brandsInForce() {
    const { brands } = this.#base
    const index = new BrandIndex(this.#shipped.brands, overridden(brands, this.#brandOverrides).values())
    return { index, digest: digestOf(brands, this.#brandOverrides) }
  }

  #portsInForce() {
    const { ports } = this.#base
    const rows = overridden(ports, this.#portOverrides)
    return { rows: rows.size, index: portIndex(rows.values()), digest: digestOf(ports, this.#portOverrides) }
  }

  #content(): RegistryContent {
    const { digest: brands } = this.#brands
    const { digest: ports } = this.#ports
    const { digest: signatures, size } = this.#signatures
    return {
      shipped: { hash: this.#shipped.hash, brands: this.#shipped.brands },
      file: this.#base.hash,
      ...given({ change: this.#base.change }),
      rows: { brands: this.#brands.index.size, signatures: size, ports: this.#ports.rows },
      topic: given({
        brands: brands === '' ? undefined : brands,
        signatures: signatures === 0 ? undefined : String(signatures),
        ports: ports === '' ? undefined : ports,
      }),
    }
  }

  #inForce(): Registry {
    const hash = hashOf(this.#shipped.hash, this.#base.hash)
    if (this.#brands.digest !== '') hash.update(`brands\n${this.#brands.digest}\n`)
    if (this.#ports.digest !== '') hash.update(`ports\n${this.#ports.digest}\n`)
    if (this.#signatures.digest !== 0) hash.update(`signatures\n${this.#signatures.digest}\n`)
    return new RegistryIndex({
      hash: hash.digest('hex').slice(0, 12),
      content: this.#content(),
      brands: this.#brands.index,
      signatures: this.#signatures,
      ports: this.#ports.index,
    })
  }
}

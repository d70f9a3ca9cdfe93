import { hash48 } from '../../domain/hash.ts'
import { addTo } from '../../domain/maps.ts'
import type { SignatureRow } from '../../domain/registry.ts'
import { ROWS_A_STEP, type Steps } from '../../domain/steps.ts'
import { signatureKey } from '../../text/signature.ts'
import { LayeredRows } from './layered-rows.ts'
import { type Codec, PackedRows } from './packed-rows.ts'
import { packSignature, plainFiling, signatureCodec } from './signature-codec.ts'

/** A change from the topic to the row of one name: replaces the row of the file; null: removed. */
export interface SignatureChange {
  readonly name: string
  readonly row: SignatureRow | null
}

const rowsCodec: Codec<readonly SignatureRow[]> = {
  pack: (rows, key) => rows.map((row) => signatureCodec.pack(row, key)),
  unpack: (value, key) => (value as unknown[]).map((row) => signatureCodec.unpack(row, key)),
}

const changesCodec: Codec<readonly SignatureChange[]> = {
  pack: (changes, key) => changes.map(({ name, row }) => (row ? signatureCodec.pack(row, key) : name)),
  unpack: (value, key) =>
    (value as unknown[]).map((change) => {
      if (typeof change === 'string') return { name: change, row: null }
      const row = signatureCodec.unpack(change, key)
      return { name: row.name, row }
    }),
}

const NONE: readonly SignatureRow[] = []

export class SignatureFile {
  readonly #rows = new PackedRows(rowsCodec)
  readonly #byBrand = new Map<string, string[]>()
  #size = 0

  /** Adds a row; only allowed before the first `get`. */
  add(row: SignatureRow): void {
    const key = signatureKey(row.name)
    if (key === '') return
    this.#rows.set(key, [...(this.#rows.read(key) ?? NONE), row])
    this.#size++
    if (row.brand !== undefined) addTo(this.#byBrand, row.brand, key)
  }

  /** Makes room for more rows in steps. */
  grow(): Steps<void> {
    return this.#rows.grow()
  }

  get size(): number {
    return this.#size
  }

  get(key: string): readonly SignatureRow[] {
    return this.#rows.get(key) ?? NONE
  }

  keysHaving(texts: readonly string[]): Generator<string | undefined> {
    return this.#rows.keysHaving(texts)
  }

  /** `key`: the normalised name. */
  has(key: string, name: string): boolean {
    return (this.#rows.read(key) ?? NONE).some((row) => row.name === name)
  }

  keysOfBrand(id: string): readonly string[] {
    return this.#byBrand.get(id) ?? []
  }
}

/** Digest of a change, with its name in full, for the sum over all: independent of order. */
function digestOf({ name, row }: SignatureChange): number {
  return hash48(JSON.stringify([name, row && packSignature(row, '', plainFiling)]))
}
const MODULUS = 2 ** 48

/** Running totals of changes on top of the rows of a file. */
class Sum {
  size: number
  digest: number
  constructor({ size, digest }: { readonly size: number; readonly digest: number }) {
    this.size = size
    this.digest = digest
  }

  /**
   * `sign`: -1 reverts the change. A removed row counts in the digest only if the file has it: otherwise its tombstone may
   * already be compacted away in the topic.
   */
  add(change: SignatureChange, isInFile: boolean, sign: 1 | -1): void {
    this.size += sign * ((change.row ? 1 : 0) - (isInFile ? 1 : 0))
    if (!change.row && !isInFile) return
    this.digest = (this.digest + sign * digestOf(change) + MODULUS) % MODULUS
  }
}

/**
 * Signatures of a file overlaid with those of a topic. Immutable; a change costs as much as the changed rows, regardless of the
 * total.
 */
export class SignatureIndex {
  readonly #file: SignatureFile
  readonly #changes: LayeredRows<readonly SignatureChange[]>
  /** Keys of changed rows that refer, or referred, to a brand. */
  readonly #byBrand: ReadonlyMap<string, ReadonlySet<string>>
  readonly size: number
  /** Digest of the effective changes; 0 without any. */
  readonly digest: number

  constructor(
    file: SignatureFile,
    changes = new LayeredRows(new PackedRows(changesCodec)),
    byBrand: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
    { size, digest }: { readonly size: number; readonly digest: number } = { size: file.size, digest: 0 },
  ) {
    this.#file = file
    this.#changes = changes
    this.#byBrand = byBrand
    this.size = size
    this.digest = digest
  }

  get(key: string): readonly SignatureRow[] {
    const rows = this.#file.get(key)
    if (this.#changes.isEmpty) return rows
    const changes = this.#changes.get(key)
    if (!changes) return rows
    const kept = rows.filter((row) => !changes.some(({ name }) => name === row.name))
    return [...kept, ...changes.flatMap(({ row }) => (row ? [row] : []))]
  }

  /** At least all rows with one of the texts in their JSON; undefined after a step without a row. */
  *having(texts: readonly string[]): Generator<SignatureRow | undefined> {
    for (const rows of [this.#changes, this.#file])
      for (const key of rows.keysHaving(texts)) yield* key === undefined ? [undefined] : this.get(key)
  }

  /** Keys of rows that may refer to the brand. */
  *keysOfBrand(id: string): Generator<string> {
    yield* this.#file.keysOfBrand(id)
    yield* this.#byBrand.get(id) ?? []
  }

  with(changes: readonly SignatureChange[]): SignatureIndex {
    const changed = new Map<string, SignatureChange[]>()
    const byBrand = new Map(this.#byBrand)
    const own = new Map<string, Set<string>>()
    const sum = new Sum(this)
    for (const change of changes) {
      const { name, row } = change
      const key = signatureKey(name)
      if (key === '') continue
      const known = changed.get(key) ?? this.#changes.get(key) ?? []
      const before = known.find((one) => one.name === name)
      changed.set(key, [...known.filter((one) => one !== before), change])
      const isInFile = this.#file.has(key, name)
      if (before) sum.add(before, isInFile, -1)
      sum.add(change, isInFile, 1)
      if (row?.brand === undefined) continue
      const keys = own.get(row.brand) ?? new Set(byBrand.get(row.brand))
      own.set(row.brand, keys.add(key))
    }
    for (const [brand, keys] of own) byBrand.set(brand, keys)
    return new SignatureIndex(this.#file, this.#changes.with(changed), byBrand, sum)
  }

  /** Applies the same changes to another file. */
  *over(file: SignatureFile): Steps<SignatureIndex> {
    const sum = new Sum({ size: file.size, digest: 0 })
    let n = 0
    for (const [key, changes] of this.#changes.entries()) {
      for (const change of changes) sum.add(change, file.has(key, change.name), 1)
      if (++n % ROWS_A_STEP === 0) yield
    }
    return new SignatureIndex(file, this.#changes, this.#byBrand, sum)
  }
}

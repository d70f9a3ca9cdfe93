import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import type { Change } from '../../domain/change.ts'
import { InvalidInput, type Problem } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import type { Brand, PortRow, SignatureRow } from '../../domain/registry.ts'
import { atOnce, ROWS_A_STEP, type Steps } from '../../domain/steps.ts'
import { formatPath, type OperatorDocument, readOperatorFile } from '../../settings/files/operator-file.ts'
import {
  CHANGE_SCHEMA,
  compileSchema,
  type Fault,
  show,
  strict,
  suggestion,
  toProblems,
} from '../../settings/files/operator-schema.ts'
import { type FileRow, isRowFile, lastOfEach, type RowMap, readRows } from '../../settings/files/row-file.ts'
import { signatureKey } from '../../text/signature.ts'
import {
  checkRow,
  keyOf,
  plainKey,
  type RegistryRow,
  ROW_KINDS,
  type RowKind,
  RowReader,
  withPlainNames,
} from './schema.ts'
import type { SignatureFile } from './signature-index.ts'

export interface LoadedRows {
  /** First 12 hex digits of SHA-256 of the file. */
  readonly hash: string
  readonly brands: readonly Brand[]
  readonly signatures: readonly SignatureRow[]
  readonly ports: readonly PortRow[]
  readonly change?: Change
}

export interface RegistryReading {
  /** Valid rows; check `problems` first if the registry must be complete. */
  readonly rows: LoadedRows
  readonly problems: readonly Problem[]
}

export interface RegistryOptions {
  /** Ids of brands known from elsewhere (the shipped list) that signatures may refer to. */
  readonly knownBrands?: ReadonlySet<string>
  /** Maps rows of another format; of several with one key the last wins, and one may delete those before it. */
  readonly map?: RowMap
  /** An empty table that takes the signatures, so that `rows` has none: a million would need hundreds of megabytes. */
  readonly signatures?: SignatureFile
}

/** A change from a topic row: a row, or its removal. */
export type RegistryChange =
  | ({ readonly op: 'put'; readonly key: string } & RegistryRow)
  | { readonly op: 'delete'; readonly kind: RowKind; readonly key: string }

const MAX_PROBLEMS = 100
const LISTS = { brands: 'brand', signatures: 'signature', ports: 'port' } as const satisfies Record<
  string,
  RowKind
>
type ListName = keyof typeof LISTS
const LIST_NAMES = Object.keys(LISTS) as ListName[]

/** Schema of the document around the rows; `checkRow` checks each row. */
const checkLists = compileSchema(
  strict({
    change: CHANGE_SCHEMA,
    ...Object.fromEntries(LIST_NAMES.map((name) => [name, { type: ['array', 'null'] }])),
  }),
)
const checkChange = compileSchema({
  ...CHANGE_SCHEMA,
  properties: { kind: { const: 'change' }, ...CHANGE_SCHEMA.properties },
})
const checkLine = compileSchema({
  type: 'object',
  required: ['kind'],
  properties: { kind: { type: 'string', enum: [...ROW_KINDS, 'change'] } },
})

/** Reads registry.yaml, .json, .jsonl or .csv and reports problems, up to 100. */
export function readRegistry(file: string, options?: RegistryOptions): RegistryReading {
  return atOnce(registryReading(file, options))
}

/** `readRegistry` in steps: JSONL and CSV line by line, YAML and JSON as a whole. */
export function* registryReading(file: string, options: RegistryOptions = {}): Steps<RegistryReading> {
  const collector = new Collector(file, options)
  if (isRowFile(file)) {
    const rows = options.map ? lastOfEach(readRows(file, options.map)) : readRows(file)
    for (const _ of readLines(rows, file, collector)) yield* options.signatures?.grow() ?? [undefined]
  } else readLists(file, collector)
  return collector.finish(yield* hashOf(file))
}

/** An unreadable file is already reported as a problem. */
function* hashOf(file: string): Steps<string> {
  const hash = createHash('sha256')
  try {
    const handle = openSync(file, 'r')
    try {
      const chunk = Buffer.allocUnsafe(1 << 20)
      for (let size = readSync(handle, chunk); size > 0; size = readSync(handle, chunk)) {
        hash.update(chunk.subarray(0, size))
        yield
      }
    } finally {
      closeSync(handle)
    }
  } catch {
    return ''
  }
  return hash.digest('hex').slice(0, 12)
}

/** Loads the rows; throws InvalidInput with all problems. */
export function loadRegistry(file: string, options: RegistryOptions = {}): LoadedRows {
  const { rows, problems } = readRegistry(file, options)
  if (problems.length > 0) throw new InvalidInput('REGISTRY_INVALID', problems)
  return rows
}

const topicReader = new RowReader()
const KEY_FORMS = 'brand:<id>, signature:<name>, port:<pattern>'
/** Limit of faults reported per topic row. */
const SHOWN_FAULTS = 3

/**
 * Parses one record of the registry topic: `key` is `brand:<id>`, `signature:<name>` or `port:<pattern>`, `value` the row with
 * its `kind`, null for a tombstone. Returns a fault as a string without any name, number or text. References to brands are not
 * checked, as rows arrive in any order.
 */
export function applyRow(key: string | null, written: unknown): RegistryChange | string {
  const colon = key?.indexOf(':') ?? -1
  const kind = ROW_KINDS.find((name) => name === key?.slice(0, Math.max(colon, 0)))
  const id = kind === undefined ? '' : plainKey(kind, key!.slice(colon + 1))
  if (kind === undefined || id === '') return `the record key is not allowed (allowed: ${KEY_FORMS})`
  if (written === null) return { op: 'delete', kind, key: id }
  const value = withPlainNames(kind, written)
  const faults = checkRow(kind, value, true).map(({ path, message }) =>
    path.length === 0 ? message : `${formatPath(path)}: ${message}`,
  )
  if (faults.length > 0) return faults.slice(0, SHOWN_FAULTS).join('; ')
  if (keyOf(kind, value) !== id) return `the record key is not that of the row (allowed: ${KEY_FORMS})`
  return { op: 'put', key: id, ...topicReader.read(kind, value) }
}

/** Collects rows of all kinds and checks duplicates and references to brands. Places are lines, or resolved to lines late. */
class Collector {
  readonly #file: string
  readonly #knownBrands: ReadonlySet<string>
  readonly #packed: SignatureFile | undefined
  readonly #reader = new RowReader()
  readonly #rows = { brand: [] as Brand[], signature: [] as SignatureRow[], port: [] as PortRow[] }
  readonly #places: Readonly<Record<RowKind, Map<string, number>>> = {
    brand: new Map(),
    signature: new Map(),
    port: new Map(),
  }
  /** Signatures that refer to a brand not seen yet. */
  readonly #references: { readonly brand: string; readonly report: Report }[] = []
  readonly #problems: Problem[] = []
  #change: Change | undefined

  constructor(file: string, { knownBrands = new Set(), signatures }: RegistryOptions) {
    this.#file = file
    this.#knownBrands = knownBrands
    this.#packed = signatures
  }

  get full(): boolean {
    return this.#problems.length >= MAX_PROBLEMS
  }

  problem(problem: Problem): void {
    if (!this.full) this.#problems.push(problem)
  }

  change({ by, why, ref }: Change): void {
    this.#change = { by, why, ...given({ ref }) }
  }

  /** `place` is a line or an index; `lineOf` converts it to a line. */
  row(
    kind: RowKind,
    value: unknown,
    place: number,
    report: Report,
    lineOf: (place: number) => number | undefined,
  ): void {
    const faults = checkRow(kind, value)
    if (faults.length > 0) {
      report(faults)
      return
    }
    const key = keyOf(kind, value)
    const packed = kind === 'signature' ? this.#packed : undefined
    const first = this.#places[kind].get(key)
    if (first !== undefined || packed?.has(signatureKey(key), key)) {
      const hint = kind === 'signature' ? ' and list its filings in it' : ''
      const where = first === undefined ? 'an earlier line' : `line ${lineOf(first) ?? '?'}`
      const message = `${show(key)} is already the ${kind} of ${where}: keep one row${hint}`
      report([{ path: [KEYS[kind]], message }])
      return
    }
    const read = this.#reader.read(kind, value)
    if (read.kind === 'signature') {
      if (packed) packed.add(read.row)
      else this.#rows.signature.push(read.row)
      const { brand } = read.row
      if (brand !== undefined && !this.#isBrand(brand)) this.#references.push({ brand, report })
    } else if (read.kind === 'brand') this.#rows.brand.push(read.row)
    else this.#rows.port.push(read.row)
    if (!packed) this.#places[kind].set(key, place)
  }

  #isBrand(id: string): boolean {
    return this.#places.brand.has(id) || this.#knownBrands.has(id)
  }

  finish(hash: string): RegistryReading {
    const ids = [...this.#places.brand.keys(), ...this.#knownBrands]
    for (const { brand, report } of this.#references) {
      if (this.full) break
      if (this.#isBrand(brand)) continue
      const message = `${show(brand)} is the id of no brand${suggestion(brand, ids)} (allowed: the id of a row of brands)`
      report([{ path: ['brand'], message }])
    }
    const problems = [...this.#problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    const { brand: brands, signature: signatures, port: ports } = this.#rows
    const size = brands.length + (this.#packed?.size ?? signatures.length) + ports.length
    if (this.full) {
      problems.push({
        file: this.#file,
        message: `only the first ${MAX_PROBLEMS} faults are shown; check again after mending`,
      })
    } else if (problems.length === 0 && size === 0) {
      problems.push({ file: this.#file, message: `has no rows (allowed: ${LIST_NAMES.join(', ')})` })
    }
    return { rows: { hash, brands, signatures, ports, ...given({ change: this.#change }) }, problems }
  }
}

type Report = (faults: readonly Fault[]) => void

const KEYS: Readonly<Record<RowKind, string>> = { brand: 'id', signature: 'name', port: 'port' }

function* readLines(rows: Iterable<FileRow>, file: string, collector: Collector): Steps<void> {
  for (const { line, value, problem } of rows) {
    if (line % ROWS_A_STEP === 0) yield
    if (collector.full) return
    if (problem) {
      collector.problem(problem)
      continue
    }
    const report: Report = (faults) => {
      const document: OperatorDocument = { file, value, line: () => line }
      for (const fault of toProblems(document, faults)) collector.problem(fault)
    }
    const kind = (value as { kind?: unknown } | null)?.kind
    if (kind === 'change') {
      const faults = checkChange(value)
      if (faults.length > 0) report(faults)
      else collector.change(value as Change)
      continue
    }
    const known = ROW_KINDS.find((name) => name === kind)
    if (known === undefined) report(checkLine(value))
    else collector.row(known, withPlainNames(known, value), line, report, (place) => place)
  }
}

function readLists(file: string, collector: Collector): void {
  const { document, problems } = readOperatorFile(file)
  for (const problem of problems) collector.problem(problem)
  if (!document || document.value === undefined) return
  const report = (faults: readonly Fault[], prefix: readonly (string | number)[] = []) => {
    for (const fault of toProblems(document, faults, prefix)) collector.problem(fault)
  }
  const faults = checkLists(document.value)
  report(faults)
  const { change } = (document.value ?? {}) as { readonly change?: Change }
  if (change && faults.length === 0) collector.change(change)
  for (const name of LIST_NAMES) {
    const list = (document.value as Partial<Record<ListName, unknown>> | null)?.[name]
    if (!Array.isArray(list)) continue
    const lineOf = (index: number) => document.line([name, index])
    for (const [index, value] of list.map((row) => withPlainNames(LISTS[name], row)).entries()) {
      if (collector.full) return
      collector.row(LISTS[name], value, index, (faults) => report(faults, [name, index]), lineOf)
    }
  }
}

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { SigwatchError } from '../../domain/errors.ts'
import { parseExact } from '../../domain/json.ts'
import { type CsvRow, readCsv } from './csv.ts'
import { describeReadError, isJsonLines, type JsonLine, readJsonLines } from './operator-file.ts'

/** Fields with several values, separated by `;` in a cell. */
const LISTS = new Set(['names', 'shortNames', 'domains', 'hotlines', 'ports', 'scope', 'codes', 'labels'])
/** Fields whose cell is read as a number if it holds only digits. In others, such as ports, digits are text. */
const NUMBERS = new Set(['ts', 'until', 'perMinute', 'sharedBy'])
const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
])
/** Boolean fields. */
const FLAGS = new Set(['verified', 'replaces'])
/** Fields whose cell is JSON. */
const STRUCTURES = new Set(['campaigns', 'filings', 'was'])

/** Maps an operator's row: to a row of sigwatch, to the key of a deleted row (null), or to a message that says why it cannot. */
export interface RowMap {
  (
    value: unknown,
  ):
    | { readonly key: string; readonly value: Readonly<Record<string, unknown>> | null }
    | { readonly message: string }
  /** Called with the columns of a CSV file before its rows; if it returns faults, no row is read. */
  readonly header?: (columns: readonly string[]) => readonly string[]
}

export interface FileRow extends JsonLine {
  /** For a mapped row, its key in a compacted topic. Without `value` and `problem`, the row with this key is deleted. */
  readonly key?: string
}

/** Whether the file name ends with `.jsonl`, `.ndjson` or `.csv`. */
export function isRowFile(file: string): boolean {
  return isJsonLines(file) || isCsv(file)
}

function isCsv(file: string): boolean {
  return /\.csv$/i.test(file)
}

/**
 * The rows of a CSV file, whose header names the fields, or of a JSONL file, in order, each with its first line. An empty cell
 * is an absent field. JSONL is streamed; CSV is loaded as a whole. With `map`, the rows are in the operator's form.
 */
export function readRows(file: string, map?: RowMap): Iterable<FileRow> {
  if (map) return mappedRows(file, map)
  return isCsv(file) ? csvRows(file, cellValue) : readJsonLines(file)
}

/** The last mapped row of each key; none if it deletes. */
export function lastOfEach(rows: Iterable<FileRow>): Iterable<FileRow> {
  const last = new Map<string, FileRow>()
  for (const row of rows) {
    const key = row.key ?? `line ${row.line}`
    last.delete(key)
    if (row.problem || row.value !== undefined) last.set(key, row)
  }
  return last.values()
}

function* mappedRows(file: string, map: RowMap): Generator<FileRow> {
  const ofSheet = isCsv(file)
  for (const row of ofSheet
    ? csvRows(file, (_, text) => text, map.header)
    : readJsonLines(file, parseExact)) {
    if (row.problem) {
      yield row
      continue
    }
    const { line } = row
    const mapped = map(row.value)
    if ('message' in mapped) yield { line, problem: { file, line, message: mapped.message } }
    else if (mapped.value === null) yield { line, key: mapped.key }
    else if (ofSheet) yield { ...ofCells(file, line, Object.entries(mapped.value)), key: mapped.key }
    else yield { line, key: mapped.key, value: mapped.value }
  }
}

function* csvRows(
  file: string,
  read: (name: string, text: string) => unknown,
  headerFaults: NonNullable<RowMap['header']> = () => [],
): Generator<JsonLine> {
  const text = textOf(file)
  if (typeof text !== 'string') {
    yield text
    return
  }
  let rows: CsvRow[]
  try {
    rows = readCsv(text, file)
  } catch (error) {
    if (!(error instanceof SigwatchError)) throw error
    yield { line: 1, problem: { file, message: error.message.replace(`${file}:`, 'line ') } }
    return
  }
  const [header, ...rest] = rows
  const names = (header?.cells ?? []).map((name) => name.trim())
  const fault = headerFault(names)
  const faults = fault === undefined ? headerFaults(names) : [fault]
  for (const message of faults) yield { line: 1, problem: { file, line: 1, message } }
  if (faults.length > 0) return
  const last = rest.at(-1)
  const isCut = last !== undefined && last.cells.length < names.length && !/[\r\n]$/.test(text)
  for (const row of rest) if (row !== last || !isCut) yield rowOf(file, names, row, read)
  if (isCut) {
    const { line, cells } = last
    const message = `has ${cells.length} of ${names.length} cells and no line break after them: was writing the file interrupted? If it is complete, end it with a line break`
    yield { line, problem: { file, line, message } }
  }
}

function textOf(file: string): string | JsonLine {
  try {
    const bytes = readFileSync(file)
    if (isUtf8(bytes)) return bytes.toString('utf8')
    return { line: 1, problem: { file, message: 'is not valid UTF-8: save the file as CSV in UTF-8' } }
  } catch (error) {
    return { line: 1, problem: { file, message: describeReadError(error) } }
  }
}

function headerFault(names: readonly string[]): string | undefined {
  if (names.length === 0) return 'is empty: the first line of a CSV file must name the fields'
  const empty = names.indexOf('')
  if (empty >= 0) return `column ${empty + 1} of the header has no name`
  const twice = names.find((name, i) => names.indexOf(name) < i)
  return twice === undefined ? undefined : `the header names ${JSON.stringify(twice.slice(0, 40))} twice`
}

function rowOf(
  file: string,
  names: readonly string[],
  { line, cells }: CsvRow,
  read: (name: string, text: string) => unknown,
): JsonLine {
  if (cells.length > names.length) {
    const message = `has ${cells.length} cells, the header ${names.length}: is a comma not quoted?`
    return { line, problem: { file, line, message } }
  }
  // Spreadsheets put an apostrophe before the digits of a long number.
  const texts = cells.map((cell, i) => [names[i]!, cell.trim().replace(/^'/, '')] as const)
  return ofCells(file, line, texts, read)
}

/** A row from its cells by field name; skips empty cells. */
function ofCells(
  file: string,
  line: number,
  cells: readonly (readonly [name: string, text: unknown])[],
  read: (name: string, text: string) => unknown = cellValue,
): JsonLine {
  const value: Record<string, unknown> = {}
  for (const [name, text] of cells) {
    if (text === '') continue
    try {
      value[name] = typeof text === 'string' ? read(name, text) : text
    } catch {
      return { line, problem: { file, line, key: name, message: 'is not valid JSON' } }
    }
  }
  return { line, value }
}

/** The values in the cell of a field with several values; undefined for other fields. */
export function listIn(field: string, text: string): string[] | undefined {
  return LISTS.has(field) ? text.split(';').map((one) => one.trim()) : undefined
}

function cellValue(name: string, text: string): unknown {
  const list = listIn(name, text)
  if (list) return list
  if (NUMBERS.has(name) && /^\d+$/.test(text)) return Number(text)
  if (FLAGS.has(name)) return BOOLEANS.get(text.toLowerCase()) ?? text
  return STRUCTURES.has(name) ? JSON.parse(text) : text
}

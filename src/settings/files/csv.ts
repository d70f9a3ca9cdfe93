import { SigwatchError } from '../../domain/errors.ts'
import { libraries } from './libraries.ts'

/** Text that a spreadsheet evaluates as a formula: starts with one of these signs, and is not a sign alone. */
const FORMULA = /^(?![+\-＋－]$)[=+\-@\t\r＝＋－＠]/
/** Text that a spreadsheet shows as a rounded number, such as a port. */
const LONG_NUMBER = /^\d{12,}$/
const QUOTED = /[",\r\n;]/

/** One line of a CSV file (RFC 4180). Text that a spreadsheet would evaluate or round is preceded by an apostrophe. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const safe = FORMULA.test(value) || LONG_NUMBER.test(value) ? `'${value}` : value
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export interface CsvRow {
  /** Line at which the row starts, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Parses CSV. The default delimiter is the most frequent of comma, semicolon and tab in the first line. Throws USAGE with
 * file and line if the text is not CSV.
 */
export function readCsv(text: string, file: string, delimiter = delimiterOf(text)): CsvRow[] {
  try {
    const rows = libraries.csv.parse(text, {
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]
    return rows.map(({ record: cells }, i) => ({ line: (rows[i - 1]?.info.lines ?? 0) + 1, cells }))
  } catch (error) {
    const { lines, code } = error as { lines?: number; code?: string }
    throw new SigwatchError('USAGE', `${file}:${lines ?? 1}: is not valid CSV (${code})`)
  }
}

function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/)
  const first = end < 0 ? text : text.slice(0, end)
  const count = (sign: string) => first.split(sign).length
  return [',', ';', '\t'].reduce((a, b) => (count(b) > count(a) ? b : a))
}

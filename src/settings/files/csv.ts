import { SigwatchError } from '../../domain/errors.ts'
import { libraries } from './libraries.ts'

/** Text that spreadsheets evaluate as a formula; a lone sign is not one. */
const FORMULA = /^(?![+\-＋－]$)[=+\-@\t\r＝＋－＠]/
/** Text that spreadsheets show as a rounded number, such as a port. */
const LONG_NUMBER = /^\d{12,}$/
const QUOTED = /[",\r\n;]/

/** One line of a CSV file (RFC 4180). Texts that a spreadsheet would evaluate or round get an apostrophe in front. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const safe = FORMULA.test(value) || LONG_NUMBER.test(value) ? `'${value}` : value
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export interface CsvRow {
  /** Of its beginning in the file, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * The rows of a sheet. `delimiter` absent: commas, semicolons or tabs, whichever the first line has most of. Throws USAGE
 * with file and line where the text is no CSV.
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
    throw new SigwatchError('USAGE', `${file}:${lines ?? 1}: is no CSV (${code})`)
  }
}

function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/)
  const first = end < 0 ? text : text.slice(0, end)
  const count = (sign: string) => first.split(sign).length
  return [',', ';', '\t'].reduce((a, b) => (count(b) > count(a) ? b : a))
}

import { SigwatchError } from '../../domain/errors.ts'
import { libraries } from './libraries.ts'

/** What a spreadsheet takes for a formula, or for a number that it shows rounded, gets an apostrophe in front; a lone `-` is neither. */
const FORMULA = /^(?!-$)[=+\-@\t\r＝＋－＠]/
const LONG_NUMBER = /^\d{12,}$/
const QUOTED = /[",\r\n;]/

/** One line of a sheet, as spreadsheets of all languages read it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(text: string): string {
  const safe = FORMULA.test(text) || LONG_NUMBER.test(text) ? `'${text}` : text
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

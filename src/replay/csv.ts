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

/** The rows of a sheet as it was saved: with commas, semicolons or tabs, whichever its first line has most of. */
export function parseCsv(text: string): CsvRow[] {
  const end = text.search(/[\r\n]/)
  const first = end < 0 ? text : text.slice(0, end)
  const count = (sign: string) => first.split(sign).length
  const separator = [',', ';', '\t'].reduce((a, b) => (count(b) > count(a) ? b : a))
  const rows: CsvRow[] = []
  let cells: string[] = []
  let line = 1
  let began = 1
  for (let at = 0; at < text.length; ) {
    const { value, next } = readCell(text, at, separator)
    cells.push(value)
    line += value.split('\n').length - 1
    at = next
    if (text[at] === separator) {
      at++
      if (at < text.length) continue
      cells.push('')
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    if (cells.some((one) => one !== '')) rows.push({ line: began, cells })
    cells = []
    began = ++line
  }
  return rows
}

function readCell(text: string, from: number, separator: string): { value: string; next: number } {
  if (text[from] !== '"') {
    let to = from
    while (to < text.length && text[to] !== separator && text[to] !== '\r' && text[to] !== '\n') to++
    return { value: text.slice(from, to), next: to }
  }
  let value = ''
  for (let at = from + 1; ; ) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return { value: value + text.slice(at), next: text.length }
    value += text.slice(at, quote)
    if (text[quote + 1] !== '"') return { value, next: quote + 1 }
    value += '"'
    at = quote + 2
  }
}

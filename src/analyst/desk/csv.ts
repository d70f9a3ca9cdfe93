import type { Answer } from './answers.ts'

/** What a spreadsheet would take for a formula; a sign alone is none. */
const FORMULA = /^(?:[=@\t\r]|[+-][\s\S])/

/** A list as CSV (RFC 4180) with a byte order mark, so that spreadsheets read it as UTF-8; no cell is a formula. */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value)
    const plain = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
    return /[",\r\n']/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
  }
  return `\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`
}

/** A list as a file that is downloaded. */
export function csvAnswer(name: string, rows: Parameters<typeof csvOf>[0]): Answer {
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    body: csvOf(rows),
    headers: { 'content-disposition': `attachment; filename="${name}.csv"` },
  }
}

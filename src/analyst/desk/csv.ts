import type { Answer } from './answers.ts'

/** Text that a spreadsheet would evaluate as a formula; a lone sign is not one. */
const FORMULA = /^(?:[=@\t\r]|[+-][\s\S])/

/** Formats a list as CSV (RFC 4180). A byte order mark makes spreadsheets read it as UTF-8, and formulas are escaped. */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value)
    const plain = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
    return /[",\r\n']/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
  }
  return `\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`
}

/** A response that downloads a list as a file. */
export function csvAnswer(name: string, rows: Parameters<typeof csvOf>[0]): Answer {
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    body: csvOf(rows),
    headers: { 'content-disposition': `attachment; filename="${name}.csv"` },
  }
}

import { csvLine } from '../../settings/files/csv.ts'
import type { Answer } from './answers.ts'

/** Formats a list as CSV. A byte order mark makes spreadsheets read it as UTF-8. */
export function csvOf(rows: readonly Parameters<typeof csvLine>[0][]): string {
  return `\ufeff${rows.map(csvLine).join('')}`
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

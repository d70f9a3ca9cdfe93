import { csvLine } from '../../settings/files/csv.ts'
import type { Answer } from './answers.ts'

/** A response that downloads a list as a file. The byte order mark makes spreadsheets read it as UTF-8. */
export function csvAnswer(name: string, rows: readonly Parameters<typeof csvLine>[0][]): Answer {
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    body: `\ufeff${rows.map(csvLine).join('')}`,
    headers: { 'content-disposition': `attachment; filename="${name}.csv"` },
  }
}

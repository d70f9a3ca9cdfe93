import { Html, type Table } from '../words/html.ts'
import type { Answer, Asked } from './answers.ts'
import { csvAnswer } from './csv.ts'

/** Lists with a CSV of their own that covers all pages. */
const OWN = /^\/(?:find|access)/
const TABLE_END = '</table></div>'

/**
 * Offers the tables of a page as CSV: each gets a link to the same address with `csv=<n>`, which returns the n-th table with
 * its displayed cells instead of the page; undefined if there is no such table.
 */
export function withCsv(answer: Answer, { path, query }: Asked): Answer | undefined {
  const { body, status } = answer
  if (OWN.test(path) || status !== 200 || !(body instanceof Html)) return answer
  const wanted = query.get('csv')
  if (wanted !== null) {
    const found = body.tables[Number(wanted)]
    return found && csvAnswer(`table-${wanted}`, cellsOf(found))
  }
  let n = 0
  const linked = body.text.replaceAll(TABLE_END, (end) => {
    const more = new URLSearchParams([...query, ['csv', String(n++)]]).toString().replaceAll('&', '&amp;')
    return `${end}<p class="csv"><a href="${path}?${more}" aria-label="CSV ${n}">CSV</a></p>`
  })
  return { ...answer, body: new Html(linked, body.tables) }
}

function cellsOf({ headings, rows }: Table): (string | number)[][] {
  return [[...headings], ...rows.map((row) => row.map((cell) => (cell instanceof Html ? cell.plain : cell)))]
}

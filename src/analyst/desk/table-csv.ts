import { Html } from '../words/html.ts'
import type { Answer, Asked } from './answers.ts'
import { csvAnswer } from './csv.ts'

const TABLE = /<table>[\s\S]*?<\/table>/g
/** Lists that have a CSV of all their pages. */
const OWN = /^\/(?:find|access)/
const MARKS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/**
 * The tables of a page as CSV: each has a link below it to the same address with `csv=<n>`, which answers with the n-th table
 * instead of the page, as its cells read.
 */
export function withCsv(answer: Answer, { path, query }: Asked): Answer {
  const { body, status } = answer
  if (OWN.test(path) || status !== 200 || !(body instanceof Html)) return answer
  const wanted = query.get('csv')
  if (wanted !== null) {
    const found = [...body.text.matchAll(TABLE)][Number(wanted)]
    return found ? csvAnswer(`table-${wanted}`, rowsOf(found[0])) : answer
  }
  let n = 0
  const linked = body.text.replace(/<\/table><\/div>/g, (end) => {
    const more = new URLSearchParams([...query, ['csv', String(n++)]]).toString().replaceAll('&', '&amp;')
    return `${end}<p class="csv"><a href="${path}?${more}" aria-label="CSV ${n}">CSV</a></p>`
  })
  return { ...answer, body: new Html(linked) }
}

function rowsOf(table: string): string[][] {
  return [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell]) => textOf(cell!)),
  )
}

function textOf(cell: string): string {
  const plain = cell.replaceAll('<br>', ' ').replace(/<[^>]*>/g, '')
  return plain.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => MARKS[name]!)
}

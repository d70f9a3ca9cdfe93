import { inline } from '../words/markdown.ts'
import type { Say, Word } from './words.ts'

export type Cell = string | number | undefined

/** A two-column table of facts; unknown ones are left out. */
export function facts(say: Say, rows: readonly (readonly [Word, Cell])[]): string {
  const known = rows.filter(([, value]) => value !== undefined && value !== '')
  return known.length === 0
    ? ''
    : table(
        ['', ''],
        known.map(([word, value]) => [say(word), value]),
      )
}

/** A table; its cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell) => inline(String(cell ?? ''))).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

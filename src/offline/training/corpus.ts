import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { InvalidInput } from '../../domain/errors.ts'
import { createRandom } from '../../text/reader/random.ts'
import { isMasked, isRedacted, unmask, unredact } from './masks.ts'
import { hasSlots, unknownSlots } from './slots.ts'

export interface Row {
  readonly label: string
  readonly text: string
  /** The text as published, if the corpus is masked and `text` has slots instead of masks. */
  readonly raw?: string
  /** Line number, from 1. */
  readonly line: number
}

export interface Corpus {
  readonly name: string
  readonly file: string
  readonly sha256: string
  /** Whether the rows are hand-written templates, which are expanded many times per epoch. */
  readonly templates: boolean
  readonly rows: readonly Row[]
}

/**
 * Reads lines of `label<TAB>text`; lines that begin with `#` are comments. Throws InvalidInput that names the invalid lines. In
 * corpora with masked contacts the masks are turned into slots, and so are those in texts that sigwatch redacted.
 */
export function readCorpus(file: string): Corpus {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new InvalidInput('USAGE', [
      { file, message: `cannot be read (${(cause as NodeJS.ErrnoException).code})` },
    ])
  }
  const rows: Row[] = []
  const problems = []
  let comments = 0
  const lines = bytes.toString('utf8').split('\n')
  for (const [i, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '') continue
    if (line.startsWith('#')) {
      comments++
      continue
    }
    const tab = line.indexOf('\t')
    const text = line.slice(tab + 1).trim()
    if (tab <= 0 || text === '') {
      problems.push({ file, line: i + 1, message: 'is not label<TAB>text' })
      continue
    }
    rows.push({ label: line.slice(0, tab), text, line: i + 1 })
  }
  if (problems.length === 0 && rows.length === 0) problems.push({ file, message: 'has no rows' })
  const templates = comments > 0 && rows.some((row) => hasSlots(row.text))
  if (templates) {
    for (const row of rows) {
      for (const slot of unknownSlots(row.text)) {
        problems.push({ file, line: row.line, message: `unknown slot {${slot}}` })
      }
    }
  }
  if (problems.length > 0) throw new InvalidInput('USAGE', problems.slice(0, 20))
  const masked = !templates && isMasked(rows.map((row) => row.text))
  const random = createRandom(1)
  return {
    name: `${basename(dirname(file))}/${basename(file, '.tsv')}`,
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    templates,
    rows: rows.map((row) => {
      if (masked) return { ...row, raw: row.text, text: unmask(row.text, row.label, random) }
      return isRedacted(row.text) ? { ...row, text: unredact(row.text, random) } : row
    }),
  }
}

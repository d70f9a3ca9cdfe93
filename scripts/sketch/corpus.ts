import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readText } from '../../src/text/read-text.ts'
import type { SketchInput } from '../../src/text/sketch.ts'

export const WRITERS = fileURLToPath(new URL('../../corpus/writers', import.meta.url))

/** The texts of one file of `label<TAB>text`. */
export interface TextFile {
  readonly name: string
  readonly sha256: string
  readonly texts: readonly string[]
}

/** Reads the files of corpus/writers and the public corpora that are named. Slots of templates become gaps. */
export function readTextFiles(corpora: readonly string[]): TextFile[] {
  const writers = readdirSync(WRITERS)
    .filter((name) => name.endsWith('.tsv'))
    .sort()
  return [...writers.map((name) => join(WRITERS, name)), ...corpora].map((path) => {
    const bytes = readFileSync(path)
    const texts = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(line.indexOf('\t') + 1).replace(/\{[a-z]+\}/g, '0'))
    const name = path.startsWith(WRITERS) ? `writers/${basename(path, '.tsv')}` : basename(path, '.tsv')
    return { name, sha256: createHash('sha256').update(bytes).digest('hex'), texts }
  })
}

/** Masks of the public corpora, which stand for numbers, links and names. */
const MASKS = /(?:DIGIT|CELLPHONE|PHONE|NAME|PLACE|URL|EMAIL|ALPHA|NUM|QQ|WECHAT)+/g

export function readForSketch(text: string): SketchInput {
  return readText(text.replace(MASKS, '0'))
}

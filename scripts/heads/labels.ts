import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HEADS, type Head } from '../../src/domain/heads.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'

const WRITERS = fileURLToPath(new URL('../../corpus/writers', import.meta.url))
const LABELS = fileURLToPath(new URL('../../corpus/heads', import.meta.url))

/** Writers whose labels judge; nothing is learnt from their texts, and neither did the shipped text model. */
export const JUDGES: readonly string[] = ['shanghai-grandfather', 'truck-driver-henan']

/** Short sentences with their labels, which are always learnt and judge nothing. */
export const PLAIN = 'plain-sentences'

/** The letter of each head in corpus/heads. */
const LETTERS: Readonly<Record<Head, string>> = {
  payment: 'p',
  secret: 's',
  app: 'a',
  contact: 'c',
  call: 'k',
  reply: 'r',
  link: 'l',
  lure: 'u',
  pressure: 'e',
  threat: 't',
  brand: 'b',
  office: 'o',
  person: 'h',
  shop: 'm',
  warns: 'w',
}

/** A template of corpus/writers. */
export interface LabelledTemplate {
  readonly writer: string
  /** Of the six. */
  readonly label: string
  readonly text: string
  /** 1 for each head that holds, in the order of HEADS; absent where nobody has labelled the text. */
  readonly heads?: Float32Array
}

/** All templates, with the labels of corpus/heads, and the plain sentences. Throws where a label names no text: the text was changed. */
export function readTemplates(): LabelledTemplate[] {
  const files = readdirSync(WRITERS).filter((file) => file.endsWith('.tsv'))
  const templates = files.sort().flatMap((file): LabelledTemplate[] => {
    const labels = labelsOf(file)
    const rows = readCorpus(join(WRITERS, file)).rows.map(({ text, label }) => {
      const id = createHash('sha256').update(text).digest('hex').slice(0, 12)
      const heads = labels.get(id)
      labels.delete(id)
      return { writer: basename(file, '.tsv'), label, text, ...(heads === undefined ? {} : { heads }) }
    })
    if (labels.size > 0) throw new Error(`corpus/heads/${file}: no text for ${[...labels.keys()].join(', ')}`)
    return rows
  })
  const plain = [...labelsOf(`${PLAIN}.tsv`, false)].map(([text, heads]) => ({
    writer: PLAIN,
    label: 'notice',
    text,
    heads,
  }))
  return [...templates, ...plain]
}

/** By what the labels are of: an id before them, or the text behind them. */
function labelsOf(file: string, byId = true): Map<string, Float32Array> {
  if (!readdirSync(LABELS).includes(file)) return new Map()
  const lines = readFileSync(join(LABELS, file), 'utf8').split('\n')
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [first = '', second = ''] = line.split('\t')
        const [of, letters] = byId ? [first, second] : [second, first]
        return [of, Float32Array.from(HEADS, (head) => (letters.includes(LETTERS[head]) ? 1 : 0))]
      }),
  )
}

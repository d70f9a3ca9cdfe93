import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { HEADS } from '../../src/domain/heads.ts'
import type { Brand } from '../../src/domain/registry.ts'
import { expand } from '../../src/offline/training/augment.ts'
import { type Encoded, encode } from '../../src/offline/training/encode.ts'
import { MIXTURE } from '../../src/offline/training/plan.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { loadArtifact, shapeOf } from '../../src/text/reader/artifact.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { width } from '../../src/text/reader/network.ts'
import { createRandom } from '../../src/text/reader/random.ts'
import { Tokenizer } from '../../src/text/reader/tokenizer.ts'
import { analysedTexts } from '../brand-decision/corpus.ts'
import type { LabelledTemplate } from './labels.ts'
import { listsOf } from './lists.ts'
import type { Variant } from './machine.ts'

/** What varies of a text without changing what it asks, how, or as whom it speaks. */
const AUGMENT = { ...MIXTURE.augment, dropSignature: 0, sign: 0, join: 0, cut: 0, link: 0 }
/** The first of each template has values in its slots, and nothing else varied. */
const VARIANTS = 4
/** Any filed port: the lists look at texts alone here. */
const SENDER = '106900001234'

export interface Prepared extends LabelledTemplate {
  /** With values in its slots: the first variant. */
  readonly shown: string
  /** Its inputs are the bag of the text in the network. */
  readonly variants: readonly Variant[]
  /** 1 for each head that the lists of the detectors give it. */
  readonly lists: Float32Array
}

/**
 * The columns of the network's table that its heads can be given as inputs, each divided by its root mean square in texts
 * of the corpus: what is linear in them is linear in the rows of the table, and is folded into the heads.
 */
export class NetworkColumns {
  readonly count: number
  readonly #table: Float32Array
  readonly #share: Float32Array

  constructor(dir: string, sample: Encoded) {
    const { description, weights } = loadArtifact(dir)
    this.count = width(shapeOf(description))
    this.#table = weights.table
    this.#share = new Float32Array(this.count).fill(1)
    const squares = new Float64Array(this.count)
    const texts = sample.starts.length - 1
    for (let t = 0; t < texts; t++) {
      const bag = this.bagOf(rowsOf(sample, t))
      for (let c = 0; c < this.count; c++) squares[c] = (squares[c] as number) + (bag[c] as number) ** 2
    }
    for (let c = 0; c < this.count; c++)
      this.#share[c] = 1 / Math.sqrt(((squares[c] as number) / texts + 1e-6) * this.count)
  }

  bagOf(rows: Int32Array): Float32Array {
    const bag = new Float32Array(this.count)
    for (const row of rows) for (let c = 0; c < this.count; c++) bag[c] = (bag[c] as number) + this.of(row, c)
    const root = Math.sqrt(rows.length)
    return bag.map((value) => value / root)
  }

  of(row: number, column: number): number {
    return (this.#table[row * this.count + column] as number) * (this.#share[column] as number)
  }
}

/** Templates as features, with the answers of the lists. */
export async function prepare(
  templates: readonly LabelledTemplate[],
  seed: number,
): Promise<{ prepared: Prepared[]; columns: NetworkColumns; tokenizer: Tokenizer }> {
  const random = createRandom(seed)
  const texts = templates.flatMap(({ text, label }) => [
    fillSlots(text, random),
    ...Array.from({ length: VARIANTS - 1 }, () => expand(text, label, AUGMENT, random)),
  ])
  const tokenizer = new Tokenizer(loadArtifact(SHIPPED_MODEL).description.tokenizer)
  const encoded = encode(tokenizer, texts)
  const columns = new NetworkColumns(SHIPPED_MODEL, encoded)
  const lists = await answersOf(texts.filter((_, i) => i % VARIANTS === 0))
  const prepared = templates.map((template, i) => ({
    ...template,
    shown: texts[i * VARIANTS]!,
    lists: lists[i]!,
    variants: Array.from({ length: VARIANTS }, (_, v) => {
      const rows = rowsOf(encoded, i * VARIANTS + v)
      return { rows, inputs: columns.bagOf(rows) }
    }),
  }))
  return { prepared, columns, tokenizer }
}

function rowsOf({ rows, starts }: Encoded, text: number): Int32Array {
  return rows.subarray(starts[text] as number, starts[text + 1] as number)
}

async function answersOf(texts: readonly string[]): Promise<Float32Array[]> {
  const brands = new URL('../../config/brands.yaml', import.meta.url)
  const shippedBrands = (parse(readFileSync(brands, 'utf8')) as { brands: Brand[] }).brands
  const registry = buildRegistry({ brands: [], signatures: [], ports: [], shippedBrands, hash: 'shipped' })
  const classifier = await openClassifier({ dir: SHIPPED_MODEL })
  const answers = analysedTexts(texts, SENDER, classifier).map((message) => {
    const said = listsOf(message, registry)
    return Float32Array.from(HEADS, (head) => (said.has(head) ? 1 : 0))
  })
  classifier.close()
  return answers
}

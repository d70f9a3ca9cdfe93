import { WORDING_ROWS, wordingRows } from '../../src/detection/detectors/brand-decision/wording-opinion.ts'
import type { BrandMessage } from './corpus.ts'

const EPOCHS = 12
const RATE = 0.3
const RIDGE = 1e-4
/** Keeps the first steps of AdaGrad short. */
const START = 1e-3

/** Weights of the rows of the table; there is no bias. */
export type WordingTable = Float32Array

const touched = new WeakMap<BrandMessage, Int32Array>()

function rowsOf(of: BrandMessage): Int32Array {
  let rows = touched.get(of)
  if (rows === undefined) {
    rows = wordingRows(of.message.normalised.text).slice()
    touched.set(of, rows)
  }
  return rows
}

/** Logistic regression over the grams of the texts, lawful or not, by AdaGrad: the same for the same messages. */
export function trainWording(messages: readonly BrandMessage[]): WordingTable {
  const table = new Float32Array(WORDING_ROWS)
  const squares = new Float32Array(WORDING_ROWS).fill(START)
  const order = messages.map((_, index) => index)
  let seed = 1
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      const j = seed % (i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    for (const index of order) learn(messages[index]!, table, squares)
  }
  return table
}

function learn(of: BrandMessage, table: Float32Array, squares: Float32Array): void {
  const rows = rowsOf(of)
  const scale = 1 / Math.sqrt(rows.length)
  const error = (of.kind === 'lawful' ? 0 : 1) - 1 / (1 + Math.exp(-opinionBy(table, of)))
  for (const row of rows) {
    const step = error * scale - RIDGE * table[row]!
    squares[row]! += step * step
    table[row]! += (RATE * step) / Math.sqrt(squares[row]!)
  }
}

/** What the table says of a message, as log-odds. */
export function opinionBy(table: WordingTable, of: BrandMessage): number {
  const rows = rowsOf(of)
  let sum = 0
  for (const row of rows) sum += table[row]!
  return rows.length === 0 ? 0 : sum / Math.sqrt(rows.length)
}

/**
 * Gives each message the opinion of a table that was trained without its writer (and without `leftOut`): what stands in
 * the memo is taken for the opinion from then on.
 */
export function rememberOpinions(messages: readonly BrandMessage[], leftOut?: string): void {
  for (const writer of new Set(messages.map((of) => of.writer))) {
    const table = trainWording(messages.filter((of) => of.writer !== writer && of.writer !== leftOut))
    for (const of of messages) if (of.writer === writer) of.message.memo.wording = opinionBy(table, of)
  }
}

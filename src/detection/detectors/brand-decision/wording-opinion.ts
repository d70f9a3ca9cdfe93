import type { AnalysedMessage } from '../../../domain/message.ts'
import { SCALE, TABLE } from './wording-table.generated.ts'

/** Rows of the table: a power of two. */
export const WORDING_ROWS = 1 << 15

const MAX_UNITS = 1024
const LINK = 0x10000
const NUMBER = 0x10100
const LONGEST_NUMBER = 12
const LONGEST_GRAM = 3
const LINK_SIGN = /[a-z0-9.\-/:_?=&%#~+@]/
const HOST = /[a-z0-9]\.[a-z]{2}/

const symbols = new Int32Array(MAX_UNITS)
const rows = new Int32Array(MAX_UNITS * LONGEST_GRAM)
const seen = new Uint32Array(WORDING_ROWS)
/** Largest value of an entry of `seen`. */
const LAST_STAMP = 0xffffffff
let stamp = 0

/**
 * Table rows of a normalised text, without duplicates: its grams of one to three symbols. A link is one symbol, and a number one
 * by its length, so that neither decides here. The array is valid until the next call.
 */
export function wordingRows(normalised: string): Int32Array {
  const length = readSymbols(normalised)
  if (++stamp > LAST_STAMP) {
    seen.fill(0)
    stamp = 1
  }
  let count = 0
  for (let i = 0; i < length; i++) {
    let hash = 0x811c9dc5
    for (let n = 0; n < LONGEST_GRAM && i + n < length; n++) {
      hash = Math.imul(hash ^ symbols[i + n]!, 0x01000193)
      const row = ((hash ^ (hash >>> 15)) >>> 0) % WORDING_ROWS
      if (seen[row] === stamp) continue
      seen[row] = stamp
      rows[count++] = row
    }
  }
  return rows.subarray(0, count)
}

function readSymbols(text: string): number {
  const end = Math.min(text.length, MAX_UNITS)
  let count = 0
  for (let i = 0; i < end; ) {
    let next = i
    while (next < end && LINK_SIGN.test(text[next]!)) next++
    if (next > i && HOST.test(text.slice(i, next))) {
      symbols[count++] = LINK
      i = next
      continue
    }
    const stop = Math.max(next, i + 1)
    while (i < stop) {
      let digits = i
      while (digits < stop && isDigit(text.charCodeAt(digits))) digits++
      symbols[count++] = digits > i ? NUMBER + Math.min(digits - i, LONGEST_NUMBER) : text.charCodeAt(i)
      i = Math.max(digits, i + 1)
    }
  }
  return count
}

const isDigit = (unit: number) => unit >= 48 && unit <= 57

const table = new Int8Array(Buffer.from(TABLE, 'base64'))

/**
 * Similarity of the wording to forgeries, as log-odds: the result of a linear model over the grams of the text, independent of
 * the text model. Computed once for all texts that are alike, as a number is one symbol here.
 */
export function wordingOpinion({ memo, normalised }: AnalysedMessage): number {
  const shared = memo.alike ?? memo
  shared.wording ??= opinionOf(wordingRows(normalised.text))
  return shared.wording
}

function opinionOf(touched: Int32Array): number {
  let sum = 0
  for (const row of touched) sum += table[row]!
  return touched.length === 0 ? 0 : (sum * SCALE) / Math.sqrt(touched.length)
}

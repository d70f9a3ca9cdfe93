import { normalise } from '../../text/normalise.ts'
import { width } from '../network.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { Training } from './trainer.ts'

/** Feature rows of texts, end to end. `starts` has one more entry. */
export interface Encoded {
  readonly rows: Int32Array
  readonly starts: Int32Array
}

export function encode(tokenizer: Tokenizer, texts: readonly string[]): Encoded {
  let rows = new Int32Array(texts.length * 160)
  const starts = new Int32Array(texts.length + 1)
  let at = 0
  for (const [i, text] of texts.entries()) {
    tokenizer.read(normalise(text).text, text)
    if (at + tokenizer.count > rows.length) {
      const grown = new Int32Array(2 * rows.length + tokenizer.count)
      grown.set(rows)
      rows = grown
    }
    rows.set(tokenizer.rows.subarray(0, tokenizer.count), at)
    at += tokenizer.count
    starts[i + 1] = at
  }
  return { rows: rows.subarray(0, at), starts }
}

/** Logits of encoded texts with weights as they stand: plain arithmetic, for scores during training. */
export function logitsOf({ shape, weights }: Training, encoded: Encoded): Float32Array {
  const texts = encoded.starts.length - 1
  const columns = width(shape)
  const sum = new Float64Array(columns)
  const out = new Float32Array(texts * shape.labels)
  for (let t = 0; t < texts; t++) {
    sum.fill(0)
    const from = encoded.starts[t] as number
    const to = encoded.starts[t + 1] as number
    for (let i = from; i < to; i++) {
      const base = (encoded.rows[i] as number) * columns
      for (let c = 0; c < columns; c++) sum[c] = (sum[c] as number) + (weights.table[base + c] as number)
    }
    const share = 1 / Math.sqrt(to - from)
    for (let k = 0; k < shape.labels; k++) {
      out[t * shape.labels + k] =
        (sum[shape.embedding + k] as number) * share + (weights.outputBias[k] as number)
    }
    for (let h = 0; h < shape.hidden; h++) {
      let x = weights.hiddenBias[h] as number
      for (let c = 0; c < shape.embedding; c++) {
        x += (sum[c] as number) * share * (weights.hidden[c * shape.hidden + h] as number)
      }
      if (x <= 0) continue
      for (let k = 0; k < shape.labels; k++) {
        const at = t * shape.labels + k
        out[at] = (out[at] as number) + x * (weights.output[h * shape.labels + k] as number)
      }
    }
  }
  return out
}

import { normalise } from '../../text/normalise.ts'
import { LEAST_SQUARES, width } from '../../text/reader/network.ts'
import type { Tokenizer } from '../../text/reader/tokenizer.ts'
import type { Training } from './trainer.ts'

/** Concatenated feature rows of all bags. `starts`: start of each bag, plus the end of the last. */
export interface Encoded {
  readonly rows: Int32Array
  readonly starts: Int32Array
  readonly bags: number
}

export function encode(tokenizer: Tokenizer, texts: readonly string[]): Encoded {
  let rows = new Int32Array(texts.length * 160)
  const bags = tokenizer.ends.length
  const starts = new Int32Array(texts.length * bags + 1)
  let at = 0
  for (const [i, text] of texts.entries()) {
    tokenizer.read(normalise(text).text, text)
    if (at + tokenizer.count > rows.length) {
      const grown = new Int32Array(2 * rows.length + tokenizer.count)
      grown.set(rows)
      rows = grown
    }
    rows.set(tokenizer.rows.subarray(0, tokenizer.count), at)
    for (let b = 0; b < bags; b++) starts[i * bags + b + 1] = at + (tokenizer.ends[b] as number)
    at += tokenizer.count
  }
  return { rows: rows.subarray(0, at), starts, bags }
}

/** A subset of the texts, by index. */
export function pick({ rows, starts, bags }: Encoded, texts: ArrayLike<number>): Encoded {
  const bounds = new Int32Array(texts.length * bags + 1)
  let size = 0
  for (let i = 0; i < texts.length; i++) {
    const first = (texts[i] as number) * bags
    size += (starts[first + bags] as number) - (starts[first] as number)
  }
  const own = new Int32Array(size)
  let at = 0
  for (let i = 0; i < texts.length; i++) {
    const first = (texts[i] as number) * bags
    const from = starts[first] as number
    own.set(rows.subarray(from, starts[first + bags] as number), at)
    for (let b = 1; b <= bags; b++) bounds[i * bags + b] = at + (starts[first + b] as number) - from
    at = bounds[(i + 1) * bags] as number
  }
  return { rows: own, starts: bounds, bags }
}

/** Logits of encoded texts in plain arithmetic, for scores during training. */
export function logitsOf(training: Training, encoded: Encoded): Float32Array {
  if (encoded.bags > 1) return partedLogitsOf(training, encoded)
  const { shape, weights } = training
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

function partedLogitsOf({ shape, weights }: Training, { rows, starts, bags }: Encoded): Float32Array {
  const texts = (starts.length - 1) / bags
  const { labels, embedding } = shape
  const columns = width(shape)
  const sum = new Float64Array(columns)
  const out = new Float32Array(texts * labels)
  for (let t = 0; t < texts; t++) {
    out.set(weights.outputBias, t * labels)
    for (let b = t * bags; b < (t + 1) * bags; b++) {
      sum.fill(0)
      for (let i = starts[b] as number; i < (starts[b + 1] as number); i++) {
        const base = (rows[i] as number) * columns
        for (let c = 0; c < columns; c++) sum[c] = (sum[c] as number) + (weights.table[base + c] as number)
      }
      const share = 1 / Math.sqrt(Math.max(sum[0] as number, LEAST_SQUARES))
      for (let k = 0; k < labels; k++) {
        const at = t * labels + k
        out[at] = (out[at] as number) + (sum[embedding + k] as number) * share
      }
    }
  }
  return out
}

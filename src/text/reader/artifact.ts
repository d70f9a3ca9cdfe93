import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidInput, orUsage, type Problem } from '../../domain/errors.ts'
import { packHalves, unpackHalves } from './float16.ts'
import { failModelFile, readModelFile, readModelJson, sha256Of } from './model-file.ts'
import { type NetworkShape, PARTS, type Part, partSize, type Weights } from './network.ts'
import { bagsOf, type TokenizerSettings } from './tokenizer-settings.ts'

export const FORMAT = 'sigwatch-text-model'
/** Version 2: models with several bags, which readers of version 1 would misread. */
export const FORMAT_VERSIONS = [1, 2] as const

/** A message with its scores at training time, to detect a reader that processes texts differently. */
export interface Golden {
  readonly text: string
  readonly scores: readonly number[]
}

/** `model.json` */
export interface ModelDescription {
  readonly format: typeof FORMAT
  readonly formatVersion: (typeof FORMAT_VERSIONS)[number]
  readonly name: string
  readonly version: string
  /** In the order of the output row. */
  readonly labels: readonly string[]
  readonly tokenizer: TokenizerSettings
  readonly embedding: number
  readonly hidden: number
  /** Divisor of the logits before the softmax. */
  readonly temperature: number
  /** `weights.bin`: the parts in the order of PARTS, the table as half floats, the rest as 32-bit floats, little-endian. */
  readonly weights: { readonly bytes: number; readonly sha256: string }
  readonly golden: readonly Golden[]
}

export interface CorpusCard {
  readonly name: string
  readonly sha256: string
  readonly rows: number
  readonly source?: string
}

/** `card.json`: the model card, for people. */
export interface ModelCard {
  readonly name: string
  readonly version: string
  readonly labels: readonly string[]
  /** Minimum score at which each label counts. */
  readonly thresholds: Readonly<Record<string, number>>
  readonly temperature: number
  readonly corpora: readonly CorpusCard[]
  readonly training: Readonly<Record<string, unknown>>
  /** From the held-out parts; `histogram`: texts by most likely label and its score, in ten steps. */
  readonly scores: Readonly<Record<string, unknown>>
  /** For a model with heads (`heads.json`): their training data and quality. */
  readonly heads?: Readonly<Record<string, unknown>>
  readonly limits: readonly string[]
  readonly mustNotBeUsedFor: readonly string[]
}

export interface Artifact {
  readonly description: ModelDescription
  readonly card: ModelCard
  readonly weights: Weights
}

export function shapeOf(
  description: Pick<ModelDescription, 'tokenizer' | 'embedding' | 'hidden' | 'labels'>,
): NetworkShape {
  return {
    rows: 1 << description.tokenizer.bits,
    embedding: description.embedding,
    hidden: description.hidden,
    labels: description.labels.length,
    bags: bagsOf(description.tokenizer),
  }
}

const bytesOf = (shape: NetworkShape, part: Part) => partSize(shape, part) * (part === 'table' ? 2 : 4)

/** Weights after a round trip through the file format: calibration must use what is served. */
export function rounded(weights: Weights): Weights {
  return { ...weights, table: unpackHalves(packHalves(weights.table)) }
}

/** Writes a model folder. A model that is there stays until the new files are on disk. Throws USAGE. */
export function saveArtifact(
  dir: string,
  description: Omit<ModelDescription, 'format' | 'formatVersion' | 'weights'>,
  card: ModelCard,
  weights: Weights,
): void {
  const bytes = Buffer.concat(
    PARTS.map((part) => {
      const values = weights[part]
      return part === 'table'
        ? packHalves(values)
        : new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    }),
  )
  const full: ModelDescription = {
    format: FORMAT,
    formatVersion: bagsOf(description.tokenizer) > 1 ? 2 : 1,
    ...description,
    weights: { bytes: bytes.length, sha256: sha256Of(bytes) },
  }
  const files = {
    'weights.bin': bytes,
    'model.json': `${JSON.stringify(full, null, 2)}\n`,
    'card.json': `${JSON.stringify(card, null, 2)}\n`,
  }
  const writing = join(dir, '.writing')
  orUsage(`cannot write the model ${dir}`, () => {
    try {
      mkdirSync(writing, { recursive: true })
      for (const [name, content] of Object.entries(files)) writeFileSync(join(writing, name), content)
      for (const name of Object.keys(files)) renameSync(join(writing, name), join(dir, name))
    } finally {
      rmSync(writing, { recursive: true, force: true })
    }
  })
}

/** Reads and validates a model folder. Throws InvalidInput (MODEL_INVALID) naming file and key. */
export function loadArtifact(dir: string): Artifact {
  const modelFile = join(dir, 'model.json')
  const description = readJson(modelFile) as unknown as ModelDescription
  const problems = checkDescription(description).map((problem) => ({ file: modelFile, ...problem }))
  if (problems.length > 0) throw new InvalidInput('MODEL_INVALID', problems)
  const cardFile = join(dir, 'card.json')
  const card = readJson(cardFile) as unknown as ModelCard
  for (const label of description.labels) {
    const value = card.thresholds?.[label]
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      problems.push({ file: cardFile, key: `thresholds.${label}`, message: 'must be a number from 0 to 1' })
    }
  }
  if (problems.length > 0) throw new InvalidInput('MODEL_INVALID', problems)
  return { description, card, weights: readWeights(join(dir, 'weights.bin'), description) }
}

function readWeights(file: string, description: ModelDescription): Weights {
  const bytes = readModelFile(file)
  const shape = shapeOf(description)
  const expected = PARTS.reduce((sum, part) => sum + bytesOf(shape, part), 0)
  if (bytes.length !== expected)
    failModelFile(file, `holds ${bytes.length} bytes, not the ${expected} of its model.json`)
  if (sha256Of(bytes) !== description.weights.sha256)
    failModelFile(file, 'is damaged: its SHA-256 is not the one in model.json')
  let at = 0
  const weights: Partial<Record<Part, Float32Array>> = {}
  for (const part of PARTS) {
    const slice = bytes.subarray(at, at + bytesOf(shape, part))
    // Copy: a view would keep the whole file in memory.
    weights[part] = part === 'table' ? unpackHalves(slice) : new Float32Array(new Uint8Array(slice).buffer)
    if (!areFinite(weights[part])) failModelFile(file, `${part} has a value that is not a number`)
    at += slice.length
  }
  return weights as Weights
}

function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

function checkDescription(d: Partial<ModelDescription>): Omit<Problem, 'file'>[] {
  const problems: Omit<Problem, 'file'>[] = []
  const expect = (ok: boolean, key: string, message: string) => {
    if (!ok) problems.push({ key, message })
  }
  const whole = (value: unknown, low: number, high: number) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high
  expect(d.format === FORMAT, 'format', `must be ${FORMAT}`)
  const version = d.formatVersion
  const formatted = version !== undefined && FORMAT_VERSIONS.includes(version)
  expect(formatted, 'formatVersion', `must be ${FORMAT_VERSIONS.join(' or ')}`)
  expect(typeof d.name === 'string' && d.name !== '', 'name', 'must be a name')
  expect(typeof d.version === 'string' && d.version !== '', 'version', 'must be a version')
  expect(
    Array.isArray(d.labels) &&
      d.labels.length >= 2 &&
      d.labels.length <= 64 &&
      new Set(d.labels).size === d.labels.length,
    'labels',
    'must be 2 to 64 different names',
  )
  expect(whole(d.tokenizer?.bits, 8, 22), 'tokenizer.bits', 'must be a whole number from 8 to 22')
  expect(whole(d.tokenizer?.grams, 1, 4), 'tokenizer.grams', 'must be a whole number from 1 to 4')
  expect(whole(d.tokenizer?.words, 0, 2), 'tokenizer.words', 'must be 0, 1 or 2')
  expect(whole(d.tokenizer?.written ?? 0, 0, 4), 'tokenizer.written', 'must be a whole number from 0 to 4')
  expect(
    typeof (d.tokenizer?.skipUnknown ?? false) === 'boolean',
    'tokenizer.skipUnknown',
    'must be true or false',
  )
  const parted = d.tokenizer?.parted ?? false
  expect(typeof parted === 'boolean', 'tokenizer.parted', 'must be true or false')
  if (formatted)
    expect(
      parted === (version === 2),
      'tokenizer.parted',
      `must be ${version === 2} in format version ${version}`,
    )
  expect(whole(d.embedding, 1, 256), 'embedding', 'must be a whole number from 1 to 256')
  expect(whole(d.hidden, 1, 1024), 'hidden', 'must be a whole number from 1 to 1024')
  expect(typeof d.temperature === 'number' && d.temperature > 0, 'temperature', 'must be above 0')
  expect(typeof d.weights?.sha256 === 'string', 'weights.sha256', 'must be the SHA-256 of weights.bin')
  expect(Array.isArray(d.golden), 'golden', 'must be a list of messages with their scores')
  return problems
}

function readJson(file: string): Record<string, unknown> {
  const value = readModelJson(file)
  if (typeof value !== 'object' || value === null) return failModelFile(file, 'is not an object')
  return value as Record<string, unknown>
}

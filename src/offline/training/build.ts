import { given } from '../../domain/given.ts'
import { type Golden, type ModelCard, saveArtifact } from '../../text/reader/artifact.ts'
import { createRandom, shuffle } from '../../text/reader/random.ts'
import { servingTokenizer, softmax } from '../../text/reader/text-model.ts'
import { fitTemperature, fitThresholds } from './calibration.ts'
import { corpusCard, LIMITS, MUST_NOT } from './card.ts'
import type { Corpus } from './corpus.ts'
import { encode, logitsOf } from './encode.ts'
import { fitLinear, fitNetworks, type Job } from './fit.ts'
import { type HeldOut, heldScores, heldSet } from './held-texts.ts'
import { LINEAR, type LinearSettings } from './linear.ts'
import { MIXTURE, type Mixture, type Part, split } from './plan.ts'
import { SETTINGS, type TrainSettings } from './trainer.ts'

export interface BuildOptions {
  readonly name: string
  readonly version: string
  readonly dir: string
  readonly labels: readonly string[]
  readonly corpora: readonly Corpus[]
  readonly seed: number
  /** Share of every corpus held out for early stopping, calibration and thresholds. */
  readonly heldShare: number
  readonly settings?: Partial<TrainSettings>
  readonly mixture?: Partial<Mixture>
  readonly linear?: Partial<LinearSettings>
  readonly onProgress: (line: string) => void
}

/**
 * False-positive rates for the thresholds, on held-out texts of other labels. Half of the writers' texts are deliberate
 * near-misses, so the rates in real traffic are far lower.
 */
export const RATES: Readonly<Record<string, number>> = {
  fraud: 0.02,
  illicit: 0.02,
  marketing: 0.02,
  finance: 0.02,
}

/** Trains a model and writes its folder. Returns the model card. */
export async function buildModel(options: BuildOptions): Promise<ModelCard> {
  const { labels, corpora, seed, onProgress } = options
  const templates = corpora.some((corpus) => corpus.templates)
  // A label that combines several of the model's labels is trained on their summed probability, which the linear machines do
  // not have.
  const exact = corpora.every((corpus) => corpus.rows.every((row) => labels.includes(row.label)))
  const settings: TrainSettings = { ...SETTINGS, ...(templates ? {} : PLAIN), ...options.settings }
  const mixture: Mixture = { ...MIXTURE, ...options.mixture }
  const { kept, held } = split(corpora, options.heldShare, seed)
  const heldOut = heldSet(held, labels, seed)
  onProgress(`${count(kept)} rows to learn from, ${count(held)} held out (near-duplicates on one side)`)

  const job: Job = { labels, kept, held, heldOut, settings, mixture, seed, onProgress }
  const linear = templates || !exact ? undefined : { ...LINEAR, ...options.linear }
  const fitted = linear === undefined ? await fitNetworks(job) : fitLinear(job, linear)
  const tokenizer = (linear ?? settings).tokenizer
  const temperature =
    heldOut.texts.length > 0
      ? fitTemperature(fitted.logits, labels.length, heldOut.allowed, heldOut.weights)
      : 1
  const facts = { ...fitted.facts, ...given({ mixture: templates ? mixture : undefined }) }
  const card = cardOf(options, heldOut, calibrated(fitted.logits, labels.length, temperature), {
    temperature,
    facts,
    limits: templates ? LIMITS : ['Knows only what its corpora hold.'],
  })
  const { weights, shape } = fitted.final
  const serving = servingTokenizer(tokenizer, weights, shape)
  const golden = goldenOf(heldOut, seed, labels.length, (texts) =>
    calibrated(logitsOf(fitted.final, encode(serving, texts)), labels.length, temperature),
  )
  const { name, version, dir } = options
  const { embedding, hidden } = shape
  saveArtifact(
    dir,
    { name, version, labels, tokenizer, embedding, hidden, temperature, golden },
    card,
    weights,
  )
  return card
}

/** Probabilities from logits, texts × labels. */
function calibrated(logits: Float32Array, width: number, temperature: number): Float32Array {
  const probabilities = new Float32Array(logits.length)
  softmax(logits, width, temperature, probabilities, 0)
  return probabilities
}

/** The model card, with thresholds and scores from held-out texts whose label is one of the model's. */
function cardOf(
  { name, version, labels, corpora, seed, heldShare }: BuildOptions,
  heldOut: HeldOut,
  probabilities: Float32Array,
  {
    temperature,
    facts,
    limits,
  }: { readonly temperature: number; readonly facts: object; readonly limits: readonly string[] },
): ModelCard {
  const known = heldOut.texts.map(({ label }) => labels.indexOf(label))
  const sure = known.flatMap((k, i) => (k >= 0 ? [i] : []))
  const sureP = pickRows(probabilities, sure, labels.length)
  const truth = sure.map((i) => known[i] as number)
  return {
    name,
    version,
    labels,
    thresholds: fitThresholds(labels, truth, sureP, (label) => RATES[label] ?? 1),
    temperature,
    corpora: corpora.map(corpusCard),
    training: {
      seed,
      heldShare,
      ...facts,
      thresholdRates: Object.fromEntries(labels.map((label) => [label, RATES[label] ?? 1])),
    },
    scores: heldScores(labels, truth, sureP),
    limits,
    mustNotBeUsedFor: MUST_NOT,
  }
}

/** Settings for corpora without templates that have combined labels: more passes, no signature dropout. */
const PLAIN: Partial<TrainSettings> = {
  members: 3,
  embedding: 10,
  hidden: 16,
  epochs: 20,
  dropout: 0.6,
  dropSignature: 0,
  decay: 1e-5,
}

/** Some held-out messages with the model's scores, to verify it after loading. `width`: number of labels. */
export function goldenOf(
  held: HeldOut,
  seed: number,
  width: number,
  score: (texts: readonly string[]) => Float32Array,
): Golden[] {
  const chosen = shuffle([...held.texts], createRandom(seed)).slice(0, 24)
  const p = score(chosen.map(({ text }) => text))
  return chosen.map(({ text }, i) => ({
    text,
    scores: Array.from(p.subarray(i * width, (i + 1) * width), (x) => Math.round(x * 1e6) / 1e6),
  }))
}

function pickRows(p: Float32Array, rows: readonly number[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    out.set(p.subarray(row * width, (row + 1) * width), i * width)
  })
  return out
}

function count(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.rows.length, 0)
}

import { readdirSync } from 'node:fs'
import { SigwatchError } from '../../domain/errors.ts'
import { type Artifact, type ModelCard, rounded, saveArtifact, shapeOf } from '../../text/reader/artifact.ts'
import type { Random } from '../../text/reader/random.ts'
import { softmax } from '../../text/reader/text-model.ts'
import { Tokenizer } from '../../text/reader/tokenizer.ts'
import { AUGMENT, expand } from './augment.ts'
import { goldenOf } from './build.ts'
import { corpusCard } from './card.ts'
import { compare, isJudged, type Loss, lossesOf, type PartChange } from './compare.ts'
import type { Corpus, Row } from './corpus.ts'
import { encode, logitsOf } from './encode.ts'
import { heldSet, scoreHistogram } from './held-texts.ts'
import { allowedLabels, heldTexts, MIXTURE, type Part, split } from './plan.ts'
import { fillSlots, hasSlots } from './slots.ts'
import { type EpochSource, type Example, type Training, type TrainSettings, train } from './trainer.ts'

export interface ContinueOptions {
  readonly base: Artifact
  readonly name: string
  readonly version: string
  /** Output folder; must be empty or missing. */
  readonly dir: string
  /** New labelled text. */
  readonly corpora: readonly Corpus[]
  /** Text the model was trained on, rehearsed so that it is not forgotten. */
  readonly rehearsal: readonly Corpus[]
  /** Text used only to compare the models. */
  readonly tests: readonly Corpus[]
  readonly seed: number
  /** Share of the new corpora that is held out; for the rehearsal it is REHEARSAL_HELD. */
  readonly heldShare: number
  readonly epochs: number
  /** Maximum number of rehearsal rows per epoch. */
  readonly rehearse: number
  /** F1 that a label may lose on a held-out part. */
  readonly mayLose: number
  /** Writes the model even if a label loses more. */
  readonly acceptLoss: boolean
  readonly onProgress: (line: string) => void
}

export interface Continued {
  readonly parts: readonly PartChange[]
  readonly losses: readonly Loss[]
  /** Whether any label has enough held-out texts. */
  readonly judged: boolean
  /** Card of the written model; undefined if nothing was written, because the loss is too large or cannot be measured. */
  readonly card?: ModelCard
}

const REHEARSAL_HELD = 0.06
/** Maximum number of times a new row is repeated per epoch. */
const MOST_TIMES = 8
/** New rows are repeated until they amount to this share of the rehearsal rows. */
const NEW_SHARE = 0.5

/** Lower than for training from scratch, because good weights should be adjusted and not replaced. */
const RATES = {
  batch: 64,
  wideRate: 0.04,
  deepRate: 0.015,
  headRate: 0.0005,
  decay: 0,
  smoothing: 0.05,
  dropout: 0.5,
  dropSignature: 0.3,
} as const

/**
 * Continues training on new labelled text mixed with known rows, compares both models on held-out parts, and writes the new one
 * unless a label loses too much. Temperature and thresholds are kept: the known rows cannot be used to fit them again.
 * Deterministic for a seed.
 */
export async function continueModel(options: ContinueOptions): Promise<Continued> {
  const { base, corpora, rehearsal, tests, seed, epochs, mayLose, acceptLoss, onProgress } = options
  const { labels, tokenizer } = base.description
  if (tokenizer.skipUnknown === true)
    throw new SigwatchError(
      'USAGE',
      '--continue: the model is one of linear machines, which learn all rows at once: train again with the old and the new corpora',
    )
  const fresh = split(corpora, options.heldShare, seed)
  const known = split(rehearsal, REHEARSAL_HELD, seed)
  const from: Training = { shape: shapeOf(base.description), weights: base.weights }
  const { embedding, hidden } = from.shape
  const settings: TrainSettings = { ...RATES, tokenizer, members: 1, embedding, hidden, epochs }
  const trained = await train(
    labels.length,
    settings,
    seed,
    continuedSource(fresh.kept, known.kept, labels, options.rehearse),
    (epoch, loss) => {
      onProgress(`epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(4)}`)
      return true
    },
    from,
  )
  const final: Training = { shape: trained.shape, weights: rounded(trained.weights) }
  const reader = new Tokenizer(tokenizer)
  const scoreBy = (training: Training) => (texts: readonly string[]) =>
    logitsOf(training, encode(reader, texts))
  const whole = tests.map((corpus): Part => ({ corpus, rows: corpus.rows }))
  const parts = compare(
    labels,
    [
      { name: 'new, held out', texts: heldTexts(fresh.held, seed) },
      { name: 'known before, held out', texts: heldTexts(known.held, seed, 2) },
      ...whole.map((part) => ({ name: part.corpus.name, texts: heldTexts([part], seed) })),
    ],
    scoreBy(from),
    scoreBy(final),
  )
  const losses = lossesOf(parts, mayLose)
  const judged = isJudged(parts)
  if ((losses.length > 0 || !judged) && !acceptLoss) return { parts, losses, judged }
  return {
    parts,
    losses,
    judged,
    card: write(options, final, settings, parts, [...known.held, ...fresh.held]),
  }
}

/** New rows several times and some of the known ones once, each augmented as in training from scratch. */
function continuedSource(
  fresh: readonly Part[],
  known: readonly Part[],
  labels: readonly string[],
  rehearse: number,
): EpochSource {
  const news = fresh.flatMap(({ rows }) => rows)
  const old = known.flatMap(({ corpus, rows }) => rows.map((row) => ({ row, template: corpus.templates })))
  const shown = Math.min(rehearse, old.length)
  const times = Math.max(1, Math.min(MOST_TIMES, Math.round((NEW_SHARE * shown) / Math.max(1, news.length))))
  // The augmentations are made for Chinese and English messages with the six labels, which a model trained on templates has.
  const dressed = known.some(({ corpus }) => corpus.templates)
  const exampleOf = (row: Row, change: boolean, random: Random): Example => ({
    text: change
      ? expand(row.text, row.label, AUGMENT, random)
      : hasSlots(row.text)
        ? fillSlots(row.text, random)
        : row.text,
    allowed: allowedLabels(row.label, labels),
    weight: dressed ? (MIXTURE.weights[row.label] ?? 1) : 1,
  })
  return (_epoch, random) => {
    const examples: Example[] = []
    for (let time = 0; time < times; time++)
      // The first time unchanged, because that is how the message will occur again.
      for (const row of news) examples.push(exampleOf(row, dressed && time > 0, random))
    const pool = old.slice()
    for (let i = 0; i < shown; i++) {
      const j = i + random.below(pool.length - i)
      const { row, template } = pool[j]!
      pool[j] = pool[i]!
      examples.push(exampleOf(row, template, random))
    }
    return examples
  }
}

/** Writes the folder in one step, so that no reader sees a partial model. */
function write(
  { base, name, version, dir, corpora, seed, heldShare }: ContinueOptions,
  final: Training,
  settings: TrainSettings,
  comparison: readonly PartChange[],
  held: readonly Part[],
): ModelCard {
  const { description, card: old } = base
  const { labels, tokenizer, embedding, hidden, temperature } = description
  const reader = new Tokenizer(tokenizer)
  const score = (texts: readonly string[]) => {
    const logits = logitsOf(final, encode(reader, texts))
    const p = new Float32Array(logits.length)
    softmax(logits, labels.length, temperature, p, 0)
    return p
  }
  const heldOut = heldSet(held, labels, seed)
  const golden = goldenOf(heldOut, seed, labels.length, score)
  const known = heldOut.texts.filter(({ label }) => labels.includes(label)).map(({ text }) => text)
  const card: ModelCard = {
    ...old,
    name,
    version,
    corpora: [...old.corpora, ...corpora.map(corpusCard)],
    training: {
      continuedFrom: `${description.name}@${description.version}`,
      sha256: description.weights.sha256,
      seed,
      heldShare,
      settings,
      before: old.training,
    },
    // The scores of the base model do not apply to this one.
    scores: { comparison, histogram: scoreHistogram(labels, score(known)) },
    limits: [...old.limits, 'Temperature and thresholds are those of the model that it was continued from.'],
  }
  const made = { name, version, labels, tokenizer, embedding, hidden, temperature, golden }
  saveArtifact(dir, made, card, final.weights)
  return card
}

/** Whether a folder exists and is not empty. */
export function isTaken(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

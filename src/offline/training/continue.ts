import { readdirSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
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
  /** Must not hold anything. */
  readonly dir: string
  /** New labelled text. */
  readonly corpora: readonly Corpus[]
  /** What the model has learnt before, so that it does not forget it. */
  readonly rehearsal: readonly Corpus[]
  /** Nothing is learnt from these; the models are compared on them. */
  readonly tests: readonly Corpus[]
  readonly seed: number
  /** Share of the new corpora that is held out; of the rehearsal REHEARSAL_HELD is. */
  readonly heldShare: number
  readonly epochs: number
  /** Most rows of the rehearsal an epoch. */
  readonly rehearse: number
  /** F1 that a label may lose on a held-out part. */
  readonly mayLose: number
  /** Writes the model although a label loses more. */
  readonly acceptLoss: boolean
  readonly onProgress: (line: string) => void
}

export interface Continued {
  readonly parts: readonly PartChange[]
  readonly losses: readonly Loss[]
  /** Whether a label has enough held-out texts. */
  readonly judged: boolean
  /** Of the model that was written; undefined: it loses too much, or that cannot be measured, and nothing was written. */
  readonly card?: ModelCard
}

const REHEARSAL_HELD = 0.06
/** A new row is shown at most so often an epoch, where it is few among what is rehearsed. */
const MOST_TIMES = 8
/** The new rows are shown until they are this share of what is rehearsed. */
const NEW_SHARE = 0.5

/** Lower rates than those of a training from nothing: weights that serve are to move, not to start over. */
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
 * Goes on training a model on new labelled text together with rows that it knows already, compares both on held-out parts, and
 * writes the new one unless a label loses too much. Temperature and thresholds stay those of the model: the rows that it
 * knows cannot set them again. Deterministic for a seed.
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

/** New rows several times and some of the known ones once, each made up again as in a training from nothing. */
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
  // Changes as traffic makes them are those of Chinese and English messages with the six labels.
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
      // Once as it is: what was judged is what comes again.
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

/** All files at once, so that no reader sees half a model. */
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
    // Those of the model before are not those of this one.
    scores: { comparison, histogram: scoreHistogram(labels, score(known)) },
    limits: [...old.limits, 'Temperature and thresholds are those of the model that it was continued from.'],
  }
  const place = resolve(dir)
  const writing = `${place}.writing`
  try {
    rmSync(writing, { recursive: true, force: true })
    const made = { name, version, labels, tokenizer, embedding, hidden, temperature, golden }
    saveArtifact(writing, made, card, final.weights)
    renameSync(writing, place)
  } catch (error) {
    rmSync(writing, { recursive: true, force: true })
    throw new SigwatchError('USAGE', `--out: ${(error as Error).message}`)
  }
  return card
}

/** Whether a folder has something that must not be written over. */
export function isTaken(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

import { LABELS } from '../../domain/labels.ts'
import { type CorpusCard, type Golden, type ModelCard, rounded, saveArtifact } from '../artifact.ts'
import { PARTS, type Weights } from '../network.ts'
import { createRandom, shuffle } from '../random.ts'
import { servingTokenizer, softmax } from '../text-model.ts'
import { Tokenizer } from '../tokenizer.ts'
import { fitTemperature, fitThresholds } from './calibration.ts'
import type { Corpus } from './corpus.ts'
import { merge } from './ensemble.ts'
import { LINEAR, type LinearSettings, trainLinear } from './linear.ts'
import { argmaxRow, recallAt, reportOf, rocAuc } from './metrics.ts'
import { allowedLabels, epochSource, heldTexts, MIXTURE, type Mixture, type Part, split } from './plan.ts'
import { encode, logitsOf, SETTINGS, type Training, type TrainSettings, train } from './trainer.ts'

export interface BuildOptions {
  readonly name: string
  readonly version: string
  readonly dir: string
  readonly labels: readonly string[]
  readonly corpora: readonly Corpus[]
  readonly seed: number
  /** Share of every corpus held out to stop, to calibrate and to set thresholds. */
  readonly heldShare: number
  readonly settings?: Partial<TrainSettings>
  readonly mixture?: Partial<Mixture>
  readonly linear?: Partial<LinearSettings>
  readonly onProgress: (line: string) => void
}

/**
 * A later epoch is preferred within this much of the best held-out score: its rates are lower and its weights calmer,
 * and the held-out part is too small to tell finer.
 */
const TOLERANCE = 0.01
/** Epochs without a score within TOLERANCE of the best after which training stops. */
const PATIENCE = 5

/** False-positive rates of the thresholds, on texts of the other labels. */
const RATES: Readonly<Record<string, number>> = {
  fraud: 0.01,
  illicit: 0.01,
  marketing: 0.02,
  finance: 0.02,
}

interface HeldOut {
  readonly texts: readonly { readonly text: string; readonly label: string }[]
  readonly allowed: readonly number[]
  /** So that each label counts alike, however many texts it has. */
  readonly weights: readonly number[]
}

/** Trains a model and writes its folder. Returns the card. */
export async function buildModel(options: BuildOptions): Promise<ModelCard> {
  const { labels, corpora, seed, onProgress } = options
  const templates = corpora.some((corpus) => corpus.templates)
  // A label that stands for a sum of the model's is learnt by its probability, which the machines do not have.
  const exact = corpora.every((corpus) => corpus.rows.every((row) => labels.includes(row.label)))
  const settings: TrainSettings = { ...SETTINGS, ...(templates ? {} : PLAIN), ...options.settings }
  const mixture: Mixture = { ...MIXTURE, ...options.mixture }
  const { kept, held } = split(corpora, options.heldShare, seed)
  const heldOut = heldSet(held, labels, seed)
  onProgress(`${count(kept)} rows to learn from, ${count(held)} held out (near-duplicates on one side)`)

  const job: Job = { labels, kept, held, heldOut, settings, mixture, seed, onProgress }
  const linear = templates || !exact ? undefined : { ...LINEAR, ...options.linear }
  const { final, logits, facts } = linear === undefined ? await fitNetworks(job) : fitLinear(job, linear)
  const tokenizerSettings = (linear ?? settings).tokenizer
  const temperature =
    heldOut.texts.length > 0 ? fitTemperature(logits, labels.length, heldOut.allowed, heldOut.weights) : 1
  const probabilities = new Float32Array(logits.length)
  softmax(logits, labels.length, temperature, probabilities, 0)

  const known = heldOut.texts.map(({ label }) => labels.indexOf(label))
  const sure = known.flatMap((k, i) => (k >= 0 ? [i] : []))
  const sureP = pickRows(probabilities, sure, labels.length)
  const truth = sure.map((i) => known[i] as number)
  const card: ModelCard = {
    name: options.name,
    version: options.version,
    labels,
    thresholds: fitThresholds(labels, truth, sureP, (label) => RATES[label] ?? 1),
    temperature,
    corpora: corpora.map(corpusCard),
    training: {
      seed,
      heldShare: options.heldShare,
      ...facts,
      ...(templates ? { mixture } : {}),
      thresholdRates: Object.fromEntries(labels.map((label) => [label, RATES[label] ?? 1])),
    },
    scores: heldScores(labels, truth, sureP),
    limits: templates ? LIMITS : ['Knows only what its corpora hold.'],
    mustNotBeUsedFor: MUST_NOT,
  }
  saveArtifact(
    options.dir,
    {
      name: options.name,
      version: options.version,
      labels,
      tokenizer: tokenizerSettings,
      embedding: final.shape.embedding,
      hidden: final.shape.hidden,
      temperature,
      golden: goldenOf(
        final,
        temperature,
        heldOut,
        servingTokenizer(tokenizerSettings, final.weights, final.shape),
        seed,
      ),
    },
    card,
    final.weights,
  )
  return card
}

interface Job {
  readonly labels: readonly string[]
  readonly kept: readonly Part[]
  readonly held: readonly Part[]
  readonly heldOut: HeldOut
  readonly settings: TrainSettings
  readonly mixture: Mixture
  readonly seed: number
  readonly onProgress: (line: string) => void
}

interface Fitted {
  /** As it will be once written and read again. */
  readonly final: Training
  /** Of the held-out texts, by weights that did not learn from them. */
  readonly logits: Float32Array
  /** For the card. */
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * The machines of all rows. The held-out part serves machines of the others alone first: by them temperature and
 * thresholds are set, and scores told.
 */
function fitLinear({ labels, kept, held, heldOut, seed, onProgress }: Job, settings: LinearSettings): Fitted {
  const learn = (parts: readonly Part[]) => {
    const rows = heldTexts(parts, seed)
    const texts = rows.map(({ text }) => text)
    const trained = trainLinear(
      encode(new Tokenizer(settings.tokenizer), texts),
      rows.map(({ label }) => labels.indexOf(label)),
      labels.length,
      settings,
      seed,
    )
    return { ...trained, weights: rounded(trained.weights) }
  }
  const judged = learn(kept)
  const tokenizer = servingTokenizer(settings.tokenizer, judged.weights, judged.shape)
  const logits = logitsOf(
    judged,
    encode(
      tokenizer,
      heldOut.texts.map(({ text }) => text),
    ),
  )
  if (logits.length > 0) {
    onProgress(`held-out score ${heldScore(logits, labels, heldOut).toFixed(4)}; once more with all rows`)
  }
  return { final: logits.length > 0 ? learn([...kept, ...held]) : judged, logits, facts: { settings } }
}

async function fitNetworks({
  labels,
  kept,
  heldOut,
  settings,
  mixture,
  seed,
  onProgress,
}: Job): Promise<Fitted> {
  const tokenizer = new Tokenizer(settings.tokenizer)
  const encoded = encode(
    tokenizer,
    heldOut.texts.map(({ text }) => text),
  )
  const members: Training[] = []
  const bestEpochs: number[] = []
  for (let member = 0; member < settings.members; member++) {
    if (settings.members > 1) onProgress(`network ${member + 1} of ${settings.members}`)
    let best: { score: number; epoch: number; weights: Weights } | undefined
    const trained = await train(
      labels.length,
      settings,
      seed + member,
      epochSource(kept, labels, mixture),
      (epoch, loss, now) => {
        const score = heldOut.texts.length > 0 ? heldScore(logitsOf(now, encoded), labels, heldOut) : -loss
        onProgress(
          `epoch ${epoch + 1}/${settings.epochs}: loss ${loss.toFixed(4)}, held-out score ${score.toFixed(4)}`,
        )
        if (best === undefined || score > best.score - TOLERANCE) {
          best = { score: Math.max(score, best?.score ?? score), epoch, weights: copyOf(now.weights) }
        }
        return epoch - best.epoch < PATIENCE
      },
    )
    const { epoch, weights } = best as unknown as { epoch: number; weights: Weights }
    members.push({ shape: trained.shape, weights })
    bestEpochs.push(epoch + 1)
  }
  const merged = merge(members)
  const weights = rounded(merged.weights)
  const final: Training = { shape: merged.shape, weights }
  return { final, logits: logitsOf(final, encoded), facts: { bestEpochs, settings } }
}

/** What serves corpora without templates whose labels are sums: more passes, no dropout of signatures. */
const PLAIN: Partial<TrainSettings> = {
  members: 3,
  embedding: 10,
  hidden: 16,
  epochs: 20,
  dropout: 0.6,
  dropSignature: 0,
  decay: 1e-5,
}

const LIMITS = [
  'Trained on Chinese and English; other languages score by their numbers and links alone.',
  'Short messages of strangers (wrong number, greeting) cannot be told from personal ones by their text.',
  'A message that only its sender betrays, a perfect copy of a genuine notice, scores as a notice: the registry detectors judge the sender.',
  'Most templates are invented: the scores on corpora of real traffic in docs/model.md are the honest measure.',
]
const MUST_NOT = [
  'Judging or profiling people by what they write.',
  'Blocking without the policy and review that the deployment sets: a label is no proof.',
  'Censorship of opinion: it knows commerce and crime, not politics.',
]

function heldSet(parts: readonly Part[], labels: readonly string[], seed: number): HeldOut {
  const texts = heldTexts(parts, seed, 2)
  const counts = new Map<string, number>()
  for (const { label } of texts) counts.set(label, (counts.get(label) ?? 0) + 1)
  return {
    texts,
    allowed: texts.map(({ label }) => allowedLabels(label, labels)),
    weights: texts.map(({ label }) => 1 / (counts.get(label) as number)),
  }
}

/** Macro-F1 over the texts whose label is one of the model's; a little of the loss breaks ties. */
function heldScore(logits: Float32Array, labels: readonly string[], held: HeldOut): number {
  const truth: number[] = []
  const predicted: number[] = []
  for (const [i, { label }] of held.texts.entries()) {
    const k = labels.indexOf(label)
    if (k < 0) continue
    truth.push(k)
    predicted.push(argmaxRow(logits, i, labels.length))
  }
  return reportOf(labels, truth, predicted).macroF1
}

function heldScores(
  labels: readonly string[],
  truth: readonly number[],
  p: Float32Array,
): Record<string, unknown> {
  if (truth.length === 0) return {}
  const width = labels.length
  const { accuracy, macroF1, perClass } = reportOf(
    labels,
    truth,
    truth.map((_, i) => argmaxRow(p, i, width)),
  )
  const round = (x: number) => Math.round(x * 1e4) / 1e4
  const scores: Record<string, unknown> = {
    heldOutTexts: truth.length,
    accuracy: round(accuracy),
    macroF1: round(macroF1),
    f1: Object.fromEntries(labels.map((label) => [label, round(perClass[label]?.f1 ?? 0)])),
  }
  if (LABELS.every((label) => labels.includes(label))) {
    const genuine = ['notice', 'personal'].map((label) => labels.indexOf(label))
    const unsolicited = truth.map(
      (_, i) => 1 - genuine.reduce((sum, k) => sum + (p[i * width + k] as number), 0),
    )
    const positive = truth.map((t) => !genuine.includes(t))
    scores.rocAucUnsolicited = round(rocAuc(unsolicited, positive))
    scores.recallUnsolicitedAtFpr1pc = round(recallAt(unsolicited, positive, 0.01))
  }
  return scores
}

/** A few held-out messages of every label with their scores. */
function goldenOf(
  final: Training,
  temperature: number,
  held: HeldOut,
  tokenizer: Tokenizer,
  seed: number,
): Golden[] {
  const chosen = shuffle([...held.texts], createRandom(seed)).slice(0, 24)
  const width = final.shape.labels
  const logits = logitsOf(
    final,
    encode(
      tokenizer,
      chosen.map(({ text }) => text),
    ),
  )
  const p = new Float32Array(logits.length)
  softmax(logits, width, temperature, p, 0)
  return chosen.map(({ text }, i) => ({
    text,
    scores: Array.from(p.subarray(i * width, (i + 1) * width), (x) => Math.round(x * 1e6) / 1e6),
  }))
}

function corpusCard(corpus: Corpus): CorpusCard {
  const { name, sha256, rows } = corpus
  const source = SOURCES.find(([pattern]) => name.includes(pattern))?.[1]
  return { name, sha256, rows: rows.length, ...(source === undefined ? {} : { source }) }
}

/** Where the public corpora come from, by what their file names hold. */
const SOURCES: readonly (readonly [string, string])[] = [
  [
    'fbs',
    'FBS_SMS_Dataset, "Lies in the Air: Characterizing Fake-base-station Spam Ecosystem in China", CCS 2020',
  ],
  ['nus', 'NUS SMS Corpus, Chen and Kan, "Creating a Live, Public Short Message Service Corpus", 2013'],
  ['uci', 'SMS Spam Collection, Almeida and Gómez Hidalgo, UCI, CC BY 4.0'],
  ['india', 'SMS of India, ham and spam, MIT licence'],
]

function pickRows(p: Float32Array, rows: readonly number[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    out.set(p.subarray(row * width, (row + 1) * width), i * width)
  })
  return out
}

function copyOf(weights: Weights): Weights {
  return Object.fromEntries(PARTS.map((part) => [part, weights[part].slice()])) as unknown as Weights
}

function count(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.rows.length, 0)
}

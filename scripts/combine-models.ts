// Combines two models of one shape into one that gives the weighted mean of their logits (--share: what FIRST counts, from 0
// to 1; a half), and calibrates it again on held-out templates of writers that the first has never seen:
//
//   tsx scripts/combine-models.ts FIRST SECOND --out DIR --model-version V [--share S]
//
// SECOND must be trained from corpus/writers as it is now: its card says by which seed and share rows were held out.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { goldenOf, RATES } from '../src/offline/training/build.ts'
import { fitTemperature, fitThresholds } from '../src/offline/training/calibration.ts'
import { type Corpus, readCorpus } from '../src/offline/training/corpus.ts'
import { encode, logitsOf } from '../src/offline/training/encode.ts'
import { merge } from '../src/offline/training/ensemble.ts'
import { heldScores, heldSet } from '../src/offline/training/held-texts.ts'
import { split } from '../src/offline/training/plan.ts'
import { type Artifact, loadArtifact, rounded, saveArtifact, shapeOf } from '../src/text/reader/artifact.ts'
import { servingTokenizer, softmax } from '../src/text/reader/text-model.ts'

const WRITERS = join(import.meta.dirname, '../corpus/writers')

/** Held-out rows of the second training whose writer the first training did not have. */
function unseenRows(first: Artifact, second: Artifact) {
  const { seed, heldShare } = second.card.training as { seed: number; heldShare: number }
  const files = readdirSync(WRITERS).filter((file) => file.endsWith('.tsv'))
  const corpora = files.sort().map((file) => readCorpus(join(WRITERS, file)))
  const learnt = new Map(second.card.corpora.map(({ name, sha256 }) => [name, sha256]))
  const changed = corpora.find(({ name, sha256 }) => learnt.get(name) !== sha256)
  if (changed) throw new Error(`${changed.name}: the second model learnt from another version of it`)
  const known = new Set(first.card.corpora.map(({ name }) => writerOf({ name })))
  const { held } = split(corpora, heldShare, seed)
  return { held: held.filter(({ corpus }) => !known.has(writerOf(corpus))), seed }
}

function writerOf({ name }: Pick<Corpus, 'name'>): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function combine(first: Artifact, second: Artifact, share: number, out: string, version: string): void {
  const { name, labels, tokenizer } = second.description
  const merged = merge(
    [first, second].map((one) => ({ shape: shapeOf(one.description), weights: one.weights })),
    [share, 1 - share],
  )
  const final = { shape: merged.shape, weights: rounded(merged.weights) }
  const { held, seed } = unseenRows(first, second)
  const heldOut = heldSet(held, labels, seed)
  const serving = servingTokenizer(tokenizer, final.weights, final.shape)
  const probabilitiesOf = (texts: readonly string[], temperature: number) => {
    const logits = logitsOf(final, encode(serving, texts))
    const p = new Float32Array(logits.length)
    softmax(logits, labels.length, temperature, p, 0)
    return { logits, p }
  }
  const texts = heldOut.texts.map(({ text }) => text)
  const { logits } = probabilitiesOf(texts, 1)
  const temperature = fitTemperature(logits, labels.length, heldOut.allowed, heldOut.weights)
  const { p } = probabilitiesOf(texts, temperature)
  const truth = heldOut.texts.map(({ label }) => labels.indexOf(label))
  const golden = goldenOf(heldOut, seed, labels.length, (shown) => probabilitiesOf(shown, temperature).p)
  saveArtifact(
    out,
    {
      name,
      version,
      labels,
      tokenizer,
      embedding: final.shape.embedding,
      hidden: final.shape.hidden,
      temperature,
      golden,
    },
    {
      ...second.card,
      version,
      temperature,
      thresholds: fitThresholds(labels, truth, p, (label) => RATES[label] ?? 1),
      training: {
        ...second.card.training,
        thresholdRates: Object.fromEntries(labels.map((label) => [label, RATES[label] ?? 1])),
        combinedWith: `${first.description.name}@${first.description.version}`,
        shareOfIt: share,
      },
      scores: heldScores(labels, truth, p),
    },
    final.weights,
  )
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    'model-version': { type: 'string' },
    share: { type: 'string', default: '0.5' },
  },
})
const [first, second] = positionals
const { out, 'model-version': version } = values
const share = Number(values.share)
if (
  first === undefined ||
  second === undefined ||
  out === undefined ||
  version === undefined ||
  !(share > 0 && share < 1)
) {
  console.error('usage: tsx scripts/combine-models.ts FIRST SECOND --out DIR --model-version V [--share S]')
  process.exit(2)
}
combine(loadArtifact(first), loadArtifact(second), share, out, version)

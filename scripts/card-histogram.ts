// Adds the histogram of held-out scores to the card of a model that was written before cards had one:
//
//   tsx scripts/card-histogram.ts DIR [--unseen-by MODEL]
//
// The held-out templates are those that its card names by seed and share; with --unseen-by only those of writers that this
// model has not learnt from, as combine-models.ts takes them. Refuses a card whose scores these texts do not give again.
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { readCorpus } from '../src/offline/training/corpus.ts'
import { heldScores, heldSet } from '../src/offline/training/held-texts.ts'
import { split } from '../src/offline/training/plan.ts'
import { type Artifact, loadArtifact } from '../src/text/reader/artifact.ts'
import { modelInput, openTextModel } from '../src/text/reader/text-model.ts'

const WRITERS = join(import.meta.dirname, '../corpus/writers')

/** The held-out messages of the templates that the model knows. */
function heldMessages({ card }: Pick<Artifact, 'card'>, unseenBy: Artifact | undefined) {
  const { seed, heldShare } = card.training as { seed: number; heldShare: number }
  const learnt = new Map(card.corpora.map(({ name, sha256 }) => [name, sha256]))
  const files = readdirSync(WRITERS).filter((file) => file.endsWith('.tsv'))
  const corpora = files.sort().map((file) => readCorpus(join(WRITERS, file)))
  const changed = corpora.find(({ name, sha256 }) => learnt.get(name) !== sha256)
  if (changed) throw new Error(`${changed.name}: the model learnt from another version of it`)
  const known = new Set(unseenBy?.card.corpora.map(({ name }) => basename(name)))
  const { held } = split(corpora, heldShare, seed)
  const parts = held.filter(({ corpus }) => !known.has(basename(corpus.name)))
  return heldSet(parts, card.labels, seed).texts
}

async function addHistogram(dir: string, unseenBy: string | undefined): Promise<void> {
  const model = await openTextModel({ dir })
  const { card, labels } = model
  const texts = heldMessages(model, unseenBy === undefined ? undefined : loadArtifact(unseenBy))
  const truth = texts.map(({ label }) => labels.indexOf(label))
  const scores = heldScores(labels, truth, model.score(texts.map(({ text }) => modelInput(text))))
  model.close()
  const { histogram, ...others } = scores
  const { histogram: _, ...before } = card.scores
  if (JSON.stringify(others) !== JSON.stringify(before))
    throw new Error(`the texts give ${JSON.stringify(others)}, the card says ${JSON.stringify(before)}`)
  const changed = { ...card, scores: { ...before, histogram } }
  writeFileSync(join(dir, 'card.json'), `${JSON.stringify(changed, null, 2)}\n`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'unseen-by': { type: 'string' } },
})
const [dir] = positionals
if (dir === undefined) {
  console.error('usage: tsx scripts/card-histogram.ts DIR [--unseen-by MODEL]')
  process.exit(2)
}
await addHistogram(dir, values['unseen-by'])

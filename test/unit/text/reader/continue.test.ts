import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildModel } from '../../../../src/offline/training/build.ts'
import { compare, lossesOf, tableOf } from '../../../../src/offline/training/compare.ts'
import { type ContinueOptions, continueModel, isTaken } from '../../../../src/offline/training/continue.ts'
import { type Corpus, readCorpus } from '../../../../src/offline/training/corpus.ts'
import { type Artifact, loadArtifact } from '../../../../src/text/reader/artifact.ts'
import { goldenDrift } from '../../../../src/text/reader/classifier.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'
import { modelInput, openTextModel } from '../../../../src/text/reader/text-model.ts'

const root = mkdtempSync(join(tmpdir(), 'sigwatch-continue-'))
const LABELS = ['weather', 'food']
/** Words of two characters, 40 of a topic; `sea` is what the first training does not know: weather too. */
const topic = (first: number) =>
  Array.from({ length: 40 }, (_, i) => String.fromCharCode(first + 2 * i, first + 2 * i + 1))
const WORDS = { weather: topic(0x4e00), food: topic(0x5e00), sea: topic(0x6e00) }

/** Six words drawn from a topic, so that no two are near. */
function sentences(words: readonly string[], label: string, slot = ''): string[] {
  const random = createRandom(words[0]!.charCodeAt(0))
  const sentence = () => Array.from({ length: 6 }, () => random.pick(words)).join('')
  return Array.from({ length: 200 }, () => `${label}\t${sentence()}${slot}`)
}

function corpusOf(name: string, lines: readonly string[]): Corpus {
  const file = join(root, `${name}.tsv`)
  writeFileSync(file, lines.join('\n'))
  return readCorpus(file)
}

let base: Artifact
let known: Corpus
const sea = corpusOf('sea', sentences(WORDS.sea, 'weather'))
/** The same, with the wrong label. */
const mislabelled = corpusOf('mislabelled', sentences(WORDS.food, 'weather'))
const denied = corpusOf('denied', sentences(WORDS.sea, 'not-food'))

beforeAll(async () => {
  known = corpusOf('known', [
    '# templates',
    ...sentences(WORDS.weather, 'weather', ' {n}'),
    ...sentences(WORDS.food, 'food', ' {n}'),
  ])
  await buildModel({
    name: 'topics',
    version: '1',
    dir: join(root, 'base'),
    labels: LABELS,
    corpora: [known],
    seed: 1,
    heldShare: 0.1,
    settings: { tokenizer: { bits: 12, grams: 2, words: 2 }, members: 1, embedding: 4, hidden: 6, epochs: 4 },
    mixture: { expansions: 1 },
    onProgress: () => {},
  })
  base = loadArtifact(join(root, 'base'))
})

const goOn = (dir: string, over: Partial<ContinueOptions> = {}) =>
  continueModel({
    base,
    name: 'topics',
    version: '2',
    dir: join(root, dir),
    corpora: [sea],
    rehearsal: [known],
    tests: [],
    seed: 1,
    heldShare: 0.2,
    epochs: 2,
    rehearse: 300,
    mayLose: 0.02,
    acceptLoss: false,
    onProgress: () => {},
    ...over,
  })

const filesOf = (dir: string) =>
  Object.fromEntries(
    readdirSync(join(root, dir)).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(root, dir, file)))
        .digest('hex'),
    ]),
  )

describe('training that goes on', () => {
  it('learns what is new, keeps what it knew, and leaves the model before as it was', async () => {
    const before = filesOf('base')
    const { parts, losses, card } = await goOn('better')
    expect(losses).toEqual([])
    const [fresh, old] = parts
    expect([fresh!.name, old!.name]).toEqual(['new, held out', 'known before, held out'])
    expect(fresh!.labels.weather!.after.f1).toBeGreaterThan(fresh!.labels.weather!.before.f1 + 0.1)
    expect(fresh!.labels.weather!.after.f1).toBeGreaterThan(0.95)
    expect(old!.labels.weather!.after.f1).toBeGreaterThan(0.95)
    expect(card).toMatchObject({
      version: '2',
      temperature: base.card.temperature,
      thresholds: base.card.thresholds,
      training: { continuedFrom: 'topics@1', sha256: base.description.weights.sha256, seed: 1 },
    })
    expect(card!.corpora.map(({ name }) => name.split('/')[1])).toEqual(['known', 'sea'])
    const { weather, food } = card!.scores.histogram as Record<string, number[]>
    const held = (steps: number[]) => steps.reduce((sum, n) => sum + n, 0)
    const texts = parts.flatMap(({ labels }) => Object.values(labels).map(({ after }) => after.support))
    expect([weather, food].map((steps) => steps!.length)).toEqual([10, 10])
    expect(held(weather!) + held(food!)).toBe(texts.reduce((sum, n) => sum + n, 0))
    const model = await openTextModel({ dir: join(root, 'better'), backend: 'cpu' })
    expect(goldenDrift(model)).toBeLessThan(1e-4)
    expect(model.score([modelInput(WORDS.sea.slice(0, 6).join(''))])[0]).toBeGreaterThan(0.5)
    model.close()
    expect(filesOf('base')).toEqual(before)
  })

  it('is the same for a seed, however its folder is written, and another for another', async () => {
    await goOn('again')
    expect(filesOf('again')).toEqual(filesOf('better'))
    await goOn('slash', { dir: `${join(root, 'slash')}/` })
    expect(filesOf('slash')).toEqual(filesOf('better'))
    await goOn('other', { seed: 2 })
    expect(filesOf('other')['weights.bin']).not.toBe(filesOf('better')['weights.bin'])
  })

  it('writes nothing if a label loses too much, unless requested', async () => {
    const worse = { corpora: [mislabelled], rehearse: 0, epochs: 30 }
    const refused = await goOn('worse', worse)
    expect(refused.card).toBeUndefined()
    expect(refused.losses.map(({ part, label, of }) => [part, label, of])).toContainEqual([
      'known before, held out',
      'food',
      'f1',
    ])
    expect(existsSync(join(root, 'worse'))).toBe(false)
    expect(readdirSync(root).filter((name) => name.includes('writing'))).toEqual([])
    const accepted = await goOn('worse', { ...worse, acceptLoss: true })
    expect(accepted.losses).toEqual(refused.losses)
    expect(existsSync(join(root, 'worse', 'weights.bin'))).toBe(true)
  })

  it('learns what a text is not', async () => {
    const { parts, card } = await goOn('denied', { corpora: [denied] })
    const { denied: count } = parts[0]!.labels.food!
    expect(count!.before).toBeGreaterThan(0)
    expect(count!.after).toBeLessThan(count!.before)
    expect(card).toBeDefined()
    expect(tableOf(parts)).toContain('not food')
  })

  it('measures on texts of one’s own, from which nothing is learnt', async () => {
    const { parts } = await goOn('tested', { tests: [corpusOf('mine', sentences(WORDS.sea, 'weather'))] })
    expect(parts.map(({ name, texts }) => [name.split('/').at(-1), texts])).toContainEqual(['mine', 200])
  })

  it('writes nothing either where nothing could be judged', async () => {
    const few = corpusOf('few', sentences(WORDS.sea, 'weather').slice(0, 30))
    const blind = await goOn('blind', { corpora: [few], rehearsal: [] })
    expect([blind.card, blind.judged]).toEqual([undefined, false])
    expect(existsSync(join(root, 'blind'))).toBe(false)
    expect((await goOn('blind', { corpora: [few], rehearsal: [], acceptLoss: true })).card).toBeDefined()
  })

  it('refuses machines, which learn all rows at once', async () => {
    const tokenizer = { ...base.description.tokenizer, skipUnknown: true }
    const machines = { ...base, description: { ...base.description, tokenizer } }
    await expect(goOn('machines', { base: machines })).rejects.toThrow(/train again with the old and the new/)
  })

  it('knows which folder is taken', () => {
    mkdirSync(join(root, 'empty'))
    expect([isTaken(join(root, 'base')), isTaken(join(root, 'empty')), isTaken(join(root, 'none'))]).toEqual([
      true,
      false,
      false,
    ])
    expect(isTaken(join(root, 'sea.tsv'))).toBe(true)
  })
})

describe('what is lost', () => {
  const texts = (label: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ label, text: `${i}` }))
  const always = (k: number) => (all: readonly string[]) =>
    Float32Array.from({ length: all.length * 2 }, (_, i) => Number(i % 2 === k))

  it('counts by label, and leaves alone what is too few', () => {
    const parts = compare(
      LABELS,
      [
        { name: 'many', texts: [...texts('weather', 30), ...texts('food', 30), ...texts('not-food', 25)] },
        { name: 'few', texts: texts('weather', 19) },
        { name: 'none', texts: [] },
      ],
      always(0),
      always(1),
    )
    expect(parts.map(({ name }) => name)).toEqual(['many', 'few'])
    expect(parts[0]!.labels.food!.denied).toEqual({ texts: 25, before: 0, after: 25 })
    expect(
      lossesOf(parts, 0.02).map(({ part, label, lost, of }) => [part, label, Number(lost.toFixed(3)), of]),
    ).toEqual([
      ['many', 'weather', 0.667, 'f1'],
      ['many', 'food', 1, 'denied'],
    ])
    expect(lossesOf(parts, 1)).toEqual([])
    expect(tableOf(parts)).toContain('too few to judge')
  })
})

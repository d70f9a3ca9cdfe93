import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadArtifact } from '../../../src/model/artifact.ts'
import { modelInput, openTextModel, servingTokenizer } from '../../../src/model/text-model.ts'
import { Tokenizer } from '../../../src/model/tokenizer.ts'
import { buildModel } from '../../../src/model/training/build.ts'
import { readCorpus } from '../../../src/model/training/corpus.ts'
import { encode, logitsOf } from '../../../src/model/training/encode.ts'
import { LINEAR, trainLinear } from '../../../src/model/training/linear.ts'
import { argmaxRow } from '../../../src/model/training/metrics.ts'

const tokenizer = { bits: 12, grams: 3, words: 2, written: 3, skipUnknown: true }
const read = (own: Tokenizer, text: string) => {
  const { normalised, original } = modelInput(text)
  own.read(normalised, original)
  return [...own.rows.subarray(0, own.count)]
}

describe('grams of the text as written', () => {
  const plain = new Tokenizer({ bits: 20, grams: 3, words: 2 })
  const written = new Tokenizer({ bits: 20, grams: 3, words: 2, written: 3 })

  it('come after the others, which stay as they are', () => {
    for (const text of ['', 'Call 0800 now!', '【某店】满x.x送xx，退订回T']) {
      const before = read(plain, text)
      expect(read(written, text).slice(0, before.length)).toEqual(before)
    }
  })

  it('distinguish digits, marks and case, but not the width of spaces', () => {
    expect(read(plain, 'code 1234')).toEqual(read(plain, 'code 5678'))
    expect(read(written, 'code 1234')).not.toEqual(read(written, 'code 5678'))
    expect(read(written, 'Free, now')).not.toEqual(read(written, 'free, now'))
    expect(read(written, 'a,b c').length).toBeGreaterThan(read(written, 'ab c').length)
    expect(read(written, ' a \n b ')).toEqual(read(written, ' a b '))
  })
})

describe('the machines', () => {
  const texts = [
    'sun and rain',
    'rain and wind',
    'bread and soup',
    'soup and rice',
    'win win win',
    'win rice?',
  ]
  const label = [0, 0, 1, 1, 2, 2]
  const learn = (cost = LINEAR.cost) =>
    trainLinear(
      encode(new Tokenizer(tokenizer), texts),
      label,
      3,
      { ...LINEAR, tokenizer, cost, tolerance: 1e-3 },
      1,
    )
  const own = (model: ReturnType<typeof learn>) => servingTokenizer(tokenizer, model.weights, model.shape)

  it('separate what can be separated', () => {
    const model = learn(1000)
    const logits = logitsOf(model, encode(own(model), texts))
    expect(label.map((_, i) => argmaxRow(logits, i, 3))).toEqual(label)
  })

  it('come near the best weights: two texts, two features each, one of them shared', () => {
    // Bags (s, s, 0) and (s, 0, s) with s = 1/√2 and the bias; by symmetry w = (0, a, -a), bias 0, and the loss
    // a² + 2C·(1 - a·s)² is least at a = 2Cs / (1 + 2Cs²).
    const { weights } = trainLinear(
      { rows: Int32Array.of(0, 1, 0, 2), starts: Int32Array.of(0, 2, 4) },
      [0, 1],
      2,
      { tokenizer: { ...tokenizer, bits: 2 }, cost: 10, texts: 1, tolerance: 1e-6, passes: 1000 },
      1,
    )
    const s = Math.SQRT1_2
    const a = (20 * s) / (1 + 20 * s * s)
    const column = [0, 1, 2, 3].map((row) => weights.table[row * 3 + 1] as number)
    expect(column[0]).toBeCloseTo(0, 4)
    expect(column[1]).toBeCloseTo(a, 4)
    expect(column[2]).toBeCloseTo(-a, 4)
    expect(weights.outputBias[0]).toBeCloseTo(0, 4)
    expect([0, 1, 2, 3].map((row) => weights.table[row * 3])).toEqual([1, 1, 1, 0])
  })

  it('ignore features that at most one text had', () => {
    const all = new Tokenizer(tokenizer)
    const reader = own(learn())
    const holders = (row: number) => texts.filter((text) => read(all, text).includes(row)).length
    const heard = read(reader, 'sun and zebra')
    expect(heard).toEqual(read(all, 'sun and zebra').filter((row) => holders(row) > 1))
    expect(heard.length).toBeGreaterThan(10)
    expect(read(reader, '').length).toBeGreaterThan(0)
  })
})

describe('a corpus', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-linear-'))
  const words = ['rain', 'sun', 'wind', 'snow', 'bread', 'soup', 'rice', 'cheese']
  const build = async (name: string, labels: readonly string[], rows: readonly string[]) => {
    writeFileSync(join(dir, `${name}.tsv`), rows.join('\n'))
    return buildModel({
      name,
      version: '1',
      dir: join(dir, name),
      labels,
      corpora: [readCorpus(join(dir, `${name}.tsv`))],
      seed: 1,
      heldShare: 0.2,
      settings: {
        epochs: 1,
        members: 1,
        embedding: 2,
        hidden: 2,
        tokenizer: { bits: 10, grams: 2, words: 0 },
      },
      linear: { tokenizer },
      onProgress: () => {},
    })
  }
  const rows = words.flatMap((a, i) => words.map((b) => `${i < 4 ? 'ham' : 'spam'}\t${a} ${b} ${a}`))

  it('of the labels asked for is learnt whole, and scores as its golden messages say', async () => {
    const card = await build('own', ['ham', 'spam'], rows)
    expect(card.training).toMatchObject({ settings: { cost: LINEAR.cost, tokenizer } })
    const { description } = loadArtifact(join(dir, 'own'))
    expect(description.tokenizer).toEqual(tokenizer)
    const model = await openTextModel({ dir: join(dir, 'own'), backend: 'cpu' })
    const scores = model.score(description.golden.map(({ text }) => modelInput(text)))
    for (const [i, { scores: recorded }] of description.golden.entries()) {
      for (const [k, score] of recorded.entries()) expect(scores[2 * i + k]).toBeCloseTo(score, 4)
    }
    model.close()
  })

  it('of coarser labels is learnt by networks', async () => {
    const card = await build('coarse', ['personal', 'marketing'], rows)
    expect(card.training).toMatchObject({ settings: { members: 1 }, bestEpochs: [1] })
    expect(loadArtifact(join(dir, 'coarse')).description.tokenizer.skipUnknown).toBeUndefined()
  })
})

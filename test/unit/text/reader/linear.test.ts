import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildModel } from '../../../../src/offline/training/build.ts'
import { readCorpus } from '../../../../src/offline/training/corpus.ts'
import { encode, logitsOf } from '../../../../src/offline/training/encode.ts'
import { LINEAR, trainLinear } from '../../../../src/offline/training/linear.ts'
import { machine } from '../../../../src/offline/training/machine.ts'
import { argmaxRow } from '../../../../src/offline/training/metrics.ts'
import { fitOffsets } from '../../../../src/offline/training/offsets.ts'
import { loadArtifact, rounded, saveArtifact } from '../../../../src/text/reader/artifact.ts'
import { type NetworkShape, PARTS, partSize, type Weights } from '../../../../src/text/reader/network.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'
import {
  modelInput,
  openTextModel,
  servingTokenizer,
  softmax,
} from '../../../../src/text/reader/text-model.ts'
import { Tokenizer } from '../../../../src/text/reader/tokenizer.ts'

const tokenizer = { bits: 12, grams: 3, words: 2, written: 3, skipUnknown: true, parted: true }
const read = (own: Tokenizer, text: string) => {
  const { normalised, original } = modelInput(text)
  own.read(normalised, original)
  return [...own.rows.subarray(0, own.count)]
}
const bagsOf = (own: Tokenizer, text: string) => {
  const rows = read(own, text)
  return [...own.ends].map((end, b) => rows.slice(b === 0 ? 0 : own.ends[b - 1], end))
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

describe('the bags of a text', () => {
  const own = new Tokenizer({ ...tokenizer, bits: 20 })
  const bag = (b: number, text: string) => bagsOf(own, text)[b] as number[]

  it('are never empty, and each has rows of its own', () => {
    for (const text of ['', ' ', 'Call 0800 now!', '【某店】满x.x送xx，退订回T']) {
      const bags = bagsOf(own, text)
      expect(bags.map((rows) => rows.length > 0)).toEqual([true, true, true])
      expect(own.ends[2]).toBe(own.count)
      bags.forEach((rows, b) => {
        for (const row of rows) expect(b === 1 ? row % 2 === 1 : row % 4 === b).toBe(true)
      })
    }
  })

  it('count what is written: the second and the fourth occurrence are features', () => {
    const single = new Tokenizer({ ...tokenizer, bits: 20, written: 1 })
    const grams = (text: string) => bagsOf(single, text)[1]?.length
    expect(['a', 'aa', 'aaa', 'aaaa', 'aaaaa', 'aabb'].map(grams)).toEqual([2, 3, 3, 4, 4, 5])
  })

  it('hold words, numbers and marks in lower case, single and in pairs', () => {
    expect(bag(2, 'Call  0800 NOW')).toEqual(bag(2, ' call 0800 now'))
    expect(bag(2, 'call 0800 now').length).toBe(1 + 3 + 2)
    expect(bag(2, 'ÉTÉ')).toEqual(bag(2, 'été'))
    expect(bag(2, 'now!').length).toBe(1 + 2 + 1)
    expect(bag(2, '满减').length).toBe(1 + 2 + 1)
    expect(bag(2, 'a b')).not.toEqual(bag(2, 'b a'))
  })

  it('skip what is unknown, but for the first of each', () => {
    const none = new Tokenizer({ ...tokenizer, bits: 20 }, new Uint8Array(1 << 20))
    expect(bagsOf(none, 'aaaa 0800').map((rows) => rows.length)).toEqual([1, 1, 1])
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
  const learn = (bags = LINEAR.bags) =>
    trainLinear(
      encode(new Tokenizer(tokenizer), texts),
      label,
      3,
      { ...LINEAR, tokenizer, bags, tolerance: 1e-3 },
      1,
    )
  const own = (model: ReturnType<typeof learn>) => servingTokenizer(tokenizer, model.weights, model.shape)

  it('separate what can be separated', () => {
    const model = learn(LINEAR.bags.map((bag) => ({ ...bag, cost: 1000 })))
    const logits = logitsOf(model, encode(own(model), texts))
    expect(label.map((_, i) => argmaxRow(logits, i, 3))).toEqual(label)
  })

  it('come near the best weights: two texts, two features each, one of them shared', () => {
    // Bags (s, s, 0) and (s, 0, s) with s = 1/√2 and the bias; by symmetry w = (0, a, -a), bias 0, and the loss
    // a² + 2C·(1 - a·s)² is least at a = 2Cs / (1 + 2Cs²).
    const bag = {
      features: Int32Array.of(0, 1, 0, 2),
      starts: Int32Array.of(0, 2, 4),
      ids: Int32Array.of(0, 1, 2),
      squares: Float64Array.of(1, 1, 1),
      share: Float64Array.of(Math.SQRT1_2, Math.SQRT1_2),
    }
    const { weights, bias } = machine(
      bag,
      [1, -1],
      { cost: 10, tolerance: 1e-6, passes: 1000 },
      createRandom(1),
    )
    const s = Math.SQRT1_2
    const a = (20 * s) / (1 + 20 * s * s)
    for (const [i, expected] of [0, a, -a].entries()) expect(weights[i]).toBeCloseTo(expected, 4)
    expect(bias).toBeCloseTo(0, 4)
  })

  it('weigh a feature by how few texts hold it, and give the mean margin of bags of the length 1', () => {
    // Of four texts, row 0 is held by all, row 4 by two, row 8 by one and hence unknown.
    const encoded = {
      rows: Int32Array.of(0, 4, 0, 4, 8, 0, 0),
      starts: Int32Array.of(0, 2, 2, 2, 5, 5, 5, 6, 6, 6, 7, 7, 7),
      bags: 3,
    }
    const bags = [{ cost: 1, rarity: true }, ...LINEAR.bags.slice(1)]
    const model = trainLinear(
      encoded,
      [0, 0, 1, 1],
      2,
      { ...LINEAR, tokenizer: { ...tokenizer, bits: 4 }, bags },
      1,
    )
    const { table, outputBias } = model.weights
    const at = (row: number) => [...table.subarray(row * 3, row * 3 + 3)] as [number, number, number]
    const rarity = Math.log(5 / 3) + 1
    expect(at(0)[0]).toBeCloseTo(1)
    expect(at(4)[0]).toBeCloseTo(rarity ** 2)
    expect(at(8)).toEqual([0, 0, 0])
    expect(at(4)[1]).toBeGreaterThan(0)
    expect(at(4)[2]).toBeCloseTo(-at(4)[1])
    const margin = (at(0)[1] + at(4)[1]) / Math.sqrt(1 + rarity ** 2) + outputBias[0]!
    expect(logitsOf(model, encoded)[0]).toBeCloseTo(margin)
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
    expect(card.training).toMatchObject({ settings: { bags: LINEAR.bags, tokenizer } })
    const [ham, spam] = card.training.offsets as [number, number]
    expect(Math.abs(spam)).toBeLessThan(0.3)
    expect(ham).toBeCloseTo(-spam)
    const { description } = loadArtifact(join(dir, 'own'))
    expect(description.tokenizer).toEqual(tokenizer)
    expect(description.formatVersion).toBe(2)
    for (const backend of ['cpu', 'wasm'] as const) {
      const model = await openTextModel({ dir: join(dir, 'own'), backend })
      const scores = model.score(description.golden.map(({ text }) => modelInput(text)))
      for (const [i, { scores: recorded }] of description.golden.entries()) {
        for (const [k, score] of recorded.entries()) expect(scores[2 * i + k]).toBeCloseTo(score, 4)
      }
      model.close()
    }
  })

  it('of coarser labels is learnt by networks', async () => {
    const card = await build('coarse', ['personal', 'marketing'], rows)
    expect(card.training).toMatchObject({ settings: { members: 1 }, bestEpochs: [1] })
    expect(loadArtifact(join(dir, 'coarse')).description.tokenizer.skipUnknown).toBeUndefined()
  })
})

describe('the offsets of the labels', () => {
  /** Texts of two labels, 100 and 40: half of the rare ones lie a little on the wrong side. */
  const truth = Array.from({ length: 140 }, (_, i) => (i < 100 ? 0 : 1))
  const margins = truth.flatMap((k, i) => (k === 0 ? [1, -1] : i < 120 ? [0.1, -0.1] : [-1, 1]))

  it('call a label more often where that finds what was missed', () => {
    const [common, rare] = fitOffsets(Float32Array.from(margins), truth, 2) as unknown as [number, number]
    expect(rare).toBeGreaterThan(0.1)
    expect(common).toBeCloseTo(-rare)
  })

  it('are 0 where nothing is wrong, and where a label has too few texts', () => {
    const right = Float32Array.from(truth.flatMap((k) => (k === 0 ? [1, -1] : [-1, 1])))
    expect([...fitOffsets(right, truth, 2)]).toEqual([0, 0])
    const few = truth.slice(0, 110)
    expect([...fitOffsets(Float32Array.from(margins.slice(0, 220)), few, 2)]).toEqual([0, 0])
  })
})

describe('machines of format version 1', () => {
  it('still read a text as one bag', async () => {
    const old = { bits: 8, grams: 3, words: 2, written: 3, skipUnknown: true }
    const shape: NetworkShape = { rows: 256, embedding: 1, hidden: 1, labels: 2 }
    const random = createRandom(1)
    const part = (size: number) => Float32Array.from({ length: size }, () => random.next() - 0.5)
    const weights = rounded(
      Object.fromEntries(PARTS.map((name) => [name, part(partSize(shape, name))])) as unknown as Weights,
    )
    // One row in three is known.
    for (let at = 0; at < weights.table.length; at++) if (Math.floor(at / 3) % 3 > 0) weights.table[at] = 0
    const dir = join(mkdtempSync(join(tmpdir(), 'sigwatch-linear-')), 'old')
    const labels = ['ham', 'spam']
    const description = { name: 'old', version: '1', labels, tokenizer: old, embedding: 1, hidden: 1 }
    saveArtifact(
      dir,
      { ...description, temperature: 1, golden: [] },
      {
        ...{ name: 'old', version: '1', labels, thresholds: { ham: 0.5, spam: 0.5 }, temperature: 1 },
        ...{ corpora: [], training: {}, scores: {}, limits: [], mustNotBeUsedFor: [] },
      },
      weights,
    )
    expect(loadArtifact(dir).description.formatVersion).toBe(1)
    const texts = ['', 'Call 0800 now!', '【某店】满x.x送xx，退订回T']
    const logits = logitsOf({ shape, weights }, encode(servingTokenizer(old, weights, shape), texts))
    const expected = new Float32Array(logits.length)
    softmax(logits, 2, 1, expected, 0)
    const model = await openTextModel({ dir, backend: 'cpu' })
    const scores = model.score(texts.map(modelInput))
    for (const [i, score] of expected.entries()) expect(scores[i]).toBeCloseTo(score, 4)
    model.close()
  })
})

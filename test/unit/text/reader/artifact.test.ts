import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { LABELS } from '../../../../src/domain/labels.ts'
import { buildModel } from '../../../../src/offline/training/build.ts'
import { readCorpus } from '../../../../src/offline/training/corpus.ts'
import { evaluate } from '../../../../src/offline/training/evaluation.ts'
import { loadArtifact } from '../../../../src/text/reader/artifact.ts'
import { openBackend } from '../../../../src/text/reader/backend.ts'
import { goldenDrift, inspectModel, openClassifier } from '../../../../src/text/reader/classifier.ts'
import { packHalves, unpackHalves } from '../../../../src/text/reader/float16.ts'
import { modelInput, openTextModel, textModel } from '../../../../src/text/reader/text-model.ts'
import { collectGarbage } from '../../../helpers/collect-garbage.ts'

const root = mkdtempSync(join(tmpdir(), 'sigwatch-model-'))
const corpusFile = join(root, 'corpus.tsv')

/** Two topics of invented sentences. */
function corpus(): string {
  const topics = {
    weather: ['rain', 'sun', 'wind', 'snow', 'cloud', 'storm', 'warm', 'cold'],
    food: ['bread', 'soup', 'rice', 'cheese', 'apple', 'noodle', 'sweet', 'salty'],
  }
  const lines: string[] = []
  for (const [label, words] of Object.entries(topics)) {
    for (const a of words) {
      for (const b of words)
        for (const c of words) if (a < b && b !== c) lines.push(`${label}\t${a} and ${b} with ${c}`)
    }
  }
  return lines.join('\n')
}

async function build(dir: string, seed: number) {
  return buildModel({
    name: 'topics',
    version: '1',
    dir,
    labels: ['weather', 'food'],
    corpora: [readCorpus(corpusFile)],
    seed,
    heldShare: 0.2,
    linear: { tokenizer: { bits: 12, grams: 3, words: 2, written: 3, skipUnknown: true, parted: true } },
    onProgress: () => {},
  })
}

const copy = (name: string, change: (dir: string) => void) => {
  const dir = mkdtempSync(join(root, `${name}-`))
  for (const file of ['model.json', 'weights.bin', 'card.json']) {
    writeFileSync(join(dir, file), readFileSync(join(root, 'a', file)))
  }
  change(dir)
  return dir
}
const edit = (file: string, change: (value: Record<string, unknown>) => void) => (dir: string) => {
  const value = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Record<string, unknown>
  change(value)
  writeFileSync(join(dir, file), JSON.stringify(value))
}

beforeAll(async () => {
  writeFileSync(corpusFile, corpus())
  await build(join(root, 'a'), 1)
})

describe('a model of any label set', () => {
  it('learns, and is the same for the same seed', async () => {
    const card = await build(join(root, 'b'), 1)
    expect(card.scores.macroF1).toBeGreaterThan(0.9)
    expect(card.corpora[0]?.sha256).toMatch(/^[0-9a-f]{64}$/)
    for (const file of ['model.json', 'weights.bin', 'card.json']) {
      expect(readFileSync(join(root, 'b', file)).equals(readFileSync(join(root, 'a', file)))).toBe(true)
    }
    await build(join(root, 'c'), 2)
    expect(
      readFileSync(join(root, 'c', 'weights.bin')).equals(readFileSync(join(root, 'a', 'weights.bin'))),
    ).toBe(false)
  })

  it('opens, scores as recorded and evaluates', async () => {
    const model = await openTextModel({ dir: join(root, 'a'), backend: 'cpu' })
    expect(model.labels).toEqual(['weather', 'food'])
    expect(goldenDrift(model)).toBeLessThan(1e-4)
    const result = evaluate(model, [{ label: 'food', text: 'bread and rice with soup' }], 'x')
    expect(result).toMatchObject({ accuracy: 1, perClass: { food: { recall: 1, support: 1 } } })
    expect(result.rocAuc).toBeUndefined()
    expect(() => evaluate(model, [{ label: 'ham', text: 'x' }], 'x')).toThrow(/labels ham/)
    model.close()
    expect(() => model.score([modelInput('x')])).toThrow(/closed/)
  })

  it('keeps no second copy of its weights', async () => {
    const { weights } = loadArtifact(join(root, 'a'))
    for (const part of Object.values(weights)) expect(part.buffer.byteLength).toBe(part.byteLength)

    const backend = await openBackend('wasm', () => {})
    const opened = () => {
      const artifact = loadArtifact(join(root, 'a'))
      return { model: textModel(artifact, backend), table: new WeakRef(artifact.weights.table) }
    }
    const { model, table } = opened()
    // What a WeakRef was made of lives until the end of the task.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(table.deref()).toBeUndefined()
    expect(goldenDrift(model)).toBeLessThan(1e-4)
    model.close()
  })

  it('does not serve the pipeline', async () => {
    await expect(openClassifier({ dir: join(root, 'a'), backend: 'cpu' })).rejects.toThrow(
      /labels weather, food/,
    )
    expect(await inspectModel(join(root, 'a'))).toContain('topics@1')
  })
})

describe('a model folder', () => {
  it.each([
    [
      'a weight file cut off',
      (dir: string) =>
        writeFileSync(
          join(dir, 'weights.bin'),
          readFileSync(join(root, 'a', 'weights.bin')).subarray(0, 100),
        ),
      /weights\.bin.*100 bytes/,
    ],
    [
      'a weight file changed',
      (dir: string) => {
        const bytes = readFileSync(join(dir, 'weights.bin'))
        bytes[500] = (bytes[500]! + 1) & 255
        writeFileSync(join(dir, 'weights.bin'), bytes)
      },
      /SHA-256/,
    ],
    [
      'another format',
      edit('model.json', (m) => {
        m.formatVersion = 3
      }),
      /formatVersion: must be 1 or 2/,
    ],
    [
      'bags of another format version',
      edit('model.json', (m) => {
        m.formatVersion = 1
      }),
      /tokenizer\.parted: must be false in format version 1/,
    ],
    [
      'labels twice',
      edit('model.json', (m) => {
        m.labels = ['a', 'a']
      }),
      /labels/,
    ],
    [
      'a threshold missing',
      edit('card.json', (m) => {
        m.thresholds = { food: 0.5 }
      }),
      /thresholds\.weather/,
    ],
    ['no JSON', (dir: string) => writeFileSync(join(dir, 'model.json'), '{'), /is not JSON/],
  ])('with %s is refused', (_, change, message) => {
    expect(() => loadArtifact(copy('bad', change))).toThrow(message)
  })

  it('that does not exist is refused', () => {
    expect(() => loadArtifact(join(root, 'nowhere'))).toThrow(/model\.json: cannot be read \(ENOENT\)/)
  })
})

describe('halves', () => {
  it('keep eleven bits of every ordinary number', () => {
    void fc.assert(
      fc.property(fc.float({ min: -1000, max: 1000, noNaN: true }), (value) => {
        const [back] = unpackHalves(packHalves(Float32Array.of(value)))
        expect(Math.abs(back! - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) / 2048, 2 ** -25))
      }),
    )
  })

  it('knows the edges', () => {
    const values = Float32Array.of(0, -0, 1, -2, 65504, 1e6, 2 ** -24, 2 ** -26, Number.NaN)
    expect([...unpackHalves(packHalves(values))]).toEqual([
      0,
      -0,
      1,
      -2,
      65504,
      Number.POSITIVE_INFINITY,
      2 ** -24,
      0,
      Number.NaN,
    ])
  })
})

describe('the shipped model', () => {
  const dir = join(import.meta.dirname, '../../../../models/sms-zh/4')

  it('has the six labels, its thresholds and scores that sum to one', async () => {
    const notices: string[] = []
    const classifier = await openClassifier({ dir, backend: 'wasm', onNotice: (line) => notices.push(line) })
    expect(notices).toEqual([])
    expect(classifier.id).toBe('sms-zh@4')
    const texts = [
      '【工商银行】验证码123456，请勿告诉他人',
      '妈，我晚点回来，你们先吃',
      '',
      '贷款秒批，无抵押，加微信abc123',
    ]
    const scores = classifier.classify(texts.map(modelInput))
    for (const row of scores) {
      expect(Object.keys(row)).toEqual([...LABELS])
      expect(Object.values(row).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
    }
    const best = (i: number) => Object.entries(scores[i]!).sort((a, b) => b[1] - a[1])[0]![0]
    expect(best(0)).toBe('notice')
    expect(best(1)).toBe('personal')
    expect(['finance', 'fraud']).toContain(best(3))
    for (const label of LABELS) expect(classifier.thresholds[label]).toBeGreaterThan(0)
    classifier.close()
  })

  it('scores a text the same in any company', async () => {
    const classifier = await openClassifier({ dir, backend: 'wasm' })
    const texts = Array.from(
      { length: 300 },
      (_, i) => `【商城${i}】满${i}减${i * 2}，退订回T ${'好'.repeat(i % 50)}`,
    )
    const together = classifier.classify(texts.map(modelInput))
    texts.forEach((text, i) => {
      if (i % 37 !== 0) return
      const [alone] = classifier.classify([modelInput(text)])
      for (const label of LABELS) expect(Math.abs(alone![label] - together[i]![label])).toBeLessThan(1e-5)
    })
    expect(classifier.classify([])).toEqual([])
    classifier.close()
  })
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AUGMENT, expand } from '../../../../src/offline/training/augment.ts'
import { fitTemperature, fitThresholds } from '../../../../src/offline/training/calibration.ts'
import { readCorpus } from '../../../../src/offline/training/corpus.ts'
import { unmask } from '../../../../src/offline/training/masks.ts'
import { recallAt, reportOf, rocAuc } from '../../../../src/offline/training/metrics.ts'
import { nearGroups } from '../../../../src/offline/training/near.ts'
import { obfuscate } from '../../../../src/offline/training/obfuscate.ts'
import { allowedLabels, split } from '../../../../src/offline/training/plan.ts'
import { fillSlots, hasSlots, SLOTS, unknownSlots } from '../../../../src/offline/training/slots.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'

const dir = mkdtempSync(join(tmpdir(), 'sigwatch-corpus-'))
const file = (name: string, text: string) => {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

describe('templates', () => {
  it.each(Object.keys(SLOTS))('{%s} is filled with something new', (slot) => {
    const random = createRandom(3)
    const values = Array.from({ length: 40 }, () => fillSlots(`{${slot}}`, random))
    expect(new Set(values).size).toBeGreaterThan(4)
    for (const value of values) expect(value).not.toMatch(/[{}]|undefined|NaN/)
  })

  it('says which slots it does not know', () => {
    expect(unknownSlots('{code} {nope}')).toEqual(['nope'])
    expect(hasSlots('{nope}')).toBe(false)
  })

  it('expands the same for a seed and leaves no slot', () => {
    const make = (seed: number) => {
      const random = createRandom(seed)
      return Array.from({ length: 200 }, () =>
        expand(
          '【{shop}】会员日{discount}起，详询{tel} {optout}',
          'marketing',
          AUGMENT,
          random,
          '新品到店{url}',
        ),
      )
    }
    expect(make(5)).toEqual(make(5))
    expect(make(5)).not.toEqual(make(6))
    for (const text of make(5)) expect(text).not.toMatch(/\{[a-z]+\}/)
  })

  it('obfuscates by changing the text and keeping most of it', () => {
    const random = createRandom(1)
    const made = Array.from({ length: 50 }, () => obfuscate('正规贷款，利息低，加微信abc12345', random))
    expect(made.filter((text) => text !== '正规贷款，利息低，加微信abc12345').length).toBeGreaterThan(40)
  })

  it('puts slots in place of masks and joins what segmentation parted', () => {
    const text = unmask('建行 客户 您 的 积分 DIGIT 请登录 URL 兑换', 'fraud', createRandom(1))
    expect(text).toContain('{bad}')
    expect(text).not.toMatch(/DIGIT|URL|客户 您/)
  })
})

describe('a corpus', () => {
  it('names every line that is wrong', () => {
    expect(() => readCorpus(file('a.tsv', 'ham\tok\nno tab here\n\thm\n'))).toThrow(/a\.tsv:2.*\n.*a\.tsv:3/)
    expect(() => readCorpus(file('b.tsv', '# hand\nnotice\tcode {code}\nnotice\t{colour}\n'))).toThrow(
      /\{colour\}/,
    )
    expect(() => readCorpus(join(dir, 'none.tsv'))).toThrow(/ENOENT/)
    expect(() => readCorpus(file('c.tsv', '\n'))).toThrow(/no rows/)
  })

  it('is split with near-duplicates on one side', () => {
    const lines = Array.from({ length: 60 }, (_, i) => {
      const base = String.fromCharCode(
        ...Array.from({ length: 20 }, (_, k) => 0x4e00 + ((i * 977 + k * 131) % 20000)),
      )
      return `ham\t${base}\nspam\t${base}好`
    })
    const corpus = readCorpus(file('d.tsv', lines.join('\n')))
    const { kept, held } = split([corpus], 0.3, 1)
    const texts = new Set(kept[0]!.rows.map((row) => row.text.slice(0, 20)))
    expect(held[0]!.rows.length).toBeGreaterThan(20)
    for (const row of held[0]!.rows) expect(texts.has(row.text.slice(0, 20))).toBe(false)
  })

  it('maps ham and spam to the sums of the six', () => {
    const six = ['notice', 'personal', 'marketing', 'finance', 'fraud', 'illicit']
    expect(allowedLabels('fraud', six)).toBe(1 << 4)
    expect(allowedLabels('ham', six)).toBe(0b11)
    expect(allowedLabels('spam', six)).toBe(0b111100)
    expect(allowedLabels('spam', ['ham', 'spam'])).toBe(0b10)
    expect(allowedLabels('other', six)).toBe(0)
  })

  it('groups near texts and no others', () => {
    const groups = nearGroups([
      '您的快递到了请来取件',
      '您的快递到了请来取件吧',
      '今晚吃什么呢我在想',
      '您的快递到了12',
    ])
    expect(groups[0]).toBe(groups[1])
    expect(groups[2]).not.toBe(groups[0])
  })
})

describe('measures', () => {
  it('scores as counted by hand', () => {
    const report = reportOf(['a', 'b'], [0, 0, 1, 1], [0, 1, 1, 1])
    expect(report.accuracy).toBe(0.75)
    expect(report.perClass.a).toEqual({ precision: 1, recall: 0.5, f1: 2 / 3, support: 2 })
    expect(report.macroF1).toBeCloseTo((2 / 3 + 0.8) / 2)
    expect(report.confusion).toEqual({ a: { a: 1, b: 1 }, b: { a: 0, b: 2 } })
    expect(rocAuc([0.1, 0.4, 0.35, 0.8], [false, false, true, true])).toBe(0.75)
    expect(rocAuc([0.5, 0.5], [false, true])).toBe(0.5)
    expect(rocAuc([0.5], [true])).toBeNaN()
    const scores = Array.from({ length: 100 }, (_, i) => i / 100).concat([0.985, 0.2])
    const positive = scores.map((_, i) => i >= 100)
    expect(recallAt(scores, positive, 0.02)).toBe(0.5)
    expect(recallAt(scores, positive, 0)).toBe(0)
  })

  it('finds the temperature that the logits were scaled by', () => {
    const random = createRandom(9)
    const logits = new Float32Array(4000)
    const allowed: number[] = []
    for (let i = 0; i < 2000; i++) {
      const z = (random.next() - 0.5) * 4
      allowed.push(random.chance(1 / (1 + Math.exp(-z))) ? 1 : 2)
      logits[2 * i] = 3 * z
    }
    expect(
      fitTemperature(
        logits,
        2,
        allowed,
        allowed.map(() => 1),
      ),
    ).toBeCloseTo(3, 0)
  })

  it('sets thresholds by the false positives allowed', () => {
    const p = new Float32Array(400)
    const truth: number[] = []
    for (let i = 0; i < 200; i++) {
      truth.push(i < 100 ? 0 : 1)
      p[2 * i + 1] = i < 100 ? i / 100 : 0.9
    }
    const { b } = fitThresholds(['a', 'b'], truth, p, () => 0.1)
    expect(b).toBeGreaterThan(0.88)
    expect(b).toBeLessThan(0.92)
  })
})

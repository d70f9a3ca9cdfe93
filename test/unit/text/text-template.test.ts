import { describe, expect, it } from 'vitest'
import { wordingRows } from '../../../src/detection/detectors/brand-decision/wording-opinion.ts'
import { areAlike, hashOfForm } from '../../../src/text/free-numbers.ts'
import { readText } from '../../../src/text/read-text.ts'
import { createRandom } from '../../../src/text/reader/random.ts'
import { Tokenizer } from '../../../src/text/reader/tokenizer.ts'
import { TextTemplate } from '../../../src/text/text-template.ts'
import { freeNumbersOf, withNumbersIn, withOtherNumbers } from '../../helpers/alike-texts.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'
import { goldenMessages } from '../../helpers/golden-messages.ts'
import { mixedText } from '../../helpers/hostile-texts.ts'

/** The free numbers of a text, as they are written. */
function numbersOf(text: string): string[] {
  const runs = freeNumbersOf(text)
  return Array.from({ length: runs.length / 2 }, (_, k) => text.slice(runs[2 * k], runs[2 * k + 1]))
}

/** What reads texts that are alike, if anything does. */
function templateOf(text: string): TextTemplate | undefined {
  return TextTemplate.of(text, freeNumbersOf(text), readText(text))
}

describe('freeNumbersOf', () => {
  it.each([
    ['【美团】验证码204817，切勿转发', ['204817']],
    [
      '账户于11月27日09:21转入3760.91元，余额1,208.77元',
      ['11', '27', '09', '21', '3760', '91', '1', '208', '77'],
    ],
    ['您的快件SF511395558365已到，凭15-3-9763领取', ['11395558365', '15', '3', '9763']],
    ['尾号****1234', ['1234']],
    ['Your code is 482913. Do not share it', ['482913']],
    ['第二批13812345678', ['3812345678']],
  ])('finds those whose value decides nothing else: %s', (text, numbers) => {
    expect(numbersOf(text)).toEqual(numbers)
  })

  it.each([
    ['a service that the model knows', '请致电95588或10086、12306'],
    ['an adjacent numeral', '二0二六年，1一2'],
    ['a digit in a circle in the text', '①38元 ②40元 5'],
    ['a host', '请访问12.com或5。cn，9点top，4-u.cn'],
    ['what may be an address', '服务器10.0.0.1与1。2。3。4'],
    ['adjacent letters', 'iPhone15、5G、v0dafone1、1OO86、ol12345678、q12345'],
    ['a disguise with digits', '冲100送、冲 100 送、4件套'],
    ['an adjacent zero-width character', '1\u200b2'],
    ['a dot in words', '12 dot com'],
    ['a sign that stands for a dot', '逗号改点 1,2'],
  ])('leaves alone %s', (_, text) => {
    expect(numbersOf(text)).toEqual([])
  })
})

describe('TextTemplate', () => {
  it('reads texts that are alike as readText does, and nothing of them distinguishes words or features of the model', () => {
    const random = createRandom(20261127)
    const tokenizer = new Tokenizer({ bits: 17, grams: 2, words: 2 })
    const featuresOf = (text: string) => {
      const { normalised } = readText(text)
      tokenizer.read(normalised.text, text)
      return [[...tokenizer.rows.subarray(0, tokenizer.count)], [...wordingRows(normalised.text)]]
    }
    const texts = goldenMessages().concat(Array.from({ length: 1_000 }, () => mixedText(random, 80)))
    let read = 0
    for (const text of texts.map((one) => (random.chance(0.6) ? withNumbersIn(random, one) : one))) {
      const runs = freeNumbersOf(text)
      const template = templateOf(text)
      for (let n = 0; template && n < 3; n++) {
        const other = withOtherNumbers(random, text)
        // Of five and six digits those of services are not free.
        if (!areAlike(text, runs, other, freeNumbersOf(other))) continue
        read++
        expect(hashOfForm(other, freeNumbersOf(other))).toBe(hashOfForm(text, runs))
        expect(template.read(other), other).toEqual(readText(other))
        expect(featuresOf(other), other).toEqual(featuresOf(text))
      }
    }
    expect(read).toBeGreaterThan(1_000)
  }, 60_000)

  it('reads the contacts among the numbers', () => {
    const template = templateOf('回电13812345678，房号2201')!
    expect(template.read('回电13987654321，房号1308').contacts).toMatchObject([
      { kind: 'mobile', value: '13987654321' },
    ])
    const local = templateOf('热线：68881234')!
    expect(local.read('热线：20261127').contacts).toEqual([])
    expect(local.read('热线：20261127')).toEqual(readText('热线：20261127'))
  })

  it.each([
    ['a number that answers', '诚邀您接收本店优惠短信，同意请回复1'],
    ['a number that may be the answer', '诚邀您接收本店优惠短信，同意请回复3'],
    ['a number in the signature', '【58同城】您的简历已送达'],
    ['a number in a link', '详情 https://a.cn/12'],
  ])('is none for a text with %s', (_, text) => {
    expect(freeNumbersOf(text)).not.toEqual([])
    expect(templateOf(text)).toBeUndefined()
  })

  it('keeps no memory of buffers that are used next to it', () => {
    const held = () => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const before = held()
    const templates = Array.from({ length: 2000 }, (_, n) => {
      Buffer.from('a record that is gone after its batch '.repeat(80))
      return templateOf(`【美团】您的订单号是９${n}，验证码204817，切勿转发`)
    })
    const kept = held() - before
    expect(
      templates.at(-1)?.read('【美团】您的订单号是９1999，验证码314817，切勿转发').normalised.text,
    ).toContain('314817')
    expect(kept / templates.length).toBeLessThan(400)
  })
})

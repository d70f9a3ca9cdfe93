import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise } from '../../../../src/text/normalise.ts'
import { readLink } from '../../../../src/text/reader/links.ts'
import { Tokenizer } from '../../../../src/text/reader/tokenizer.ts'

const tokenizer = new Tokenizer({ bits: 17, grams: 3, words: 2 })

function read(text: string, original = text): number[] {
  tokenizer.read(normalise(text).text, original)
  return [...tokenizer.rows.subarray(0, tokenizer.count)]
}
const added = (text: string, base: string) => {
  const before = new Set(read(base))
  return read(text).filter((row) => !before.has(row))
}

describe('the tokenizer', () => {
  it('gives each feature once, inside the table', () => {
    void fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const rows = read(text)
        expect(new Set(rows).size).toBe(rows.length)
        expect(rows.length).toBeGreaterThan(0)
        for (const row of rows) expect(row >= 0 && row < 1 << 17).toBe(true)
      }),
    )
  })

  it('reads the same text the same, whatever it read before', () => {
    const first = read('您的验证码是123456，请勿泄露')
    read('completely different')
    expect(read('您的验证码是123456，请勿泄露')).toEqual(first)
  })

  it('does not tell numbers of one length apart, but lengths and service numbers', () => {
    expect(read('您的验证码是123456')).toEqual(read('您的验证码是987654'))
    expect(read('您的验证码是123456')).not.toEqual(read('您的验证码是1234'))
    expect(read('请拨95588')).not.toEqual(read('请拨95533'))
    for (const said of ['详询：', '客服电话 ', 'Hotline: ', '拨打'])
      expect(read(`${said}950618`)).not.toEqual(read(`${said}962288`))
    for (const said of ['验证码：', '您的动态密码是', 'Your code is ', '【工商银行】', ''])
      expect(read(`${said}959586，请勿泄露`)).toEqual(read(`${said}318275，请勿泄露`))
    expect(read('拨打12306')).not.toEqual(read('拨打12345'))
    expect(read('请拨85588')).toEqual(read('请拨85533'))
  })

  it('does not tell links of one shape apart', () => {
    expect(added('点击http://abc.com/x1', '点击').length).toBeLessThan(12)
    expect(read('点击 t.cn/AbC12')).toEqual(read('点击 t.cn/Zz9Qw'))
  })

  it('lets no mark between characters change their grams', () => {
    const plain = new Set(read('低息贷款联系'))
    const dotted = read('低息，贷款，联系')
    expect(dotted.filter((row) => !plain.has(row)).length).toBeLessThanOrEqual(1)
  })

  it('marks the characters inside the signature', () => {
    tokenizer.read('【顺丰速运】您的快件', '【顺丰速运】您的快件')
    const inside = [...tokenizer.inSignature.subarray(0, tokenizer.count)].filter((x) => x === 1).length
    expect(inside).toBeGreaterThanOrEqual(9)
    tokenizer.read('您的快件', '您的快件')
    expect([...tokenizer.inSignature.subarray(0, tokenizer.count)].every((x) => x === 0)).toBe(true)
  })

  it('takes the longest texts and empty ones', () => {
    expect(read('').length).toBeGreaterThan(0)
    expect(read('长'.repeat(70_000)).length).toBeGreaterThan(3)
    expect(
      read(Array.from({ length: 5000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('')).length,
    ).toBeLessThanOrEqual(8192)
  })
})

describe('a link', () => {
  it.each([
    ['www.abc.com/x', 13],
    ['http://1.2.3.4/x', 16],
    ['abc.top', 7],
    ['t.cn/Rx 退订', 7],
    ['jd.com。', 6],
    ['a-b.xyz.', 7],
  ])('%s is one of %i units', (text, end) => {
    expect(readLink(text, 0)?.end).toBe(end)
  })

  it.each(['3.5g', '12.30', 'ok...', 'abc', '.com', 'mr.zhou', ''])('%s is none', (text) => {
    expect(readLink(text, 0)).toBeUndefined()
  })

  it('is read in linear time', () => {
    const text = 'a.'.repeat(1000)
    const start = performance.now()
    for (let i = 0; i < text.length; i++) readLink(text, i)
    expect(performance.now() - start).toBeLessThan(500)
  })
})

import { describe, expect, it } from 'vitest'
import { readSketch, writtenSketch } from '../../../src/domain/templates.ts'
import { readText } from '../../../src/text/read-text.ts'
import { sharedWords, wordSketch } from '../../../src/text/word-sketch.ts'

const of = (text: string) => wordSketch(readText(text))!
const NOTICE = '您的快递因地址不详无法派送，请点击链接更新收货信息并支付运费'

describe('the sketch of the words of a text', () => {
  it('is the same whatever the signature, links, numbers, spaces and marks', () => {
    const same = of(`【顺丰】${NOTICE} http://sf-a.top/1 单号883311，客服13800001111`)
    expect(sharedWords(of(NOTICE), same)).toBeGreaterThan(0.75)
    expect(of(`【京东】${NOTICE} b.cc/2`)).toEqual(of(`【顺丰】${NOTICE}！！ a.top/1`))
  })

  it('shares with a copy what the copy shares, and next to nothing with another text', () => {
    const copy = '您的包裹因地址不详无法派送，请登录网页更新收货信息并补缴运费'
    expect(sharedWords(of(NOTICE), of(copy))).toBeGreaterThan(0.4)
    expect(sharedWords(of(NOTICE), of('今晚七点老地方见，记得带上上次借的那本书，别迟到'))).toBeLessThan(0.15)
  })

  it('is missing for a text of too few words', () => {
    for (const text of ['', '好的', '123456', 'http://a.top/x', '【甲】您的码'])
      expect(wordSketch(readText(text))).toBeUndefined()
  })

  it('comes back from its written form, which holds no text, and nothing else does', () => {
    const written = writtenSketch(of(NOTICE))
    expect(written).toMatch(/^w1:[\w-]{171}$/)
    expect(readSketch(written)).toEqual(of(NOTICE))
    for (const other of ['', 'w1:', written.slice(0, -1), `${written}A`, written.replace('w1', 'w2'), NOTICE])
      expect(readSketch(other)).toBeUndefined()
  })
})

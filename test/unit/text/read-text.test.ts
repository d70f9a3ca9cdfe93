import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise } from '../../../src/text/normalise.ts'
import { readText } from '../../../src/text/read-text.ts'
import { extractUrls } from '../../helpers/extract-urls.ts'

describe('readText', () => {
  it('reads a message once for all', () => {
    const result = readText('【好车行】保养八折，加徽信：abc123，详情 a-b。top/x 退订回T', '快修店')
    expect(result).toMatchObject({
      signature: { name: '快修店', place: 'field' },
      signatures: [{ name: '快修店' }, { name: '好车行' }],
      urls: [{ host: 'a-b.top', path: '/x', disguised: true }],
      contacts: [{ kind: 'wechat', value: 'abc123' }],
      optOut: true,
      asksConsent: false,
      asksAlone: false,
      traditional: false,
      otp: false,
    })
    expect(result.normalised.text).toContain('加微信:abc123')
  })

  it('has no signature member without a signature', () => {
    expect(readText('您好')).not.toHaveProperty('signature')
    expect(readText('')).toMatchObject({
      normalised: { text: '', folded: 0 },
      urls: [],
      contacts: [],
      bands: [],
    })
  })

  it('says the same as the single stages, whatever came before', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('贷.款', '加薇♥a12', 'a。com', '①38', '【京东】', '1OO86', '钅戋'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        const { normalised, urls } = readText(text)
        expect(normalised).toEqual(normalise(text))
        expect(urls).toEqual(extractUrls(text))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['an @ right behind the last host', 'pay at a.hk-id.top', 'pay at a.hk-id.top@lena'],
    ['a path behind the last host', 'ok。live', 'ok。live/a'],
    ['a word for a dot', 'log in at bank (', 'log in at bank (dot) com'],
  ])('reads nothing of the text before: %s', (_, text, before) => {
    const alone = readText(text)
    for (const filler of ['x', '@', ' ', '.', '/', ' dot com', 't) com']) readText(text.padEnd(64, filler))
    readText(before)
    expect(readText(text)).toEqual(alone)
    readText(text.padEnd(80, '@'))
    expect(readText(text)).toEqual(alone)
  })

  it('takes the longest joined text', () => {
    const began = performance.now()
    const result = readText('贷.款 a。com 13800138000 退订回T '.repeat(20_000))
    expect(result.urls).toHaveLength(10)
    expect(performance.now() - began).toBeLessThan(3000)
  })
})

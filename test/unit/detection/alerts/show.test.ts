import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contactsInClear,
  maskRecipient,
  showContacts,
  showEvidence,
  showMessage,
  showSample,
} from '../../../../src/detection/alerts/show.ts'
import { redactText } from '../../../../src/text/redact.ts'
import { message } from '../../../helpers/state-fixtures.ts'

describe('redactText', () => {
  it.each([
    ['验证码384920，请勿泄露', '验证码<number>，请勿泄露'],
    ['致电138 1234 5678咨询', '致电<number>咨询'],
    ['致电138-1234-5678', '致电<number>'],
    ['卡号6222 0212 3456 7890 123尾号', '卡号<number>尾号'],
    ['加Ｑ１２３４５６７８', '加Ｑ<number>'],
    ['加①③⑧①②③④⑤⑥⑦⑧领取', '加<number>领取'],
    ['电话一三八一二三四五六七八', '电话<number>'],
    ['电话壹叁捌-幺二三四', '电话<number>'],
    ['码1️⃣2️⃣3️⃣4️⃣完', '码<number>完'],
    ['码1\u200b2\u200b3\u200b4', '码<number>'],
    ['码𝟏𝟐𝟑𝟒', '码<number>'],
    ['码٠١٢٣', '码<number>'],
    ['激活码A3F9K2', '激活码<code>'],
  ])('replaces numbers in %s', (text, shown) => {
    expect(redactText(text)).toBe(shown)
  })

  it.each([
    '满300减50，全场5折起',
    '双11大促 iPhone15 直降800元',
    '一心一意，三两好友',
    '3月8日 12点',
    '',
    '退订回T',
  ])('leaves %s as it is', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('treats short capital words as codes where there is a one-time password', () => {
    expect(redactText('Your code is KQWT', true)).toBe('Your code is <code>')
    expect(redactText('Your code is KQWT')).toBe('Your code is KQWT')
  })

  it('leaves no run of 4 digits, however it is written', () => {
    const digit = fc.constantFrom(...'0123456789０９①⑨零九壹〇')
    const gap = fc.constantFrom('', '', ' ', '-', '.', '·', '\u200b', '（', ' - ')
    const number = fc
      .array(fc.tuple(digit, gap), { minLength: 4, maxLength: 20 })
      .map((pairs) => pairs.map(([d, g]) => d + g).join(''))
    fc.assert(
      fc.property(fc.array(fc.oneof(number, fc.string({ unit: 'grapheme' }))), (pieces) => {
        const shown = redactText(pieces.join(''))
        expect(shown.normalize('NFKC')).not.toMatch(
          /[0-9〇零一二三四五六七八九壹](?:[-. ·]{0,3}[0-9〇零一二三四五六七八九壹]){3}/u,
        )
        expect(redactText(shown)).toBe(shown)
      }),
      { numRuns: 500 },
    )
  })

  it('is linear in hostile text', () => {
    const hostile = '1 '.repeat(50_000) + 'a1'.repeat(50_000) + '-'.repeat(100_000)
    const started = performance.now()
    redactText(hostile)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('half a character, as at the end of a part', () => {
  const half = message({ text: '恭喜您获奖\ud83c', to: '13812345678' })

  it('is shown as U+FFFD, which every reader of JSON accepts', () => {
    const shown = JSON.stringify([
      showMessage(half, true),
      showSample(half, true),
      showEvidence({ quote: '获奖\udf89', list: [{ quote: '\ud83c' }] }, true, half.to),
    ])
    expect(shown).not.toContain('\\ud')
    expect(showMessage(half, true).text).toBe('恭喜您获奖\ufffd')
    expect(redactText('获奖\ud83c\udf89')).toBe('获奖🎉')
  })
})

describe('recipients', () => {
  it.each([
    ['13812345678', '138****5678'],
    ['12345678', '123*5678'],
    ['1234567', '*******'],
    ['85291234567', '852****4567'],
  ])('masks %s', (to, shown) => {
    expect(maskRecipient(to)).toBe(shown)
  })

  it('does not show an opaque id at all', () => {
    expect(maskRecipient('u:7f3a')).toBeUndefined()
    expect('to' in showMessage(message({ to: 'u:7f3a' }), true)).toBe(false)
  })
})

describe('what is shown of a message', () => {
  const text = '【京东】尊敬的13812345678，验证码9981，回电4001234567'
  const shown = message({
    text,
    contacts: [
      { kind: 'hotline', value: '4001234567', span: { start: 0, end: 1 } },
      { kind: 'mobile', value: '13812345678', span: { start: 0, end: 1 } },
      { kind: 'qq', value: '88123456', span: { start: 0, end: 1 } },
      { kind: 'wechat', value: 'abc_88', span: { start: 0, end: 1 } },
    ],
    urls: [
      {
        text: 'http://jd-hui.top/a?m=13812345678',
        span: { start: 0, end: 1 },
        host: 'jd-hui.top',
        domain: 'jd-hui.top',
        path: '/a',
        disguised: false,
      },
    ],
  })

  it('never has the recipient, in clear or masked', () => {
    for (const clear of [true, false]) {
      const all = JSON.stringify([
        showMessage(shown, clear),
        showSample(shown, clear),
        showContacts([shown], clear),
        showEvidence({ quote: text, to: '13812345678', list: [{ n: 'x13812345678' }] }, clear, shown.to),
      ])
      expect(all).not.toContain('13812345678')
      expect(all).not.toContain('9981')
    }
  })

  it.each(['138-1234-5678', '+86(138)12345678', '１３８１２３４５６７８', 'sip:13812345678@ims'])(
    'never has the recipient %s in the plain form of the text',
    (to) => {
      const evidence = { value: '13812345678', quote: `m=${to}` }
      const all = JSON.stringify([showContacts([{ ...shown, to }], true), showEvidence(evidence, true, to)])
      expect(all).not.toContain('13812345678')
      expect(all).not.toContain(to)
    },
  )

  it('has the sender in clear from review on, if the operator wants it', () => {
    expect(contactsInClear('review', 'clear')).toBe(true)
    expect(contactsInClear('observe', 'clear')).toBe(false)
    expect(contactsInClear('block', 'masked')).toBe(false)
    expect(showMessage(shown, true).from).toBe('1069012345678')
    expect(showMessage(shown, false).from).toBe('106******5678')
    expect(showContacts([shown], true)).toEqual({
      urls: ['http://jd-hui.top/a?m=138****5678'],
      phones: ['4001234567'],
      qq: ['88123456'],
      wechat: ['abc_88'],
    })
    expect(showContacts([shown], false)).toEqual({
      urls: ['j***.top'],
      phones: ['400***4567'],
      qq: ['881*3456'],
      wechat: ['a***'],
    })
  })

  it('keeps single words of evidence in clear, and redacts quotes', () => {
    const evidence = { domain: 'jd-618666.com', ports: ['10690001'], quote: '拨打 10690001', count: 12345 }
    expect(showEvidence(evidence, true)).toEqual({ ...evidence, quote: '拨打 <number>' })
    expect(showEvidence(evidence, false)).toMatchObject({ ports: ['<number>'], count: 12345 })
  })

  it('cuts long samples', () => {
    expect([...showSample(message({ text: '好'.repeat(2000) }), true).text]).toHaveLength(500)
  })
})

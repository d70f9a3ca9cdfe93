import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractSignatures, signatureKey } from '../../../src/text/signature.ts'

const of = (text: string, field?: string) => extractSignatures(text, field).signature

describe('extractSignatures', () => {
  it.each([
    ['【京东】您的包裹已到', '京东', 'leading', false],
    [' \u200b【 中国移动 】余额', '中国移动', 'leading', false],
    ['您的包裹已到【京东】', '京东', 'trailing', false],
    ['您的包裹已到【京东】 回T退订', '京东', 'trailing', false],
    ['新款到店，退订回T【某店】。', '某店', 'trailing', false],
    ['优惠【某店】t.cn/abc', '某店', 'trailing', false],
    ['[农商银行]您的账户', '农商银行', 'leading', true],
    ['您的账户入账100元[农商银行]', '农商银行', 'trailing', true],
    ['「顺丰」快件', '顺丰', 'leading', true],
    ['『顺丰』快件', '顺丰', 'leading', true],
    ['〔顺丰〕快件', '顺丰', 'leading', true],
    ['［顺丰］快件', '顺丰', 'leading', true],
    ['[拉咔拉】快件', '拉咔拉', 'leading', true],
    ['(顺丰)快件', '顺丰', 'leading', true],
    ['快件（顺丰）', '顺丰', 'trailing', true],
  ])('%s', (text, name, place, lookalikeBrackets) => {
    expect(of(text)).toMatchObject({ name, place, lookalikeBrackets })
  })

  it('lets the field win and keeps the others', () => {
    const { signature, signatures } = extractSignatures('【支付宝】您好【淘宝】', '【京东】')
    expect(signature).toEqual({ name: '京东', key: '京东', place: 'field', lookalikeBrackets: false })
    expect(signatures.map((s) => `${s.place}:${s.name}`)).toEqual([
      'field:京东',
      'leading:支付宝',
      'trailing:淘宝',
    ])
  })

  it('prefers the proper brackets', () => {
    expect(of('[通知]您好【京东】')?.name).toBe('京东')
    expect(extractSignatures('【A】【B】您好').signatures).toHaveLength(2)
  })

  it('finds none where there is none', () => {
    for (const text of [
      '',
      '您好',
      '您的包裹【已到】请取件，谢谢您的支持，如有疑问请致电客服',
      '(1/2)您好',
      '（5.21）您好',
      '[P1][FIRING] 您好',
      '流量送一次（5元/月）',
      '(退订回T)您好',
      '您好(非本人操作，请忽略)',
      '您好[回复TD退订]',
      '【】您好',
      '【 】您好',
      `【${'长'.repeat(33)}】您好`,
      '[13800138000]您好',
      '138****1234)',
      '【没有结束',
      '没有开始】',
    ]) {
      expect(of(text), text).toBeUndefined()
    }
  })

  it('takes names of 32 characters', () => {
    expect(of(`【${'长'.repeat(32)}】您好`)?.name).toHaveLength(32)
    expect(of(`【${'😀'.repeat(31)}a】您好`)?.key).toBe('a')
  })

  it('never throws, and every name stands in the text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('【', '】', '[', ']', '(', ')', '京东', ' ', '退订回T', 't.cn/a'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (parts) => {
        const text = parts.join('')
        for (const { name, key, span } of extractSignatures(text).signatures) {
          expect(text.slice((span?.start ?? 0) + 1, (span?.end ?? 0) - 1).trim()).toBe(name)
          expect(key).not.toBe('')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('the span of a signature', () => {
  const spans = (text: string, field?: string) =>
    extractSignatures(text, field).signatures.map(({ span }) => span && text.slice(span.start, span.end))

  it('covers the brackets', () => {
    expect(spans(' 【京东】您的包裹已到')).toEqual(['【京东】'])
    expect(spans('您的包裹已到[ 京东 ] 退订回T')).toEqual(['[ 京东 ]'])
    expect(spans('【京东】【快递】您好【京东快递】')).toEqual(['【京东】', '【快递】', '【京东快递】'])
  })

  it('is absent for the signature of the record', () => {
    expect(spans('您的包裹已到', '京东')).toEqual([undefined])
  })
})

describe('signatureKey', () => {
  it('is one for all spellings of a name', () => {
    expect(signatureKey('京東 商城')).toBe('京东商城')
    expect(signatureKey('ＪＤ．com')).toBe('jdcom')
    expect(signatureKey('微\u200b信')).toBe('微信')
  })

  it('keeps look-alikes apart from what they imitate', () => {
    expect(signatureKey('中囯银行')).not.toBe(signatureKey('中国银行'))
    expect(signatureKey('аpple')).not.toBe(signatureKey('apple'))
    expect(signatureKey('支付堡')).not.toBe(signatureKey('支付宝'))
  })

  it('is empty for signs alone', () => expect(signatureKey('★·☆ ')).toBe(''))
})

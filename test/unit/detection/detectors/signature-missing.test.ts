import { describe, expect, it } from 'vitest'
import { signatureMissing } from '../../../../src/detection/detectors/signature-missing.ts'
import { findingIn, type MessageOptions } from '../../../helpers/detector-fixtures.ts'
import { filedContext } from '../../../helpers/filed-signatures.ts'

const one = (text: string, options: MessageOptions = {}, context = filedContext) =>
  findingIn(signatureMissing, text, options, context)

describe('SIGNATURE_MISSING', () => {
  it('fires on commercial text without any signature', () => {
    const finding = one('双11大促全场五折，退订回T', { label: 'marketing' })
    expect(finding).toMatchObject({ code: 'SIGNATURE_MISSING', evidence: { label: 'marketing' } })
  })

  it('not on notices, signed texts, platforms that add it, or partial messages', () => {
    expect(one('您的快递到了')).toBeUndefined()
    expect(
      one('双11大促全场五折，退订回T', { label: 'marketing', signature: '甲公司', from: '106900011' }),
    ).toBeUndefined()
    expect(one('双11大促全场五折', { label: 'marketing', from: '10695501' })).toBeUndefined()
    expect(one('双11大促全场五折', { label: 'marketing', partial: true, seams: [0] })).toBeUndefined()
    expect(one('', { label: 'marketing', score: 0.3 })).toBeUndefined()
  })

  it.each([
    ['a friend', '周末一起去看房吧，新盘开盘送车位', '13812345678'],
    ['a shop by landline', '新店开业全场五折', '02161234567'],
    ['a sender overseas', '新店开業全場五折', '85291234567'],
    ['an opener that names who speaks', '海底捞：周年庆锅底免费，退订回T', '10690000001'],
    ['an opener in Latin letters', "McDonald's: 2 for 1 today", '10690000001'],
  ])('not on %s', (_, text, from) => {
    expect(one(text, { label: 'marketing', from })).toBeUndefined()
  })

  it.each(['温馨提示：全场五折', '活动时间：周六', '亲爱的客户：全场五折', '：全场五折'])(
    'an opener without a name does not count: %s',
    (text) => {
      expect(one(text, { label: 'marketing' })).toMatchObject({ code: 'SIGNATURE_MISSING' })
    },
  )
})

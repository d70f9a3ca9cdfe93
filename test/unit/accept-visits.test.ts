import { describe, expect, it } from 'vitest'
import { forgedBrand } from '../../src/detectors/forged-brand.ts'
import { senderKind } from '../../src/detectors/sender-kind.ts'
import { detectIn, shippedContext } from '../helpers/detector-fixtures.ts'

const shipped = shippedContext()
const forged = (text: string, from?: string) =>
  detectIn(forgedBrand, text, { label: 'fraud', ...(from ? { from } : {}) }, shipped)

describe('visits that the model takes for fraud', () => {
  it.each([
    '【顺丰速运】您有一个到付件，请准备运费18元，快递小哥电话 13818273645',
    '【圆通速递】您的快件由业务员王海 18817263544 派送，如需改址请回拨',
    '【中国平安】您的保单即将到期，续保请联系业务员陈晨13988776655，退订回T',
  ])('are no forgery: %s', (text) => {
    expect(forged(text)).toEqual([])
  })

  it('are none from the mobile of the courier', () => {
    expect(forged('您好中通快递，您的件放菜鸟驿站了', '13812340004')).toEqual([])
  })

  it.each([
    '【顺丰速运】您的快件丢失，快递员已登记，理赔请电 13818273645',
    '【圆通速递】快递员派送时件已破损，双倍退款加微信 ytpf2026',
    '【顺丰速运】快递员派送失败，请打开 sf-x.top/a 更改地址',
  ])('but are when something lures or leads away: %s', (text) => {
    expect(forged(text)).toMatchObject([{ code: 'FORGED_BRAND' }])
  })

  it('a text without a sender comes from nobody in particular', () => {
    expect(senderKind('')).toBe('name')
  })
})

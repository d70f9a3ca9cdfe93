import { describe, expect, it } from 'vitest'
import { claimOf } from '../../../../src/detection/detectors/brand-decision/claimed-brands.ts'
import { forgedBrand } from '../../../../src/detection/detectors/forged-brand.ts'
import {
  contextOf,
  findingIn,
  type MessageOptions,
  messageOf,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'

const shipped = shippedContext()
const MOBILE = '13812345678'
const claimed = (text: string) => {
  const claim = claimOf(messageOf(text, { from: MOBILE, label: 'fraud' }), shipped.registry)
  return claim?.by === 'speaker' ? claim.brand.id : undefined
}
const found = (text: string, options: MessageOptions, context = shipped) =>
  findingIn(forgedBrand, text, { from: MOBILE, label: 'fraud', score: 0.95, ...options }, context)

describe('who speaks for a company by role, department or number', () => {
  it.each([
    ['招商银行贷后管理部：您的欠款今天移交', 'cmb'],
    ['您好，成都社保中心小何，您的社保有异常，请配合', 'shebao'],
    ['美团客服工号2207，您的年费已开通', 'meituan'],
    ['淘宝售后部小林：您的退货少了一件', 'taobao'],
    ['成都社保中心提醒：您的待遇需要重新认证', 'shebao'],
    ['您的爱奇艺黄金套餐398元将于今晚扣除', 'iqiyi'],
    ['交通银行额度预警：您的卡今晚停用', 'bocom'],
    ['PayPal resolution team: your account is limited', 'paypal'],
  ])('%s: %s', (text, brand) => {
    expect(claimed(text)).toBe(brand)
  })

  it.each([
    '我在招商银行贷后管理部上班，周末有空',
    '淘宝小店：今天发货',
    '美团小店：本周上新',
    '昨天交通银行发的提醒：记得还款',
    '联系京东客服退款就行',
    '联系社保中心客服问一下',
    '我去社保中心提醒他们改名字',
    '顺丰小李，您的到付件运费转我微信就行',
    '链家小陈：上次看的房子还在',
    '美团小哥，我在3号楼',
    '我的爱奇艺会员被自动扣费了，烦',
    '去社保中心小区门口等我',
    'I paid with PayPal yesterday: 30 dollars',
  ])('not: %s', (text) => {
    expect(claimed(text)).toBeUndefined()
  })
})

describe('a text that is surely fraud, from any number', () => {
  it.each<[string, MessageOptions]>([
    ['美团客服工号2207，您的店铺年费6800元已自动续费，不需要的话按我说的取消', {}],
    ['成都社保中心小何，您的社保卡在外地买了违禁药，马上回我这个电话', {}],
    ['您的爱奇艺黄金套餐398元将于今晚扣除，不需要请回我电话', { from: '02861234567' }],
    ['淘宝客服：您买的电热毯被召回，退款专员稍后联系您', { from: '02861234567', score: 0.7 }],
  ])('is reported where it speaks as a brand: %s', (text, options) => {
    expect(found(text, options)).toMatchObject({ code: 'FORGED_BRAND', cap: 'review' })
  })

  const filed = contextOf(
    registryOf({ signatures: [signatureRow('美团', ['1069012*'], { brand: 'meituan' })] }),
  )

  it.each<[string, MessageOptions]>([
    ['美团客服工号2207，您的店铺年费已续，请在商家后台核对', { score: 0.4 }],
    ['美团客服工号2207，您的店铺年费已续，请在商家后台核对', { label: 'notice' }],
    ['【美团】美团客服工号2207，您的店铺年费6800元已自动续费', { from: '106901201' }],
    ['您的爱奇艺黄金套餐398元将于今晚扣除', { label: 'notice' }],
    ['淘宝客服：您买的电热毯尺寸有误，退款已原路退回', { from: '02861234567', label: 'notice' }],
    ['昨天用美团点的菜到了，钱转你', {}],
  ])('not: %s', (text, options) => {
    expect(found(text, options, filed)).toBeUndefined()
  })
})

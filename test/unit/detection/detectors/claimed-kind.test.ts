import { describe, expect, it } from 'vitest'
import type { Kind } from '../../../../src/detection/detectors/brand-decision/claimed-kind.ts'
import { forgedBrand } from '../../../../src/detection/detectors/forged-brand.ts'
import type { Head } from '../../../../src/domain/heads.ts'
import {
  contextOf,
  detect,
  findingIn,
  headsOf,
  type MessageOptions,
  messageOf,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'

const shipped = shippedContext()
const FRAUD = { label: 'fraud', from: '10690200001' } as const
const MOBILE = { label: 'fraud', from: '17012345678' } as const
const forged = (text: string, options: MessageOptions, context = shipped) =>
  findingIn(forgedBrand, text, options, context)

describe('FORGED_BRAND in the name of an institution that no list has', () => {
  it.each<[Kind, string, MessageOptions]>([
    ['bank', '【云川银行】您的贷款已逾期，今日未还将上报征信，请联系 0536-8817042', FRAUD],
    ['airline', '【北屿航空】您的航班已取消，退票补偿请加QQ 2938471023 办理', FRAUD],
    ['mediation', '【云川调委会】您名下借款已提请诉前调解，请回拨17138260459，否则冻结账户', FRAUD],
    ['school', '【云川职业学院】毕业图像采集未通过，请登录 yc-tx.online 补交48元', FRAUD],
    ['school', '【育才小学】各位家长，资料费396元请今天扫码缴纳，微信 yc_caiwu6', MOBILE],
    ['hospital', '云川市中医院急诊通知：您的家属正在抢救，请汇款至医生账户 17352910648', MOBILE],
  ])('a %s: %s', (kind, text, options) => {
    expect(forged(text, options)).toMatchObject({ evidence: { claimedKind: kind } })
  })

  it.each<[Kind, string, string, Partial<Record<Head, number>>]>([
    ['office', '云水司', '【云水司】水表数据异常，请在 yc-ss.top 登记户主银行账号', { office: 0.9 }],
    ['brand', '云天下', '【云天下】会员今日扣费800元，取消请在 yun-tx.top 登记银行卡', { brand: 0.8 }],
    ['office', '', '您孩子的补助今日截止，请在 edu-bz.top 填写银行卡', { office: 0.9, brand: 0.8 }],
  ])('speaks as an %s named %j', (kind, claimed, text, heads) => {
    const of = (spoken: Partial<Record<Head, number>>) =>
      detect(forgedBrand, { ...messageOf(text, FRAUD), heads: headsOf(spoken) }, shipped)
    expect(of(heads)).toMatchObject({ evidence: { claimedKind: kind, claimed } })
    expect(of({ person: 0.9, shop: 0.9 })?.evidence.claimedKind).toBeUndefined()
  })

  it('may block what leads to a third party as no genuine notice does, and only reports the rest', () => {
    const cap = (way: string, score: number) =>
      forged(`【云川银行】您的贷款已逾期，请联系 ${way}`, { ...FRAUD, score })?.cap ?? 'block'
    expect([cap('QQ 2938471023', 0.7), cap('0536-8817042', 0.7)]).toEqual(['block', 'review'])
    expect([cap('yc-yh.com', 0.99), cap('yc-yh.com', 0.7)]).toEqual(['block', 'review'])
  })

  it.each<[string, string, MessageOptions]>([
    ['a text that reads like a notice', '【云川银行】您尾号1234的账户收入500元', { label: 'notice' }],
    ['a short number', '【云川农商行】贷款已逾期，请联系 0536-8817042', { label: 'fraud', from: '96596' }],
    ['nothing that leads to a stranger', '【云川银行】您的贷款已逾期，请尽快到网点还清', FRAUD],
    ['a site of an office', '【云川社保中心】社保卡停用，请登录 hrss.yunchuan.gov.cn 认证', FRAUD],
    ['a name that ends otherwise', '【银行卡回收】高价收卡，加QQ 2938471023', FRAUD],
    ['a text to be scored alone', '【云川银行】贷款逾期，请登录 yc-yh.top', { label: 'fraud', from: '' }],
  ])('is silent on %s', (_, text, options) => {
    expect(forged(text, options)?.evidence.claimedKind).toBeUndefined()
  })

  it('is silent on a port that is filed for the name, and not on another one', () => {
    const filed = contextOf(registryOf({ signatures: [signatureRow('云川职业学院', ['106902*'])] }))
    const text = '【云川职业学院】毕业图像采集未通过，请登录 yc-tx.online 补交48元'
    expect(forged(text, FRAUD, filed)).toBeUndefined()
    expect(forged(text, { ...FRAUD, from: '10690999' }, filed)?.evidence.claimedKind).toBe('school')
  })

  it('can be switched off by its threshold', () => {
    const text = '【云川职业学院】毕业图像采集未通过，请登录 yc-tx.online 补交48元'
    expect(findingIn(forgedBrand, text, FRAUD, shipped, { kindCertainty: 1 })).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { lookalikeSignature } from '../../../../src/detection/detectors/lookalike-signature.ts'
import {
  codesIn,
  contextOf,
  findingIn,
  type MessageOptions,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'

const codes = (text: string, options: MessageOptions = {}, context = shippedContext()) =>
  codesIn([lookalikeSignature], text, options, context)

describe('LOOKALIKE_SIGNATURE', () => {
  it.each<[string, MessageOptions]>([
    ['【亰东】您的验证码是1234', {}],
    ['【中囯移动】您的积分即将清零', {}],
    ['【招裳银行】您的手机银行今日失效', {}],
    ['【京東】您的订单异常，请登录 jd-kf.top 处理', {}],
    ['【京*东】您的订单异常，请登录 kf-dd.top 处理', {}],
    ['【JD京东客服】退款通道 http://t-refund.top/a', {}],
    ['【京冬】您的白条逾期，请加QQ 2938471023', { label: 'fraud' }],
    ['【深圳税务】您有欠费，请点击 http://sz-shui.top 缴清', { label: 'fraud' }],
    [
      '【深圳税务】您有欠费，详见 https://etax.shenzhen.chinatax.gov.cn ，并把收到的验证码发给工作人员',
      { label: 'fraud' },
    ],
    ['【建没银行】您的手机银行今日失效', {}],
    ['【深圳税务】您有一笔税款待处理', { label: 'fraud' }],
    ['【1OO86】您的积分即将清零', {}],
  ])('%s', (text, options) => {
    expect(codes(text, options)).toContain('LOOKALIKE_SIGNATURE')
  })

  it.each<[string, MessageOptions]>([
    ['【京东】您的验证码是1234', {}],
    ['【南京银行】到账1000元', {}],
    ['【同城租车】您的订单已确认 https://tczc123.com/a', {}],
    ['【晶东】新店开业，全场8折 https://jingdongsp.com/a 退订回T', { label: 'marketing' }],
    ['【京东客服】您的售后单已完成', {}],
    ['【京東】您的訂單已發貨 https://item.jd.com/1', {}],
    ['【深圳税务】您申请的发票增额已通过，详见 https://etax.shenzhen.chinatax.gov.cn', { label: 'notice' }],
    ['【深圳税务】您的申报已受理，结果将另行通知', {}],
    ['【1010】閣下的月費計劃將於下月續期，多謝使用', { from: '85261234567' }],
    ['【12036】您的预约已登记', {}],
    ['', {}],
    ['【】', {}],
  ])('not: %s', (text, options) => {
    expect(codes(text, options)).not.toContain('LOOKALIKE_SIGNATURE')
  })

  it('accepts a filed signature, and the port of the brand itself', () => {
    const context = contextOf(
      registryOf({
        signatures: [signatureRow('亰东', ['10690001']), signatureRow('顺丰', ['10690002'], { brand: 'sf' })],
      }),
    )
    expect(codes('【亰东】您的验证码是1234', {}, context)).toEqual([])
    expect(
      codes('【順豊】您的快件已发出 http://a-b.top', { label: 'fraud', from: '10690002' }, context),
    ).toEqual([])
  })

  it('treats traditional characters as a disguise only in simplified text', () => {
    const context = contextOf(registryOf({ signatures: [signatureRow('麦当劳', ['10690002'])] }))
    const from = '85261234567'
    expect(codes('【麥當勞】閣下的訂單已準備好，請到櫃枱領取', { from }, context)).toEqual([])
    expect(codes('【麥當勞】您的订单已备好，请到柜台领取', { from }, context)).toEqual([
      'LOOKALIKE_SIGNATURE',
    ])
    expect(
      codes('【麥當勞】閣下的積分將過期，請登入 mc-gift.com', { from, label: 'fraud' }, context),
    ).toEqual(['LOOKALIKE_SIGNATURE'])
  })

  it('says what is imitated and how', () => {
    const finding = findingIn(lookalikeSignature, '【亰东】您的验证码是1234')
    expect(finding).toMatchObject({
      score: 0.97,
      evidence: { brand: 'jd', imitation: '亰东', original: '京东', how: 'glyph', similarity: 0.97 },
    })
  })

  it('is silent about a signature that may be cut', () => {
    expect(codes('【亰东】您的验', { partial: true, seams: [7] })).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { forgedBrand } from '../../src/detectors/forged-brand.ts'
import {
  contextOf,
  detectIn,
  type MessageOptions,
  registryOf,
  shippedContext,
  signatureRow,
} from '../helpers/detector-fixtures.ts'

const shipped = shippedContext()
const filed = contextOf(
  registryOf({
    signatures: [
      signatureRow('京东', ['1069012345*'], { brand: 'jd' }),
      signatureRow('京东物流', ['1069055*'], { brand: 'jd' }),
      signatureRow('某某旗舰店', ['10690777*']),
      signatureRow('顺丰速运', ['10690888*']),
      signatureRow('招商银行', []),
    ],
  }),
)
const OWN = '106901234501'
const forged = (text: string, options: MessageOptions = {}, context = shipped) => {
  const findings = detectIn(forgedBrand, text, options, context)
  expect(findings.length).toBeLessThanOrEqual(1)
  return findings[0]
}

describe('FORGED_BRAND with the shipped brand list', () => {
  it.each<[string, MessageOptions]>([
    ['【京东】您的订单异常已被冻结，请点击 jd-refund.com 办理退款', {}],
    ['【京东】您的包裹已送达，取件码1234，详情 kd56-s.cn/ab', {}],
    ['【京东】您购买的商品有质量问题，退款请联系客服QQ：2938471023', {}],
    ['京东客服：您的订单支付失败，请登录 http://jd.tk-ok.com 重新支付', {}],
    ['我是京东金融客服，您的白条账户需要注销，否则影响征信，请加QQ 2938471023', { from: '17012345678' }],
    ['【JD京东客服】退款通道 http://t-refund.top/a', {}],
    ['尊敬的建行客户：您的账户积分即将过期，请登录 ccb-jf.top 兑换现金【建设银行】', { from: '95533' }],
    [
      '尊敬的招商银行用户，您的积分已满8000，请登录 www.cmbcj.com 兑换',
      { label: 'fraud', from: '17012345678' },
    ],
    ['【支付宝】您的账户存在风险，请添加微信 zfb_kf88 处理，否则冻结', {}],
    ['【京东】您的京东E卡余额到账，查看 https://www.jd.com.pay-e.cn/a', { label: 'marketing' }],
    ['支付宝提醒您：账户存在风险，请立即访问 zfb-aq.com 验证', {}],
    ['您的顺丰快递丢失，理赔请加QQ：2938471023', { label: 'fraud', from: '17012345678' }],
    ['【亰东商城】您购买的电饭锅缺货，请联系售后QQ 2938471023办理退款', { label: 'fraud' }],
  ])('%s', (text, options) => {
    expect(forged(text, options)).toMatchObject({ code: 'FORGED_BRAND' })
  })

  it.each<[string, MessageOptions]>([
    ['【京东】您的订单已发货，查看 https://item.jd.com/100.html', {}],
    ['【京东】您的订单已发货，查看 https://jd-app.com/a', {}],
    ['【顺丰速运】查看快件 https://ucmp.sf-cityrush.com/x', {}],
    ['【某商户】支付 https://open.alipay-eco.com/x', {}],
    ['【招商银行】您尾号1234的信用卡账单已出，详情 https://t.cn/abc', {}],
    ['【顺丰速运】您的快件由快递员李四 13812345678 派送，取件码 1234', {}],
    ['【顺丰速运】您的快件已由丰巢代收，取件码123456，https://s.fcbox.com/x', {}],
    ['【平安产险】您的理赔案件由查勘员李四 13812345678 处理', {}],
    ['【京东某某旗舰店】双11大促，京东搜索某某旗舰店 https://mmqj.com/a 拒收回R', { label: 'marketing' }],
    ['【某某电器】支持支付宝付款，地址：南京东路100号，电话 021-62345678 退订回T', { label: 'marketing' }],
    ['【公安反诈】近期有人冒充京东客服以注销白条为由诈骗，请勿相信，咨询96110', {}],
    ['【京东】谨防诈骗：京东客服不会以注销白条为由索要验证码', {}],
    ['在淘宝店下单的衣服到了，明天帮我拿一下 13812345678', { label: 'personal', from: '13811112222' }],
    ['【某商城】您的微信支付订单已退款，详情 https://shop-mm.com/o', {}],
    ['【阿里云】域名 qinghe-studio.cn 15天后到期，请在控制台续费', {}],
    ['【国家医保局】办事请登录 https://fuwu.nhsa.gov.cn', {}],
    ['【电子社保卡】认证请登录 https://rsj.example-city.gov.cn', {}],
    ['【京东】您的验证码是1234', {}],
    ['', {}],
    ['】【【】', {}],
  ])('not: %s', (text, options) => {
    expect(forged(text, options)).toBeUndefined()
  })

  it('says what is claimed, what was found and what is official, and names the domain to block', () => {
    const finding = forged('【京东】退款请点击 http://www.jd-refund.com/a', { from: '10690999' })
    expect(finding?.domain).toBe('jd-refund.com')
    expect(finding?.evidence).toEqual({
      brand: 'jd',
      claimedBy: 'signature',
      claimed: '京东',
      found: [{ kind: 'domain', value: 'jd-refund.com' }],
      official: {
        domains: expect.arrayContaining(['jd.com']),
        ports: [],
        hotlines: expect.arrayContaining(['950618']),
      },
    })
  })

  it('never puts the recipient into the evidence', () => {
    const finding = forged('【京东】13900001111用户您好，您的白条逾期，请点击 http://jd-bt.top 处理', {
      label: 'fraud',
    })
    expect(finding).toBeDefined()
    expect(JSON.stringify(finding)).not.toContain('13900001111')
  })

  it('takes no proof from a link or number that touches a missing part', () => {
    const text = '【京东】您的订单异常，请点击 jd-refund.co'
    expect(forged(text, { partial: true, seams: [text.length] })).toBeUndefined()
    expect(forged(`${text}m 办理`, { partial: true, seams: [text.length + 4] })).toBeDefined()
  })
})

describe('FORGED_BRAND with filed ports', () => {
  it('counts the port: an official link proves no sender', () => {
    const finding = forged('【京东】订单已发货 https://item.jd.com/1', { from: '10690999' }, filed)
    expect(finding?.evidence).toMatchObject({ found: [{ kind: 'port', value: '10690999' }] })
    expect(forged('【京东】您的验证码是1234', { from: '10690999' }, filed)).toBeDefined()
    expect(forged('【京东】订单已发货 https://item.jd.com/1', { from: OWN }, filed)).toBeUndefined()
  })

  it('leaves another port of the same brand to SIGNATURE_WRONG_PORT', () => {
    expect(forged('【京东】您的验证码是1234', { from: '106905501' }, filed)).toBeUndefined()
  })

  it('counts a foreign link on the own port always, a foreign number with fraud wording only', () => {
    expect(forged('【京东】活动详情 http://abc-tk.com', { from: OWN }, filed)).toBeDefined()
    const courier = '【京东】快递员张三 13812345678 正在派送您的包裹'
    expect(forged(courier, { from: OWN }, filed)).toBeUndefined()
    const refund = '【京东】您的订单异常，请联系客服 13812345678 退款'
    expect(forged(refund, { from: OWN, label: 'fraud' }, filed)).toBeDefined()
  })

  it('lets a known sender speak of the brand', () => {
    const shop = '【某某旗舰店】您的京东订单已发货，退款请联系店铺客服 13812345678'
    expect(forged(shop, { from: '1069077712' }, filed)).toBeUndefined()
    const courier = '【顺丰速运】您的京东订单由顺丰派送，快递员 13812345678'
    expect(forged(courier, { from: '1069088812' }, filed)).toBeUndefined()
  })

  it('judges no port where a filing names none', () => {
    expect(forged('【招商银行】您的验证码是1234', { from: '10690999' }, filed)).toBeUndefined()
  })

  it('is reported from the score of the policy on', () => {
    const strict = {
      ...shipped,
      judge: () => ({ ...shipped.judge('FORGED_BRAND'), thresholds: { minScore: 0.95 } }),
    }
    expect(forged('【京东】退款请点击 http://jd-refund.com', {}, strict)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { normalise } from '../../../src/text/normalise.ts'
import { asksForConsent, hasWayOut, isOtp, optOutReply } from '../../../src/text/phrases.ts'

const read = (text: string) => normalise(text).text

describe('hasWayOut', () => {
  it.each([
    '全场5折，退订回T',
    '回TD退订',
    '拒收请回复R',
    '回N退订',
    '退订',
    '退订TD',
    '退订请回复TD',
    '退订請覆N',
    '回R拒收',
    '谢绝回复R',
    '不需要请回复BK',
    '不想收到请回R',
    '回复“T”退订',
    '回N不再接收',
    '回TD不收此类短信',
    'TD退订',
    '拒收回0000',
    '退订回复1234',
    'Reply STOP to unsubscribe',
    'Txt STOP to 87066',
    'To opt out reply OUT',
    'opt-out: text NO',
    'Send STOP 2 end',
    'unsubscribe at a.com',
    '全场3折，退回N【某店】',
    '3步到账 退T',
    '退 订 回 T',
  ])('%s', (text) => expect(hasWayOut(read(text))).toBe(true))

  it.each([
    '您已成功退订彩铃业务，下月生效',
    '退订成功，感谢使用',
    '您申请的退款已到账',
    '已为您退59.90元，其余照常发出',
    '回复1退款',
    '请勿打扰',
    '拒收快递请联系客服',
    '回复1办理，回复2查询',
    'The bus will stop at the station',
    'Opt for the best',
    '',
  ])('%s is none', (text) => expect(hasWayOut(read(text))).toBe(false))
})

describe('asksForConsent', () => {
  it.each([
    '【某店】如同意接收本店优惠信息，请回复Y',
    '您是否同意接收我司营销短信？',
    '回复Y同意接收活动通知，不回复视为不同意',
    '同意接收会员资讯请回复1',
    '點擊確認同意接收推廣信息 a.com',
    'Reply YES to receive offers from ABC',
    'Do you agree to receive marketing texts? Reply Y',
    '【暖阳家纺】诚邀您接收本店优惠信息（每月不超过两条）。同意请回复Y',
    '【某某健身】想邀请您订阅我们的活动通知，愿意请回复1，不回复视为不同意',
  ])('%s', (text) => expect(asksForConsent(read(text))).toBe(true))

  it.each([
    '您将订购彩铃，同意请回复Y',
    '全场5折，退订回T',
    '您已同意接收通知',
    '请回复Y确认预约',
    'Was this you? Reply Y or N',
    'Reply YES to confirm your booking',
    '',
    '【国家电网】邀请您订阅电子账单通知，详情请到营业厅咨询',
    '【某某医院】希望您按时复诊，同意改期请回复Y',
    '【某某超市】欢迎接收我们的优惠，退订请回复T',
  ])('%s is none', (text) => expect(asksForConsent(read(text))).toBe(false))
})

describe('isOtp', () => {
  it.each([
    '【支付宝】校验码123456，用于登录',
    '您的验证码是：8738。',
    '123456（登录验证码，5分钟内有效）',
    '验证码 为 ８８６６４４',
    '动态密码为123456',
    '【浦发银行】动态密码654321，您正在绑定',
    'G-123456 is your Google verification code',
    'Your OTP for txn of INR 500 is 482910',
    'Use 4829 as your one-time password',
    'Your code is 123 456',
    '123456 是你的驗證碼',
  ])('%s', (text) => expect(isOtp(read(text))).toBe(true))

  it.each([
    '请勿把验证码告诉他人，客服95588不会索要',
    '【京东】您的订单123456已发货',
    '尾号1234的卡消费100元',
    'Use code SAVE20 for 20% off',
    'Your PIN code is the same as before',
    '验证码',
    '',
  ])('%s is none', (text) => expect(isOtp(read(text))).toBe(false))
})

describe('optOutReply', () => {
  it.each([
    'T',
    'td',
    ' ＴＤ ',
    '退订',
    'N',
    'R',
    '0000',
    'TD退订',
    '请退订',
    '我要退订！',
    'STOP',
    'stop please',
    '别再给我发了',
    '不要再发短信',
    '回T',
  ])('%s refuses', (text) => expect(optOutReply(text)).toBe(true))

  it.each([
    '',
    '1',
    'Y',
    '0',
    '好的',
    '退订怎么操作呢你们客服电话多少啊我想问问',
    '我同意接收',
    'stop by at 5',
    'tomorrow',
    '查询话费',
    '是',
  ])('%s does not', (text) => expect(optOutReply(text)).toBe(false))
})

describe('cost', () => {
  it('is bounded for texts made to be slow', () => {
    const began = performance.now()
    for (const part of [
      '退',
      '回',
      '1234',
      '验证码',
      '同意接收',
      'reply ',
      '回t',
      'code 1',
      '退订请',
      '1234 ',
    ]) {
      const text = part.repeat(10_000)
      hasWayOut(text)
      asksForConsent(text)
      isOtp(text)
      optOutReply(text)
    }
    expect(performance.now() - began).toBeLessThan(4000)
  })
})

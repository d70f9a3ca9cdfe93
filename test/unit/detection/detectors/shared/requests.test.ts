import { describe, expect, it } from 'vitest'
import { REQUESTS, type Request, requestsIn } from '../../../../../src/detection/detectors/shared/requests.ts'
import { normalise } from '../../../../../src/text/normalise.ts'

const ask = (text: string) => requestsIn(normalise(text).text)

describe('requestsIn', () => {
  it.each<[string, readonly Request[]]>([
    ['请下载“云会议”软件，输入会议号 884 203 117', ['app']],
    ['打开屏幕共享，跟我操作', ['app']],
    ['install AnyDesk beforehand', ['app']],
    ['请将本金转入指定账户 6222 0215 0600 8841 773', ['payment']],
    ['加支付宝好友 lipei@example.com 领取赔付', ['payment', 'follow']],
    ['move everything to a safe account', ['payment']],
    ['把收到的验证码报给我', ['secret']],
    ['请提供卡背后三位和短信验证码', ['secret']],
    ['text back the 6-digit code', ['secret']],
    ['扫描面单上的二维码领取礼品', ['scan']],
    ['关注公众号“某某理赔中心”', ['follow']],
    ['请加QQ视频做笔录', ['follow']],
    ['装货前先付信息费三百元', ['payment']],
    ['添加客服专员，进福利群领取', ['follow']],
    ['加LINE好友領取 LINE ID', ['follow']],
    ['把定金打到 6230 5800 0077 1109', ['payment']],
    ['缴保全款转 6 2 2 2 0 2 4 4 7 1 9 0 3 8 8 7', ['payment']],
    ['想知道怎么解套请回复8', ['reply']],
    ['Reply YES to verify', ['reply']],
    ['转接人工请按9转', ['reply']],
    ['今晚将扣费128元，取消回复K', ['reply']],
    ['本店周年庆全场八折，取消回复K', []],
    ['请复制链接到浏览器打开', ['search']],
    ['打开支付宝搜索“领红包”', ['search']],
  ])('finds in %s: %s', (text, requests) => {
    expect(ask(text)).toEqual(requests)
  })

  it.each([
    '您的订单已发货，预计今日送达，请保持手机畅通',
    '您的验证码是 482913，5 分钟内有效，请勿告知他人',
    '您尾号 8823 的卡 5 月 6 日支出 20,000 元',
    'Your parcel will arrive today between 11:42 and 13:42',
    'call 333 from your mobile, automated line.',
    '您被骗的资金已追回 36,800 元',
    '物流单号 7841 2236 6500 12',
    '回复率 98%，好评如潮',
  ])('finds nothing in %s', (text) => {
    expect(ask(text)).toEqual([])
  })

  it('describes each request', () => {
    for (const text of Object.values(REQUESTS)) expect(text).toMatch(/^to /)
  })
})

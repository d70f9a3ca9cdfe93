import { describe, expect, it } from 'vitest'
import { quotesMessage } from '../../../../../src/detection/detectors/brand-decision/quotation.ts'
import { readText } from '../../../../../src/text/read-text.ts'

const quotes = (text: string) => quotesMessage({ ...readText(text), text })

describe('a text that quotes a message', () => {
  it.each([
    '我妈上午收到“【医保局】您的医保卡已停用，请点 ybj-renzheng8.top 激活”，我让她别理',
    'Got this just now: "your parcel is held, pay 12 yuan at cn-parcel-fee.top" and deleted it at once',
    '贴在门口给大家认认：“您积分18600即将清零 jf10086e.vip”。别点哈',
    '阿嬸收到「您的包裹已扣留，請致電 6355 1208 處理」，係咪呃人㗎',
  ])('is told by links and numbers within quotation marks: %s', (text) => {
    expect(quotes(text)).toBe(true)
  })

  it.each([
    ['without marks', '我妈上午收到【医保局】您的医保卡已停用，请点 ybj-renzheng8.top 激活，我让她别理'],
    ['a link outside', '通知：“您的医保卡已停用，请尽快重新激活”，点 ybj-renzheng8.top 马上办理认证'],
    ['a number outside', '客服说“您的会员将自动续费扣款”，要关闭请拨 0571-8820 6643 找人工办理'],
    ['a signature outside', '【医保局】接上级通知“您的医保卡已停用请点 ybj-renzheng8.top 激活”，请按时完成'],
    ['only a password', '打开支付宝搜索“tmbc9921”，按客服的指引领取您的补偿金288元'],
    ['next to nothing outside', '“您的医保卡已停用，请点 ybj-renzheng8.top 激活”速办'],
  ])('is none of those: %s', (_, text) => {
    expect(quotes(text)).toBe(false)
  })
})

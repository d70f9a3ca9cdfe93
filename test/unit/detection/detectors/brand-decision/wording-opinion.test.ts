import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  WORDING_ROWS,
  wordingOpinion,
  wordingRows,
} from '../../../../../src/detection/detectors/brand-decision/wording-opinion.ts'
import { messageOf } from '../../../../helpers/detector-fixtures.ts'

const opinion = (text: string) => wordingOpinion(messageOf(text))

describe('wordingOpinion', () => {
  it.each([
    '【某银行】您的账户已被冻结，请立即点击链接验证身份，否则将注销',
    '客服通知：您的快件丢失，现三倍理赔，请添加理赔专员办理',
    'Your parcel is on hold, confirm your address and pay the unpaid fee within 12 hours',
  ])('takes %s for a forgery', (text) => {
    expect(opinion(text)).toBeGreaterThan(1)
  })

  it.each([
    '您的快件已到菜鸟驿站，请凭取件码 12-3-4018 领取',
    '您尾号7719的卡消费36.80元，余额8,214.55元',
    '妈，晚上十点到家，不用等我吃饭',
    'Your item has been delivered to your safe place. See the photo in the app',
  ])('takes %s for none', (text) => {
    expect(opinion(text)).toBeLessThan(-1)
  })

  it('reports nothing for a text without words', () => {
    expect(opinion('')).toBe(0)
  })

  it('is worked out once a text', () => {
    const message = messageOf('您的账户已被冻结')
    message.memo.wording = 7
    expect(wordingOpinion(message)).toBe(7)
  })
})

describe('wordingRows', () => {
  it('reads a link as one sign, and a number by its length', () => {
    const rows = (text: string) => [...wordingRows(text)]
    expect(rows('点 a-b.top/x1 退款')).toEqual(rows('点 https.other.cc 退款'))
    expect(rows('退 123 元')).toEqual(rows('退 987 元'))
    expect(rows('退 123 元')).not.toEqual(rows('退 1234 元'))
  })

  it('names each row of the table once, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
        const rows = [...wordingRows(text)]
        expect(new Set(rows).size).toBe(rows.length)
        expect(rows.every((row) => row >= 0 && row < WORDING_ROWS)).toBe(true)
      }),
    )
  })

  it('takes a bounded time for a text that is all link signs', () => {
    const before = process.cpuUsage().user
    for (let i = 0; i < 50; i++) wordingRows('a.'.repeat(50_000))
    expect(process.cpuUsage().user - before).toBeLessThan(1_000_000)
  })
})

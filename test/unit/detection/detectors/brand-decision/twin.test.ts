import { describe, expect, it } from 'vitest'
import { forgedBrand } from '../../../../../src/detection/detectors/forged-brand.ts'
import {
  contextOf,
  findingIn,
  type MessageOptions,
  registryOf,
  signatureRow,
} from '../../../../helpers/detector-fixtures.ts'
import { noticesWith } from '../../../../helpers/notice-fixtures.ts'

const registry = registryOf({
  signatures: [
    signatureRow('京东', ['10690001']),
    signatureRow('招商银行', ['10690002']),
    signatureRow('顺丰速运', ['10690003']),
  ],
})
const samples = contextOf(registry, { notices: noticesWith() })
const CALM = { score: 0.995 }

function judged(text: string, from: string, context = samples, options: MessageOptions = CALM) {
  const found = findingIn(forgedBrand, text, { from, ...options }, context)
  return found && { action: found.cap ?? 'block', twin: found.evidence.twin as object | undefined }
}

const BILL = '【招商银行】您账户8876发生快捷支付扣款人民币2,998.00元，余额315.22元，'

describe('a copy of a notice', () => {
  it.each([
    ['a link', `${BILL}详情点击 http://cmb-zd.com/q`, '85261234567', ['cmb-zd.com']],
    ['a number to call', `${BILL}非本人操作请致电021-60931172`, '10680000001', ['02160931172']],
    ['a handle', `${BILL}请加客服QQ 2910837745核实`, '13800001111', ['2910837745']],
  ])('that leads to %s of a stranger is blocked, however well it reads', (_, text, from, found) => {
    expect(judged(text, from)).toMatchObject({ action: 'block', twin: { brand: 'cmb', found } })
  })

  it('is not blocked where nothing is known of its port and the link is not doubtful', () => {
    const text = `${BILL}详情点击 https://news.example.org/q`
    expect(judged(text, '10680000001', contextOf(registryOf(), { notices: noticesWith() }))?.action).not.toBe(
      'block',
    )
  })

  it.each([
    ['from the brand’s own port', `${BILL}网点电话0571-88321106`, '10690002'],
    ['that leads to the brand', `${BILL}详情点击 https://www.cmbchina.com/x`, '10680000001'],
    ['that names a courier', '【顺丰速运】您的快件正在派送中，快递员张三13510228876', '10680000001'],
    ['that leads nowhere', `${BILL}请留意`, '10680000001'],
  ])('%s is not blocked', (_, text, from) => {
    const found = judged(text, from)
    expect(found?.action).not.toBe('block')
    expect(found?.twin).toBeUndefined()
  })

  it('that a person quotes is not blocked', () => {
    const quote =
      '你帮我看下，银行刚发的短信说您尾号3310的信用卡消费4980元，非本人操作请致电021-60931172，是骗子吗'
    expect(judged(quote, '13800001111', samples, { label: 'personal' })?.action).not.toBe('block')
  })

  describe('once notices are learned', () => {
    const TEXT = '您订购的花鸟市场盆栽已由园艺师傅打包完毕，明早随冷链车发往贵处，'
    const learned = contextOf(registry, {
      notices: noticesWith([
        {
          text: `【京东】${TEXT}`,
          hosts: ['huaniao-song.com'],
          numbers: ['02160001111'],
          carries: ['mobile'],
        },
      ]),
    })
    const sent = (end: string, from = '10680000001') => judged(`【京东】${TEXT}${end}`, from, learned)

    it('is told by them alone', () => {
      expect(sent('查询 huaniao-jd.vip/a')).toMatchObject({
        action: 'block',
        twin: { brand: 'jd', own: expect.arrayContaining(['huaniao-song.com', '02160001111']) },
      })
      expect(judged(`【京东】${TEXT}查询 huaniao-jd.vip/a`, '10680000001')?.twin).toBeUndefined()
    })

    it.each([
      ['the links of the brand’s own notices', '查询 huaniao-song.com/b'],
      ['a number of theirs', '咨询021-60001111'],
      ['a mobile, where theirs name mobiles', '师傅13800002222'],
    ])('is not blocked with %s', (_, end) => {
      expect(sent(end)?.action).not.toBe('block')
    })
  })
})

import { describe, expect, it } from 'vitest'
import { SHIPPED_SKETCH } from '../../../src/detection/versions/sample-notices.ts'
import { likeness, SKETCH_SIZE } from '../../../src/domain/sketch.ts'
import { readText } from '../../../src/text/read-text.ts'
import { loadSketchTable } from '../../../src/text/reader/sketch-table.ts'
import { Sketcher } from '../../../src/text/sketch.ts'

const sketcher = new Sketcher(loadSketchTable(SHIPPED_SKETCH))
const sketch = (text: string) => sketcher.sketch(readText(text))!
const like = (a: string, b: string) => likeness(sketch(a), sketch(b))

const CARD = '【招商银行】您尾号1234的信用卡11月3日消费人民币4,980.00元，如非本人交易请致电95555。'

describe('sketches', () => {
  it('are the same 64 bytes for the same text', () => {
    expect(sketch(CARD)).toHaveLength(SKETCH_SIZE)
    expect(sketch(CARD)).toEqual(sketch(CARD))
    const again = new Sketcher(loadSketchTable(SHIPPED_SKETCH))
    expect(again.sketch(readText(CARD))).toEqual(sketch(CARD))
  })

  it('do not depend on signature, digits, numbers, links and marks', () => {
    const text = '您的快件已到达，请凭取件码12-3-4567领取，详情 https://a.example.com/x 咨询13800001111'
    for (const other of [
      `【顺丰速运】${text}`,
      text.replace('12-3-4567', '8-8-0042'),
      text.replace('https://a.example.com/x', 'http://b.top/8KqZ?id=3'),
      text.replace('13800001111', '13911112222'),
      text.replace('，', '！！'),
    ])
      expect(like(text, other), other).toBeCloseTo(1, 2)
  })

  it.each([
    [
      '女士春装新品上市，全场连衣裙外套低至五折，满三百减五十，欢迎到店选购',
      '女士春装新款到货，全部连衣裙大衣低至五折，满四百减八十，欢迎进店挑选',
    ],
    [
      '凭身份证即可办理贷款，额度高放款快，无需抵押，利息低，随借随还，详询客服',
      '只需身份证就能申请借款，额度大到账快，不用抵押，利率低，随借随还，咨询客服',
    ],
    [
      '您的驾驶证即将到期，请在有效期内办理换证，可登录网上办理',
      '您的驾驶证快要到期，请尽快在期限内申请换证，能登录网上办理',
    ],
  ])('of near copies are alike: %s', (text, copy) => {
    expect(like(text, copy)).toBeGreaterThan(0.8)
  })

  it.each([
    '周末烧烤节来啦，啤酒免费畅饮，学生凭证八折，地址人民路步行街',
    '新楼盘盛大开盘，首付二十万起，轻轨口现房，恭迎品鉴样板间',
    '少儿英语寒假班火热招生，外教小班，免费试听一节',
    '妈，晚上我不回来吃饭了，公司加班，你们先吃',
  ])('of other texts are not: %s', (text) => {
    expect(like(CARD, text)).toBeLessThan(0.6)
  })

  it('are not made of a text with too little to be told from others', () => {
    expect(sketcher.sketch(readText(''))).toBeUndefined()
    expect(sketcher.sketch(readText('12345 http://a.example.com'))).toBeUndefined()
  })

  it('are made in a time that grows with the text', () => {
    const long = sketcher.sketch(readText('您的快件已到达'.repeat(20_000)))
    expect(long).toHaveLength(SKETCH_SIZE)
  })
})

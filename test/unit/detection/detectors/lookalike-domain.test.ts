import { describe, expect, it } from 'vitest'
import { lookalikeDomain } from '../../../../src/detection/detectors/lookalike-domain.ts'
import {
  codesIn,
  findingIn,
  type MessageOptions,
  shippedContext,
} from '../../../helpers/detector-fixtures.ts'

const codes = (text: string, options: MessageOptions = {}, context = shippedContext()) =>
  codesIn([lookalikeDomain], text, options, context)

describe('LOOKALIKE_DOMAIN', () => {
  it.each<[string, MessageOptions]>([
    ['点击 http://jd-refund.com 退款', {}],
    ['点击 http://jd.com.vip-tk.cn/a 退款', {}],
    ['登录 1cbc.com.cn 更新', {}],
    ['【京东】登录 jd.top 领取', {}],
    ['login at https://xn--80ak6aa92e.com now', {}],
  ])('%s', (text, options) => {
    expect(codes(text, options)).toContain('LOOKALIKE_DOMAIN')
  })

  it.each<[string, MessageOptions]>([
    ['详情 https://jd-app.com/a', {}],
    ['详情 https://t.cn/a', {}],
    ['值机 www.jdair.net', {}],
    ['作品 https://jd-design.com', {}],
    ['登录 jd.top 领取', {}],
    ['关注 https://weixin.shop-mm.com', {}],
  ])('not: %s', (text, options) => {
    expect(codes(text, options)).not.toContain('LOOKALIKE_DOMAIN')
  })

  it('names the domain to block, and skips a link that touches a missing part', () => {
    const text = '点击 http://www.jd-refund.com'
    const finding = findingIn(lookalikeDomain, text)
    expect(finding).toMatchObject({
      domain: 'jd-refund.com',
      evidence: { how: 'added-word', original: 'jd.com' },
    })
    expect(codes(text, { partial: true, seams: [text.length] })).toEqual([])
  })

  it('counts a signature against it only where that is not a name of the brand', () => {
    const cluesOf = (text: string) => JSON.stringify(findingIn(lookalikeDomain, text)?.evidence)
    expect(cluesOf('【木森家居】京东退款登录 http://jd-refund.com 领取')).toContain('signed:other')
    expect(cluesOf('【京东】退款登录 http://jd-refund.com 领取')).not.toContain('signed:other')
    expect(cluesOf('【京東】退款登录 http://jd-refund.com 领取')).not.toContain('signed:other')
  })
})

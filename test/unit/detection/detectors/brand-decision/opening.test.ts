import { describe, expect, it } from 'vitest'
import { openingClaim } from '../../../../../src/detection/detectors/brand-decision/opening.ts'
import { messageOf, shippedContext } from '../../../../helpers/detector-fixtures.ts'

const brandIn = (text: string) => openingClaim(messageOf(text), shippedContext().registry)?.brand.id

describe('openingClaim', () => {
  it('reads a name whose signs stand apart', () => {
    expect(brandIn('抖*音客服:您的账户异常')).toBe('douyin')
    expect(brandIn('支-付-宝通知:您的账户异常')).toBe('alipay')
  })

  it('reads a short name where the reader is to turn to staff of the brand', () => {
    expect(brandIn('您名下的手机卡将于两小时后停机，请添加移动督查专员办理')).toBe('cmcc')
    expect(brandIn('您名下的手机卡将于两小时后停机，请移动到窗口联系专员办理')).toBeUndefined()
    expect(brandIn('我系移动嘅后台主管，可以帮你办保号套餐')).toBe('cmcc')
  })

  it('does not treat an amount, a pickup code or two words with a comma as a name', () => {
    for (const text of ['12-3-4518 是您的取件码', '12,345元已转', '12,368元请查收', '快，手机号发我'])
      expect(brandIn(text), text).toBeUndefined()
  })

  it('looks for who speaks in a time that grows with the text', () => {
    const text = (n: number) => `${'a'.repeat(2 * n)} ${'移动'.repeat(n)}`
    const cpu = (n: number) => {
      const began = process.cpuUsage()
      brandIn(text(n))
      const { user, system } = process.cpuUsage(began)
      return user + system
    }
    cpu(100)
    expect(cpu(4_000)).toBeLessThan(500_000)
  })
})

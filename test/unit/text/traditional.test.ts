import { describe, expect, it } from 'vitest'
import { isWrittenTraditionally } from '../../../src/text/traditional.ts'

describe('isWrittenTraditionally', () => {
  it.each(['閣下的訂單已準備好', '您的快遞將於明天送達，請留意電話', '里長辦公處：週末停電，請大家注意'])(
    '%s',
    (text) => {
      expect(isWrittenTraditionally(text)).toBe(true)
    },
  )

  it.each([
    '您的订单已备好',
    '【京東】您的订单异常，请登录处理',
    '他住在後面，您的快递已签收，请查收',
    '陳小姐的信到了',
    'Your order is ready',
    '',
  ])('not: %s', (text) => {
    expect(isWrittenTraditionally(text)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { textDoubt } from '../../../src/service/text-doubts.ts'

const TEXT = '【京东】您的订单已发货，请留意查收。'

describe('a text that is hardly meant', () => {
  it.each([
    ['hex', Buffer.from(TEXT).toString('hex'), /hex/],
    ['base64', Buffer.from(TEXT).toString('base64'), /base64/],
    ['base64 of GBK', 'ob6+qbarob/E+rXEtqm1pdLRt6K79aGj', /base64/],
    ['a long one', Buffer.from(TEXT.repeat(30)).toString('base64'), /base64/],
    ['bytes read in a wrong encoding', '���【', /wrong encoding/],
  ])('%s', (_, text, doubt) => expect(textDoubt(text)).toMatch(doubt))

  it.each([TEXT, 'Your code is 482913', 'OK', '4829', 'HelloWorldHelloWorldHell', 'abcd'])(
    '%s is meant',
    (text) => expect(textDoubt(text)).toBeUndefined(),
  )
})

import { describe, expect, it } from 'vitest'
import { textDoubt } from '../../../src/service/text-doubts.ts'

const TEXT = '【京东】您的订单已发货，请留意查收。'

describe('a text that is hardly meant', () => {
  it.each([
    ['hex', Buffer.from(TEXT).toString('hex'), /hex/],
    ['base64', Buffer.from(TEXT).toString('base64'), /base64/],
    ['base64 of GBK', 'ob6+qbarob/E+rXEtqm1pdLRt6K79aGj', /base64/],
    ['a long one', Buffer.from(TEXT.repeat(30)).toString('base64'), /base64/],
    ['UTF-8 read as ISO-8859-1', Buffer.from(TEXT).toString('latin1'), /wrong encoding/],
    ['GBK read as ISO-8859-1', '¡¾¾©¶«¡¿ÄúµÄ¶©µ¥ÒÑ·¢»õ', /wrong encoding/],
    ['bytes read in a wrong encoding', '���【', /wrong encoding/],
  ])('%s', (_, text, doubt) => expect(textDoubt(text)).toMatch(doubt))

  it.each([
    TEXT,
    'Your code is 482913',
    'Tu código es 4829, válido 5 minutos',
    '£5 à la carte',
    'OK',
    '4829',
    'HelloWorldHelloWorldHell',
    'abcd',
  ])('%s is meant', (text) => expect(textDoubt(text)).toBeUndefined())
})

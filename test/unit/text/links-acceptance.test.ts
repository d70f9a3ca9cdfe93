import { describe, expect, it } from 'vitest'
import { extractContacts } from '../../../src/text/contacts.ts'
import { normalise } from '../../../src/text/normalise.ts'
import { extractUrls } from '../../helpers/extract-urls.ts'

describe('links with a name of a user before the host', () => {
  it.each([
    ['请打开 https://bank.com@evil.top/q 处理', 'evil.top'],
    ['请打开 https://bank.com:443@evil.top/q 处理', 'evil.top'],
    ['请打开 http://user:secret@evil.top 处理', 'evil.top'],
    ['请打开 bank.com@evil.top/q 处理', 'evil.top'],
    ['请打开 https://bank.com/a@b.top 处理', 'bank.com'],
  ])('%s', (text, host) => {
    expect(extractUrls(text).map((url) => url.host)).toEqual([host])
  })

  it.each([
    '写信给 first.last@example.com 咨询',
    '写信给 hr@example.com/人事',
    'first.last@example.com, a@b.org',
    '@@@@ a@ @b',
  ])('addresses of mail are none: %s', (text) => {
    expect(extractUrls(text)).toEqual([])
  })
})

describe('numbers with spaces around their hyphens', () => {
  it.each([
    ['客服 0 2 1 - 6 8 9 9 3 1 2 7 为您办理', '02168993127'],
    ['客服 021 - 68993127 为您办理', '02168993127'],
    ['致电 139 - 2837 - 4651', '13928374651'],
  ])('%s', (text, value) => {
    expect(extractContacts(normalise(text), text).map((contact) => contact.value)).toEqual([value])
  })

  it('hours and prices are none', () => {
    for (const text of ['营业时间 09:00 - 18:00', '价格 120 - 360 元', '11 - 25 至 11 - 30 期间']) {
      expect(extractContacts(normalise(text), text), text).toEqual([])
    }
  })
})

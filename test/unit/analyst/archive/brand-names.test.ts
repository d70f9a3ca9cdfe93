import { expect, it } from 'vitest'
import { BrandNames } from '../../../../src/analyst/archive/brand-names.ts'

it('names an institution that is on no list by its kind, in the language of the desk', () => {
  const [chinese, english] = [new BrandNames('zh-CN'), new BrandNames('en')]
  expect([chinese.get('bank'), english.get('bank')]).toEqual(['银行', 'bank'])
  for (const names of [chinese, english]) expect(names.idOf('银行')).toBe('bank')
})

it('finds the id of a brand by its name in any language', () => {
  for (const locale of ['zh-CN', 'en'])
    for (const name of ['京东', 'JD.com']) expect(new BrandNames(locale).idOf(name), name).toBe('jd')
})

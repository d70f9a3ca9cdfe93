import { describe, expect, it } from 'vitest'
import { mergeBrands } from '../../../../src/detection/registry/brands.ts'
import { mergedSignatures, overlapsOf } from '../../../../src/detection/registry/overlaps.ts'

const brand = (id: string, names: string[], domains: string[] = [], hotlines: string[] = []) => ({
  id,
  names,
  domains,
  hotlines,
})
const jd = brand('jd', ['京东'], ['jd.com'], ['950618'])

describe('overlaps of brands', () => {
  it('are the same domain or hotline in two brands, and a domain below another brand’s', () => {
    const own = brand('shop', ['某某店'], ['jd.com', 'shop.jd.com'], ['950618'])
    expect(overlapsOf([jd], [own]).sort()).toEqual([
      '950618 is a hotline of both shop and jd',
      'jd.com is a domain of both shop and jd',
    ])
    expect(overlapsOf([jd], [brand('shop', ['某某店'], ['shop.jd.com'])])).toEqual([
      'shop.jd.com of shop lies below jd.com of jd',
    ])
  })

  it('are none where a row is added to the shipped one, or to itself', () => {
    expect(overlapsOf([jd], [brand('jd', ['京东'], ['jd.com', 'm.jd.com'])])).toEqual([])
    expect(overlapsOf([jd, brand('jd2', ['京东二'], ['jd.com'])], [])).toEqual([])
  })
})

describe('signatures that are read as one', () => {
  const merged = (...names: string[]) => mergedSignatures(names.map((name) => ({ name })))

  it('are named in pairs', () => {
    expect(merged('藍天', '红日', '蓝天', '蓝 天')).toEqual([
      '藍天 and 蓝天 are read as one signature: the filings of each hold for both',
      '藍天 and 蓝 天 are read as one signature: the filings of each hold for both',
    ])
  })

  it('are none where names differ in a letter', () => {
    expect(merged('蓝天', '蓝天1', '监天')).toEqual([])
  })
})

describe('a row of the operator', () => {
  const key = (name: string) => name
  it('is added to the shipped one and vouches for it', () => {
    const [merged] = mergeBrands([{ ...jd, verified: false }], [brand('jd', ['京东'], ['3.cn'])], key)
    expect(merged).toMatchObject({ domains: ['3.cn', 'jd.com'] })
    expect(merged?.verified).toBeUndefined()
  })

  it('stands alone when it replaces', () => {
    const own = { ...brand('jd', ['京东'], ['3.cn']), replaces: true }
    expect(mergeBrands([jd], [own], key)).toEqual([own])
  })
})

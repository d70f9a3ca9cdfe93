import { describe, expect, it } from 'vitest'
import { mergeBrands } from '../../../../src/detection/registry/brands.ts'
import { mergedSignatures, overlapsOf, sharedPorts } from '../../../../src/detection/registry/overlaps.ts'

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

describe('ports of several enterprises', () => {
  const row = (name: string, sp: string | undefined, ports: string[], more: object = {}) => ({
    ...{ name, consent: 'unless-refused' as const, campaigns: [] },
    filings: [{ ports, status: 'filed' as const, ...(sp === undefined ? {} : { sp }), ...more }],
  })
  const wide = row('甲', 'SP1', ['106900*'])

  it('are named with both rows', () => {
    const [one, ...others] = sharedPorts([wide, row('乙', 'SP2', ['10690012*'])], [])
    expect(others).toEqual([])
    expect(one).toMatch(/^10690012\* of 乙 \(SP2\) lies in 106900\* of 甲 \(SP1\): .*sharedBy/)
    expect(sharedPorts([wide, row('乙', 'SP2', ['1069001'])], [])[0]).toMatch(/^1069001 of 乙/)
    expect(sharedPorts([wide, row('乙', 'SP2', ['106900*'])], [])).toEqual([
      expect.stringMatching(/^106900\* is filed for both 乙 \(SP2\) and 甲 \(SP1\): /),
    ])
  })

  it.each([
    ['one enterprise', [row('乙', 'SP1', ['1069001'])]],
    ['an enterprise that is not known', [row('乙', undefined, ['1069001'])]],
    ['ports next to each other', [row('乙', 'SP2', ['106901*', '10690'])]],
    ['a revoked filing', [row('乙', 'SP2', ['1069001'], { status: 'revoked' })]],
  ])('are none with %s', (_, others) => expect(sharedPorts([wide, ...others], [])).toEqual([]))

  it('are found among a hundred thousand signatures under one prefix', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => row(`号${i}`, 'SP1', ['106900*']))
    expect(sharedPorts(rows, [])).toEqual([])
    expect(sharedPorts([...rows, row('乙', 'SP2', ['1069001'])], [])).toHaveLength(1)
  })

  it('are none for different carriers, after one another, or where the port may be shared', () => {
    const of = (more: object) => row('甲', 'SP1', ['106900*'], more)
    const other = (more: object) => row('乙', 'SP2', ['1069001'], more)
    expect(sharedPorts([of({ carrier: 'CMCC' }), other({ carrier: 'CUCC' })], [])).toEqual([])
    expect(sharedPorts([of({ to: 5 }), other({ from: 5 })], [])).toEqual([])
    expect(sharedPorts([of({ to: 6 }), other({ from: 5 })], [])).toHaveLength(1)
    expect(sharedPorts([wide, other({})], [{ port: '10690*', sharedBy: 3 }])).toEqual([])
    expect(sharedPorts([wide, other({})], [{ port: '1069001', sharedBy: 1 }])).toHaveLength(1)
  })
})

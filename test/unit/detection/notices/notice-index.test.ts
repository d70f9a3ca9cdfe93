import { describe, expect, it } from 'vitest'
import type { Filing } from '../../../../src/domain/registry.ts'
import { messageOf, NOON, registryOf, signatureRow } from '../../../helpers/detector-fixtures.ts'
import { noticesWith } from '../../../helpers/notice-fixtures.ts'

const PARCEL = '您订购的花鸟市场盆栽已由园艺师傅打包完毕，明早随冷链车发往贵处，请备好花架迎接'
const COPY = '您订购的花鸟市场盆栽已由园艺师傅装箱完毕，明早随冷链车运往贵处，请备好花架等候'
const filedFor = (name: string, brand: string, more: Partial<Filing> = {}) =>
  signatureRow(name, [], { brand, filings: [{ ports: ['10690001'], status: 'filed', ...more }] })
const registry = registryOf({ signatures: [filedFor('京东', 'jd')] })

describe('notices of brands', () => {
  it('are samples until something is learned', () => {
    const twin = noticesWith().twinOf(
      'cmb',
      messageOf('您的信用卡账单已逾期，请尽快还款，以免影响个人征信'),
      registry,
    )
    expect(twin).toMatchObject({ isSample: true })
    expect(twin!.similarity).toBeGreaterThan(0.6)
    expect(noticesWith().twinOf('cmb', messageOf(COPY), registry)).toBeUndefined()
  })

  it('are what was learned of the brand, with where all its notices lead', () => {
    const index = noticesWith([
      { text: PARCEL, hosts: ['hua.example.com'] },
      { text: '您的退货已签收，质检后原路退款', numbers: ['02160001111'], carries: ['mobile'] },
    ])
    const twin = index.twinOf('jd', messageOf(COPY), registry)
    expect(twin).toMatchObject({
      isSample: false,
      hosts: new Set(['hua.example.com']),
      numbers: new Set(['02160001111']),
      carries: new Set(['mobile']),
    })
    expect(index.twinOf('cmb', messageOf(COPY), registry)).toBeUndefined()
  })

  it.each([
    ['was revoked', [filedFor('京东', 'jd', { status: 'revoked' })]],
    ['ended', [filedFor('京东', 'jd', { to: NOON - 1 })]],
    ['is of another brand now', [filedFor('京东', 'taobao')]],
    ['is gone', []],
  ])('do not count once the filing %s', (_, signatures) => {
    const index = noticesWith([{ text: PARCEL, hosts: ['hua.example.com'] }])
    const now = registryOf({ signatures: [...signatures, signatureRow('甲公司', ['1069*'])] })
    expect(index.twinOf('jd', messageOf(COPY), now)).toBeUndefined()
    expect(index.isKnown('jd', 'hua.example.com', messageOf(COPY), now)).toBe(false)
    expect(index.ended(now, NOON).map(({ id }) => id)).toEqual(['0'])
    expect(index.ended(registry, NOON)).toEqual([])
  })

  it('belong to no brand if three brands use them', () => {
    const signatures = ['jd', 'taobao', 'pdd'].map((brand) => filedFor(brand, brand))
    const many = registryOf({ signatures })
    const of = (brands: readonly string[]) =>
      noticesWith(brands.map((brand) => ({ text: PARCEL, brand, signature: brand })))
    expect(of(['jd', 'taobao']).twinOf('jd', messageOf(COPY), many)).toBeDefined()
    expect(of(['jd', 'taobao', 'pdd']).twinOf('jd', messageOf(COPY), many)).toBeUndefined()
  })

  it('tell a service from a host of one brand', () => {
    const lead = (brand: string) => ({ text: PARCEL, brand, hosts: ['fapiao.example.com'] })
    expect(noticesWith(['jd', 'sf', 'cmb'].map(lead)).isProvider('fapiao.example.com')).toBe(false)
    const index = noticesWith(['jd', 'sf', 'cmb', 'haier'].map(lead))
    expect(index.isProvider('fapiao.example.com')).toBe(true)
    index.put([{ brand: 'jd', notices: [] }])
    expect(index.isProvider('fapiao.example.com')).toBe(false)
  })

  it('leave out sketches of another table', () => {
    const index = noticesWith([{ text: PARCEL, table: 'sketch-zh@0' }])
    expect(index.twinOf('jd', messageOf(COPY), registry)).toBeUndefined()
  })
})

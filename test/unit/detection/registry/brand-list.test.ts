import { readFileSync } from 'node:fs'
import { parse } from 'tldts'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { readRegistry } from '../../../../src/detection/registry/load.ts'
import { buildRegistry } from '../../../../src/detection/registry/registry-index.ts'
import { SHIPPED_BRANDS } from '../../../../src/detection/registry/shipped-brands.ts'
import { isForeignDomain } from '../../../../src/domain/registry.ts'
import { isShortener } from '../../../../src/text/shorteners.ts'
import { signatureKey } from '../../../../src/text/signature.ts'

const { rows, problems } = readRegistry(SHIPPED_BRANDS)
const { brands } = rows
const registry = buildRegistry({
  hash: 'shipped',
  brands: [],
  shippedBrands: brands,
  signatures: [],
  ports: [],
})

/** Owner by value; a value of two brands is a fault. */
function owners(
  values: (brand: (typeof brands)[number]) => readonly string[],
): [Map<string, string>, string[]] {
  const owner = new Map<string, string>()
  const twice: string[] = []
  for (const brand of brands) {
    for (const value of values(brand)) {
      if ((owner.get(value) ?? brand.id) !== brand.id)
        twice.push(`${value}: ${owner.get(value)}, ${brand.id}`)
      owner.set(value, brand.id)
    }
  }
  return [owner, twice]
}

describe('the shipped brand list', () => {
  it('is valid and large', () => {
    expect(problems).toEqual([])
    expect(brands.length).toBeGreaterThanOrEqual(400)
    expect(brands.filter((brand) => brand.verified).length).toBeGreaterThanOrEqual(250)
    expect(rows.signatures).toEqual([])
  })

  it('gives every name and domain to one brand', () => {
    expect(owners((brand) => brand.names.map((name) => signatureKey(name)))[1]).toEqual([])
    expect(owners((brand) => brand.domains)[1]).toEqual([])
  })

  it('has registrable domains only, and no public shorteners', () => {
    for (const domain of brands.flatMap((brand) => brand.domains)) {
      expect(parse(domain).domain, domain).toBeTruthy()
      expect(domain).toBe(domain.toLowerCase())
      expect(isShortener(domain), domain).toBe(false)
    }
  })

  it('says of every brand whether it is verified, and where it was looked up', () => {
    const rows = parseYaml(readFileSync(SHIPPED_BRANDS, 'utf8')).brands as Record<string, unknown>[]
    for (const row of rows) {
      expect(row.verified, String(row.id)).toBeTypeOf('boolean')
      expect(String(row.source) !== 'from memory' || row.verified === false, String(row.id)).toBe(true)
    }
  })

  it('keeps hosts of services that many use out of every brand, and proves nothing by them', () => {
    for (const host of ['inv.baiwang.com', 'www.51fapiao.cn', 'app.bestsign.cn', 'jinshuju.net']) {
      expect(registry.brandByHost(host), host).toBeUndefined()
      expect(isForeignDomain(host, registry), host).toBe(false)
      expect(registry.lookalikeOfHost(host), host).toBeUndefined()
    }
    expect(isForeignDomain('baiwang.com.top', registry)).toBe(true)
  })

  it('does not treat an address of a private network as a foreign domain', () => {
    for (const host of ['10.0.0.9', '172.16.0.8', '172.31.0.8', '192.168.1.20', '127.0.0.1', '169.254.1.1'])
      expect(isForeignDomain(host, registry), host).toBe(false)
    for (const host of ['11.0.0.9', '172.32.0.8', '192.169.1.20', '10.0.0.9.top', '10.com', '100.64.0.1'])
      expect(isForeignDomain(host, registry), host).toBe(true)
  })

  it('knows names of Taiwan, Hong Kong and Macau in traditional signs', () => {
    for (const name of ['中華郵政', '八達通', '監理服務網']) expect(registry.isSpelled(name), name).toBe(true)
    expect(registry.isSpelled('工商银荇')).toBe(false)
    expect(registry.isSpelled('华为帐号')).toBe(true)
    expect(registry.brandByName('微软帐户')?.id).toBe('microsoft')
  })

  it('has hotlines of digits', () => {
    for (const hotline of brands.flatMap((brand) => brand.hotlines)) expect(hotline).toMatch(/^\d{3,12}$/)
  })

  it.each([
    ['jd', 'jd-app.com', '950618'],
    ['sf', 'sf-cityrush.com', '95338'],
    ['alipay', 'alipay-eco.com', '95188'],
    ['icbc', 'icbc.com.cn', '95588'],
    ['cmcc', '10086.cn', '10086'],
    ['railway', '12306.cn', '12306'],
    ['jiaoguan', '122.gov.cn', '12123'],
    ['shuiwu', 'chinatax.gov.cn', '12366'],
    ['yibao', 'nhsa.gov.cn', '12393'],
    ['shebao', '12333.gov.cn', '12333'],
  ])('%s owns %s and answers %s', (id, domain, hotline) => {
    const brand = brands.find((one) => one.id === id)
    expect(brand?.domains).toContain(domain)
    expect(brand?.hotlines).toContain(hotline)
  })
})

describe('names as forgers write them', () => {
  const found = (text: string) => registry.brandMentions(text).map(({ brand }) => brand.id)

  it('finds names of several Latin words without their spaces, as a word of their own', () => {
    expect(found('wellsfargo: your card is locked')).toEqual(['wellsfargo'])
    expect(found('wells fargo: your card is locked')).toEqual(['wellsfargo'])
    expect(found('see wellsfargoonline.example')).toEqual([])
  })

  it('recognises a common misspelling of a short name', () => {
    expect(registry.shortNameMentions('饿了吗骑手端:补贴未领').map(({ brand }) => brand.id)).toEqual([
      'eleme',
    ])
  })
})

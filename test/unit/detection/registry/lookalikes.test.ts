import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reading, skeleton } from '../../../../src/detection/registry/skeleton.ts'
import { damerauLevenshtein, jaroWinkler } from '../../../../src/text/distance/distance.ts'
import { isShortener } from '../../../../src/text/shorteners.ts'
import { registryOf, shippedBrands, signatureRow } from '../../../helpers/detector-fixtures.ts'

const registry = registryOf()

describe('distance', () => {
  it('counts edits, with a swap as one', () => {
    expect(damerauLevenshtein('taobao', 'taoboa')).toBe(1)
    expect(damerauLevenshtein('icbc', 'icbc1')).toBe(1)
    expect(damerauLevenshtein('', 'abc')).toBe(3)
    expect(damerauLevenshtein('abc', 'abc')).toBe(0)
  })
  it('gives the published Jaro-Winkler values', () => {
    expect(jaroWinkler('martha', 'marhta')).toBeCloseTo(0.961, 3)
    expect(jaroWinkler('dwayne', 'duane')).toBeCloseTo(0.84, 2)
    expect(jaroWinkler('dixon', 'dicksonx')).toBeCloseTo(0.813, 3)
    expect(jaroWinkler('abc', 'xyz')).toBe(0)
  })
  it('is symmetric, bounded, and zero distance means equal', () => {
    const word = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c', ' ') })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(damerauLevenshtein(a, b)).toBe(damerauLevenshtein(b, a))
        expect(damerauLevenshtein(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
        expect(damerauLevenshtein(a, b) === 0).toBe(a === b)
        expect(jaroWinkler(a, b)).toBeGreaterThanOrEqual(0)
        expect(jaroWinkler(a, b)).toBeLessThanOrEqual(1)
      }),
    )
  })
  it('takes long input in bounded time', () => {
    expect(damerauLevenshtein('a'.repeat(100_000), 'b'.repeat(100_000))).toBe(64)
  })
})

describe('skeleton and reading', () => {
  it('makes equal what looks equal', () => {
    expect(skeleton('аррӏе')).toBe(skeleton('apple'))
    expect(skeleton('1cbc')).toBe(skeleton('icbc'))
    expect(skeleton('arnazon')).toBe(skeleton('amazon'))
    expect(skeleton('农彳亍')).toBe(skeleton('农行'))
    expect(skeleton('京 * 东')).toBe('京东')
    expect(skeleton('申通')).not.toBe(skeleton('中通'))
  })
  it('reads Han characters, keeps Latin, knows what it cannot read', () => {
    expect(reading('招商银行')).toBe('zhaoshangyinhang')
    expect(reading('tao宝')).toBe('taobao')
    expect(reading('taobao')).toBeUndefined()
    expect(reading('𠮷野')).toBeUndefined()
  })
  it('keeps the registered names apart', () => {
    const owners = new Map<string, string>()
    for (const { id, names } of shippedBrands) {
      for (const name of names) {
        const shape = skeleton(name.toLowerCase())
        expect(owners.get(shape) ?? id, `${name} of ${id}`).toBe(id)
        owners.set(shape, id)
      }
    }
  })
})

describe('names', () => {
  it.each([
    ['亰东', '京东', 'glyph'],
    ['京㐅东', '京东', 'glyph'],
    ['丨京丶东丨', '京东', 'glyph'],
    ['中国栘动', '中国移动', 'glyph'],
    ['圆逋速递', '圆通速递', 'glyph'],
    ['建没银行', '建设银行', 'glyph'],
    ['极兔涑递', '极兔速递', 'glyph'],
    ['AppIe', 'Apple', 'glyph'],
    ['铁路123O6', '铁路12306', 'glyph'],
    ['招裳银行', '招商银行', 'sound'],
    ['腾汛视频', '腾讯视频', 'glyph'],
    ['拼夕夕', '拼多多', 'sound'],
    ['tao宝', '淘宝', 'sound'],
    ['京冬', '京东', 'sound'],
    ['招银商行', '招商银行', 'edit'],
    ['amazn', 'Amazon', 'edit'],
    ['京东客服', '京东', 'added-word'],
    ['华为账浩', '华为账号', 'sound'],
    ['桐程', '同程', 'sound'],
    ['官方顺丰理赔中心', '顺丰', 'added-word'],
  ])('%s imitates %s by %s', (name, original, how) => {
    expect(registry.lookalikeOfName(name)).toMatchObject({ original, how })
  })

  it.each([
    '京东',
    '京東',
    '华为帐号',
    '同城',
    '南京银行',
    '东京银行',
    '华商银行',
    '浙江银行',
    '兰州银行',
    '京东某某旗舰店',
    '协诚',
    '圆涌速递',
    '某某贸易',
    '中国',
    '客服中心',
    'jdk',
    '',
    '】',
    'x'.repeat(500),
  ])('%s imitates nothing', (name) => {
    expect(registry.lookalikeOfName(name)).toBeUndefined()
  })

  it('never treats a registered or filed name as an imitation, but may treat a revoked one so', () => {
    for (const { names } of shippedBrands)
      for (const name of names) expect(registry.lookalikeOfName(name)).toBeUndefined()
    const filed = (status: 'filed' | 'revoked') =>
      registryOf({ signatures: [signatureRow('亰东', [], { filings: [{ ports: [], status }] })] })
    expect(filed('filed').lookalikeOfName('亰东')).toBeUndefined()
    expect(filed('revoked').lookalikeOfName('亰东')).toBeDefined()
  })
})

describe('hosts', () => {
  it.each([
    ['jd-refund.com', 'jd', 'added-word'],
    ['jdkefu.com', 'jd', 'added-word'],
    ['www.jd.com.vip-tk.cn', 'jd', 'subdomain'],
    ['icbc-com-cn.top', 'icbc', 'subdomain'],
    ['jd.com-vip.cn', 'jd', 'subdomain'],
    ['1cbc.com.cn', 'icbc', 'glyph'],
    ['a1ipay.com', 'alipay', 'glyph'],
    ['xn--80ak6aa92e.com', 'apple', 'internationalised'],
    ['taoboa.com', 'taobao', 'edit'],
    ['jd.top', 'jd', 'other-suffix'],
    ['icbc.cc', 'icbc', 'other-suffix'],
    ['psbc-cert.top', 'psbc', 'added-word'],
    ['m-10086jf.cn', 'cmcc', 'added-word'],
    ['1oo86-jf.top', 'cmcc', 'glyph'],
    ['tb_tk.cn', 'taobao', 'added-word'],
    ['jingdong-refund.cn', 'jd', 'added-word'],
    ['ldbt25.gov-cn.wang', 'zhengwu', 'added-word'],
    ['tax.gov.uk-claims.com', 'ukgov', 'added-word'],
    ['gov-fee.top', 'zhengwu', 'added-word'],
  ])('%s imitates %s by %s', (host, id, how) => {
    const like = registry.lookalikeOfHost(host)
    expect([like?.brand.id, like?.how]).toEqual([id, how])
  })

  it.each([
    't.cn',
    '4.cn',
    'jdair.net',
    'jd-app.com',
    'item.jd.com',
    'sf-cityrush.com',
    'alipay-eco.com',
    'gpay.app.goo.gl',
    'small.com',
    'strip.com',
    'weixin.merchant.com',
    'nsha.gov.cn',
    'governor-hotel.com',
    'ourgov.org',
    'pma.gov.taipei',
    'www.gov.scot',
    'example.com',
    '8.8.8.8',
    'localhost',
    'com.cn',
    '',
    '..',
    'xn--',
    `${'a-'.repeat(120)}b.cn`,
  ])('%s imitates nothing', (host) => {
    expect(registry.lookalikeOfHost(host)).toBeUndefined()
  })

  it('is less sure where others may mean no harm', () => {
    const similarity = (host: string) => registry.lookalikeOfHost(host)?.similarity ?? 0
    for (const host of ['jd-design.com', 'jd.top', 'icbc.merchant.com', 'taobaoke.com', 'huawei-fans.com']) {
      expect(similarity(host), host).toBeLessThan(0.85)
    }
    for (const host of ['jd-refund.com', 'jd.com.evil.cn', 'alipay-safe.com']) {
      expect(similarity(host), host).toBeGreaterThanOrEqual(0.85)
    }
  })

  it('never treats an official host as an imitation, and never throws', () => {
    for (const { domains } of shippedBrands) {
      for (const domain of domains) {
        expect(registry.lookalikeOfHost(domain), domain).toBeUndefined()
        expect(registry.lookalikeOfHost(`www.${domain}`), domain).toBeUndefined()
      }
    }
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string({ unit: 'binary' })), (host) => {
        const like = registry.lookalikeOfHost(host)
        if (like) expect(like.similarity).toBeGreaterThan(0)
      }),
    )
  })

  it('knows public shorteners and their subdomains', () => {
    expect(['t.cn', 'bit.ly', 'x.app.goo.gl'].map(isShortener)).toEqual([true, true, true])
    expect(['3.cn', 'dpurl.cn', 'at.cn', ''].map(isShortener)).toEqual([false, false, false, false])
  })
})

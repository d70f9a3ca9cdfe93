import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BrandIndex } from '../../../../src/detection/registry/brand-index.ts'
import { PackedRows } from '../../../../src/detection/registry/packed-rows.ts'
import { PortIndex, PortSet } from '../../../../src/detection/registry/port-set.ts'
import { buildRegistry, portIndex, RegistryIndex } from '../../../../src/detection/registry/registry-index.ts'
import { signatureCodec } from '../../../../src/detection/registry/signature-codec.ts'
import { SignatureFile, SignatureIndex } from '../../../../src/detection/registry/signature-index.ts'
import { BoundedCache } from '../../../../src/domain/bounded-cache.ts'
import { type Filing, portMatches, type SignatureRow } from '../../../../src/domain/registry.ts'
import { atOnce } from '../../../../src/domain/steps.ts'
import { NOON, registryOf, signatureRow } from '../../../helpers/detector-fixtures.ts'

const mentionsOf = (text: string) =>
  registryOf()
    .brandMentions(text)
    .map((mention) => mention.name)

describe('brands', () => {
  const registry = registryOf()

  it('finds a brand by name in any spelling, by host below a domain, by hotline', () => {
    expect(registry.brandByName('京东')?.id).toBe('jd')
    expect(registry.brandByName('ＪＤ')?.id).toBe('jd')
    expect(registry.brandByName('京東')?.id).toBe('jd')
    expect(registry.brandByHost('item.jd.com')?.id).toBe('jd')
    expect(registry.brandByHost('jd-app.com')?.id).toBe('jd')
    expect(registry.brandByHost('notjd.com')).toBeUndefined()
    expect(registry.brandByHost('jd.com.evil.cn')).toBeUndefined()
    expect(registry.brandByHotline('950618')?.id).toBe('jd')
    expect(registry.brandByHotline('9506180')).toBeUndefined()
    expect(registry.brandByHost('')).toBeUndefined()
  })

  it('distinguishes the registered spelling from one that only folds to it', () => {
    expect(registry.isSpelled('京 东')).toBe(true)
    expect(registry.isSpelled('jd.com')).toBe(true)
    expect(registry.isSpelled('京東')).toBe(false)
    expect(registry.isSpelled('京*东')).toBe(false)
  })

  it('adds rows of the operator to the shipped brand with the same id or a name in common', () => {
    const own = registryOf({
      brands: [
        { id: 'jd', names: ['京东极速'], domains: ['jd-speed.example'], hotlines: [] },
        { id: 'shunfeng', names: ['顺丰速运'], domains: [], hotlines: ['12399'] },
      ],
    })
    expect(own.brandByHost('jd-speed.example')?.id).toBe('jd')
    expect(own.brandByHost('jd.com')?.id).toBe('jd')
    expect(own.brandByName('顺丰')?.id).toBe('shunfeng')
    expect(own.brandByHotline('12399')?.id).toBe('shunfeng')
  })
})

describe('brandMentions', () => {
  it.each([
    ['京东客服:您好', ['京东']],
    ['您的京东白条和支付宝', ['京东白条', '支付宝']],
    ['用jd买的', ['JD']],
    ['建行客服', ['建行']],
  ])('%s', (text, names) => {
    expect(mentionsOf(text)).toEqual(names)
  })

  it.each([
    '南京东路100号',
    '北京东城区',
    '京东路88号',
    '今天猫很乖',
    '上海招商引资',
    '请提交行程单',
    'jdk and items',
    'www.jd-refund.com',
    'a@icbc.cn',
    '123061',
    '',
  ])('not in %s', (text) => {
    expect(mentionsOf(text)).toEqual([])
  })

  it('gives stretches of the text that do not overlap', () => {
    const registry = registryOf()
    const words = fc.constantFrom(
      '京东',
      '京',
      '东',
      '金融',
      'jd',
      ' ',
      '.com',
      '招商',
      '银行',
      '南',
      '路',
      'x',
    )
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        const text = parts.join('')
        const mentions = [...registry.brandMentions(text)].sort((a, b) => a.start - b.start)
        for (const [i, mention] of mentions.entries()) {
          expect(mention.end).toBeLessThanOrEqual(text.length)
          expect(mention.start).toBeGreaterThanOrEqual(mentions[i - 1]?.end ?? 0)
        }
      }),
    )
  })
})

describe('signatures and ports', () => {
  const filing = (more: Partial<Filing>): Filing => ({ ports: ['1069*'], status: 'filed', ...more })
  const row: SignatureRow = signatureRow('示例', [], {
    filings: [
      filing({ carrier: 'CMCC', sp: 'SP1' }),
      filing({ from: NOON }),
      filing({ to: NOON }),
      filing({ status: 'suspended' }),
    ],
  })
  const registry = registryOf({
    signatures: [
      row,
      signatureRow('京东', ['1069012345*', '10690666'], { brand: 'jd' }),
      signatureRow('JD', ['10690777'], { filings: [filing({ ports: ['10690777'], status: 'revoked' })] }),
      signatureRow('顺丰', ['10690888']),
    ],
    ports: [
      { port: '1069*', sharedBy: 5 },
      { port: '10690*', sharedBy: 2 },
      { port: '10690001', sharedBy: 1, signatureAdded: 'downstream' },
    ],
  })

  it('looks signatures up in any spelling', () => {
    expect(registry.hasSignatures).toBe(true)
    expect(registry.signature('示例')).toEqual(row)
    expect(registry.signature(' 示 例 ')).toEqual(row)
    expect(registry.signature('没有')).toBeUndefined()
    expect(registryOf().hasSignatures).toBe(false)
    expect(registryOf().signature('京东')).toBeUndefined()
  })

  it('leaves out filings that are not in force for the time, carrier or enterprise', () => {
    const [cmcc, later, earlier] = row.filings
    expect(registry.filings(row, { ts: NOON })).toEqual([cmcc, later])
    expect(registry.filings(row, { ts: NOON - 1 })).toEqual([cmcc, earlier])
    expect(registry.filings(row, { ts: NOON, carrier: 'CUCC' })).toEqual([later])
    expect(registry.filings(row, { ts: NOON, sp: 'SP2' })).toEqual([later])
  })

  it('knows the ports of a brand, also by a signature that is only named like it; revoked ones are not its own', () => {
    expect([...registry.portsOfBrand('jd')].sort()).toEqual(['1069012345*', '10690666'])
    expect(registry.ownsPort('jd', '106901234599')).toBe(true)
    expect(registry.ownsPort('jd', '10690777')).toBe(false)
    expect(registry.ownsPort('sf', '10690888')).toBe(true)
    expect(registry.portsOfBrand('icbc')).toEqual([])
  })

  it('takes the exact port, else the longest prefix', () => {
    expect(registry.port('10690001')?.signatureAdded).toBe('downstream')
    expect(registry.port('106900019')?.sharedBy).toBe(2)
    expect(registry.port('10691')?.sharedBy).toBe(5)
    expect(registry.port('95588')).toBeUndefined()
  })

  it('joins rows of one name', () => {
    const joined = registryOf({
      signatures: [signatureRow('甲', ['1']), signatureRow(' 甲', ['2'], { consent: 'required' })],
    }).signature('甲')
    expect(joined?.filings.map((f) => f.ports)).toEqual([['1'], ['2']])
    expect(joined?.consent).toBe('required')
  })
})

describe('compact rows', () => {
  it('gives back every signature row as it was', () => {
    const label = fc.constantFrom('notice' as const, 'marketing' as const, 'fraud' as const)
    const optional = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined })
    const filing = fc
      .record({
        ports: fc.array(fc.string()),
        status: fc.constantFrom('filed' as const, 'suspended' as const, 'revoked' as const),
        scope: optional(fc.array(label)),
        sp: optional(fc.string()),
        carrier: optional(fc.string()),
        from: optional(fc.nat()),
        to: optional(fc.nat()),
      })
      .map(
        (all) =>
          Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as unknown as Filing,
      )
    const arbitrary = fc.record({
      name: fc.string({ minLength: 1, unit: 'grapheme' }),
      consent: fc.constantFrom('required' as const, 'unless-refused' as const),
      campaigns: fc.array(fc.record({ from: fc.nat(), to: fc.nat(), perMinute: fc.nat() })),
      filings: fc.array(filing),
    })
    fc.assert(
      fc.property(fc.uniqueArray(arbitrary, { selector: (r) => r.name, maxLength: 60 }), (rows) => {
        const table = new PackedRows(signatureCodec)
        for (const one of rows) table.set(one.name, { ...one, consent: 'unless-refused' })
        for (const one of rows) table.set(one.name, one)
        expect(table.size).toBe(rows.length)
        for (const one of rows) expect(table.get(one.name)).toEqual(one)
        expect(table.get('\u0000none')).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  const MANY = 100_000
  /** A table of `MANY` signatures with a port each, filed by what `sp` names. */
  function tableOf(sp: (n: number) => string) {
    const table = new PackedRows(signatureCodec)
    for (let n = 0; n < MANY; n++) {
      const filed = { ports: [`1069${n}*`], sp: sp(n), carrier: 'CMCC', scope: ['notice' as const] }
      table.set(`公司${n}`, signatureRow(`公司${n}`, [], { filings: [{ ...filed, status: 'filed' }] }))
    }
    return table
  }

  it('holds a hundred thousand signatures of a few providers in less than 60 bytes each', () => {
    const table = tableOf((n) => `provider ${n % 300}`)
    expect(table.byteLength / MANY).toBeLessThan(60)
    expect(table.get('公司77777')?.filings).toEqual([
      { ports: ['106977777*'], sp: 'provider 77', carrier: 'CMCC', scope: ['notice'], status: 'filed' },
    ])
  })

  it('takes as many different providers as there are signatures', () => {
    const table = tableOf((n) => `provider ${n}`)
    for (const n of [0, 65_535, 65_536, MANY - 1])
      expect(table.get(`公司${n}`)?.filings[0]?.sp).toBe(`provider ${n}`)
  })

  it('takes rows from a generator', () => {
    function* rows() {
      for (let i = 0; i < 1000; i++) yield signatureRow(`公司${i}`, [`1069${i}`])
    }
    const registry = buildRegistry({ brands: [], signatures: rows(), ports: [], hash: 'h' })
    expect(registry.hash).toBe('h')
    expect(registry.signature('公司999')?.filings[0]?.ports).toEqual(['1069999'])
  })
})

describe('filesPort', () => {
  it('answers as a look at every row does', () => {
    const port = fc.stringMatching(/^1[06]{1,5}\*?$/)
    const name = fc.stringMatching(/^[甲乙丙丁]{1,2}$/)
    const rows = fc.array(fc.tuple(name, fc.uniqueArray(port), fc.constantFrom('filed', 'revoked')))
    fc.assert(
      fc.property(rows, rows, port, (inFile, inTopic, wanted) => {
        const file = new SignatureFile()
        const rowOf = ([name, ports, status]: (typeof inFile)[number]) =>
          signatureRow(name, [], { filings: [{ ports, status }] as Filing[] })
        for (const row of new Map(inFile.map((row) => [row[0], row])).values()) file.add(rowOf(row))
        const registry = new RegistryIndex({
          hash: '',
          brands: new BrandIndex([], []),
          signatures: new SignatureIndex(file).with(
            inTopic.map((row) => ({ name: row[0], row: rowOf(row) })),
          ),
          ports: portIndex([]),
        })
        const prefix = wanted.endsWith('*') ? wanted.slice(0, -1) : undefined
        const meets = (filed: string) =>
          portMatches(filed, prefix ?? wanted) || (prefix !== undefined && filed.startsWith(prefix))
        const all = new Map([...inFile, ...inTopic].map((row) => [row[0], row]))
        const isFiled = [...all.values()].some(([, ports, status]) => status === 'filed' && ports.some(meets))
        expect(atOnce(registry.filesPort(wanted))).toBe(isFiled)
      }),
      { numRuns: 300 },
    )
  })
})

describe('PortSet, PortIndex, BoundedCache', () => {
  it('covers exact ports and prefixes', () => {
    const set = new PortSet()
    for (const pattern of ['1069*', '10010']) set.add(pattern)
    expect(['1069', '10690', '10010'].map((p) => set.has(p))).toEqual([true, true, true])
    expect(['106', '100100', ''].map((p) => set.has(p))).toEqual([false, false, false])
    expect(set.patterns()).toEqual(['10010', '1069*'])
    const index = new PortIndex<number>()
    index.set('*', 0)
    index.set('10*', 1)
    expect([index.get('10'), index.get('2'), index.get('')]).toEqual([1, 0, 0])
  })

  it('remembers undefined answers and forgets the oldest', () => {
    const asked: string[] = []
    const cache = new BoundedCache<string | undefined>(2)
    const ask = (key: string) =>
      cache.get(key, (k) => {
        asked.push(k)
        return k === 'u' ? undefined : k
      })
    for (const key of ['u', 'u', 'a', 'u', 'b', 'c', 'd', 'e']) ask(key)
    expect(asked).toEqual(['u', 'a', 'b', 'c', 'd', 'e'])
    ask('a')
    expect(asked.at(-1)).toBe('a')
  })
})

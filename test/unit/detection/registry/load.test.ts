import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { applyRow, loadRegistry, readRegistry } from '../../../../src/detection/registry/load.ts'
import { SHIPPED_BRANDS } from '../../../../src/detection/registry/shipped-brands.ts'
import { formatProblem, InvalidInput } from '../../../../src/domain/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-'))
const SAMPLE = fileURLToPath(new URL('../../../../config/registry.sample.yaml', import.meta.url))

function write(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

function faults(content: string, name = 'registry.yaml'): string[] {
  return readRegistry(write(name, content)).problems.map((p) => formatProblem(p).replace(`${folder}/`, ''))
}

const jsonl = (...rows: readonly object[]) => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`

const KEY_FORMS = 'brand:<id>, signature:<name>, port:<pattern>'

describe('names of signatures and brands', () => {
  const EXPECTED = { signature: ['京东', '天 空'], brand: ['西西', '东东'] }
  const rows = [
    { kind: 'brand', id: 'x', names: ['【西西】', ' 东东 '] },
    { kind: 'signature', name: ' 【京东】 ', ports: ['1069*'] },
    { kind: 'signature', name: '天 空', ports: ['1068*'] },
  ]
  const read = (name: string, content: string) => {
    const { rows: found, problems } = readRegistry(write(name, content))
    expect(problems).toEqual([])
    return { signature: found.signatures.map((row) => row.name), brand: found.brands[0]?.names }
  }

  it('are the same from YAML, JSONL and CSV: without spaces and brackets around', () => {
    const yaml = `brands: [{id: x, names: ["【西西】", " 东东 "]}]
signatures: [{name: " 【京东】 ", ports: ["1069*"]}, {name: 天 空, ports: ["1068*"]}]
`
    expect(read('names.yaml', yaml)).toEqual(EXPECTED)
    expect(read('names.jsonl', jsonl(...rows))).toEqual(EXPECTED)
    const csv =
      'kind,id,names,name,ports\nbrand,x,【西西】; 东东 ,,\nsignature,,, 【京东】 ,1069*\nsignature,,,天 空,1068*\n'
    expect(read('names.csv', csv)).toEqual(EXPECTED)
  })

  it('are one name in two rows if they differ in brackets alone', () => {
    expect(faults('signatures: [{name: 京东}, {name: 【京东】}]')[0]).toMatch(
      /"京东" is already the signature of line/,
    )
  })

  it('are the same in the topic, also in the key of the record', () => {
    for (const key of ['signature:京东', 'signature:【京东】', 'signature: 京东'])
      expect(applyRow(key, { kind: 'signature', name: '【京东】' })).toMatchObject({ op: 'put', key: '京东' })
    expect(applyRow('signature:【京东】', null)).toEqual({ op: 'delete', kind: 'signature', key: '京东' })
  })
})

describe('registry files', () => {
  it('reads the sample: brands, signatures with one filing or many, ports', () => {
    const { rows, problems } = readRegistry(SAMPLE)
    expect(problems).toEqual([])
    expect(rows.brands[0]).toEqual({
      id: 'jd',
      names: ['京东', '京东商城', 'JD.COM'],
      domains: ['jd.com', '3.cn', 'jd-app.com'],
      hotlines: ['950618'],
    })
    expect(rows.signatures[0]).toEqual({
      name: '京东',
      brand: 'jd',
      consent: 'unless-refused',
      campaigns: [{ from: Date.UTC(2026, 9, 31, 16), to: Date.UTC(2026, 10, 11, 16), perMinute: 20_000 }],
      filings: [{ sp: 'SP1001', ports: ['1069012345*'], scope: ['notice', 'marketing'], status: 'filed' }],
    })
    expect(rows.signatures[1]?.filings).toHaveLength(3)
    expect(rows.signatures[1]?.filings[2]).toEqual({
      sp: 'SP0009',
      carrier: 'CMCC',
      ports: ['1069000999'],
      status: 'revoked',
      to: Date.UTC(2026, 5, 29, 16),
    })
    expect(rows.ports).toEqual([
      { port: '1069012345*', sp: 'SP1001', sharedBy: 1 },
      { port: '10690001*', sp: 'SP1002', sharedBy: 1, signatureAdded: 'downstream' },
    ])
    expect(rows.hash).toMatch(/^[0-9a-f]{12}$/)
  })

  it('reads the shipped brand list', () => {
    const { rows, problems } = readRegistry(SHIPPED_BRANDS)
    expect(problems.map(formatProblem)).toEqual([])
    expect(rows.brands.length).toBeGreaterThan(20)
  })

  it('reads the same rows from YAML, JSON and JSONL', () => {
    const brand = { id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: [] }
    const signature = { name: '京东', brand: 'jd', ports: ['106901*'], scope: ['notice'] }
    const port = { port: '106901*', sharedBy: 2 }
    const lists = { brands: [brand], signatures: [signature], ports: [port] }
    const json = loadRegistry(write('a.json', JSON.stringify(lists, null, 2)))
    const yaml = loadRegistry(write('a.yaml', JSON.stringify(lists)))
    const lines = loadRegistry(
      write(
        'a.jsonl',
        jsonl({ kind: 'port', ...port }, { kind: 'signature', ...signature }, { kind: 'brand', ...brand }),
      ),
    )
    expect({ ...yaml, hash: '' }).toEqual({ ...json, hash: '' })
    expect({ ...lines, hash: '' }).toEqual({ ...json, hash: '' })
  })

  it('writes internationalised domains as hosts are compared', () => {
    const { rows } = readRegistry(
      write('idn.yaml', 'brands: [{id: jd, names: [京东], domains: [京东.com]}]\n'),
    )
    expect(rows.brands[0]?.domains).toEqual([
      'xn--xhq76f.com'.length > 0 ? new URL('http://京东.com').hostname : '',
    ])
  })

  it('takes a signature without ports: its ports are not judged', () => {
    const { rows, problems } = readRegistry(write('bare.yaml', 'signatures: [{name: 京东}]\n'))
    expect(problems).toEqual([])
    expect(rows.signatures[0]?.filings).toEqual([{ ports: [], status: 'filed' }])
  })

  it('follows brand references to rows that come later and to brands known from elsewhere', () => {
    const file = write(
      'refs.jsonl',
      jsonl(
        { kind: 'signature', name: '京东', brand: 'jd' },
        { kind: 'signature', name: '工行', brand: 'icbc' },
        { kind: 'brand', id: 'jd', names: ['京东'] },
      ),
    )
    expect(readRegistry(file, { knownBrands: new Set(['icbc']) }).problems).toEqual([])
    expect(readRegistry(file).problems.map((p) => p.line)).toEqual([2])
  })

  it('changes its hash with its content', () => {
    const one = readRegistry(write('h1.yaml', 'ports: [{port: "1069"}]\n')).rows.hash
    expect(readRegistry(write('h2.yaml', 'ports: [{port: "1069"}]\n')).rows.hash).toBe(one)
    expect(readRegistry(write('h3.yaml', 'ports: [{port: "1068"}]\n')).rows.hash).not.toBe(one)
  })
})

describe('faults of a registry', () => {
  it.each([
    [
      'brand: []',
      'registry.yaml:1: brand: unknown key; did you mean "brands"? (allowed: change, brands, signatures, ports)',
    ],
    [
      'brands: {jd: {}}',
      'registry.yaml:1: brands: must be a list or null, is a mapping of keys: begin each item with a dash',
    ],
    [
      '- a',
      'registry.yaml: must be a mapping of keys, is a list (allowed: change, brands, signatures, ports)',
    ],
    ['', 'registry.yaml: has no rows (allowed: brands, signatures, ports)'],
    [
      'brands:\n  - id: jd\n    names: [京东]\n    domain: jd.com',
      'registry.yaml:4: brands[0].domain: unknown key; did you mean "domains"?',
    ],
    ['brands: [{id: jd}]', 'brands[0].names: is missing'],
    [
      'brands: [{id: jd, names: [京东], domains: ["https://jd.com"]}]',
      'domains[0]: "https://jd.com" is not allowed (allowed: a domain or host in lower case without scheme',
    ],
    ['brands: [{id: jd, names: [京东], domains: [JD.com]}]', 'domains[0]: "JD.com" is not allowed'],
    [
      'brands: [{id: jd, names: [京东], hotlines: [950618]}]',
      'hotlines[0]: must be text, is the number 950618: put it in quotes',
    ],
    [
      'signatures: [{name: 京【东】店}]',
      'signatures[0].name: "京【东】店" is not allowed (allowed: 1 to 32 characters without the brackets',
    ],
    [
      'signatures: [{name: 京东, ports: [1069012345]}]',
      'signatures[0].ports[0]: must be text, is the number 1069012345: put it in quotes',
    ],
    [
      'signatures: [{name: 京东, ports: ["106*9"]}]',
      'signatures[0].ports[0]: "106*9" is not allowed (allowed: digits without country code',
    ],
    ['signatures: [{name: 京东, ports: ["+861069"]}]', 'signatures[0].ports[0]: "+861069" is not allowed'],
    ['signatures: [{name: 京东, ports: ["861069"]}]', 'signatures[0].ports[0]: "861069" is not allowed'],
    ['signatures: [{name: 京东, ports: ["1069", "1069"]}]', 'signatures[0].ports: "1069" is listed twice'],
    [
      'signatures: [{name: 京东, scope: [adverts]}]',
      'signatures[0].scope[0]: "adverts" is not allowed (allowed: notice, personal',
    ],
    [
      'signatures: [{name: 京东, consent: yes}]',
      'signatures[0].consent: "yes" is not allowed (allowed: unless-refused, required)',
    ],
    [
      'signatures: [{name: 京东, brand: jd}]',
      'signatures[0].brand: "jd" is the id of no brand (allowed: the id of a row of brands)',
    ],
    [
      'brands: [{id: jdd, names: [京东]}]\nsignatures: [{name: 京东, brand: jd}]',
      'registry.yaml:2: signatures[0].brand: "jd" is the id of no brand; did you mean "jdd"?',
    ],
    [
      'signatures: [{name: 京东, ports: ["1069"], filings: [{ports: ["1068"]}]}]',
      'signatures[0].ports: stands next to filings',
    ],
    ['signatures: [{name: 京东, filings: [{sp: A}]}]', 'signatures[0].filings[0].ports: is missing'],
    [
      'signatures: [{name: 京东, filings: [{ports: ["1"], status: ok}]}]',
      'filings[0].status: "ok" is not allowed (allowed: filed, suspended, revoked)',
    ],
    [
      'signatures: [{name: 京东, filings: [{ports: ["1"], from: 2026-01-02T00:00Z, to: 2026-01-01T00:00Z}]}]',
      'filings[0].to: is not after from',
    ],
    [
      'signatures: [{name: 京东, campaigns: [{from: 2026-01-01, to: 2026-01-02T00:00Z, perMinute: 5}]}]',
      'campaigns[0].from: "2026-01-01" is not allowed (allowed: an ISO-8601 time with offset',
    ],
    [
      'signatures:\n  - name: 京东\n  - name: 淘宝\n  - name: 京东',
      'registry.yaml:4: signatures[2].name: "京东" is already the signature of line 2: keep one row and list its filings in it',
    ],
    ['ports: [{port: "1069", sharedBy: 0}]', 'ports[0].sharedBy: 0 is out of range (allowed: at least 1'],
    [
      'ports: [{port: "1069"}, {port: "1069"}]',
      'ports[1].port: "1069" is already the port of line 1: keep one row',
    ],
    [
      'ports: [{port: "1069", signatureAdded: upstream}]',
      'ports[0].signatureAdded: "upstream" is not allowed (allowed: downstream)',
    ],
  ])('%s', (yaml, expected) => {
    const found = faults(`${yaml}\n`)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })

  it('name the line in JSONL, and go on to the next', () => {
    const content = [
      '{"kind":"brand","id":"jd","names":["京东"]}',
      '{"kind":"brandd","id":"x","names":["x"]}',
      '{"id":"x","names":["x"]}',
      '{"kind":"signature","name":"京东","port":["1069"]}',
      '{"kind":"signature","name":"京东"',
      '{"kind":"brand","id":"jd","names":["京东"]}',
      '"text"',
      '{"kind":"signature","name":"甲","brand":"jdx"}',
    ].join('\n')
    expect(faults(content, 'r.jsonl')).toEqual([
      'r.jsonl:2: kind: "brandd" is not allowed; did you mean "brand"? (allowed: brand, signature, port, change)',
      'r.jsonl:3: kind: is missing (allowed: brand, signature, port, change)',
      expect.stringContaining('r.jsonl:4: port: unknown key; did you mean "ports"?'),
      expect.stringContaining('r.jsonl:5: is not valid JSON'),
      expect.stringContaining('r.jsonl:6: id: "jd" is already the brand of line 1'),
      'r.jsonl:7: must be a mapping of keys, is "text"',
      'r.jsonl:8: brand: "jdx" is the id of no brand; did you mean "jd"? (allowed: the id of a row of brands)',
    ])
  })

  it('are shown up to a hundred', () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ kind: 'port', port: `x${i}` }))
    const found = faults(jsonl(...rows), 'many.jsonl')
    expect(found).toHaveLength(101)
    expect(found.at(-1)).toContain('only the first 100 faults are shown')
  })

  it('are thrown together, and leave the good rows in a reading', () => {
    const file = write('half.jsonl', jsonl({ kind: 'port', port: '1069' }, { kind: 'port', port: 'x' }))
    expect(() => loadRegistry(file)).toThrow(InvalidInput)
    expect(readRegistry(file).rows.ports).toHaveLength(1)
    expect(readRegistry(join(folder, 'none.jsonl')).problems[0]?.message).toBe('the file does not exist')
    expect(readRegistry(join(folder, 'none.yaml')).problems).toHaveLength(1)
  })
})

describe('rows of the registry topic', () => {
  it('put and delete by key', () => {
    expect(applyRow('signature:京东', { kind: 'signature', name: '京东', ports: ['1069*'] })).toEqual({
      op: 'put',
      kind: 'signature',
      key: '京东',
      row: {
        name: '京东',
        consent: 'unless-refused',
        campaigns: [],
        filings: [{ ports: ['1069*'], status: 'filed' }],
      },
    })
    expect(applyRow('brand:jd', { id: 'jd', names: ['京东'] })).toMatchObject({
      op: 'put',
      kind: 'brand',
      key: 'jd',
    })
    expect(applyRow('port:1069*', null)).toEqual({ op: 'delete', kind: 'port', key: '1069*' })
  })

  it.each([
    [null, { kind: 'brand' }, `the record key is not allowed (allowed: ${KEY_FORMS})`],
    ['jd', null, 'the record key is not allowed'],
    ['brand:', null, 'the record key is not allowed'],
    ['brand:jd', { kind: 'port', port: '1069' }, 'id: is missing (allowed: '],
    [
      'brand:jd',
      { kind: 'brand', id: 'tb', names: ['淘宝'] },
      `the record key is not that of the row (allowed: ${KEY_FORMS})`,
    ],
    ['port:1069', { kind: 'port', port: '10*69' }, 'port: the value is not allowed (allowed: '],
    ['port:1069', 'text', 'must be a mapping of keys, is text'],
    [
      'signature:京东',
      { kind: 'signature', name: '京东', ports: '10690555' },
      'ports: must be a list, is text',
    ],
    [
      'port:1069',
      { kind: 'port', port: '1069', 京东: 1 },
      'has an unknown key (allowed: port, sp, sharedBy, ',
    ],
    [
      'signature:京东',
      { name: '京东', port: ['10690555'] },
      'has an unknown key; did you mean "ports"? (allowed: name, ',
    ],
    [
      'signature:京东',
      { name: '京东', ports: ['京东'], scope: ['京东'], consent: '京东', sp: 7 },
      'sp: must be text, is a number: put it in quotes; ports[0]: the value is not allowed',
    ],
  ])('%s %j is refused', (key, value, expected) => {
    const result = applyRow(key, value)
    expect(result).toContain(expected)
    expect(result).not.toMatch(/京东|淘宝|10690555|10\*69/)
  })
})

describe('a large registry', () => {
  it('of 50,000 signatures loads in seconds', () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => ({
      kind: 'signature',
      name: `企业${i}`,
      sp: `SP${i % 500}`,
      ports: [`10690${String(i).padStart(7, '0')}*`],
      scope: ['notice', 'marketing'],
    }))
    const file = write('large.jsonl', jsonl(...rows))
    const start = performance.now()
    const { rows: read, problems } = readRegistry(file)
    expect(problems).toEqual([])
    expect(read.signatures).toHaveLength(50_000)
    expect(read.signatures[0]?.filings[0]?.scope).toBe(read.signatures[9]?.filings[0]?.scope)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})

import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  type RegistryChange,
  type RegistryOptions,
  readRegistry,
  registryReading,
} from '../../../../src/detection/registry/load.ts'
import { PackedRows } from '../../../../src/detection/registry/packed-rows.ts'
import { buildRegistry } from '../../../../src/detection/registry/registry-index.ts'
import { signatureCodec } from '../../../../src/detection/registry/signature-codec.ts'
import { SignatureFile } from '../../../../src/detection/registry/signature-index.ts'
import { RegistryHolder } from '../../../../src/detection/versions/registry-holder.ts'
import type { Event } from '../../../../src/domain/events.ts'
import type { Filing, PortRow, SignatureRow } from '../../../../src/domain/registry.ts'
import { atOnce, ROWS_A_STEP } from '../../../../src/domain/steps.ts'
import { collectGarbage } from '../../../helpers/collect-garbage.ts'
import { NOON, signatureRow } from '../../../helpers/detector-fixtures.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const put = (row: SignatureRow): RegistryChange => ({ op: 'put', kind: 'signature', key: row.name, row })
const gone = (name: string): RegistryChange => ({ op: 'delete', kind: 'signature', key: name })
const line = (name: string, ports: string[], more = {}) =>
  JSON.stringify({ kind: 'signature', name, ports, ...more })

describe('registry of a file with a topic over it', () => {
  const folder = useFolder()
  let files = 0
  function open(...lines: readonly string[]) {
    const events: Event[] = []
    const file = lines.length > 0 ? folder.file(`registry-${files++}.jsonl`) : undefined
    const write = (...rows: readonly string[]) => writeFileSync(file!, `${rows.join('\n')}\n`)
    if (file !== undefined) write(...lines)
    return { holder: new RegistryHolder(file, (event) => events.push(event)), events, write }
  }
  const portsOf = (holder: RegistryHolder, name: string) =>
    holder.current.signature(name)?.filings.map((filing) => filing.ports.join())

  it('takes rows of the topic in place of those of the file, and deletions', () => {
    const { holder } = open(line('甲', ['10690001']), line('乙', ['10690002']))
    const before = holder.current
    holder.apply([put(signatureRow('甲', ['10690009'])), gone('乙'), put(signatureRow('丙', ['10690003']))])
    expect(['甲', '乙', '丙'].map((name) => portsOf(holder, name))).toEqual([
      ['10690009'],
      undefined,
      ['10690003'],
    ])
    // A batch that began before goes on with what it had.
    expect(before.signature('甲')?.filings[0]?.ports).toEqual(['10690001'])
    expect(before.signature('丙')).toBeUndefined()
    holder.apply([gone('丙'), put(signatureRow('乙', ['10690004']))])
    expect(['乙', '丙'].map((name) => portsOf(holder, name))).toEqual([['10690004'], undefined])
  })

  it('replaces one of several spellings of a name and leaves the others', () => {
    const { holder } = open(line('示例', ['10690001']), line('示 例', ['10690002']))
    expect(portsOf(holder, '示例')).toEqual(['10690001', '10690002'])
    holder.apply([put(signatureRow('示例', ['10690009']))])
    expect(portsOf(holder, '示例')?.sort()).toEqual(['10690002', '10690009'])
    holder.apply([gone('示例')])
    expect(portsOf(holder, '示例')).toEqual(['10690002'])
  })

  it('knows the ports of a brand as rows come and go, and as names of brands do', () => {
    const { holder } = open(line('某店', ['10690001'], { brand: 'jd' }))
    const owns = () => ['10690001', '10690002', '10690003'].filter((p) => holder.current.ownsPort('jd', p))
    expect(owns()).toEqual(['10690001'])
    holder.apply([put(signatureRow('京东', ['10690002']))])
    expect(owns()).toEqual(['10690001', '10690002'])
    holder.apply([put(signatureRow('某店', ['10690003'], { brand: 'sf' }))])
    expect(owns()).toEqual(['10690002'])
    holder.apply([put(signatureRow('新名字', ['10690003']))])
    expect(owns()).toEqual(['10690002'])
    const row = { id: 'jd', names: ['新名字'], domains: [], hotlines: [] }
    holder.apply([{ op: 'put', kind: 'brand', key: 'jd', row }])
    expect(owns()).toEqual(['10690002', '10690003'])
    expect(holder.current.brandByName('新名字')?.id).toBe('jd')
    holder.apply([{ op: 'delete', kind: 'brand', key: 'jd' }])
    expect([owns(), holder.current.brandByName('京东')?.id]).toEqual([['10690002'], 'jd'])
  })

  it('swaps rows of ports', () => {
    const { holder } = open(JSON.stringify({ kind: 'port', port: '1069*', sharedBy: 5 }))
    const row: PortRow = { port: '10690*', sharedBy: 1 }
    holder.apply([{ op: 'put', kind: 'port', key: '10690*', row }])
    expect(holder.current.port('10690001')?.sharedBy).toBe(1)
    holder.apply([{ op: 'delete', kind: 'port', key: '10690*' }])
    expect(holder.current.port('10690001')?.sharedBy).toBe(5)
  })

  it('has one hash for the same rows, in whatever order they came', () => {
    const rows = [put(signatureRow('甲', ['1'])), put(signatureRow('乙', ['2'])), gone('file')]
    const hashes = [rows, rows.toReversed()].map((order) => {
      const { holder } = open(line('file', ['10690001']))
      for (const change of order) holder.apply([change])
      return holder.current.hash
    })
    expect(hashes[0]).toBe(hashes[1])
    const { holder } = open(line('file', ['10690001']))
    const bare = holder.current.hash
    holder.apply([put(signatureRow('甲', ['9'])), ...rows])
    expect(holder.current.hash).toBe(hashes[0])
    // A topic may have forgotten the word of a row that no file has.
    holder.apply([gone('甲'), gone('乙'), put(signatureRow('file', ['1']))])
    expect(holder.current.hash).not.toBe(bare)
    const again = open(line('file', ['10690001'])).holder
    again.apply([put(signatureRow('file', ['1']))])
    expect(holder.current.hash).toBe(again.current.hash)
  })

  it('has the hash that earlier builds have, so that instances of both agree', () => {
    const filing = { ports: ['1069*'], sp: 'SP1', carrier: 'CMCC', scope: ['notice' as const], from: 5 }
    const filings: Filing[] = [
      { ...filing, status: 'filed' },
      { ports: ['10690001'], status: 'revoked' },
    ]
    const campaigns = [{ from: 1, to: 2, perMinute: 3 }]
    const { holder } = open()
    holder.apply([
      put(signatureRow('甲', [], { brand: 'jd', consent: 'required', campaigns, filings })),
      put(signatureRow('乙 丙', [], { filings: filings.slice(0, 1) })),
    ])
    expect(holder.current.hash).toBe('7700b891f099')
  })

  it('keeps the rows of the topic over a file that is read again, and those that come meanwhile', async () => {
    const { holder, events, write } = open(line('甲', ['10690001']), line('乙', ['10690002']))
    holder.apply([gone('甲'), put(signatureRow('丙', ['10690003']))])
    const many = Array.from({ length: 3_000 }, (_, i) => line(`多${i}`, [`1069${i + 10_000}`]))
    write(line('甲', ['10690011']), line('乙', ['10690012']), ...many)
    const reloading = holder.reload()
    await new Promise((resolve) => setTimeout(resolve, 1))
    holder.apply([put(signatureRow('丁', ['10690004']))])
    expect(await reloading).toBe('swapped')
    expect(['甲', '乙', '丙', '丁', '多2999'].map((name) => portsOf(holder, name))).toEqual([
      undefined,
      ['10690012'],
      ['10690003'],
      ['10690004'],
      ['106912999'],
    ])
    expect(events.at(-1)).toMatchObject({ name: 'registry_loaded', signatures: 3_003 })
    expect(await holder.reload()).toBe('same')
    write('{"kind":"signature"}')
    expect(await holder.reload()).toBe('refused')
    expect(portsOf(holder, '乙')).toEqual(['10690012'])
  })

  it('refuses a file that has lost most of its rows until it is asked for', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => line(`店${i}`, [`1069${i + 10_000}`]))
    const { holder, events, write } = open(...rows)
    write(...rows.slice(0, 14))
    expect(await holder.reload()).toBe('refused')
    expect(events.at(-1)).toMatchObject({
      name: 'reload_refused',
      reason: expect.stringContaining('has 14 rows where 30 are in force'),
    })
    expect(portsOf(holder, '店29')).toEqual(['106910029'])
    expect(await holder.reload(true)).toBe('swapped')
    expect(portsOf(holder, '店29')).toBeUndefined()
    // From there on it is like any other file.
    write(...rows.slice(0, 8))
    expect(await holder.reload()).toBe('swapped')
  })

  it('finds the filings of a port in the file and in the topic over it', () => {
    const { holder } = open(
      line('甲', ['10690001']),
      line('乙', ['10691*']),
      JSON.stringify({
        kind: 'signature',
        name: '丙',
        filings: [{ ports: ['10692001'], status: 'revoked' }],
      }),
      line('丁', ['10693001']),
      line('戊', ['10694001']),
    )
    holder.apply([gone('丁'), put(signatureRow('戊', ['10695001'])), put(signatureRow('己', ['10696*']))])
    const filed = (pattern: string) => atOnce(holder.current.filesPort(pattern))
    for (const pattern of [
      '10690001',
      '1069000*',
      '10691',
      '106915',
      '1069*',
      '1069155*',
      '10695001',
      '106967',
    ])
      expect(filed(pattern), pattern).toBe(true)
    for (const pattern of [
      '1069000',
      '106900011',
      '10692001',
      '10692*',
      '10693001',
      '10694001',
      '0001',
      '1068*',
    ])
      expect(filed(pattern), pattern).toBe(false)
  })

  it('finds the filings of a port in as many rows of the topic as are packed', () => {
    const { holder } = open(line('甲', ['10690001']))
    const rows = Array.from({ length: 20_000 }, (_, i) => put(signatureRow(`多${i}`, [`1069${i + 10_000}`])))
    holder.apply(rows)
    holder.apply([put(signatureRow('多7', ['10680001'])), put(signatureRow('末', ['10680002']))])
    const filed = (pattern: string) => atOnce(holder.current.filesPort(pattern))
    expect(['106910006', '10680001', '10680002', '10690001'].map(filed)).toEqual([true, true, true, true])
    expect(['106910007', '10680003'].map(filed)).toEqual([false, false])
  })

  it('searches many rows for the filings of a port in steps, without decoding them', () => {
    const many = Array.from({ length: 60_000 }, (_, i) => line(`多${i}`, [`1069${i + 10_000}`]))
    const { holder } = open(...many)
    const parse = vi.spyOn(JSON, 'parse')
    let steps = 0
    for (const _ of holder.current.filesPort('1068001')) steps++
    expect(steps).toBeGreaterThan(3)
    expect(parse).not.toHaveBeenCalled()
    parse.mockRestore()
  })

  it('keeps its index of brands when a file that is read again has the same brands', async () => {
    const brand = { kind: 'brand', id: 'own', names: ['自有品牌'], domains: [], hotlines: [] }
    const { holder, write } = open(JSON.stringify(brand), line('甲', ['10690001']))
    const before = holder.current.brand('own')
    write(JSON.stringify(brand), line('甲', ['10690002']))
    expect(await holder.reload()).toBe('swapped')
    expect(holder.current.brand('own')).toBe(before)
    write(JSON.stringify({ ...brand, names: ['另一品牌'] }), line('甲', ['10690002']))
    expect(await holder.reload()).toBe('swapped')
    expect(holder.current.brandByName('另一品牌')?.id).toBe('own')
    expect(holder.current.brandByName('自有品牌')).toBeUndefined()
  })

  it('says that signatures have gone', () => {
    const { holder, events } = open()
    expect(events.map((e) => e.name)).toEqual(['registry_loaded', 'warning'])
    holder.apply([put(signatureRow('甲', ['1']))])
    expect(holder.current.hasSignatures).toBe(true)
    holder.apply([gone('甲')])
    expect(holder.current.hasSignatures).toBe(false)
  })

  it('answers as a registry that was built from the same rows', () => {
    const name = fc.constantFrom('甲', '甲 ', '京东', '京東', '乙', '丙')
    const row = fc.record({
      name,
      brand: fc.constantFrom(undefined, 'jd', 'sf'),
      port: fc.integer({ min: 1, max: 9 }),
    })
    const change = fc.oneof(
      row.map((r) => put(signatureRow(r.name, [`1069000${r.port}`], r.brand ? { brand: r.brand } : {}))),
      name.map(gone),
    )
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (batches) => {
        const { holder } = open()
        const rows = new Map<string, SignatureRow>()
        for (const batch of batches) {
          holder.apply(batch)
          for (const one of batch) {
            // A name that comes again stands behind the others, as its change does.
            rows.delete(one.key)
            if (one.op === 'put' && one.kind === 'signature') rows.set(one.key, one.row)
          }
        }
        const brands = [...'jd sf'.split(' ')].map((id) => holder.current.brand(id)!)
        const built = buildRegistry({ brands, signatures: rows.values(), ports: [], hash: '' })
        const registry = holder.current
        for (const asked of ['甲', '京东', '乙', '丙']) {
          expect(registry.signature(asked)).toEqual(built.signature(asked))
          const filed = built.signature(asked)
          if (filed) expect(registry.filings(filed, { ts: NOON })).toEqual(built.filings(filed, { ts: NOON }))
        }
        for (const id of ['jd', 'sf'])
          expect([...registry.portsOfBrand(id)].sort()).toEqual([...built.portsOfBrand(id)].sort())
        expect(registry.hasSignatures).toBe(built.hasSignatures)
      }),
      { numRuns: 50 },
    )
    // Each run opens the shipped brand list.
  }, 240_000)

  it('packs many changes and finds all of them', () => {
    const { holder } = open()
    for (let i = 0; i < 50_000; i += 1_000)
      holder.apply(Array.from({ length: 1_000 }, (_, k) => put(signatureRow(`店${i + k}`, [`1069${i + k}`]))))
    holder.apply([put(signatureRow('店7', ['9']))])
    expect([portsOf(holder, '店7'), portsOf(holder, '店49999'), portsOf(holder, '店50000')]).toEqual([
      ['9'],
      ['106949999'],
      undefined,
    ])
  })
})

describe('a copy of packed rows', () => {
  it('has the same rows, takes others, and drops what was overwritten', () => {
    const table = new PackedRows(signatureCodec)
    for (let round = 0; round < 4; round++)
      for (let i = 0; i < 500; i++) table.set(`店${i}`, signatureRow(`店${i}`, [`${round}`]))
    const copy = table.copy()
    expect(copy.byteLength).toBeLessThan(table.byteLength / 2)
    const again = copy.copy()
    again.set('新', signatureRow('新', ['1']))
    expect([table.size, copy.size, again.size]).toEqual([500, 500, 501])
    expect([...copy.entries()].length).toBe(500)
    expect([copy.get('新'), again.get('店499')?.filings[0]?.ports, again.get('新')?.name]).toEqual([
      undefined,
      ['3'],
      '新',
    ])
  })

  it('shares what is not overwritten, and is independent of the table', () => {
    const table = new PackedRows(signatureCodec)
    table.set('甲', signatureRow('甲', ['1']))
    const copy = table.copy()
    table.set('乙', signatureRow('乙', ['2']))
    copy.set('丙', signatureRow('丙', ['3']))
    expect([...table.entries()].map(([key]) => key).sort()).toEqual(['乙', '甲'].sort())
    expect([...copy.entries()].map(([key]) => key).sort()).toEqual(['丙', '甲'].sort())
    expect(copy.get('丙')?.filings[0]?.ports).toEqual(['3'])
  })
})

describe('packed rows', () => {
  it('keep rows that are longer than a chunk, among others', () => {
    const table = new PackedRows(signatureCodec)
    const ports = (n: number) => Array.from({ length: n }, (_, i) => `1069${i}`)
    const sizes = [1, 300_000, 2, 90_000, 3, 90_000, 4]
    for (const [n, size] of sizes.entries()) table.set(`店${n}`, signatureRow(`店${n}`, ports(size)))
    expect(sizes.map((_, n) => table.get(`店${n}`)?.filings[0]?.ports.length)).toEqual(sizes)
    expect(table.get('店3')?.filings[0]?.ports.at(-1)).toBe('106989999')
  })

  it('make room in steps, each of which moves a part of the index', () => {
    const table = new PackedRows(signatureCodec)
    const rows = 33_000
    for (let n = 0; n < rows; n++) table.set(`店${n}`, signatureRow(`店${n}`, [`${n}`]))
    const steps = [...table.grow()].length
    expect(steps).toBeGreaterThan(rows / ROWS_A_STEP)
    expect([...table.grow()]).toEqual([undefined])
    expect([table.size, table.get('店0')?.name, table.get('店32999')?.name]).toEqual([rows, '店0', '店32999'])
  })
})

describe('a file of many signatures', () => {
  const folder = useFolder()

  it('is packed as it is read', () => {
    const rows = 40_000
    const file = folder.file('many.jsonl')
    writeFileSync(file, Array.from({ length: rows }, (_, n) => `${line(`店${n}`, [`1069${n}`])}\n`).join(''))
    const heldBy = (options: RegistryOptions) => {
      collectGarbage()
      const before = process.memoryUsage().heapUsed
      const reading = atOnce(registryReading(file, options))
      collectGarbage()
      const held = (process.memoryUsage().heapUsed - before) / rows
      expect(reading.problems).toEqual([])
      return held
    }
    expect(heldBy({})).toBeGreaterThan(200)
    const signatures = new SignatureFile()
    expect(heldBy({ signatures })).toBeLessThan(50)
    expect(signatures.size).toBe(rows)
    expect(signatures.get('店39999')[0]?.filings[0]?.ports).toEqual(['106939999'])
  })

  it('is refused if it has a name twice, which `check` says where', async () => {
    const file = folder.file('twice.jsonl')
    const write = (...lines: string[]) => writeFileSync(file, `${lines.join('\n')}\n`)
    const twice = [line('甲', ['1069']), line('甲', ['1068'])]
    write(...twice)
    expect(() => new RegistryHolder(file, () => undefined)).toThrow(
      'twice.jsonl:2: name: "甲" is already the signature of an earlier line: keep one row and list its filings in it',
    )
    expect(readRegistry(file).problems[0]?.message).toMatch(/of line 1: keep one row/)
    write(twice[0]!)
    const events: Event[] = []
    const holder = new RegistryHolder(file, (event) => events.push(event))
    write(...twice)
    expect(await holder.reload()).toBe('refused')
    expect(events.at(-1)).toMatchObject({ reason: expect.stringContaining('of an earlier line') })
    expect(holder.current.signature('甲')?.filings[0]?.ports).toEqual(['1069'])
  })
})

import { describe, expect, it } from 'vitest'
import type { MappableRecord, MappedRecord } from '../../../src/pipeline/field-map.ts'
import * as maps from '../../../src/pipeline/field-map.ts'
import { MappingError } from '../../../src/pipeline/field-values.ts'
import { type InputMap, mapFaults } from '../../../src/settings/map-schema.ts'

/** Of a map that splits nothing. */
const compileMap = (map: InputMap) =>
  maps.compileMap(map) as (record: MappableRecord, body: unknown) => MappedRecord

const NOW = Date.parse('2026-11-26T08:00:00+08:00')

const BASE: InputMap = {
  id: { pointer: '/hdr/msgid' },
  ts: { pointer: '/submitTime', form: 'yyyyMMddHHmmss', zone: '+08:00' },
  from: { header: 'src' },
  to: { key: true },
  text: '/content',
}

function record(body: unknown, more: Partial<MappableRecord> = {}): [MappableRecord, unknown] {
  const value = Buffer.from(JSON.stringify(body))
  const headers = new Map([['src', Buffer.from('10690001')]])
  return [{ value, timestamp: NOW, key: Buffer.from('13800005678'), headers, ...more }, body]
}

const BODY = { hdr: { msgid: 7 }, submitTime: '20261126080000', content: '【京东】您的订单已发货' }

describe('a map', () => {
  it('finds fields by pointer, key, header and constant', () => {
    const map = compileMap({ ...BASE, carrier: { value: 'CMCC' }, sp: '/none' })
    expect(map(...record(BODY))).toEqual({
      id: '7',
      ts: NOW,
      from: '10690001',
      to: '13800005678',
      text: BODY.content,
      carrier: 'CMCC',
    })
  })

  it.each([
    ['epoch-s', 1795651200, 1795651200000],
    ['epoch-s', '1795651200.5', 1795651200500],
    ['epoch-ms', '1795651200123', 1795651200123],
    ['iso', '2026-11-26T08:00:00+08:00', NOW],
    ['yyyy/MM/dd HH:mm:ss.SSS', '2026/11/26 08:00:00.250', NOW + 250],
    ['yyMMddHHmmss', '261126080000', NOW],
    ['MMddHHmmss', '1126080000', NOW],
    ['MMddHHmmss', '1127075959', NOW + 86_399_000],
    ['MMddHHmmss', '1128000000', Date.parse('2025-11-28T00:00:00+08:00')],
    ['MMddHHmmss', 326080000, Date.parse('2026-03-26T08:00:00+08:00')],
  ])('reads ts of the form %s', (form, value, expected) => {
    const zone = /^(?:epoch|iso)/.test(form) ? {} : { zone: '+08:00' }
    const map = compileMap({ ...BASE, ts: { pointer: '/t', form, ...zone } })
    expect(map(...record({ ...BODY, t: value })).ts).toBe(expected)
  })

  it('reads bytes in hex and base64, in GBK and UCS-2', () => {
    const hex = compileMap({ ...BASE, text: { pointer: '/content', form: 'hex', encoding: 'ucs2' } })
    const ucs2 = Buffer.from('京东', 'utf16le').swap16().toString('hex')
    expect(hex(...record({ ...BODY, content: ucs2 })).text).toBe('京东')
    const gbk = compileMap({ ...BASE, text: { pointer: '/content', form: 'base64', encoding: 'gbk' } })
    expect(gbk(...record({ ...BODY, content: Buffer.from([0xbe, 0xa9]).toString('base64') })).text).toBe('京')
  })

  it.each(['vqnLqw', 'vqnLqw==', 'vqnL\r\nqw==', 'w+-_/w=='])('reads base64 as %j', (content) => {
    const map = compileMap({ ...BASE, text: { pointer: '/content', form: 'base64', encoding: 'ucs2' } })
    expect(map(...record({ ...BODY, content })).text).toHaveLength(2)
  })

  it.each(['【京东】您的订单已发货', '{}', 'vqnLq', 'vqnLqw===', 'vq=nLqw', 'vqnL qw.'])(
    'refuses %j as base64 instead of reading what is left of it',
    (content) => {
      const map = compileMap({ ...BASE, text: { pointer: '/content', form: 'base64', encoding: 'ucs2' } })
      expect(() => map(...record({ ...BODY, content }))).toThrow('text (/content): not valid base64')
    },
  )

  it('takes the encoding from the record where it differs', () => {
    const encoding = { pointer: '/fmt', values: { '8': 'ucs2', '15': 'gbk' } }
    const map = compileMap({ ...BASE, text: { pointer: '/content', form: 'hex', encoding } })
    expect(map(...record({ ...BODY, fmt: 15, content: 'BEA9' })).text).toBe('京')
    expect(map(...record({ ...BODY, fmt: '8', content: '4EAC' })).text).toBe('京')
    expect(() => map(...record({ ...BODY, fmt: 4, content: '4EAC' }))).toThrow(
      'text (/content): its encoding (/fmt) is none of 8, 15, utf-8, gbk, ucs2',
    )
    expect(() => map(...record({ ...BODY, fmt: 15, content: 'BE00' }))).toThrow(
      'text (/content): not valid gbk',
    )
  })

  it('reads keys and headers in another encoding', () => {
    const map = compileMap({ ...BASE, signature: { header: 'sign', encoding: 'gbk' } })
    const headers = new Map([
      ['src', Buffer.from('10690001')],
      ['sign', Buffer.from([0xbe, 0xa9])],
    ])
    expect(map(...record(BODY, { headers })).signature).toBe('京')
  })

  it('translates values and leaves others as they are', () => {
    const map = compileMap({
      ...BASE,
      disposition: { pointer: '/st', values: { '0': 'accepted', '9': 'blocked' } },
    })
    expect(map(...record({ ...BODY, st: 9 })).disposition).toBe('blocked')
    expect(map(...record({ ...BODY, st: 5 })).disposition).toBe('5')
  })

  it('maps parts and ext; a message in one part has none', () => {
    const part = { ref: '/udh/ref', index: '/udh/seq', count: '/udh/total' }
    const map = compileMap({ ...BASE, part, ext: { node: '/node' } })
    const mapped = map(...record({ ...BODY, node: 3, udh: { ref: 17, seq: 1, total: 2 } }))
    expect(mapped.part).toEqual({ ref: '17', index: 1, count: 2 })
    expect(mapped.ext).toEqual({ node: '3' })
    expect(map(...record({ ...BODY, udh: { ref: 17, seq: 1, total: 1 } }))).not.toHaveProperty('part')
  })

  it.each<[string, Partial<typeof BODY> | Record<string, unknown>, string]>([
    ['a required field that is absent', { content: undefined }, 'text (/content): nothing is there'],
    ['a required field that is null', { hdr: { msgid: null } }, 'id (/hdr/msgid): nothing is there'],
    [
      'an object where text belongs',
      { content: { a: 1 } },
      'text (/content): must be text or a number, is an object',
    ],
    [
      'a time of another form',
      { submitTime: '2026-11-26' },
      'ts (/submitTime): no time of the form yyyyMMddHHmmss',
    ],
    [
      'a day that is none',
      { submitTime: '20260231000000' },
      'ts (/submitTime): no time of the form yyyyMMddHHmmss',
    ],
  ])('refuses %s without quoting it', (_name, change, message) => {
    const map = compileMap(BASE)
    expect(() => map(...record({ ...BODY, ...change }))).toThrow(new MappingError(message))
  })

  it('does not treat an inherited member as a field', () => {
    const map = compileMap({ ...BASE, sp: '/constructor', carrier: { header: 'toString' } })
    expect(map(...record(BODY))).not.toHaveProperty('sp')
  })
})

describe('a map as written', () => {
  it.each<[string, unknown, string]>([
    ['no rule for a required field', { ...BASE, text: undefined }, 'text'],
    ['two places', { ...BASE, sp: { pointer: '/a', value: 'b' } }, 'exactly one of'],
    ['a local time without zone', { ...BASE, ts: { pointer: '/t', form: 'yyyyMMddHHmmss' } }, 'zone'],
    ['an unknown form', { ...BASE, ts: { pointer: '/t', form: 'unix' } }, 'must be one of epoch-s'],
    ['a pointer without its slash', { ...BASE, text: 'content' }, 'begins with a slash'],
    ['an encoding of plain text', { ...BASE, sp: { pointer: '/a', encoding: 'gbk' } }, 'form: hex'],
    ['an unknown encoding', { ...BASE, text: { pointer: '/a', form: 'hex', encoding: 'gb' } }, 'utf-8, gbk'],
    [
      'an encoding without a place',
      { ...BASE, sp: { header: 'a', encoding: { values: { '8': 'ucs2' } } } },
      'exactly one of',
    ],
    ['an unknown field', { ...BASE, txt: '/a' }, 'txt'],
  ])('is refused with %s', (_name, map, part) => {
    const faults = mapFaults(JSON.parse(JSON.stringify(map)))
    expect(faults.length).toBeGreaterThan(0)
    expect(JSON.stringify(faults)).toContain(part)
  })

  it('is taken when it is as described', () => {
    expect(mapFaults(BASE)).toEqual([])
  })
})

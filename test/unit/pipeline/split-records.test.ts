import { describe, expect, it } from 'vitest'
import type { RawRecord } from '../../../src/domain/message.ts'
import { decode, itemsOf } from '../../../src/pipeline/decode.ts'
import { mappedFields, openEnvelope } from '../../../src/pipeline/record-reader.ts'
import { type InputMap, mapFaults } from '../../../src/settings/map-schema.ts'

const NOW = Date.parse('2026-11-26T08:00:00+08:00')
const LIMITS = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
const MAP: InputMap = {
  split: '/dst',
  id: { join: ['/hdr/mid', './n', '/pdu/seq'], with: '.' },
  ts: { pointer: '/at', form: 'iso-basic' },
  from: '/src',
  to: './addr',
  text: '/text',
}
const BODY = {
  hdr: { mid: 'M7' },
  at: '20261126T080000+0800',
  src: '10690001',
  text: '您好',
  dst: [
    { addr: '13900000001', n: 1 },
    { addr: '13900000002', n: 2 },
  ] as unknown,
}

const raw = (body: unknown): RawRecord => ({
  position: { topic: 'sms', partition: 3, offset: 41 },
  timestamp: NOW,
  value: Buffer.from(JSON.stringify(body)),
})
const read = (body: unknown, map: InputMap = MAP) => {
  expect(mapFaults(map)).toEqual([])
  return itemsOf(decode(raw(body), LIMITS, mappedFields(map)))
}

describe('a record that is split', () => {
  it('becomes a message an item, with fields of the record and of the item', () => {
    expect(read(BODY)).toMatchObject([
      { id: 'M7.1', to: '13900000001', ts: NOW, text: '您好', item: { index: 0, of: 2 } },
      { id: 'M7.2', to: '13900000002', ts: NOW, text: '您好', item: { index: 1, of: 2 } },
    ])
    expect(read({ ...BODY, pdu: { seq: 2 } })[0]).toMatchObject({ id: 'M7.1.2' })
  })

  it('has ids by its position, and without items one', () => {
    const at = { ...MAP, id: { position: true } } as const
    expect(read(BODY, at)).toMatchObject([{ id: 'sms-3-41.0' }, { id: 'sms-3-41.1' }])
    const { split: _, ...whole } = at
    expect(read({ ...BODY, to: '1' }, { ...whole, to: '/to' })).toMatchObject([{ id: 'sms-3-41' }])
  })

  it('may hold its recipients as plain texts, and may be a list itself', () => {
    expect(read({ ...BODY, dst: ['13900000001'] }, { ...MAP, id: '/hdr/mid', to: '.' })).toMatchObject([
      { to: '13900000001' },
    ])
    const map: InputMap = { split: '', id: './id', ts: './ts', from: './f', to: './t', text: './c' }
    const item = { ts: NOW, f: '1', t: '2', c: 'x' }
    expect(
      read(
        [
          { id: 'a', ...item },
          { id: 'b', ...item },
        ],
        map,
      ),
    ).toMatchObject([{ id: 'a' }, { id: 'b' }])
  })

  it('is at fault by its items alone', () => {
    const dst = [{ addr: '13900000001', n: 1 }, { n: 2 }, null, { addr: 'x'.repeat(65), n: 4 }]
    expect(read({ ...BODY, dst })).toMatchObject([
      { id: 'M7.1' },
      { error: 'MAPPING', detail: 'to (./addr): nothing is there' },
      { error: 'MAPPING', detail: 'to (./addr): nothing is there' },
      { error: 'RECORD_FIELD_INVALID', detail: 'to: must have 1-64 characters' },
    ])
  })

  it.each([
    [[], 'split (/dst): the list is empty'],
    ['x', 'split (/dst): must be a list'],
    [undefined, 'split (/dst): must be a list'],
    [Array(1001).fill({ addr: '1', n: 1 }), 'split (/dst): 1001 items, at most 1000 are taken'],
  ])('is a dead letter as a whole when the list is none, empty or too long', (dst, detail) => {
    expect(read({ ...BODY, dst })).toEqual([{ error: 'MAPPING', detail }])
  })
})

describe('a record with 64-bit ids', () => {
  const MID = '7077558723434234235'
  const text = (json: string) => ({ ...raw({}), value: Buffer.from(json) })
  const json = JSON.stringify({ ...BODY, hdr: { mid: 0 } }).replace('"mid":0', `"mid":${MID}`)

  it('keeps their digits', () => {
    const items = itemsOf(decode(text(json), LIMITS, mappedFields(MAP)))
    expect(items).toMatchObject([{ id: `${MID}.1` }, { id: `${MID}.2` }])
  })

  it('keeps them in a line that holds the record with its key', () => {
    const opened = openEnvelope(text(`{"key":9007199254740993,"value":${json}}`))
    expect(itemsOf(decode(opened, LIMITS, mappedFields(MAP)))).toMatchObject([{ id: `${MID}.1` }, {}])
    expect(String(opened.key)).toBe('9007199254740993')
  })
})

describe('the map of a record that is split', () => {
  it.each([
    [{ ...MAP, split: undefined }, 'to', 'a pointer that begins with ./ requires split'],
    [{ ...MAP, id: { join: ['/a'], pointer: '/b' } }, 'id', 'needs exactly one of'],
    [{ ...MAP, id: { pointer: '/a', with: '.' } }, 'id/with', 'requires join'],
    [{ ...MAP, from: { join: ['/a'] } }, 'from', 'join'],
    [{ ...MAP, split: 'dst' }, 'split', 'a JSON pointer to a list'],
    [{ ...MAP, udh: true }, 'udh', 'requires a text with form: hex'],
    [{ ...MAP, from: 'src' }, 'from', 'begins with a slash'],
  ])('says what does not go together: %#', (map, path, message) => {
    const defined = Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined))
    const faults = mapFaults(defined).map((fault) => `${fault.path.join('/')}: ${fault.message}`)
    expect(faults.some((fault) => fault.startsWith(`${path}`) && fault.includes(message))).toBe(true)
  })

  it('reads basic ISO times with an offset, or in its zone', () => {
    const at = (at: string, zone?: string) =>
      read(
        { ...BODY, at },
        { ...MAP, ts: { pointer: '/at', form: 'iso-basic', ...(zone ? { zone } : {}) } },
      )[0]
    expect(at('20261126T080001.123+0800')).toMatchObject({ ts: NOW })
    expect(at('20261126T000000Z')).toMatchObject({ ts: NOW })
    expect(at('20261126T0800+08')).toMatchObject({ ts: NOW })
    expect(at('20261126T075959', '+08:00')).toMatchObject({ ts: NOW - 1000 })
    const detail = 'ts (/at): no time of the form ISO-8601 in the basic format, with offset'
    for (const wrong of ['20261126T075959', '20260230T075959Z', '2026-11-26T08:00:00+08:00'])
      expect(at(wrong)).toEqual({ error: 'MAPPING', detail })
  })
})

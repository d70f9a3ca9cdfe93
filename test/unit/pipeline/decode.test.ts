import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, isRejection } from '../../../src/pipeline/decode.ts'

const NOW = Date.UTC(2026, 10, 11, 12)
const limits = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
const valid = { id: 'a.1', ts: NOW - 1000, from: '10690001', to: '13800138000', text: '你好' }

function read(value: unknown) {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return decode({ position: { topic: 't', partition: 0, offset: 0 }, timestamp: NOW, value: bytes }, limits)
}

function error(value: unknown): string | undefined {
  const result = read(value)
  return isRejection(result) ? result.error : undefined
}

describe('bytes that are no JSON in UTF-8', () => {
  const json = JSON.stringify({ ...valid, text: 'ok' })
  const gbk = Buffer.from(
    '{"text":"\xa1\xbe\xbe\xa9\xb6\xab\xa1\xbf\xc4\xfa\xb5\xc4\xb6\xa9\xb5\xa5"}',
    'latin1',
  )

  it.each<[string, Buffer]>([
    ['the value is not valid UTF-8: begins like gzip', gzipSync(json)],
    ['the value is not valid UTF-8: begins like zstd', Buffer.from('28b52ffd2100', 'hex')],
    ['the value is not valid UTF-8: looks like UTF-16', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['the value is not valid UTF-8: looks like GBK', gbk],
    ['the value is not valid UTF-8', Buffer.from('{"text":"caf\xe9"}', 'latin1')],
    [
      `more than one JSON value, or text after it (${2 * json.length + 1} bytes)`,
      Buffer.from(`${json}\n${json}`),
    ],
    [`more than one JSON value, or text after it (${json.length + 6} bytes)`, Buffer.from(`${json} // ok`)],
    [`not one complete JSON value (${json.length - 1} bytes)`, Buffer.from(json.slice(0, -1))],
  ])('%s', (detail, value) => {
    expect(read(value)).toMatchObject({ detail })
  })
})

describe('a time ahead of the reference clock', () => {
  it.each([
    [
      'CreateTime',
      'ts: 3600 s ahead of the reference clock, the timestamp that its producer gave the record',
    ],
    ['LogAppendTime', 'ts: 3600 s ahead of the reference clock'],
  ] as const)('says whose clock it is: %s', (timestampType, detail) => {
    const value = Buffer.from(JSON.stringify({ ...valid, ts: NOW + 3_600_000 }))
    const position = { topic: 't', partition: 0, offset: 0 }
    expect(decode({ position, timestamp: NOW, timestampType, value }, limits)).toEqual({
      error: 'RECORD_TS_FUTURE',
      detail,
    })
  })
})

describe('a time in another unit', () => {
  it.each([
    [NOW / 1000, 'ts: lies before the year 2000; 1,000 times too small: is the unit right?'],
    [NOW * 1000, '; 1,000 times too large: is the unit right?'],
    [NOW * 1e6, '; 1,000,000 times too large: is the unit right?'],
  ])('%d is told', (ts, detail) => {
    expect(read({ ...valid, ts })).toMatchObject({ detail: expect.stringContaining(detail) })
  })

  it.each([0, -1, NOW + 301_000, 20261111120000])('%d is none', (ts) => {
    expect(read({ ...valid, ts })).toMatchObject({ detail: expect.not.stringContaining('unit') })
  })
})

describe('decode', () => {
  it('reads a record and drops what it does not know', () => {
    expect(
      read({ ...valid, foo: { bar: 1 }, ext: { a: 'b' }, part: { ref: 7, index: 1, count: 2 } }),
    ).toMatchObject({
      ...valid,
      blocked: false,
      ext: { a: 'b' },
      part: { ref: '7', index: 1, count: 2 },
    })
    expect(read({ ...valid, foo: 1 })).not.toHaveProperty('foo')
  })

  it('reads ISO times with an offset, and clamps what is a little ahead', () => {
    expect(read({ ...valid, ts: '2026-11-11T20:00+08:00' })).toMatchObject({ ts: NOW })
    expect(read({ ...valid, ts: '2026-11-11T12:00:00.5Z' })).toMatchObject({ ts: NOW })
    expect(read({ ...valid, ts: NOW + 299_000 })).toMatchObject({ ts: NOW })
  })

  it.each([
    ['RECORD_NOT_UTF8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['RECORD_NOT_JSON', '{"id":"a"'],
    ['RECORD_NOT_JSON', ''],
    ['RECORD_NOT_JSON', Buffer.from('{"id":"a"}', 'utf16le')],
    ['RECORD_NOT_OBJECT', '[1]'],
    ['RECORD_NOT_OBJECT', 'null'],
    ['RECORD_FIELD_MISSING', { ...valid, text: undefined }],
    ['RECORD_FIELD_MISSING', { ...valid, ts: undefined }],
    ['RECORD_FIELD_INVALID', { ...valid, text: '' }],
    ['RECORD_FIELD_INVALID', { ...valid, text: 42 }],
    ['RECORD_FIELD_INVALID', { ...valid, text: '长'.repeat(2001) }],
    ['RECORD_FIELD_INVALID', { ...valid, id: 'x'.repeat(129) }],
    ['RECORD_FIELD_INVALID', { ...valid, from: '1'.repeat(22) }],
    ['RECORD_FIELD_INVALID', { ...valid, disposition: 'lost' }],
    ['RECORD_FIELD_INVALID', { ...valid, ext: { a: 1 } }],
    ['RECORD_FIELD_INVALID', { ...valid, ext: { a: 'x'.repeat(1024) } }],
    ['RECORD_FIELD_INVALID', { ...valid, part: { ref: 'r', index: 3, count: 2 } }],
    ['RECORD_FIELD_INVALID', { ...valid, part: { ref: 'r', index: 1, count: 1 } }],
    ['RECORD_TS_INVALID', { ...valid, ts: '2026-11-11T12:00:00' }],
    ['RECORD_TS_INVALID', { ...valid, ts: '2026-02-30T12:00:00Z' }],
    ['RECORD_TS_INVALID', { ...valid, ts: 1.5 }],
    ['RECORD_TS_INVALID', { ...valid, ts: 0 }],
    ['RECORD_TS_FUTURE', { ...valid, ts: NOW + 301_000 }],
    ['RECORD_TOO_LARGE', { ...valid, foo: 'x'.repeat(1_000_000) }],
  ])('refuses with %s', (code, value) => {
    expect(error(value)).toBe(code)
  })

  it.each([9e15, Date.UTC(2100, 0, 1), '2100-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'refuses the time %s although the reference clock says the same',
    (ts) => {
      const raw = { position: { topic: 't', partition: 0, offset: 0 }, timestamp: 9e15 }
      const result = decode({ ...raw, value: Buffer.from(JSON.stringify({ ...valid, ts })) }, limits)
      expect(isRejection(result) && result.error).toBe('RECORD_TS_INVALID')
    },
  )

  it('takes a text of 2000 characters outside the basic plane', () => {
    expect(error({ ...valid, text: '😀'.repeat(2000) })).toBeUndefined()
    expect(error({ ...valid, text: '😀'.repeat(2001) })).toBe('RECORD_FIELD_INVALID')
  })

  it.each([
    ['there is no value', Buffer.alloc(0)],
    [
      'begins with a byte order mark (27 bytes)',
      Buffer.from(`\ufeff${JSON.stringify({ id: 'a', text: 'bcde' })}`),
    ],
    ['looks like UTF-16, not UTF-8 (20 bytes)', Buffer.from('{"id":"ab"', 'utf16le')],
    ['not one complete JSON value (9 bytes)', Buffer.from('{"id":"a"')],
  ])('says of bytes that are no JSON: %s', (detail, bytes) => {
    expect(read(bytes)).toMatchObject({ error: 'RECORD_NOT_JSON', detail })
  })

  it('never shows a value of the record in the detail', () => {
    const result = read({ ...valid, from: '13912345678'.repeat(3), to: '13912345678' })
    expect(JSON.stringify(isRejection(result) && result.detail)).not.toContain('139')
  })

  it('answers anything, and throws on nothing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void read(Buffer.from(bytes))))
    fc.assert(fc.property(fc.json(), (json) => void read(json)))
    fc.assert(
      fc.property(
        fc.record({ id: fc.anything(), ts: fc.anything(), from: fc.anything(), part: fc.anything() }),
        (o) => {
          const text = JSON.stringify({ ...valid, ...o }, (_k, v) => (typeof v === 'bigint' ? String(v) : v))
          if (text) read(text)
        },
      ),
    )
  })
})

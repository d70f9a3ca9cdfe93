import { describe, expect, it } from 'vitest'
import { decodeSpooled, encodeSpooled, readVerdict } from '../../../../src/offline/replay/spooled.ts'

const RECORD = {
  ...{ topic: 3, partition: 17, offset: 2 ** 37, timestamp: 1.7e12, eventTime: 1.7e12 - 0.5, compared: true },
  value: Buffer.from('{"id":"京"}'),
}

describe('a spooled record', () => {
  it.each([
    ['bare', {}],
    ['with an empty key', { key: Buffer.alloc(0) }],
    [
      'with key and headers',
      {
        key: Buffer.from([0xff, 0]),
        headers: new Map([
          ['to', Buffer.from([0xfe])],
          ['none', undefined],
        ]),
      },
    ],
  ])('%s comes back as it was', (_, more) => {
    const record = { ...RECORD, ...more }
    for (const verdict of [Buffer.alloc(0), Buffer.from('{}')]) {
      const { headers, ...read } = decodeSpooled(encodeSpooled(record, verdict))
      const { headers: expected, ...rest } = { headers: undefined, ...record }
      expect(read).toEqual({ ...rest, verdict })
      expect(headers).toEqual(expected)
    }
  })
})

describe('readVerdict', () => {
  const verdict = {
    ...{ id: 'm', action: 'block', label: 'fraud', reasons: ['TEXT_FRAUD'], states: [] },
    decidedAt: '2026-11-11T04:00:00.000Z',
  }
  const read = (value: unknown) => readVerdict(Buffer.from(JSON.stringify(value)))

  it('keeps what is compared', () => {
    expect(read({ ...verdict, score: 0.9, late: true, ext: { a: 'b' } })).toEqual({
      ...verdict,
      late: true,
      decidedAt: Date.UTC(2026, 10, 11, 4),
    })
  })

  it.each([
    { ...verdict, decidedAt: undefined },
    { ...verdict, reasons: 'TEXT_FRAUD' },
    { error: 'X' },
    null,
    3,
  ])('finds none in %j', (value) => {
    expect(read(value)).toBeUndefined()
  })
})

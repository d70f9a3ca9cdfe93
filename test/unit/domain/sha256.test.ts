import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hmacSha256, sha256 } from '../../../src/domain/sha256.ts'

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 200 }))

describe('sha256', () => {
  it('equals node:crypto for every length around the ends of blocks', () => {
    for (let length = 0; length <= 260; length++) {
      const of = 'x'.repeat(length)
      expect(sha256(of).toString('hex')).toBe(createHash('sha256').update(of).digest('hex'))
    }
  })

  it('equals node:crypto for any text, lone surrogates too', () => {
    fc.assert(
      fc.property(text, (of) => {
        expect(sha256(of).toString('hex')).toBe(createHash('sha256').update(of, 'utf8').digest('hex'))
      }),
    )
    expect(sha256('\ud800').toString('hex')).toBe(createHash('sha256').update('\ud800', 'utf8').digest('hex'))
  })

  it('takes a long text after a short one, and a short one after it', () => {
    for (const length of [10, 100_000, 10]) {
      const of = '长'.repeat(length)
      expect(sha256(of).toString('hex')).toBe(createHash('sha256').update(of).digest('hex'))
    }
  })
})

describe('hmacSha256', () => {
  it.each([0, 1, 32, 63, 64, 65, 200])('equals node:crypto with a key of %i bytes', (length) => {
    const key = Buffer.alloc(length, 'k')
    const hmac = hmacSha256(key)
    fc.assert(
      fc.property(text, (of) => {
        expect(hmac(of).toString('hex')).toBe(createHmac('sha256', key).update(of, 'utf8').digest('hex'))
      }),
      { numRuns: 50 },
    )
  })

  it('keeps two keys apart that are used in turns', () => {
    const [one, two] = ['one', 'two'].map((name) => ({ name, hmac: hmacSha256(Buffer.from(name)) }))
    for (const { name, hmac } of [one!, two!, one!])
      expect(hmac('8613800000000').toString('hex')).toBe(
        createHmac('sha256', name).update('8613800000000').digest('hex'),
      )
  })
})

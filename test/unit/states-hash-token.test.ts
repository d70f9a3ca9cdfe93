import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashOf, messageAlertId, stateAlertId, stateId } from '../../src/domain/hash.ts'
import { createTokeniser } from '../../src/domain/token.ts'

describe('hashOf', () => {
  it('is 32 hex digits and tells parts apart that join to the same string', () => {
    expect(hashOf('a', 'b')).toMatch(/^[0-9a-f]{32}$/)
    expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'))
    expect(hashOf('a', '')).not.toBe(hashOf('a'))
  })

  it('separates message alerts by mode and states by code, target and deployment', () => {
    expect(messageAlertId('d', 'm1', 'enforce')).not.toBe(messageAlertId('d', 'm1', 'shadow'))
    const id = stateId('d', 'MARKETING_BURST', { kind: 'signature', id: '京东' })
    expect(id).toBe(stateId('d', 'MARKETING_BURST', { kind: 'signature', id: '京东' }))
    expect(id).not.toBe(stateId('e', 'MARKETING_BURST', { kind: 'signature', id: '京东' }))
    expect(id).not.toBe(stateId('d', 'COMPLAINT_SPIKE', { kind: 'signature', id: '京东' }))
    expect(id).not.toBe(stateId('d', 'MARKETING_BURST', { kind: 'port', id: '京东' }))
    expect(stateAlertId(id, 1, 1)).not.toBe(stateAlertId(id, 1, 2))
    expect(stateAlertId(id, 1, 1)).not.toBe(stateAlertId(id, 2, 1))
  })
})

describe('createTokeniser', () => {
  const plain = (key: string, value: string) =>
    createHmac('sha256', Buffer.from(key, 'utf8'))
      .update(value, 'utf8')
      .digest()
      .subarray(0, 16)
      .toString('base64url')

  it('equals HMAC-SHA-256 for any key and recipient', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 140, unit: 'grapheme' }),
        fc.oneof(
          fc.stringMatching(/^[0-9]{1,60}$/),
          fc.string({ maxLength: 64, unit: 'grapheme' }),
          fc.string({ minLength: 54, maxLength: 57 }),
        ),
        (key, to) => {
          expect(createTokeniser({ keyId: 'k2', key })(to)).toBe(`k2.${plain(key, to)}`)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps no state between calls', () => {
    const tokenise = createTokeniser({ keyId: '1', key: 'x'.repeat(40) })
    const first = tokenise('13812345678')
    tokenise('1'.repeat(55))
    expect(tokenise('13812345678')).toBe(first)
    expect(tokenise('13812345679')).not.toBe(first)
  })
})

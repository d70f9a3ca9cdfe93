import { describe, expect, it } from 'vitest'
import { hashOf, messageAlertId, stateAlertId, stateId } from '../../../src/domain/hash.ts'
import { createKeyRing, createTokeniser } from '../../../src/domain/token.ts'

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
  it.each([
    ['Jefe', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c7'],
    ['\v'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b'],
  ])('is the first half of HMAC-SHA-256 (RFC 4231): %j', (key, text, hex) => {
    const token = createTokeniser({ keyId: 'k2', key })(text)
    expect(token).toBe(`k2.${Buffer.from(hex, 'hex').toString('base64url')}`)
  })

  it('keeps no state between calls', () => {
    const tokenise = createTokeniser({ keyId: '1', key: 'x'.repeat(40) })
    const first = tokenise('13812345678')
    tokenise('1'.repeat(55))
    expect(tokenise('13812345678')).toBe(first)
    expect(tokenise('13812345679')).not.toBe(first)
  })
})

describe('createKeyRing', () => {
  const [current, former] = [
    { keyId: '2', key: 'the key of now, of more than thirty-two bytes' },
    { keyId: '1', key: 'the key of before, of more than thirty-two bytes' },
  ] as const
  const [today, yesterday] = [createTokeniser(current), createTokeniser(former)]

  it('makes tokens of the current key, and those of a former one to compare with', () => {
    const tokenise = createKeyRing(current, [former])
    const number = '13800138000'
    expect(tokenise(number)).toBe(today(number))
    expect(tokenise(number, today('13900139000'))).toBe(today(number))
    expect(tokenise(number, yesterday('13900139000'))).toBe(yesterday(number))
    expect(tokenise(number, '3.of-a-key-that-is-not-known')).toBe(today(number))
    expect(createKeyRing(current, [])(number, yesterday(number))).toBe(today(number))
  })
})

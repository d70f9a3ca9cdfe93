import { describe, expect, it } from 'vitest'
import { canonicalNumber } from '../../../src/text/canonical-number.ts'

describe('canonicalNumber', () => {
  it.each([
    ['13800138000', '13800138000'],
    ['+86 138 0013 8000', '13800138000'],
    ['008613800138000', '13800138000'],
    ['8613800138000', '13800138000'],
    ['86106900012345', '106900012345'],
    ['+86106550', '106550'],
    ['0085212345678', '85212345678'],
    ['+852 1234 5678', '85212345678'],
    ['01082345678', '01082345678'],
    ['95588', '95588'],
  ])('%s is %s', (written, canonical) => expect(canonicalNumber(written)).toBe(canonical))

  it('drops 86 only before 106 and before 11 digits that begin with 1', () => {
    expect(canonicalNumber('861380013800')).toBe('861380013800')
    expect(canonicalNumber('86138001380001')).toBe('86138001380001')
    expect(canonicalNumber('8621234567890')).toBe('8621234567890')
    expect(canonicalNumber('86107')).toBe('86107')
  })

  it('leaves what is no number as it is', () => {
    for (const s of ['Bank ICBC', 'tok_+86 1', '', '+', '00', '138-0013-8000', '１３８００１３８０００']) {
      expect(canonicalNumber(s)).toBe(s)
    }
  })

  it('changes nothing the second time', () => {
    for (const s of ['+86 13800138000', '0086106900', '86106', '00 1', '+12']) {
      const once = canonicalNumber(s)
      expect(canonicalNumber(once)).toBe(once)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { canonicalNumber, isPunctuatedNumber, numberWithin } from '../../../src/text/canonical-number.ts'

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
    ['１０６９００１２３４５６', '106900123456'],
    ['＋８６　１３８ ００１３ ８０００', '13800138000'],
    ['１0６9００１２３', '106900123'],
    ['138\u00a00013\u00a08000', '13800138000'],
  ])('%s is %s', (written, canonical) => expect(canonicalNumber(written)).toBe(canonical))

  it('drops 86 only before 106 and before 11 digits that begin with 1', () => {
    expect(canonicalNumber('861380013800')).toBe('861380013800')
    expect(canonicalNumber('86138001380001')).toBe('86138001380001')
    expect(canonicalNumber('8621234567890')).toBe('8621234567890')
    expect(canonicalNumber('86107')).toBe('86107')
  })

  it('leaves what is no number as it is', () => {
    for (const s of ['Bank ICBC', 'tok_+86 1', '', '+', '00', '138-0013-8000', 'ＩＣＢＣ', '１０６９－１']) {
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

describe('a number with other signs', () => {
  const written = ['138-0013-8000', '+86(138)00138000', '１３８－００１３－８０００', '13800138000\t']

  it.each(written)('%s is distinguished from an opaque id', (value) => {
    expect(isPunctuatedNumber(value)).toBe(true)
    expect(numberWithin(value)).toBe('13800138000')
  })

  it.each(['13800138000', '+86 138 0013 8000', 'tok_7f3a', 'a1b2c3d4e5f6a7b8', '1069-1', '', '---'])(
    '%s is none',
    (value) => expect(isPunctuatedNumber(value)).toBe(false),
  )

  it('is found inside an address', () => {
    expect(numberWithin('sip:+8613800138000@ims')).toBe('13800138000')
    expect(numberWithin('tok_7f3a')).toBeUndefined()
  })
})

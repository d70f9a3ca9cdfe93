import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExact } from '../../../src/domain/json.ts'

describe('exact parsing', () => {
  it('keeps the digits of integers that a number would round', () => {
    expect(
      parseExact(
        '{"a":7077558723434234235, "b":[-9007199254740993,9007199254740991],"c":\n12345678901234567890123}',
      ),
    ).toEqual({
      a: '7077558723434234235',
      b: ['-9007199254740993', 9007199254740991],
      c: '12345678901234567890123',
    })
  })

  it('leaves strings, fractions and exponents as they are', () => {
    const json =
      '{"a":" 7077558723434234235","b\\":9007199254740993":"\\\\","c":1.2345678901234567,"d":9007199254740993e2,"e":true,"f":[ 7077558723434234235 ]}'
    expect(parseExact(json)).toEqual({ ...JSON.parse(json), f: ['7077558723434234235'] })
  })

  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const rounded = (_: string, value: unknown) =>
          typeof value === 'string' && /^-?\d{16,}$/.test(value) ? Number(value) : value
        const shown = (value: unknown) => JSON.stringify(value, rounded)
        expect(shown(parseExact(json))).toBe(shown(JSON.parse(json)))
      }),
    )
    for (const json of [
      '',
      '{',
      '{"a":7077558723434234235',
      '[01234567890123456]',
      '{"a":7077558723434234235,}',
    ])
      expect(() => parseExact(json)).toThrow(SyntaxError)
  })

  it('is linear in the text', () => {
    const json = `[${'"\\\\\\"",7077558723434234235,'.repeat(50_000)}1]`
    const start = performance.now()
    expect((parseExact(json) as unknown[]).length).toBe(100_001)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

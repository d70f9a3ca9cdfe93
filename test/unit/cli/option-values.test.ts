import { describe, expect, it } from 'vitest'
import { momentValue, numberOf, wholeOf } from '../../../src/cli/option-values.ts'
import { simulateCommand } from '../../../src/cli/simulate.ts'

describe('values of options', () => {
  const share = numberOf('a share above 0', (number) => number > 0)

  it.each([
    ['0.5', 0.5],
    ['1e3', 1000],
    [' 7', 7],
  ])('%j is the number %d', (value, number) => {
    expect(share(value)).toBe(number)
  })

  it.each(['', ' ', '0', '-1', 'NaN', 'Infinity', '1e999', 'ten', '5%'])(
    '%j is no share above 0',
    (value) => {
      expect(() => share(value)).toThrow('must be a share above 0.')
    },
  )

  it('whole numbers have a least and a most', () => {
    const whole = wholeOf(1, 99)
    expect([whole('1'), whole('99')]).toEqual([1, 99])
    for (const value of ['', '0', '100', '1.5', 'x'])
      expect(() => whole(value), value).toThrow('must be a whole number from 1 to 99.')
  })

  it('times have an offset, or are epoch milliseconds', () => {
    expect(momentValue('2026-11-11T00:00+08:00')).toBe(Date.UTC(2026, 10, 10, 16))
    expect(() => momentValue('yesterday')).toThrow('must be ISO-8601')
  })
})

describe('sigwatch simulate', () => {
  it.each(['Infinity', '1e9', '0', ''])('refuses the rate %j, which would not end', async (rate) => {
    const command = simulateCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
    await expect(command.parseAsync(['--rate', rate], { from: 'user' })).rejects.toThrow(
      'must be a number above 0 and up to 100000',
    )
  })
})

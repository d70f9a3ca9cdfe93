import { describe, expect, it } from 'vitest'
import { compileSchema } from '../../../../src/settings/files/operator-schema.ts'

const said = (schema: object, value: unknown) => compileSchema(schema)(value).map(({ message }) => message)

describe('a private value', () => {
  const PRIVATE = '13812345678'
  it.each([
    [{ type: 'string' }, Number(PRIVATE), 'must be text, is a number: put it in quotes'],
    [{ type: 'string' }, true, 'must be text, is a boolean: put it in quotes'],
    [{ type: 'integer' }, PRIVATE, 'must be a whole number, is text'],
    [{ type: 'array' }, Number(PRIVATE), 'must be a list, is a number'],
    [{ type: 'string', enum: ['13812345679'] }, PRIVATE, 'the value is not allowed'],
    [{ type: 'string', format: 'time' }, PRIVATE, 'the value is not allowed (allowed: an ISO-8601 time'],
    [{ type: 'integer', maximum: 1 }, Number(PRIVATE), 'the value is out of range (allowed: at most 1)'],
    [{ type: 'array', uniqueItems: true }, [PRIVATE, PRIVATE], 'the value is listed twice'],
    [{ type: 'string', pattern: '^a' }, PRIVATE, 'the value is not allowed (pattern)'],
    [{ type: 'number', moment: true }, Number(PRIVATE), 'the value lies before the year 2000'],
  ])('%j refuses %j without showing it', (schema, value, message) => {
    const faults = said({ ...schema, private: true }, value)
    expect(faults).toEqual([expect.stringContaining(message)])
    expect(faults.join().replace('13812345679', '')).not.toContain(PRIVATE.slice(0, 6))
    expect(said(schema, value).join()).not.toBe(faults.join())
  })
})

describe('text of so many characters', () => {
  const schema = { type: 'string', characters: 2 }
  it.each(['a', 'ab', '😀😀'])('takes %j', (value) => {
    expect(said(schema, value)).toEqual([])
  })
  it.each(['', '😀😀😀', 'abcde'])('refuses %j', (value) => {
    expect(said(schema, value)).toEqual([
      `has ${value.length} characters (allowed: text of 1 to 2 characters)`,
    ])
  })
})

describe('a moment', () => {
  const schema = { type: ['number', 'string'], moment: true }
  it.each([
    Date.UTC(2000, 0, 1),
    Date.UTC(2026, 10, 1),
    '2026-11-01T08:00+08:00',
    '2099-12-31T23:59:59.999Z',
  ])('is %j', (value) => {
    expect(said(schema, value)).toEqual([])
  })
  it.each([
    [1_793_491_200, '1793491200 lies before the year 2000: are these seconds? (allowed: epoch milliseconds'],
    ['2100-01-01T00:00Z', '"2100-01-01T00:00Z" lies after the year 2099'],
    [1_793_491_200_000.5, '1793491200000.5 is not allowed'],
    ['2026-02-30T00:00Z', '"2026-02-30T00:00Z" is not allowed'],
    ['1793491200000', '"1793491200000" is not allowed'],
    [true, 'must be a number or text, is true (allowed: epoch milliseconds, or an ISO-8601 time'],
    [null, 'has no value: must be a number or text (allowed: epoch milliseconds'],
  ])('is not %j', (value, message) => {
    expect(said(schema, value)).toEqual([expect.stringContaining(message)])
  })
})

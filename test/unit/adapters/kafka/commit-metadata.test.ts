import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metadataOf, readMetadata } from '../../../../src/adapters/kafka/commit-metadata.ts'
import type { OffsetRange } from '../../../../src/domain/ports.ts'

const ID = '0123456789abcdef0123456789abcdef'

/** Ranges behind an offset, apart from one another. */
function rangesFrom(offset: number, steps: readonly (readonly [number, number])[]): OffsetRange[] {
  let end = offset
  return steps.map(([gap, length]) => {
    const from = end + gap
    end = from + length
    return { from, to: end }
  })
}

describe('the metadata of a commit', () => {
  it('is the id of the topic alone where nothing is written behind the offset, as it was always', () => {
    expect(metadataOf(ID, { offset: 7, written: [] })).toEqual({ text: ID, left: 0 })
    expect(metadataOf(undefined, { offset: 7, written: [] })).toEqual({ text: null, left: 0 })
    expect(readMetadata(ID, 7)).toEqual({ topicId: ID })
  })

  it('says what is written behind the offset, and is read as it was written', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 10_000_000 }))
    const steps = fc.array(step, { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.nat(2 ** 50), steps, fc.constantFrom(ID, undefined), (offset, some, topicId) => {
        const written = rangesFrom(offset, some)
        const { text, left } = metadataOf(topicId, { offset, written })
        expect(left).toBe(0)
        expect(readMetadata(text, offset)).toEqual({ ...(topicId ? { topicId } : {}), written })
      }),
    )
  })

  it('has room for 600 parts that wait apart from one another at 100,000 records a second', () => {
    const written = rangesFrom(
      1e12,
      Array.from({ length: 601 }, () => [1, 1_700]),
    )
    const { text, left } = metadataOf(ID, { offset: 1e12, written })
    expect(left).toBe(0)
    expect(text!.length).toBeLessThanOrEqual(4_096)
  })

  it('keeps the first ranges where not all fit, and says how many it leaves out', () => {
    const written = rangesFrom(
      0,
      Array.from({ length: 5_000 }, () => [1, 1]),
    )
    const { text, left } = metadataOf(ID, { offset: 0, written })
    expect(text!.length).toBeLessThanOrEqual(4_096)
    expect(left).toBeGreaterThan(0)
    expect(readMetadata(text, 0).written).toEqual(written.slice(0, 5_000 - left))
  })

  it('takes nothing from what others have written', () => {
    for (const text of [null, undefined, '', 'app/1.0', `${ID}x`, 'x:AQE', ':'])
      expect(readMetadata(text, 3)).toEqual({})
  })
})

import { describe, expect, it } from 'vitest'
import { openNotices, readSampleNotices } from '../../../../src/detection/versions/sample-notices.ts'
import { messageOf, shippedBrands } from '../../../helpers/detector-fixtures.ts'

const groups = readSampleNotices()

describe('the sample notices', () => {
  it('are of brands that are in the list, a hundred at least', () => {
    const ids = new Set(shippedBrands.map(({ id }) => id))
    const named = groups.flatMap(({ brands }) => brands)
    expect(named.filter((id) => !ids.has(id))).toEqual([])
    expect(new Set(named).size).toBeGreaterThanOrEqual(100)
  })

  it('are each long enough for a sketch, and written once', () => {
    const index = openNotices()
    const texts = groups.flatMap(({ notices }) => notices)
    expect(texts.filter((text) => index.sketchOf(messageOf(text)) === undefined)).toEqual([])
    expect(new Set(texts).size).toBe(texts.length)
  })
})

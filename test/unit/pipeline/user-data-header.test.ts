import { describe, expect, it } from 'vitest'
import { readUserDataHeader } from '../../../src/pipeline/user-data-header.ts'

const read = (...bytes: number[]) => readUserDataHeader(Buffer.from(bytes))

describe('a user data header', () => {
  it('says which part of an SMS follows', () => {
    expect(read(5, 0, 3, 0xab, 3, 2, 0x4e)).toEqual({ length: 6, part: { ref: '171', index: 2, count: 3 } })
    expect(read(6, 8, 4, 0x12, 0x34, 2, 1, 0x4e)).toEqual({
      length: 7,
      part: { ref: '4660', index: 1, count: 2 },
    })
    expect(read(11, 5, 4, 0x0b, 0x84, 0, 0, 0, 3, 7, 2, 2, 65)).toMatchObject({
      length: 12,
      part: { ref: '7', index: 2, count: 2 },
    })
  })

  it('may be of one part, or of none', () => {
    expect(read(5, 0, 3, 1, 1, 1, 65)).toEqual({ length: 6 })
    expect(read(6, 5, 4, 0x0b, 0x84, 0, 0, 65)).toEqual({ length: 7 })
    expect(read(5, 0, 3, 1, 2, 3, 65)).toEqual({ length: 6 })
  })

  it('is none where an element is not known, or has another length', () => {
    expect(read(0x4e, 0xac, 0x4e, 0x1c)).toBeUndefined()
    expect(read(5, 0x70, 3, 1, 2, 1)).toBeUndefined()
    expect(read(5, 0, 4, 1, 2, 1)).toBeUndefined()
    expect(read(5, 0, 3, 1, 2)).toBeUndefined()
    expect(read(4, 0, 3, 1, 2)).toBeUndefined()
    expect(read()).toBeUndefined()
    expect(read(0)).toBeUndefined()
  })
})

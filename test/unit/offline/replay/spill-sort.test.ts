import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SortKey, SpillSort } from '../../../../src/offline/replay/spill-sort.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

describe('SpillSort', () => {
  const folder = useFolder()
  const sorted = (keys: readonly SortKey[], maxBytes: number) => {
    const sort = new SpillSort(folder.path, 'a', maxBytes)
    for (const [i, key] of keys.entries()) sort.add(key, Buffer.from(String(i)))
    return [...sort.sorted()].map(({ key, payload }) => ({ key, index: Number(payload.toString()) }))
  }
  const inMemory = (keys: readonly SortKey[]) =>
    keys
      .map((key, index) => ({ key, index }))
      .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2])

  it('sorts as an array does, equal keys in the order of adding, whether or not it spills', () => {
    const number = fc.integer({ min: -3, max: 3 })
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 60 }), (keys) => {
        expect(sorted(keys, 1e9)).toEqual(inMemory(keys))
        // Every fifth entry begins a run.
        expect(sorted(keys, 1_000)).toEqual(inMemory(keys))
      }),
      { numRuns: 60 },
    )
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('spills what does not fit, and keeps payloads that are larger than a read', () => {
    const sort = new SpillSort(folder.path, 'b', 2_000_000)
    const payloads = Array.from({ length: 9 }, (_, i) => Buffer.alloc(300_000 + i, i))
    for (const [i, payload] of payloads.entries()) sort.add([-i, 0, 0], payload)
    expect(readdirSync(folder.path).length).toBeGreaterThan(0)
    expect(sort.count).toBe(9)
    expect(
      [...sort.sorted()].map(({ payload }) => payload.equals(payloads[payload[0]!]!) && payload[0]),
    ).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0])
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('removes its runs when reading stops before the end', () => {
    const sort = new SpillSort(folder.path, 'c', 1)
    for (let i = 0; i < 5; i++) sort.add([i, 0, 0], Buffer.from('x'))
    for (const _ of sort.sorted()) break
    expect(readdirSync(folder.path)).toEqual([])
  })
})

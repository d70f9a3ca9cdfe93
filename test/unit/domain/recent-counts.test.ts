import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentCounts } from '../../../src/domain/recent-counts.ts'

const MOST = 12

/** The same with maps of strings. */
class Model {
  #young = new Map<string, number>()
  #old = new Map<string, number>()

  get(key: string): number {
    const young = this.#young.get(key)
    const count = young ?? this.#old.get(key) ?? 0
    if (young === undefined && count > 0) this.set(key, count)
    return count
  }

  set(key: string, count: number): void {
    this.#young.set(key, count)
    if (this.#young.size < MOST) return
    this.#old = this.#young
    this.#young = new Map()
  }
}

describe('recent counts', () => {
  it('are those of two generations of maps', () => {
    const key = fc.integer({ min: 0, max: 60 }).map((n) => `port:1069${n}`)
    const call = fc.record({ key, count: fc.option(fc.integer({ min: 1, max: 255 })) })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 300 }), (calls) => {
        const [counts, model] = [new RecentCounts(MOST), new Model()]
        for (const { key, count } of calls) {
          expect(counts.get(key)).toBe(model.get(key))
          if (count === null) continue
          counts.set(key, count)
          model.set(key, count)
        }
      }),
    )
  })

  it('keep the last of many keys, and forget the first', () => {
    const counts = new RecentCounts(1000)
    for (let i = 0; i < 5000; i++) counts.set(`k${i}`, 1 + (i % 255))
    for (let i = 4000; i < 5000; i++) expect(counts.get(`k${i}`)).toBe(1 + (i % 255))
    for (let i = 0; i < 3000; i++) expect(counts.get(`k${i}`)).toBe(0)
  })
})

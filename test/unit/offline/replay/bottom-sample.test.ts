import { describe, expect, it } from 'vitest'
import { BottomSample } from '../../../../src/offline/replay/bottom-sample.ts'

const IDS = Array.from({ length: 1_000 }, (_, i) => `m-${i}`)

describe('BottomSample', () => {
  const drawn = (seed: number, ids: readonly string[], size = 20) => {
    const sample = new BottomSample<string>(size, seed)
    for (const id of ids) sample.offer('code', id, () => id)
    return sample.of('code')
  }

  it('draws the same cases for a seed, in whatever order they come, and others for another', () => {
    expect(drawn(1, IDS)).toHaveLength(20)
    expect(drawn(1, IDS.toReversed())).toEqual(drawn(1, IDS))
    expect(drawn(2, IDS)).not.toEqual(drawn(1, IDS))
  })

  it('draws evenly: every tenth of the cases is drawn about as often as the others', () => {
    const counts = new Array<number>(10).fill(0)
    for (let seed = 0; seed < 200; seed++)
      for (const id of drawn(seed, IDS)) counts[Math.floor(Number(id.slice(2)) / 100)]!++
    // 400 each are expected; five standard deviations of the binomial are 95.
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(95)
  })

  it('holds a repeated record once, and goes on from what it has stored', () => {
    expect(drawn(1, ['a', 'a', 'b'])).toHaveLength(2)
    const first = new BottomSample<string>(20, 1)
    for (const id of IDS.slice(0, 500)) first.offer('code', id, () => id)
    const second = new BottomSample<string>(20, 1, JSON.parse(JSON.stringify(first)))
    for (const id of IDS.slice(500)) second.offer('code', id, () => id)
    expect(second.of('code')).toEqual(drawn(1, IDS))
  })
})

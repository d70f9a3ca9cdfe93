import { describe, expect, it } from 'vitest'
import { estimated, SenderSample, SenderTally } from '../../../../src/offline/replay/sample.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'

const NO_CHANGE = {
  labelChanged: false,
  reasons: { raised: [], released: [] },
  states: { raised: [], released: [] },
}

describe('a sample of senders', () => {
  const ports = Array.from({ length: 20_000 }, (_, i) => `1069${String(i).padStart(6, '0')}`)
  const drawnBy = (seed: number, share = 0.05) => {
    const sample = new SenderSample(share, seed)
    return ports.filter((port) => sample.has(port))
  }

  it('draws about its share, the same for the same seed, and others for another', () => {
    const drawn = drawnBy(1)
    expect(drawn.length / ports.length).toBeCloseTo(0.05, 2)
    expect(drawnBy(1)).toEqual(drawn)
    const both = drawnBy(2).filter((port) => drawn.includes(port))
    expect(both.length).toBeLessThan(drawn.length / 5)
    expect(drawnBy(1, 1)).toEqual(ports)
  })

  it('grows with its share: what a smaller one draws is in the larger', () => {
    const larger = new Set(drawnBy(1, 0.2))
    expect(drawnBy(1).every((port) => larger.has(port))).toBe(true)
  })

  it.each([0.005, 0.05])(
    'holds the whole in 19 of 20 intervals where a share of %f of the senders differs',
    (rate) => {
      let [held, draws] = [0, 0]
      for (let population = 0; population < 4; population++) {
        const random = createRandom(population)
        // Most send a few messages, some send hundreds of times as many.
        const normal = () =>
          Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
        const senders = ports.slice(0, 2000).map((port) => {
          const all = Math.ceil(Math.exp(2 * normal()))
          return { port, all, of: random.chance(rate) ? random.between(1, all) : 0 }
        })
        const sum = (key: 'all' | 'of') => senders.reduce((total, sender) => total + sender[key], 0)
        const truth = sum('of') / sum('all')
        for (let seed = 0; seed < 50; seed++) {
          const sample = new SenderSample(0.2, seed)
          const { low, high } = estimated(
            senders.filter(({ port }) => sample.has(port)),
            0.2,
          )!
          if (low <= truth && truth <= high) held++
          draws++
        }
      }
      expect(held / draws).toBeGreaterThan(0.92)
    },
  )

  it('says how much may lie where nothing was found, by the number and the sizes of the senders', () => {
    const none = (sizes: readonly number[]) =>
      estimated(
        sizes.map((all) => ({ all, of: 0 })),
        0.01,
      )!
    expect(none(new Array(1000).fill(5))).toMatchObject({ share: 0, low: 0 })
    expect(none(new Array(1000).fill(5)).high).toBeLessThan(0.005)
    expect(none(new Array(10).fill(5)).high).toBeGreaterThan(0.2)
    expect(none([1_000_000, ...new Array(999).fill(5)]).high).toBeGreaterThan(0.5)
    expect(estimated([], 0.01)).toBeUndefined()
  })

  it('is exact where all senders are drawn', () => {
    expect(estimated([{ all: 8, of: 2 }], 1)).toEqual({ share: 0.25, low: 0.25, high: 0.25 })
  })
})

describe('the tally of a sample', () => {
  it('scales to all records of the range, and goes on from its JSON', () => {
    const half = new SenderTally()
    for (let i = 0; i < 40; i++) half.add(`p${i}`, i < 4 ? { ...NO_CHANGE, newly: 'block' } : undefined)
    const tally = new SenderTally(JSON.parse(JSON.stringify(half)))
    for (let i = 0; i < 40; i++) tally.add(`p${i}`, undefined)
    const { percent, senders, population, estimates } = tally.report(0.5, 160)
    expect([percent, senders, population]).toEqual([50, 40, 160])
    expect(estimates['newly.block']).toMatchObject({ percent: { value: 5 }, records: { value: 8 } })
    expect(estimates.changed).toEqual(estimates['newly.block'])
    expect(estimates['released.block']!.records.value).toBe(0)
    const { low, high } = estimates['newly.block']!.percent
    expect(low).toBeGreaterThan(1)
    expect(high).toBeLessThan(15)
  })
})

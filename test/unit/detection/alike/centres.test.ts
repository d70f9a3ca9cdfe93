import { describe, expect, it } from 'vitest'
import { Centres } from '../../../../src/detection/alike/centres.ts'
import { cellsOf, readCentre, written } from '../../../../src/detection/alike/shown-centre.ts'
import { SKETCH_SIZE, type Sketch } from '../../../../src/domain/sketch.ts'
import { Random } from '../../../../src/offline/simulator/random.ts'

const T = Date.UTC(2026, 10, 11, 4)
const HOUR = 3_600_000

/** A direction of its own for each seed. */
function direction(seed: number): number[] {
  const random = new Random(seed)
  const values = Array.from(
    { length: SKETCH_SIZE },
    () => random.next() + random.next() + random.next() - 1.5,
  )
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return values.map((value) => value / size)
}

/** A text near a direction; `part` of it is its own. */
function near(of: readonly number[], seed: number, part = 0.4): Sketch {
  const own = direction(seed)
  const values = of.map((value, k) => value + part * own[k]!)
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return Int8Array.from(values, (value) => Math.round((value / size) * 127))
}

const settle = (centres: Centres, of: readonly number[], from = 0) => {
  for (let n = 0; n < 20; n++) centres.place(near(of, 1000 + from + n), `sender ${n}`, T + n * 1000)
  return centres.place(near(of, 5000 + from), 'last', T + 21_000)
}

describe('centres of alike texts', () => {
  it('settle once enough senders have said so, and tell texts apart', () => {
    const centres = new Centres()
    const one = settle(centres, direction(1))
    const two = settle(centres, direction(2), 100)
    expect(one).toMatchObject({ counts: true, centre: { key: expect.stringMatching(/^[0-9a-f]{8}$/) } })
    expect(two.centre.key).not.toBe(one.centre.key)
    const stranger = centres.place(near(direction(3), 7), 'x', T)
    expect(stranger).toMatchObject({ counts: false })
    expect(stranger.centre.key).toBeUndefined()
  })

  it('do not settle on what one sender says', () => {
    const centres = new Centres()
    for (let n = 0; n < 50; n++) centres.place(near(direction(1), n), 'one', T + n)
    expect(centres.place(near(direction(1), 99), 'one', T).centre.key).toBeUndefined()
  })

  it('that have settled outlast a flood of other texts, and end two hours after the last', () => {
    const centres = new Centres()
    const { key } = settle(centres, direction(1)).centre
    for (let n = 0; n < 3000; n++) centres.place(near(direction(10 + n), 1), `s${n}`, T + 60_000 + n)
    expect(centres.place(near(direction(1), 77), 'y', T + 120_000).centre.key).toBe(key)
    centres.place(near(direction(9), 1), 'z', T + 3 * HOUR)
    expect(centres.place(near(direction(1), 78), 'y', T + 3 * HOUR).centre.key).toBeUndefined()
  })

  it('of two instances take the key of the one that began first, whichever learns of the other first', () => {
    const [early, late] = [new Centres(), new Centres()]
    const first = settle(early, direction(1)).centre
    for (let n = 0; n < 20; n++) late.place(near(direction(1), 3000 + n), `t${n}`, T + HOUR + n)
    const second = late.place(near(direction(1), 4000), 't', T + HOUR + 30).centre
    expect(second.key).not.toBe(first.key)
    expect(cellsOf(first.vector).some((cell) => cellsOf(second.vector).includes(cell))).toBe(true)
    const [one, two] = [first, second].map((c) => readCentre(written({ ...c, key: c.key! }))!)
    early.adopt(two!)
    late.adopt(one!)
    expect(second.key).toBe(first.key)
    expect(first.key).toBe(one!.key)
  })

  it.each(['', 'x', '1.00000000.AAAA', `1.0000000g.${'A'.repeat(88)}`, `-1.00000000.${'A'.repeat(88)}`])(
    'are not read from %j',
    (text) => expect(readCentre(text)).toBeUndefined(),
  )
})

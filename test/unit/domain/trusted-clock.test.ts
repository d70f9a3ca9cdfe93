import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClockReference, TrustedClock } from '../../../src/domain/trusted-clock.ts'

const T0 = Date.UTC(2026, 10, 11, 2)
const SECOND = 1_000
const MINUTE = 60 * SECOND
const MAX_SKEW = 30 * SECOND

/** A world in which the true time is known: hosts and servers are wrong by so much, ms. */
function world(hostOff = 0) {
  const state = { elapsed: 5_000, hostOff, stoodStill: 0 }
  const truth = () => T0 + state.elapsed
  const monotonic = () => state.elapsed - state.stoodStill
  const clock = new TrustedClock({ host: () => truth() + state.hostOff, monotonic, maxSkew: MAX_SKEW })
  const observe = (reference: ClockReference, off = 0, member?: string) => {
    const now = monotonic()
    clock.observe(reference, truth() + off, { after: now - 4, before: now, ...(member ? { member } : {}) })
  }
  /** A record is read that was appended `ago`. */
  const read = (ago = 0, off = 0) => clock.observe('kafka', truth() - ago + off, { before: monotonic() })
  return { state, truth, clock, observe, read, pass: (ms: number) => (state.elapsed += ms) }
}

describe('without a reference', () => {
  test('the host is followed, and nothing is known to lie behind us or ahead', () => {
    const { clock, truth } = world(20 * MINUTE)
    expect(clock.now()).toBe(truth() + 20 * MINUTE)
    expect(clock.earliest()).toBe(truth() + 20 * MINUTE)
    expect(clock.latest()).toBe(Number.POSITIVE_INFINITY)
    expect(clock.passed(T0 - 365 * 86_400_000)).toBe(false)
    expect(clock.standing()).toEqual({ confirmed: false, odd: [], skews: new Map() })
  })

  test('a record stamped by the broker shows a lower bound of the time, as far as the host agrees', () => {
    const { clock, read, truth } = world()
    read(10 * MINUTE)
    expect(clock.passed(truth() - 11 * MINUTE)).toBe(true)
    expect(clock.passed(truth() - 9 * MINUTE)).toBe(false)
    expect(clock.standing().confirmed).toBe(false)
  })

  test('a broker that is a day ahead ends nothing by itself', () => {
    const { clock, read, truth } = world()
    read(0, 24 * 60 * MINUTE)
    expect(clock.passed(truth() + MINUTE)).toBe(false)
    expect(clock.earliest()).toBe(truth())
  })
})

describe('with Redis alone', () => {
  test.each([20 * MINUTE, -6 * MINUTE])('a host %d ms wrong: the bounds take in both clocks', (off) => {
    const { clock, observe, truth } = world(off)
    observe('redis')
    expect(Math.abs(clock.now() - truth())).toBeLessThan(10)
    expect(Math.abs(clock.earliest() - (truth() + Math.min(0, off)))).toBeLessThan(10)
    expect(Math.abs(clock.latest() - (truth() + Math.max(0, off)))).toBeLessThan(10)
    expect(clock.standing().odd).toEqual([])
    expect(Math.abs(clock.standing().skews.get('redis')! - off)).toBeLessThan(10)
  })

  test('a right host is followed to the millisecond', () => {
    const { clock, observe, truth } = world()
    observe('redis', 200)
    expect(clock.now()).toBe(truth())
    expect(clock.standing()).toMatchObject({ confirmed: true, odd: [] })
  })

  test('an outage of hours is bridged', () => {
    const { clock, observe, pass, truth, state } = world()
    observe('redis')
    pass(6 * 60 * MINUTE)
    state.hostOff = 20 * MINUTE
    expect(clock.earliest()).toBeLessThanOrEqual(truth())
    expect(clock.passed(truth() + MINUTE)).toBe(false)
    pass(19 * 60 * MINUTE)
    expect(clock.standing().confirmed).toBe(false)
  })
})

describe('with Redis and the brokers', () => {
  test.each([20 * MINUTE, -6 * MINUTE])('a host %d ms wrong is outvoted', (off) => {
    const { clock, observe, truth } = world(off)
    observe('redis')
    observe('kafka')
    for (const time of [clock.now(), clock.earliest(), clock.latest()])
      expect(Math.abs(time - truth())).toBeLessThan(10)
    expect(clock.standing().odd).toEqual(['host'])
  })

  test.each([60 * MINUTE, -60 * MINUTE])('a Redis %d ms wrong changes nothing', (off) => {
    const { clock, observe, truth } = world()
    observe('redis', off)
    observe('kafka')
    expect(clock.now()).toBe(truth())
    expect(clock.earliest()).toBeGreaterThan(truth() - 10)
    expect(clock.latest()).toBeLessThan(truth() + 10)
    expect(clock.standing().odd).toEqual(['redis'])
  })

  test('records that are read prove a slow host, and no fast one', () => {
    const slow = world(-6 * MINUTE)
    slow.observe('redis')
    slow.read()
    expect(slow.clock.standing().odd).toEqual(['host'])
    const fast = world(20 * MINUTE)
    fast.observe('redis')
    fast.read()
    expect(fast.clock.standing().odd).toEqual([])
    expect(fast.clock.passed(fast.truth() + MINUTE)).toBe(false)
  })

  test('one wrong broker of three is outvoted by the others', () => {
    const { clock, observe, truth } = world()
    observe('kafka', 0, 'a')
    observe('kafka', 60 * MINUTE, 'b')
    observe('kafka', 20, 'c')
    expect(clock.now()).toBe(truth())
    expect(clock.latest()).toBeLessThan(truth() + 100)
  })

  test('three clocks that all disagree end nothing', () => {
    const { clock, observe, truth } = world(60 * MINUTE)
    observe('redis', -60 * MINUTE)
    observe('kafka')
    expect(clock.standing().odd).toEqual([])
    expect(clock.passed(truth() - 30 * MINUTE)).toBe(false)
    expect(clock.latest()).toBeGreaterThan(truth() + 59 * MINUTE)
  })
})

describe('while it runs', () => {
  test.each([20 * MINUTE, -20 * MINUTE])('the host jumps by %d ms: nothing ends, and it is found', (jump) => {
    const { clock, observe, state, pass, truth } = world()
    observe('redis')
    observe('kafka')
    pass(MINUTE)
    clock.now()
    state.hostOff = jump
    expect(clock.passed(truth() + SECOND)).toBe(false)
    expect(clock.earliest()).toBeLessThanOrEqual(truth())
    expect(clock.latest()).toBeGreaterThanOrEqual(truth())
    observe('redis')
    observe('kafka')
    expect(clock.standing().odd).toEqual(['host'])
    expect(Math.abs(clock.now() - truth())).toBeLessThan(20)
    state.hostOff = 0
    observe('redis')
    observe('kafka')
    expect(clock.standing().odd).toEqual([])
    expect(clock.now()).toBe(truth())
  })

  test('the monotonic clock stood still: the upper bound covers it', () => {
    const { clock, observe, state, pass, truth } = world()
    observe('redis')
    observe('kafka')
    clock.now()
    pass(6 * MINUTE)
    state.stoodStill += 6 * MINUTE
    expect(clock.latest()).toBeGreaterThanOrEqual(truth())
    expect(clock.standing().odd).toEqual([])
    observe('redis')
    expect(clock.standing().odd).toEqual([])
    expect(Math.abs(clock.now() - truth())).toBeLessThan(10)
  })

  test('a server whose clock was set right is believed at its next observation', () => {
    const { clock, observe, pass } = world()
    observe('redis', 60 * MINUTE)
    pass(SECOND)
    observe('redis')
    expect(clock.latest() - clock.earliest()).toBeLessThan(100)
  })
})

const wrong = fc.integer({ min: -400 * 86_400_000, max: 400 * 86_400_000 })
const fine = fc.integer({ min: -4_000, max: 4_000 })
const CLOCKS = ['host', 'redis', 'kafka', 'postgres'] as const

test('whichever one clock of three or four is wrong, however far: the bounds hold the time that the others show', () => {
  const property = fc.property(
    fc.constantFrom(...CLOCKS),
    wrong,
    fc.record({ host: fine, redis: fine, kafka: fine, postgres: fine }),
    fc.boolean(),
    (bad, off, offs, hasPostgres) => {
      const all = { ...offs, [bad]: off }
      const { clock, observe, truth } = world(all.host)
      observe('redis', all.redis)
      observe('kafka', all.kafka)
      if (hasPostgres) observe('postgres', all.postgres)
      const within = 4_000 + MAX_SKEW + 10
      expect(clock.earliest()).toBeGreaterThan(truth() - within)
      expect(clock.latest()).toBeLessThan(truth() + within)
      expect(clock.earliest()).toBeLessThanOrEqual(clock.now())
      expect(clock.now()).toBeLessThanOrEqual(clock.latest())
      const isFar = Math.abs(off) > 2 * MAX_SKEW && (bad !== 'postgres' || hasPostgres)
      expect(clock.standing().odd).toEqual(isFar ? [bad] : [])
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('a host that is wrong ends nothing that is to come, whatever was seen, in whatever order', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3_600_000 }) }),
    fc.record({ kind: fc.constant('jump' as const), ms: wrong }),
    fc.record({ kind: fc.constantFrom('redis' as const, 'kafka' as const), ms: fine }),
    fc.record({ kind: fc.constant('read' as const), ms: fc.integer({ min: 0, max: 86_400_000 }) }),
  )
  const property = fc.property(wrong, fc.array(step, { maxLength: 30 }), (off, steps) => {
    const { clock, observe, read, pass, state, truth } = world(off)
    for (const { kind, ms } of steps) {
      if (kind === 'pass') pass(ms)
      else if (kind === 'jump') state.hostOff = ms
      else if (kind === 'read') read(ms)
      else observe(kind, ms)
      // Servers are 4 s wrong at most, and the monotonic clock carries them for up to 30 hours here.
      expect(clock.passed(truth() + MINUTE)).toBe(false)
      expect(clock.latest()).toBeGreaterThan(truth() - MINUTE)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

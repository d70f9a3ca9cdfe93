import { describe, expect, it } from 'vitest'
import { Breaker } from '../../../../src/adapters/redis/breaker.ts'

describe('circuit breaker', () => {
  const make = () => {
    let now = 0
    const breaker = new Breaker({ failures: 3, coolDownMs: 100 }, () => now)
    return { breaker, pass: (ms: number) => (now += ms) }
  }
  const fail = (breaker: Breaker): boolean => {
    const admitted = breaker.admit()
    if (admitted) breaker.failed()
    return admitted
  }

  it('opens after failures in a row only', () => {
    const { breaker } = make()
    fail(breaker)
    fail(breaker)
    breaker.succeeded()
    fail(breaker)
    fail(breaker)
    expect([breaker.open, breaker.admit()]).toEqual([false, true])
    breaker.failed()
    expect([breaker.open, breaker.admit()]).toEqual([true, false])
  })

  it('lets one call probe after a while, and closes when that succeeds', () => {
    const { breaker, pass } = make()
    for (let i = 0; i < 3; i++) fail(breaker)
    pass(99)
    expect(breaker.admit()).toBe(false)
    pass(1)
    expect([breaker.admit(), breaker.admit()]).toEqual([true, false])
    breaker.succeeded()
    expect([breaker.open, breaker.admit(), breaker.admit()]).toEqual([false, true, true])
  })

  it('closes for a server that answers, and opens again with the next failure', () => {
    const { breaker } = make()
    for (let i = 0; i < 3; i++) fail(breaker)
    breaker.answered()
    expect([breaker.open, breaker.admit(), breaker.admit()]).toEqual([false, true, true])
    breaker.failed()
    expect([breaker.open, breaker.admit()]).toEqual([true, false])
  })

  it('waits longer after every failed probe, up to ten times', () => {
    const { breaker, pass } = make()
    for (let i = 0; i < 3; i++) fail(breaker)
    for (const wait of [100, 200, 400, 800, 1000, 1000]) {
      pass(wait - 1)
      expect(fail(breaker)).toBe(false)
      pass(1)
      expect(fail(breaker)).toBe(true)
    }
    pass(1000)
    expect(breaker.admit()).toBe(true)
    breaker.succeeded()
    for (let i = 0; i < 3; i++) fail(breaker)
    pass(100)
    expect(breaker.admit()).toBe(true)
  })
})

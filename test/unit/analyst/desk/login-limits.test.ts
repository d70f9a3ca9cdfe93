import { describe, expect, it } from 'vitest'
import { LoginLimits } from '../../../../src/analyst/desk/login-limits.ts'

const networks = (n: number) => Array.from({ length: n }, (_, i) => `198.51.${i >> 8}.${i & 255}`)

describe('limits of wrong logins', () => {
  it('give a network five, and then one in thirty seconds', () => {
    const limits = new LoginLimits()
    for (let i = 0; i < 5; i++) {
      expect(limits.wait('a', 0)).toBe(0)
      expect(limits.failed('a', 0)).toBe(true)
    }
    expect(limits.wait('a', 0)).toBe(30_000)
    expect(limits.wait('a', 29_000)).toBeCloseTo(1_000)
    expect(limits.wait('b', 0)).toBe(0)
    expect(limits.wait('a', 30_000)).toBe(0)
    limits.failed('a', 30_000)
    expect(limits.wait('a', 30_000)).toBeCloseTo(30_000)
    expect(limits.wait('a', 180_000)).toBe(0)
  })

  it('look at everyone who has not failed, and once at each other, while wrong tokens come from everywhere', () => {
    const limits = new LoginLimits()
    const noted = networks(200).filter((network) => limits.failed(network, 0))
    expect(noted).toHaveLength(50)
    expect(limits.wait('192.0.2.1', 0)).toBe(0)
    for (const network of networks(200)) expect(limits.wait(network, 0)).toBe(30_000)
    // It is over for all when it is over.
    expect(limits.failed('192.0.2.1', 300_000)).toBe(true)
    expect(limits.wait('192.0.2.1', 300_000)).toBe(0)
  })

  it('note no more than one in five seconds of an attack that goes on', () => {
    const limits = new LoginLimits()
    let noted = 0
    for (let now = 0; now < 3_600_000; now += 100) if (limits.failed(String(now), now)) noted++
    expect(noted).toBeGreaterThan(700)
    expect(noted).toBeLessThanOrEqual(50 + 720)
  })

  it('remember a bounded number of networks, and of those the last', () => {
    const limits = new LoginLimits()
    for (let i = 0; i < 5; i++) limits.failed('old', 0)
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 40_000; i++) limits.failed(`n${i}`, 1)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50 << 20)
    // Forgotten: it has one attempt, as everyone.
    expect(limits.wait('old', 1)).toBe(0)
    expect(limits.wait('n39999', 1)).toBe(30_000)
    expect(limits.wait('n30000', 1)).toBe(30_000)
    expect(limits.wait('n29999', 1)).toBe(0)
  })

  it('are not confused by a clock that stands', () => {
    const limits = new LoginLimits()
    for (let i = 0; i < 1_000; i++) limits.failed('a', 7)
    expect(limits.wait('a', 7)).toBeGreaterThan(30_000)
  })
})

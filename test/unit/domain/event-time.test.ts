import { describe, expect, it } from 'vitest'
import { EventTime } from '../../../src/domain/event-time.ts'

const T = Date.UTC(2026, 10, 11)

describe('EventTime', () => {
  it('is not moved by one wild timestamp', () => {
    const time = new EventTime()
    for (let i = 0; i < 25; i++) time.observe(T + i * 1000)
    const before = time.value
    time.observe(T + 300 * 86_400_000)
    expect(time.value - before).toBeLessThanOrEqual(1000)
  })

  it('passes a pause of days after a few records', () => {
    const time = new EventTime()
    for (let i = 0; i < 25; i++) time.observe(T)
    for (let i = 0; i < 14; i++) time.observe(T + 3 * 86_400_000)
    expect(time.value).toBe(T + 3 * 86_400_000)
  })

  it('never goes back', () => {
    const time = new EventTime()
    for (let i = 0; i < 25; i++) time.observe(T)
    for (let i = 0; i < 50; i++) time.observe(T - 3_600_000)
    expect(time.value).toBe(T)
  })
})

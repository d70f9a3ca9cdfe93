import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exactClock } from '../../../src/domain/ports.ts'
import { BacklogWait } from '../../../src/pipeline/backlog-wait.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 11, 8)

describe('a backlog that waits for the store', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const abort = new AbortController()
  const open = (most = 10 * MINUTE, signal = abort.signal) => {
    let began = 0
    const wait = new BacklogWait({ clock: exactClock(Date.now), most, signal, began: () => began++ })
    return { wait, began: () => began }
  }
  const isReached = (reached: boolean) => reached

  it('is tried again until the store is reached', async () => {
    const { wait, began } = open()
    let tries = 0
    const done = wait.until(NOW - 2 * MINUTE, async () => ++tries > 20, isReached)
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(await done).toBe(true)
    expect(tries).toBe(21)
    expect(began()).toBe(1)
  })

  it('goes on without it after the longest wait, and does not wait again in the same outage', async () => {
    const { wait } = open(5 * MINUTE)
    let reached = false
    const work = async () => reached
    const first = wait.until(NOW - 2 * MINUTE, work, isReached)
    await vi.advanceTimersByTimeAsync(5 * MINUTE + 2000)
    expect(await first).toBe(false)
    expect(await wait.until(NOW - 2 * MINUTE, work, isReached)).toBe(false)
    reached = true
    expect(await wait.until(NOW - 2 * MINUTE, work, isReached)).toBe(true)
    reached = false
    expect(await wait.until(NOW - 2 * MINUTE, work, isReached)).toBe(false)
    wait.over()
    let ended = false
    const next = wait.until(NOW - 2 * MINUTE, work, isReached).then(() => {
      ended = true
    })
    await vi.advanceTimersByTimeAsync(4 * MINUTE)
    expect(ended).toBe(false)
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    await next
  })

  it('is not a batch without messages, such as records that cannot be read', async () => {
    const { wait, began } = open()
    expect(await wait.until(wait.begin([]), async () => false, isReached)).toBe(false)
    expect(began()).toBe(0)
  })

  it('includes new records in Kafka of another day, but not those that a slow gateway stamped', async () => {
    const { wait } = open()
    let tries = 0
    const replayed = wait.begin([{ receivedAt: NOW, ts: NOW - 1_440 * MINUTE }])
    const done = wait.until(replayed, async () => ++tries > 5, isReached)
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(await done).toBe(true)
    const behind = { receivedAt: Date.now(), ts: Date.now() - 20 * MINUTE }
    expect(await wait.until(wait.begin([behind]), async () => false, isReached)).toBe(false)
    expect(await wait.until(behind.ts, async () => false, isReached)).toBe(false)
  })

  it('does not apply to live records, to a wait of 0, or to a process that ends', async () => {
    const ended = AbortSignal.abort()
    const work = async () => false
    expect(await open().wait.until(NOW - 59_000, work, isReached)).toBe(false)
    expect(await open(0).wait.until(NOW - 2 * MINUTE, work, isReached)).toBe(false)
    expect(await open(MINUTE, ended).wait.until(NOW - 2 * MINUTE, work, isReached)).toBe(false)
  })
})

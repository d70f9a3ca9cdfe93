import { afterEach, describe, expect, it, vi } from 'vitest'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { resetCountsOf } from '../../../src/pipeline/reset-counts.ts'

// Fake timers leave these alone.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
}))

const partition = { topic: 'sms.mt', partition: 3 }

function setUp(answers: readonly (Error | undefined)[]) {
  const events: Event[] = []
  const left = [...answers]
  let tries = 0
  const stopping = new AbortController()
  const reset = resetCountsOf({
    senderMinutes: {
      async reset() {
        tries++
        const error = left.shift()
        if (error) throw error
      },
    },
    emit: (event) => events.push(event),
    signal: stopping.signal,
  })
  return { reset, events, stopping, tries: () => tries }
}
const gone = new SigwatchError('REDIS_UNREACHABLE', 'gone')

describe('counts of a log that was recreated', () => {
  afterEach(() => void vi.useRealTimers())

  it('are reset in the background once the store is back, and this is reported once', async () => {
    vi.useFakeTimers()
    const { reset, events, tries } = setUp([gone, gone, undefined])
    await reset([partition])
    expect(tries()).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tries()).toBe(3)
    expect(events).toEqual([{ name: 'counting_reset', ...partition }])
  })

  it('are not tried again when the process ends or the failure is no outage', async () => {
    vi.useFakeTimers()
    const stopped = setUp([gone, gone])
    await stopped.reset([partition])
    stopped.stopping.abort()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(stopped.tries()).toBe(1)
    const refused = setUp([new Error('a defect')])
    await refused.reset([partition])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(refused.tries()).toBe(1)
    expect(refused.events.at(-1)).toEqual({
      name: 'warning',
      message: 'counts of senders are not reset: a defect',
    })
  })
})

import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { createWatchdog } from '../../../../src/service/telemetry/watchdog.ts'

function setUp(pending: () => boolean = () => true) {
  let time = 0
  const events: Event[] = []
  const watchdog = createWatchdog({
    emit: (event) => events.push(event),
    pending,
    stallAfter: 30_000,
    now: () => time,
  })
  watchdog.stop()
  return {
    watchdog,
    events,
    at(ms: number) {
      time = ms
      watchdog.check()
    },
  }
}

describe('watchdog', () => {
  it('reports a stall once, again every stallAfter, and its end', () => {
    const { watchdog, events, at } = setUp()
    at(29_999)
    expect(events).toEqual([])
    expect(watchdog.unready()).toEqual([])
    at(30_000)
    at(45_000)
    expect(events).toEqual([{ name: 'consumer_stalled', seconds: 30 }])
    expect(watchdog.unready()).toEqual(['no progress for 45 s although work is waiting'])
    at(60_000)
    watchdog.progressed()
    expect(events.slice(1)).toEqual([
      { name: 'consumer_stalled', seconds: 60 },
      { name: 'consumer_resumed', seconds: 60 },
    ])
    expect(watchdog.unready()).toEqual([])
  })

  it('names the wait for Redis, and until when', () => {
    const { watchdog, at } = setUp()
    at(29_000)
    watchdog.take({ name: 'backlog_waiting', seconds: 571 })
    at(30_000)
    expect(watchdog.unready()).toEqual([
      'no progress for 30 s: a backlog waits for Redis, for 571 s more at most (redis.backlogWait)',
    ])
    at(40_000)
    expect(watchdog.unready()).toEqual(['no progress for 40 s although work is waiting'])
  })

  it('says nothing while work goes on', () => {
    const { watchdog, events, at } = setUp()
    for (let ms = 10_000; ms < 200_000; ms += 10_000) {
      at(ms)
      watchdog.progressed()
    }
    expect(events).toEqual([])
  })

  it('does not count the time without work', () => {
    let busy = false
    const { events, at } = setUp(() => busy)
    at(100_000)
    busy = true
    at(120_000)
    expect(events).toEqual([])
    at(130_000)
    expect(events).toEqual([{ name: 'consumer_stalled', seconds: 30 }])
  })

  it('ends a stall when the work is gone', () => {
    let busy = true
    const { events, at, watchdog } = setUp(() => busy)
    at(30_000)
    busy = false
    at(31_000)
    expect(events.at(-1)).toEqual({ name: 'consumer_resumed', seconds: 31 })
    expect(watchdog.unready()).toEqual([])
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { exactClock, partitionKey } from '../../../src/domain/ports.ts'
import type { PartitionReport, StateStore } from '../../../src/domain/state-store.ts'
import { Degradation } from '../../../src/pipeline/degradation.ts'
import type { Progress } from '../../../src/pipeline/partition-tracker.ts'
import { ProgressReports } from '../../../src/pipeline/progress.ts'
import { SideOffsets } from '../../../src/pipeline/side-inputs/offsets.ts'
import type { WaitingSpan } from '../../../src/pipeline/watermark-alignment.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { MINUTE, SECOND } from '../../helpers/state-fixtures.ts'

/** Wall clock at the beginning; the traffic is a month older. */
const NOW = Date.UTC(2026, 10, 11)
const OLD = NOW - 30 * 24 * 60 * MINUTE
const clock = exactClock(() => Date.now())

const mine = (more: Partial<Progress> = {}): Progress => ({
  topic: 't',
  partition: 0,
  eventTime: OLD,
  lag: 0,
  // By the monotonic clock, which is at 0 at the beginning.
  lastRecordAt: 0,
  ...more,
})
const theirs = (more: Partial<PartitionReport> = {}): PartitionReport => ({
  topic: 't',
  partition: 1,
  eventTime: OLD,
  standing: 'current',
  ...more,
})

describe('progress of an instance', () => {
  let store: StateStore
  let progress: Progress[]
  let inFlight: number
  let spans: WaitingSpan[]
  let advanced: number[]
  let heard: number[]
  let events: Event[]
  let sideOffsets: SideOffsets
  let running: ProgressReports | undefined
  let publish: () => Promise<void>
  let lacking: string[]
  let degradation: Degradation

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] })
    store = new MemoryStateStore({ clock })
    progress = []
    inFlight = 0
    spans = []
    advanced = []
    heard = []
    events = []
    sideOffsets = new SideOffsets()
    publish = async () => {}
    lacking = []
    degradation = new Degradation((event) => void events.push(event))
  })
  afterEach(() => {
    running?.stop()
    running = undefined
    vi.useRealTimers()
  })

  /** Runs for so long, with what another instance reports every second. */
  async function run(ms: number, others: () => readonly PartitionReport[] = () => []): Promise<void> {
    if (!running) {
      running = new ProgressReports({
        intake: {
          partitions: {
            all: () => progress,
            silent: () => [],
            has: (key) => progress.some((p) => partitionKey(p) === key),
          },
          get inFlight() {
            return inFlight
          },
          oldestPending: () => 0,
          wait: (span) => void spans.push(span),
        },
        source: { unready: () => [] },
        states: store,
        manager: { open: [], allowances: { size: 0 } },
        publisher: { publish },
        sideRows: {
          advance: async (eventTime) => void advanced.push(eventTime),
          applyRecentFeedback: async (now) => void heard.push(now),
        },
        sideOffsets,
        degradation,
        lacking: () => lacking,
        clock,
        emit: (event) => events.push(event),
      })
      running.start()
    }
    for (let passed = 0; passed < ms; passed += SECOND) {
      await store.reportProgress(others())
      await vi.advanceTimersByTimeAsync(SECOND)
    }
  }

  describe('after work that the stores left undone', () => {
    const recovered = () => events.filter(({ name }) => name === 'features_recovered').length

    beforeEach(() => degradation.missed(['REDIS_UNREACHABLE'], 0))

    it('tells without a message to work on that they have answered for half a minute', async () => {
      await run(25 * SECOND)
      expect(recovered()).toBe(0)
      await run(10 * SECOND)
      expect(recovered()).toBe(1)
      await run(MINUTE)
      expect(recovered()).toBe(1)
    })

    it('waits while one of them does not answer, and starts over when it does', async () => {
      lacking = ['redis: gone']
      await run(MINUTE)
      lacking = []
      await run(25 * SECOND)
      expect(recovered()).toBe(0)
      await run(10 * SECOND)
      expect(recovered()).toBe(1)
    })

    it('waits while what it reports finds no answer', async () => {
      await run(0)
      store.reportProgress = async () => {
        throw new SigwatchError('REDIS_UNREACHABLE', 'gone')
      }
      for (let i = 0; i < 60; i++) await vi.advanceTimersByTimeAsync(SECOND)
      expect(recovered()).toBe(0)
    })

    it('leaves it to the batch where there is one in hand, and waits again after the next miss', async () => {
      inFlight = 1
      await run(MINUTE)
      expect(recovered()).toBe(0)
      inFlight = 0
      await run(25 * SECOND)
      degradation.missed(['REDIS_UNREACHABLE'], 1)
      await run(25 * SECOND)
      expect(recovered()).toBe(0)
      await run(10 * SECOND)
      expect(recovered()).toBe(1)
    })
  })

  it('advances the event time of old traffic with the wall clock while it is quiet, and always applies feedback', async () => {
    progress = [mine()]
    await run(2 * SECOND)
    expect(advanced).toEqual([])
    expect(heard.length).toBeGreaterThan(0)
    await run(5 * SECOND)
    expect(advanced.length).toBeGreaterThan(2)
    expect(advanced.every((time) => time > OLD + 2 * SECOND && time < OLD + 8 * SECOND)).toBe(true)
    expect(heard.every((now) => now > NOW)).toBe(true)
  })

  it('goes up to the wall clock when nothing is missing anywhere', async () => {
    progress = [mine()]
    await run(40 * SECOND, () => [theirs({ standing: 'idle' })])
    expect(advanced.at(-1)).toBeGreaterThan(NOW + 30 * SECOND)
  })

  it('does not while a partition of another instance is behind, or has lost its owner', async () => {
    progress = [mine()]
    await store.reportProgress([theirs({ standing: 'idle' })])
    await run(50 * SECOND)
    expect(advanced.at(-1)).toBeLessThan(OLD + 51 * SECOND)
  })

  it('lets nothing act while records come, wait or are worked on', async () => {
    progress = [mine({ lag: 3 })]
    await run(5 * SECOND)
    progress = [mine()]
    inFlight = 1
    await run(5 * SECOND)
    expect(advanced).toEqual([])
  })

  it('takes the watermark of the others where it has no partition itself', async () => {
    await run(9 * SECOND, () => [theirs({ eventTime: OLD + MINUTE })])
    expect(advanced).toEqual([])
    await run(5 * SECOND, () => [theirs({ eventTime: OLD + MINUTE })])
    expect(advanced.at(-1)).toBe(OLD + MINUTE)
  })

  it('reports soon and spans a backlog while another instance is behind', async () => {
    progress = [mine({ lag: 100, eventTime: OLD + 60 * MINUTE })]
    await run(3 * SECOND, () => [theirs({ standing: 'behind' })])
    expect(spans.length).toBeGreaterThan(15)
    expect(spans.at(-1)?.after).toBe(OLD + MINUTE)
    expect((await store.progress()).find((p) => p.partition === 0)?.standing).toBe('behind')
    await run(2 * SECOND, () => [theirs({ standing: 'current' })])
    expect(spans.at(-1)?.after).toBe(Number.POSITIVE_INFINITY)
  })

  it('reports immediately while event time runs ahead of the clock, otherwise every second', async () => {
    progress = [mine({ lastRecordAt: MINUTE })]
    await run(3 * SECOND)
    expect(spans.length).toBe(3)
    for (let step = 1; step <= 20; step++) {
      progress = [mine({ eventTime: OLD + step * 15 * SECOND, lastRecordAt: MINUTE })]
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(spans.length).toBeGreaterThan(15)
  })

  it('lets a large backlog wait after an assignment until the others have reported where theirs begin', async () => {
    progress = [mine({ lag: 20_000 })]
    await run(0)
    running?.assigned()
    const all = { after: Number.NEGATIVE_INFINITY, before: NOW - MINUTE }
    expect(spans).toEqual([all])
    await run(2 * SECOND)
    expect(spans.every((span) => span.after === Number.NEGATIVE_INFINITY)).toBe(true)
    await run(2 * SECOND, () => [theirs({ standing: 'behind' })])
    expect(spans.at(-1)?.after).toBe(OLD + MINUTE)
  })

  it('lets a small one wait for no more than a moment', async () => {
    progress = [mine({ lag: 20 })]
    await run(0)
    running?.assigned()
    await vi.advanceTimersByTimeAsync(250)
    expect(spans.at(-1)?.after).toBe(Number.POSITIVE_INFINITY)
  })

  it('reports how far side topics have taken effect once all partitions have passed that time', async () => {
    const position = { topic: 'sms.mo', partition: 0, offset: 7 }
    sideOffsets.take({ position, timestamp: NOW })?.()
    progress = [mine({ lag: 3 })]
    await run(3 * SECOND, () => [theirs({ eventTime: OLD - 1 })])
    expect(await store.sideOffsets()).toEqual([])
    await run(3 * SECOND, () => [theirs({ eventTime: OLD })])
    expect(await store.sideOffsets()).toEqual([{ ...position, offset: 8, timestamp: NOW }])
  })

  it('goes on while the sink takes nothing, and asks for no second publication meanwhile', async () => {
    let asked = 0
    let taken: () => void = () => {}
    publish = () => {
      asked++
      return new Promise((resolve) => {
        taken = resolve
      })
    }
    progress = [mine()]
    await run(5 * SECOND)
    const told = (name: Event['name']) => events.filter((event) => event.name === name).length
    expect(told('oldest_uncommitted')).toBeGreaterThanOrEqual(4)
    expect((await store.progress()).find((p) => p.partition === 0)?.standing).toBe('current')
    expect(asked).toBe(1)
    taken()
    await run(2 * SECOND)
    expect(asked).toBe(2)
  })

  it('says why an event of a state was not published', async () => {
    publish = () => Promise.reject(new SigwatchError('SINK_UNREACHABLE', 'gone'))
    await run(2 * SECOND)
    expect(events).toContainEqual({ name: 'warning', message: 'states not published: SINK_UNREACHABLE' })
  })

  it('neither waits nor lets a row act when the store is out of reach', async () => {
    progress = [mine()]
    store.progress = () => Promise.reject(new Error('CODE'))
    await run(5 * SECOND)
    expect(spans.at(-1)?.after).toBe(Number.POSITIVE_INFINITY)
    expect(advanced).toEqual([])
    expect(events).toContainEqual({ name: 'warning', message: 'progress not reported: CODE' })
  })
})

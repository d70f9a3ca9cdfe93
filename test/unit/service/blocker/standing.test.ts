import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BlockTable } from '../../../../src/detection/blocking/block-table.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { KeyDoubts } from '../../../../src/service/blocker/key-doubts.ts'
import { Standing } from '../../../../src/service/blocker/standing.ts'
import { MemoryPassBook } from '../../../../src/stores/passes/memory.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Names of what is logged as failing and resumed. */
function started(following: { isRead: boolean }) {
  const events: Event['name'][] = []
  const emit = (event: Event) => {
    if (event.name === 'blocking_failing' || event.name === 'blocking_resumed') events.push(event.name)
  }
  const table = new BlockTable({ tokenisers: new Map() })
  const standing = new Standing({
    ...{ table, clock: { now: Date.now }, emit, failure: 'open', isApart: () => false },
    own: new MemoryPassBook(() => 0),
    keys: new KeyDoubts(table, emit),
    following: {
      get isRead() {
        return following.isRead
      },
      silence: () => ({ brokers: 0, records: 0 }),
      unready: () => [],
    },
    regain: async () => {},
  })
  standing.start()
  return { events, standing }
}

it('does not log a start as a failure', () => {
  const following = { isRead: false }
  const { events, standing } = started(following)
  expect(standing.doubt()).toBe('TABLE_UNREAD')
  vi.advanceTimersByTime(10_000)
  following.isRead = true
  vi.advanceTimersByTime(20_000)
  standing.close()
  expect(events).toEqual([])
})

it('logs that a start cannot read the table, once', () => {
  const following = { isRead: false }
  const { events, standing } = started(following)
  vi.advanceTimersByTime(30_000)
  expect(events).toEqual(['blocking_failing'])
  following.isRead = true
  vi.advanceTimersByTime(2_000)
  standing.close()
  expect(events).toEqual(['blocking_failing', 'blocking_resumed'])
})

import { beforeEach, describe, expect, it } from 'vitest'
import { buildRegistry } from '../../../../src/detection/registry/registry-index.ts'
import type { ConsentRow } from '../../../../src/domain/consent-ledger.ts'
import type { Signal } from '../../../../src/domain/decision.ts'
import { SigwatchError } from '../../../../src/domain/errors.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { hashOf } from '../../../../src/domain/hash.ts'
import type { Classifier } from '../../../../src/domain/ports.ts'
import type { StateInput } from '../../../../src/domain/state.ts'
import type { StateStore } from '../../../../src/domain/state-store.ts'
import { SideRows } from '../../../../src/pipeline/side-inputs/side-rows.ts'
import type { SideRow } from '../../../../src/pipeline/side-inputs/waiting-rows.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import type { StateManager } from '../../../../src/stores/states/manager.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { loadPolicy } from '../../../helpers/policies.ts'

/** The id of the state that the feedback at this time is about. */
const stateOf = (time: number) => hashOf('state', time)

const T0 = Date.UTC(2026, 10, 11)

const reply = (ts: number, from = '13800000001', text = 'T'): SideRow => ({
  input: 'replies',
  row: { ts, from, to: '106900001', text },
  position: { topic: 'sms.mo', partition: 0, offset: ts - T0 },
})
const feedback = (ts: number): SideRow => ({
  input: 'feedback',
  row: { stateId: stateOf(ts - T0), verdict: 'release', until: ts + 1000, by: 'ann', ts },
  position: { topic: 'sms.feedback', partition: 0, offset: 0 },
})
const complaint = (ts: number, more: { id?: string } = {}): SideRow => ({
  input: 'complaints',
  row: { ts, id: more.id ?? `c${ts - T0}`, signature: '京东', source: '12321' },
  position: { topic: 'sms.complaints', partition: 0, offset: ts - T0 },
})
const HOUR = 3_600_000
const policy = loadPolicy()

describe('rows of side inputs that wait for their time', () => {
  let applied: ConsentRow[]
  let released: string[]
  let events: Event[]
  let fails: Error | undefined
  let refuses: Error | undefined
  let meanwhile: (() => void) | undefined
  let signals: Signal[]
  let rows: SideRows

  beforeEach(async () => {
    applied = []
    released = []
    events = []
    fails = undefined
    refuses = undefined
    meanwhile = undefined
    signals = []
    const features = memoryFeatureStore()
    await features.count([
      {
        position: { topic: 'sms.mt', partition: 0, offset: 0 },
        ts: T0,
        rates: [],
        members: [],
        tallies: [],
        sent: ['signature:京东'],
      },
    ])
    rows = new SideRows({
      ledger: {
        sentBy: async () => ['京东'],
        async apply(changes) {
          if (fails) throw fails
          const during = meanwhile
          meanwhile = undefined
          during?.()
          await Promise.resolve()
          applied.push(...changes)
        },
      },
      features,
      states: {
        open: Object.assign([], { get: () => undefined, size: 0 }),
        release: async (id: string) => {
          if (refuses) throw refuses
          released.push(id)
          return true
        },
        apply: async (inputs: readonly StateInput[]) => void signals.push(...inputs.map((i) => i.signal)),
      } as unknown as StateManager,
      store: {
        get: async (ids: readonly string[]) => ids.map((id) => ({ id, code: 'FORGED_BRAND', match: {} })),
        alerted: async () => undefined,
        given: new MemoryStateStore({ clock: { now: () => T0 } }).given,
      } as unknown as StateStore,
      deployment: 'test',
      versions: {
        current: {
          classifier: {} as Classifier,
          policy,
          registry: buildRegistry({ brands: [], signatures: [], ports: [], hash: '' }),
        },
      },
      emit: (event) => events.push(event),
    })
  })

  const times = () => applied.map(({ ts }) => ts - T0)

  it('accepts hundreds of thousands of rows at once, in any order, and applies them in order of time', async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => reply(T0 + ((i * 7919) % 300_000), '1', 'hello'))
    rows.add(many)
    rows.add([reply(T0 + 5), reply(T0 + 3)])
    expect(rows.waiting).toBe(300_002)
    await rows.advance(T0 + 4)
    expect(times()).toEqual([3])
    await rows.advance(T0 + 300_000)
    expect(times()).toEqual([3, 5])
    expect(rows.waiting).toBe(0)
  })

  it('does not look up a state with an invalid id, which may be a number by mistake', async () => {
    const row = feedback(T0)
    rows.add([{ ...row, row: { ...row.row, stateId: '13800138000' } } as SideRow])
    await rows.advance(T0)
    expect([released, events.at(-1)]).toMatchObject([[], { name: 'feedback_refused', names: 'state' }])
  })

  it('leaves a row whose time has not come', async () => {
    rows.add([reply(T0 + 10)])
    await rows.advance(T0 + 9)
    expect(applied).toEqual([])
    await rows.advance(T0 + 10)
    expect(times()).toEqual([10])
  })

  it('lets feedback of now act however far the event time is, once, and lets the others wait', async () => {
    const now = T0 + 24 * HOUR
    rows.add([reply(T0 + 1), feedback(T0 + 2), feedback(now - 1), feedback(now + 1)])
    await rows.applyRecentFeedback(now)
    // That of yesterday's time waits for it.
    expect([released, times()]).toEqual([[stateOf(24 * HOUR - 1)], []])
    await rows.advance(T0 + 10)
    expect([released, times(), rows.waiting]).toEqual([[stateOf(24 * HOUR - 1), stateOf(2)], [1], 1])
  })

  it('lets feedback act again that no store took', async () => {
    refuses = new SigwatchError('REDIS_UNREACHABLE', 'gone')
    rows.add([feedback(T0 + 1), feedback(T0 + 2), reply(T0 + 3)])
    await expect(rows.applyRecentFeedback(T0 + 5)).rejects.toThrow('gone')
    expect(rows.waiting).toBe(3)
    refuses = undefined
    await rows.applyRecentFeedback(T0 + 5)
    expect([released, rows.waiting]).toEqual([[stateOf(1), stateOf(2)], 1])
  })

  it('puts rows that come while others are applied into their place', async () => {
    meanwhile = () => rows.add([reply(T0 + 3)])
    rows.add([reply(T0 + 1), reply(T0 + 2), feedback(T0 + 4), reply(T0 + 5)])
    await rows.advance(T0 + 9)
    expect([times(), released]).toEqual([[1, 2, 3, 5], [stateOf(4)]])
  })

  it('applies each row once when two advance at the same time', async () => {
    rows.add([reply(T0 + 1), reply(T0 + 2)])
    await Promise.all([rows.advance(T0 + 5), rows.advance(T0 + 5)])
    expect(times()).toEqual([1, 2])
  })

  it('keeps a row while the store is away, and applies it in its turn when it is back', async () => {
    fails = new SigwatchError('REDIS_UNREACHABLE', 'gone')
    rows.add([reply(T0 + 1), reply(T0 + 2)])
    await expect(rows.advance(T0 + 5)).rejects.toThrow('gone')
    expect(rows.waiting).toBe(2)
    fails = undefined
    rows.add([reply(T0)])
    await rows.advance(T0 + 5)
    expect(times()).toEqual([0, 1, 2])
  })

  it('leaves out a row that can never be applied, with a warning, and goes on', async () => {
    fails = new TypeError('broken')
    rows.add([reply(T0 + 1), feedback(T0 + 2)])
    await rows.advance(T0 + 5)
    expect(released).toEqual([stateOf(2)])
    expect(rows.waiting).toBe(0)
    expect(events.filter(({ name }) => name === 'warning')).toEqual([
      { name: 'warning', message: 'replies row at 0/1 fails: broken' },
    ])
  })

  it('reports when the next complaint or feedback is due, replies aside', async () => {
    expect(rows.dueAt).toBe(Number.POSITIVE_INFINITY)
    rows.add([reply(T0 + 1), feedback(T0 + 4), feedback(T0 + 2), reply(T0 + 3)])
    expect(rows.dueAt).toBe(T0 + 2)
    await rows.advance(T0 + 2)
    expect(rows.dueAt).toBe(T0 + 4)
    rows.add([feedback(T0 + 3)])
    expect(rows.dueAt).toBe(T0 + 3)
    await rows.advance(T0 + 4)
    expect(rows.dueAt).toBe(Number.POSITIVE_INFINITY)
    expect(released).toEqual([stateOf(2), stateOf(3), stateOf(4)])
  })

  it('raises a complaint spike at the time of the complaint that passes the limit', async () => {
    rows.add([0, 1, 2, 3, 4].map((n) => complaint(T0 + n * 20_000)))
    await rows.advance(T0 + HOUR / 60)
    expect(signals).toEqual([])
    await rows.advance(T0 + 81_000)
    expect(signals.map(({ at, code }) => [at - T0, code])).toEqual([[90_000, 'COMPLAINT_SPIKE']])
  })

  it('raises at the event time what comes late, and nothing on what is older than the window', async () => {
    await rows.advance(T0 + 2 * HOUR)
    rows.add([0, 1, 2, 3, 4].map((n) => complaint(T0 + n)))
    await rows.advance(T0 + 2 * HOUR)
    expect(signals.map(({ at }) => at - T0)).toEqual([2 * HOUR + 10_000])
    rows.add([5, 6].map((n) => complaint(T0 + n)))
    await rows.advance(T0 + 30 * HOUR)
    expect(signals.length).toBe(1)
  })

  it('reports every row that has taken effect, and one that fails for good', async () => {
    const done: number[] = []
    const telling = (row: SideRow): SideRow => ({ ...row, applied: () => void done.push(row.row.ts - T0) })
    rows.add([reply(T0 + 1), complaint(T0 + 2), feedback(T0 + 3), reply(T0 + 9)].map(telling))
    fails = new SigwatchError('REDIS_UNREACHABLE', 'gone')
    await expect(rows.advance(T0 + 5)).rejects.toThrow('gone')
    expect(done).toEqual([])
    fails = new Error('odd')
    await rows.advance(T0 + 5)
    expect(done).toEqual([1, 2, 3])
  })
})

import { describe, expect, it } from 'vitest'
import type { Policy } from '../../../../src/domain/policy.ts'
import { expiryOf } from '../../../../src/domain/state.ts'
import { StateManager } from '../../../../src/stores/states/manager.ts'
import { ManualStates, type Order } from '../../../../src/stores/states/manual.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { StatePublisher } from '../../../../src/stores/states/publisher.ts'
import {
  ALERT_OPTIONS,
  MINUTE,
  manualClock,
  message,
  policyOf,
  recordingSink,
  T0,
  versionsOf,
} from '../../../helpers/state-fixtures.ts'

const HOUR = 60 * MINUTE
const position = { topic: 'sms.feedback', partition: 0, offset: 4 }
const order = (over: Partial<Order> = {}): Order => ({
  target: { kind: 'port', id: '10690001' },
  match: { ports: ['10690001'] },
  action: 'block',
  by: 'ann',
  why: 'forged refunds, call 13800005678',
  ts: T0,
  until: T0 + 2 * HOUR,
  position,
  ...over,
})

function setUp(policy: () => Policy = () => policyOf()) {
  const clock = manualClock()
  const store = new MemoryStateStore({ clock })
  const sink = recordingSink()
  const publisher = new StatePublisher({ store, sink, blocksFrom: 'throttle' })
  const parts = {
    ...{ alerts: ALERT_OPTIONS, store, versions: versionsOf(policy), outbox: publisher, clock },
    lateAfterExpiry: true,
  }
  const [manager, manual] = [new StateManager(parts), new ManualStates(parts)]
  const rows = () => sink.records.filter(({ channel }) => channel === 'blocks').map(({ value }) => value)
  const sweep = async () => {
    await manager.sweep(undefined)
    await publisher.publish()
  }
  return { clock, store, sink, publisher, manager, manual, rows, sweep }
}

describe('a state that a person raised', () => {
  it('is enforced, in the block table, and matches what is sent from now on, however late', async () => {
    const { manual, manager, publisher, rows } = setUp()
    const { id, alert } = await manual.raise(order())
    await publisher.publish()
    expect(alert.data).toMatchObject({ action: 'block', mode: 'enforce', severity: 'critical' })
    expect(alert.data.reasons[0]!.detail).toBe('a sentence')
    expect(JSON.stringify(alert)).not.toContain('13800005678')
    expect(JSON.parse(String(rows()[0]))).toMatchObject({ state: id, action: 'block', code: 'MANUAL_BLOCK' })
    const late = message({ from: '10690001', ts: T0 - 10 * MINUTE })
    expect(manager.openStatesFor(late)).toEqual([{ id, action: 'block' }])
    expect(manager.openStatesFor(message({ from: '10690002' }))).toEqual([])
  })

  it('stays in force while a later order awaits approval', async () => {
    const { manual, manager, publisher, rows, sink } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    expect(await manual.approve(id, 'ben')).toMatchObject({ enforced: true })
    await publisher.publish()
    const [before, alerts] = [rows().length, sink.records.length]
    // A second click, or a retry: nothing changes.
    const again = { ts: T0 + MINUTE, until: T0 + 2 * HOUR + MINUTE, pending: true } as const
    expect((await manual.raise(order(again))).byHand).toMatchObject({ givenAt: T0, until: T0 + 2 * HOUR })
    const longer = order({ ts: T0 + 2 * MINUTE, until: T0 + 9 * HOUR, by: 'ann', pending: true })
    expect((await manual.raise(longer)).byHand).toMatchObject({
      until: T0 + 2 * HOUR,
      proposed: { by: 'ann' },
    })
    await manual.raise(longer)
    await publisher.publish()
    expect([rows().length, sink.records.length]).toEqual([before, alerts])
    expect(manager.openStatesFor(message({ from: '10690001' }))).toEqual([{ id, action: 'block' }])
    expect(await manual.isGiven(id, longer)).toBe(false)

    expect(await manual.approve(id, 'ann')).toBe('same person')
    const approved = await manual.approve(id, 'ben')
    expect(approved).toMatchObject({ byHand: { until: T0 + 9 * HOUR }, revision: 3 })
    expect(approved).not.toHaveProperty('byHand.proposed')
    await publisher.publish()
    expect(sink.records.at(-1)).toBeDefined()
    expect(JSON.stringify(sink.records.slice(alerts))).toContain('sigwatch.alert.updated')
    expect(await manual.isGiven(id, longer)).toBe(true)
    expect(await manual.approve(id, 'ben')).toBe('not pending')
  })

  it('keeps a change that is read after a second click of a faster clock', async () => {
    const { manual } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    await manual.approve(id, 'ben')
    const click = order({ ts: T0 + 2 * MINUTE, until: T0 + 2 * HOUR, pending: true })
    const { version } = await manual.raise(click)
    expect((await manual.raise(click)).version).toBe(version)
    const longer = order({ ts: T0 + MINUTE, until: T0 + 9 * HOUR, by: 'ann', pending: true })
    expect((await manual.raise(longer)).byHand).toMatchObject({ givenAt: T0, proposed: { by: 'ann' } })
  })

  it('holds a time by which 0.3.0 neither takes an order that it reads again for a new one nor undoes it', async () => {
    const { manual, manager } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    await manual.approve(id, 'ben')
    const [longer, click, last] = [T0 + MINUTE, T0 + 2 * MINUTE, T0 + HOUR]
    await manual.raise(order({ ts: longer, until: T0 + 9 * HOUR, pending: true }))
    expect(manager.open.get(id)?.byHand).toMatchObject({ ts: longer + 0.5, givenAt: T0 })
    await manual.raise(order({ ts: click, until: T0 + 2 * HOUR, pending: true }))
    expect(manager.open.get(id)?.byHand).toMatchObject({
      ts: click + 0.5,
      givenAt: T0,
      proposed: { ts: longer },
    })
    await manual.approve(id, 'ben')
    expect(manager.open.get(id)?.byHand).toMatchObject({
      ts: click + 0.5,
      givenAt: longer,
      until: T0 + 9 * HOUR,
    })
    await manual.raise(order({ ts: last, until: T0 + 9 * HOUR, action: 'review', pending: true }))
    await manual.withdraw(id, last)
    expect(manager.open.get(id)?.byHand).toMatchObject({ ts: last + 0.5, givenAt: longer })
    expect(manager.open.get(id)).not.toHaveProperty('byHand.proposed')
    await manual.raise(order({ ts: last + 1, until: T0 + 12 * HOUR, pending: true }))
    expect(await manual.approve(id, 'ben')).toMatchObject({ byHand: { ts: last + 1, until: T0 + 12 * HOUR } })
    expect(manager.open.get(id)).not.toHaveProperty('byHand.givenAt')
  })

  it('is not ended by the approval of an order whose time is over', async () => {
    const { manual, manager, clock, sweep } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    expect(await manual.approve(id, 'ben')).toMatchObject({ enforced: true })
    await manual.raise(order({ ts: T0 + MINUTE, until: T0 + HOUR, action: 'review', pending: true }))
    clock.set(T0 + HOUR)
    expect(await manual.approve(id, 'ben')).toBe('over')
    await sweep()
    expect(manager.open.get(id)).toMatchObject({ action: 'block', byHand: { until: T0 + 2 * HOUR } })
    clock.set(T0 + 2 * HOUR)
    // Before the next sweep finds that it has ended.
    await manual.raise(order({ ts: T0 + 2 * HOUR, until: T0 + 3 * HOUR, pending: true }))
    clock.set(T0 + 3 * HOUR)
    expect(await manual.approve(id, 'ben')).toBe('over')
  })

  it('takes a later order that waited along when it ends', async () => {
    const { manual, manager, clock, sweep, rows } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    await manual.approve(id, 'ben')
    const longer = order({ ts: T0 + MINUTE, until: T0 + 9 * HOUR, pending: true })
    await manual.raise(longer)
    clock.set(T0 + 2 * HOUR)
    await sweep()
    expect(manager.open.get(id)).toBeUndefined()
    expect(rows().at(-1)).toBeNull()
    expect(await manual.approve(id, 'ben')).toBe('unknown')
    // Neither a second delivery nor a retry brings it back.
    expect(await manual.raise(longer)).toMatchObject({ open: false })
    const again = await manual.raise(order({ ts: T0 + 3 * HOUR, until: T0 + 9 * HOUR, pending: true }))
    expect(again).toMatchObject({ open: true, enforced: false, byHand: { pending: true } })
    expect(again).not.toHaveProperty('byHand.proposed')
    expect(await manual.approve(id, 'ben')).toMatchObject({
      enforced: true,
      byHand: { until: T0 + 9 * HOUR },
    })
  })

  it('takes a retry by what was in force when the approval was switched in between', async () => {
    const { manual, clock } = setUp()
    const retry = { ts: T0 + MINUTE, until: T0 + 2 * HOUR + MINUTE }
    const { id, revision } = await manual.raise(order())
    clock.set(T0 + MINUTE)
    expect(await manual.raise(order({ ...retry, pending: true }))).toMatchObject({ revision, enforced: true })
    const other = { target: { kind: 'port', id: '10690002' }, match: { ports: ['10690002'] } } as const
    const waiting = await manual.raise(order({ ...other, pending: true }))
    expect(await manual.raise(order({ ...other, ...retry }))).toMatchObject({ enforced: true, open: true })
    expect(await manual.approve(waiting.id, 'ben')).toBe('not pending')
    expect(await manual.approve(id, 'ben')).toBe('not pending')
    // The first delivery once more, by an instance that still asks for approval.
    expect(await manual.raise(order({ ...other, pending: true }))).toMatchObject({ enforced: true })
  })

  it('keeps its order when a later one is withdrawn', async () => {
    const { manual } = setUp()
    const { id } = await manual.raise(order({ pending: true }))
    await manual.approve(id, 'ben')
    const throttle = { ts: T0 + MINUTE, action: 'throttle', limit: { perMinute: 5 }, pending: true } as const
    await manual.raise(order(throttle))
    await manual.withdraw(id, T0)
    expect(await manual.approve(id, 'ann')).toBe('same person')
    await manual.withdraw(id, T0 + MINUTE)
    expect(await manual.approve(id, 'ben')).toBe('not pending')
  })

  it('is renewed by the clock without any traffic, and ends at its time', async () => {
    const { manual, manager, clock, sweep, rows } = setUp()
    const { id, revision } = await manual.raise(order())
    for (let minutes = 0; minutes < 119; minutes++) {
      clock.advance(MINUTE)
      await sweep()
      const state = manager.open.get(id)!
      expect(expiryOf(state)).toBeGreaterThan(clock.now())
      expect(expiryOf(state)).toBeLessThanOrEqual(T0 + 2 * HOUR)
    }
    expect(manager.open.get(id)!.revision).toBeGreaterThan(revision + 10)
    clock.advance(MINUTE)
    await sweep()
    expect(manager.open.get(id)).toBeUndefined()
    expect(rows().at(-1)).toBeNull()
  })

  it('is there again after an outage that was longer than its alerts are valid', async () => {
    const { manual, manager, clock, sweep } = setUp()
    const { id } = await manual.raise(order())
    clock.advance(HOUR)
    await sweep()
    expect(expiryOf(manager.open.get(id)!)).toBeGreaterThan(clock.now())
  })

  it('is enforced under a policy in shadow mode, and says so', async () => {
    const { manual, manager } = setUp(() => policyOf({}, { mode: 'shadow' }))
    const { id, alert } = await manual.raise(order())
    expect(alert.data.mode).toBe('enforce')
    expect(alert.data.reasons[0]!.evidence).toMatchObject({ policyMode: 'shadow' })
    await manager.review('policy')
    expect(manager.open.get(id)?.open).toBe(true)
  })

  it('changes with a later order and not with an earlier one, and raises one state a target', async () => {
    const { manual, store } = setUp()
    const first = await manual.raise(order())
    expect(await manual.raise(order())).toEqual(first)
    const limit = { perMinute: 60 }
    const second = await manual.raise(order({ ts: T0 + 1, action: 'throttle', limit }))
    expect(second).toMatchObject({ id: first.id, episode: first.episode, revision: 2, action: 'throttle' })
    expect(second.alert.data.limit).toEqual(limit)
    await manual.raise(order({ ts: T0 - 1, action: 'review' }))
    expect((await store.get([first.id]))[0]).toMatchObject({ action: 'throttle', revision: 2 })
  })

  it('yields to a release after it, and overrides one before', async () => {
    const { manual, manager } = setUp()
    const { id } = await manual.raise(order())
    await manager.release(id, T0 + 1, { by: 'ben', until: T0 + HOUR })
    expect(manager.open.get(id)).toBeUndefined()
    await manual.raise(order())
    expect(manager.open.get(id)).toBeUndefined()
    await manual.raise(order({ ts: T0 + 2 }))
    expect(manager.open.get(id)?.open).toBe(true)
  })

  it('yields to an exemption of the policy that is newer, and overrides one that was there', async () => {
    const exemption = { target: 'port:10690001', codes: [], until: T0 + HOUR, by: 'ops', why: 'declared' }
    let found: Policy['exempt'] = () => exemption
    const { manual, manager } = setUp(() => policyOf({}, { exempt: (...of) => found(...of) }))
    const { id } = await manual.raise(order())
    await manager.review('policy')
    expect(manager.open.get(id)?.open).toBe(true)
    found = () => ({ ...exemption, why: 'declared again' })
    await manager.review('policy')
    expect(manager.open.get(id)).toBeUndefined()
  })

  it('waits for another person where that is asked for', async () => {
    const { manual, manager, publisher, rows, sink } = setUp()
    const { id, alert } = await manual.raise(order({ pending: true }))
    await publisher.publish()
    expect(alert.data.mode).toBe('shadow')
    expect(rows()).toEqual([])
    expect(manager.openStatesFor(message({ from: '10690001' }))).toEqual([])
    expect(await manual.approve(id, 'ann')).toBe('same person')
    expect(await manual.approve('0'.repeat(32), 'ben')).toBe('unknown')
    expect(await manual.approve(id, 'ben')).toMatchObject({ id, enforced: true, revision: 2 })
    await publisher.publish()
    expect(rows()).toHaveLength(1)
    const last = JSON.parse(String(sink.records.findLast(({ channel }) => channel === 'alerts')!.value))
    expect(last).toMatchObject({ type: 'sigwatch.alert.raised', data: { mode: 'enforce' } })
    expect(last.data.reasons[0].evidence).toMatchObject({ by: 'ann', approvedBy: 'ben' })
    expect(await manual.approve(id, 'cho')).toBe('not pending')
  })
})

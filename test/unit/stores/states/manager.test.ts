import { describe, expect, it } from 'vitest'
import type { Signal } from '../../../../src/domain/decision.ts'
import { SigwatchError } from '../../../../src/domain/errors.ts'
import { stateId } from '../../../../src/domain/hash.ts'
import type { Policy } from '../../../../src/domain/policy.ts'
import type { StateInput } from '../../../../src/domain/state.ts'
import type { StateStore } from '../../../../src/domain/state-store.ts'
import { StateManager } from '../../../../src/stores/states/manager.ts'
import type { StateManagerParts } from '../../../../src/stores/states/manager-parts.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { StatePublisher } from '../../../../src/stores/states/publisher.ts'
import { Sweeper } from '../../../../src/stores/states/sweeper.ts'
import { delegate } from '../../../helpers/delegate.ts'
import {
  ALERT_OPTIONS,
  MINUTE,
  manualClock,
  message,
  policyOf,
  publishing,
  recordingSink,
  SECOND,
  signal,
  T0,
  type TestPolicy,
  versionsOf,
} from '../../../helpers/state-fixtures.ts'

const HOUR = 60 * MINUTE

function setUp(
  over: Partial<StateManagerParts> & {
    policy?: () => Policy
    channels?: string[]
    wrap?: (s: StateStore) => StateStore
    /** Nothing is published but by the test. */
    unpublished?: boolean
  } = {},
) {
  const { policy: policyNow, channels, wrap, unpublished, ...parts } = over
  const clock = manualClock()
  const memory = new MemoryStateStore({ clock })
  const calls = { get: 0, put: 0 }
  const counted = delegate<StateStore>(memory, {
    get: (ids) => {
      calls.get++
      return memory.get(ids)
    },
    put: (...args) => {
      calls.put++
      return memory.put(...args)
    },
  })
  const store = wrap?.(counted) ?? counted
  const sink = recordingSink(channels)
  const refused: string[] = []
  const publisher = new StatePublisher({
    store,
    sink,
    blocksFrom: parts.alerts?.blocksFrom ?? 'observe',
    refused: (entry) => refused.push(entry.id),
  })
  const policy: TestPolicy = (policyNow?.() as TestPolicy | undefined) ?? policyOf()
  const alone = new StateManager({
    alerts: ALERT_OPTIONS,
    store,
    versions: versionsOf(() => policy),
    outbox: unpublished ? { add: () => {} } : publisher,
    clock,
    lateAfterExpiry: false,
    ...parts,
  })
  const manager = publishing(alone, publisher)
  const apply = (...signals: Partial<Signal>[]) => manager.apply(signals.map((s) => input(s)))
  return { clock, store, memory, calls, sink, publisher, policy, manager, apply, refused }
}

function input(over: Partial<Signal> = {}): StateInput {
  const by = signal(over)
  const tipped = message({ id: `at-${by.at}`, ts: by.at })
  return { signal: by, message: tipped, samples: [message()], position: tipped.position }
}

const kinds = (sink: ReturnType<typeof recordingSink>) => sink.alerts().map((a) => a.type.split('.').at(-1))

describe('apply', () => {
  it('raises once and publishes alert and block', async () => {
    const { apply, sink, store } = setUp()
    await apply({}, { at: T0 + SECOND }, { at: T0 + SECOND })
    const [alert] = sink.alerts()
    expect(sink.alerts()).toHaveLength(1)
    expect(alert).toMatchObject({
      type: 'sigwatch.alert.raised',
      data: { message: { id: `at-${T0}` }, provenance: { topic: 'sms.mt', offset: 7, model: 'text@1' } },
    })
    expect(sink.records.map((r) => [r.channel, r.key])).toEqual([
      ['alerts', 'signature:京东'],
      ['blocks', alert!.data.state!.id],
    ])
    expect(sink.records[0]!.headers).toEqual({
      'content-type': 'application/cloudevents+json',
      ce_id: alert!.id,
      ce_type: 'sigwatch.alert.raised',
      ce_source: '/sigwatch/test',
      'sigwatch-action': 'throttle',
    })
    expect(await store.pending(0)).toEqual([])
  })

  it('gives the same ids when the same traffic comes again', async () => {
    const course = [{}, { at: T0 + MINUTE, level: 4 }, { at: T0 + 5 * MINUTE }, { at: T0 + 9 * MINUTE }]
    const [first, second] = [setUp(), setUp()]
    for (const step of course) await first.apply(step)
    for (const step of course) {
      await second.apply(step)
      await second.apply(step)
    }
    expect(first.sink.alerts()).toHaveLength(3)
    expect(second.sink.alerts()).toEqual(first.sink.alerts())
  })

  it('asks the store nothing for signals that change nothing, and touches once in 10 s', async () => {
    const { apply, calls, manager } = setUp()
    await apply({ over: false })
    expect(calls).toEqual({ get: 0, put: 0 })
    await apply({})
    const { get } = calls
    for (let i = 1; i < 10; i++) await apply({ at: T0 + i * SECOND })
    expect(calls).toEqual({ get, put: 1 })
    for (let i = 1; i <= 3; i++) await apply({ at: T0 + i * 10 * SECOND })
    expect(calls.put).toBe(4)
    expect([...manager.open][0]!.lastSeenAt).toBe(T0 + 30 * SECOND)
  })

  it('keeps states of different codes and targets apart', async () => {
    const { apply, sink, manager } = setUp()
    await apply({}, { code: 'COMPLAINT_SPIKE' }, { target: { kind: 'signature', id: '顺丰' } })
    expect(new Set(sink.alerts().map((a) => a.data.state!.id)).size).toBe(3)
    expect(manager.open.size).toBe(3)
  })

  it('writes shadows to their channel and no block', async () => {
    const { apply, sink, manager } = setUp({ policy: () => policyOf({ mode: 'shadow' }) })
    await apply({})
    expect(sink.records.map((r) => r.channel)).toEqual(['shadowAlerts'])
    expect(sink.shadows()[0]!.data.mode).toBe('shadow')
    expect(manager.openStatesFor(message())).toEqual([])
  })

  it('is in shadow as a whole when the policy is', async () => {
    const { apply, sink } = setUp({ policy: () => policyOf({}, { mode: 'shadow' }) })
    await apply({})
    expect(sink.alerts()).toEqual([])
  })

  it('drops shadow states that no consumer reads', async () => {
    const { apply, sink, store } = setUp({ policy: () => policyOf({ mode: 'shadow' }), channels: ['alerts'] })
    await apply({})
    expect([sink.records, await store.pending(0)]).toEqual([[], []])
  })

  it('raises nothing for an exempted target', async () => {
    const exemption = { target: 'signature:京东', codes: [], until: T0, by: 'ops', why: 'declared' }
    const { apply, sink } = setUp({
      policy: () =>
        policyOf({}, { exempt: (target) => (target === 'signature:京东' ? exemption : undefined) }),
    })
    await apply({}, { target: { kind: 'signature', id: '顺丰' } })
    expect(sink.alerts().map((a) => a.subject)).toEqual(['signature:顺丰'])
  })

  it('tries again when others change the state meanwhile', async () => {
    let disturb = 0
    const { apply, sink, manager } = setUp({
      wrap: (store) =>
        delegate(store, {
          async put(next, expected, event) {
            if (disturb-- > 0) {
              const [current] = await store.get([next.id])
              await store.put({ ...current!, version: expected + 1 }, expected)
            }
            return store.put(next, expected, event)
          },
        }),
    })
    await apply({})
    disturb = 3
    await apply({ at: T0 + MINUTE, level: 4 })
    expect(sink.alerts().map((a) => a.data.state!.revision)).toEqual([1, 2])
    expect([...manager.open][0]!.version).toBe(5)
  })

  it('clears what an older store has open of a state whose release was put back', async () => {
    const id = stateId('test', 'MARKETING_BURST', { kind: 'signature', id: '京东' })
    let putDown = [{ id, until: T0 + HOUR, by: 'ann' }]
    const { apply, sink, manager, publisher } = setUp({
      wrap: (store) => delegate(store, { takePutDown: () => putDown }),
    })
    await apply({})
    await manager.refresh()
    await publisher.publish()
    expect(sink.alerts().at(-1)).toMatchObject({
      type: 'sigwatch.alert.cleared',
      data: { state: { cause: 'feedback' }, feedback: { by: 'ann' } },
    })
    putDown = [{ id, until: T0, by: 'ann' }]
    await apply({ at: T0 + 2 * HOUR })
    await manager.refresh()
    expect(manager.open.get(id)?.open).toBe(true)
  })

  it('allows what a state matches that was released before this instance knew it', async () => {
    const { apply, sink, manager } = setUp()
    const id = stateId('test', 'MARKETING_BURST', { kind: 'signature', id: '京东' })
    const feedback = { by: 'ann', until: T0 + HOUR }
    expect(await manager.release(id, T0, feedback, 'allowed')).toBe(false)
    expect(manager.allowances.size).toBe(0)
    await apply({ at: T0 + MINUTE })
    expect(sink.alerts()).toEqual([])
    expect(manager.allowances.size).toBe(1)
    expect(manager.allowances.covers(message(), ['signature:京东'], 'MARKETING_BURST', T0 + MINUTE)).toBe(
      true,
    )
    await apply({ at: T0 + HOUR })
    expect(sink.alerts()).toHaveLength(1)
  })

  it('publishes what was written although another write failed', async () => {
    const { manager, sink } = setUp({
      wrap: (store) =>
        delegate(store, {
          put(next, expected, event) {
            if (next.target.id === '顺丰') throw new SigwatchError('REDIS_UNREACHABLE', 'gone')
            return store.put(next, expected, event)
          },
        }),
    })
    const inputs = [input({ target: { kind: 'signature', id: '顺丰' } }), input()]
    await expect(manager.apply(inputs)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    expect(sink.alerts().map((a) => a.subject)).toEqual(['signature:京东'])
  })
})

describe('time', () => {
  it('clears, and returns in the same episode', async () => {
    const { apply, manager, sink, clock } = setUp()
    await apply({})
    expect(await manager.sweep(T0 + 5 * MINUTE)).toBe(0)
    expect(await manager.sweep(T0 + 5 * MINUTE + 1)).toBe(1)
    expect(await manager.sweep(T0 + 9 * MINUTE)).toBe(0)
    clock.advance(10 * MINUTE)
    await apply({ at: T0 + 10 * MINUTE })
    await apply({ at: T0 + 90 * MINUTE })
    expect(
      sink.alerts().map((a) => [a.type.split('.').at(-1), a.data.state!.episode, a.data.state!.revision]),
    ).toEqual([
      ['raised', T0, 1],
      ['cleared', T0, 2],
      ['raised', T0, 3],
      ['cleared', T0, 4],
      ['raised', T0 + 90 * MINUTE, 1],
    ])
    expect(sink.alerts()[1]).toMatchObject({
      time: '2026-11-11T00:05:00.000Z',
      data: { state: { cause: 'ended' } },
    })
    expect(sink.blocks().map((r) => r.value === null)).toEqual([false, true, false, true, false])
  })

  it.each([undefined, T0 + MINUTE, T0 + 80 * MINUTE])(
    'ends a state before a signal after its end takes it up, whatever the watermark has reached (%s)',
    async (eventTime) => {
      const { apply, sink, store } = setUp()
      await apply({})
      if (eventTime) await store.reportProgress([{ topic: 't', partition: 0, eventTime, standing: 'behind' }])
      await apply({ at: T0 + 90 * MINUTE })
      expect(sink.alerts().map((a) => [a.type.split('.').at(-1), a.data.state!.episode - T0])).toEqual([
        ['raised', 0],
        ['cleared', 0],
        ['raised', 90 * MINUTE],
      ])
    },
  )

  it('holds no state by a signal after its end that would not raise it', async () => {
    const { apply, sink, manager } = setUp()
    await apply({})
    await apply({ at: T0 + 6 * MINUTE, over: false })
    expect([...manager.open].map(({ lastSeenAt }) => lastSeenAt)).toEqual([T0])
    // Of a partition that is behind: it was not over.
    await apply({ at: T0 + 4 * MINUTE, over: false })
    expect([...manager.open].map(({ lastSeenAt }) => lastSeenAt)).toEqual([T0 + 4 * MINUTE])
    await manager.sweep(T0 + 10 * MINUTE)
    expect(kinds(sink)).toEqual(['raised', 'cleared'])
    expect(sink.alerts()[1]!.time).toBe(new Date(T0 + 9 * MINUTE).toISOString())
  })

  it('ends a state in each silence between signals of one batch', async () => {
    const { apply, sink } = setUp()
    await apply({}, { at: T0 + 20 * MINUTE }, { at: T0 + 90 * MINUTE })
    expect(kinds(sink)).toEqual(['raised', 'cleared', 'raised', 'cleared', 'raised'])
    expect(sink.alerts().map((a) => a.data.state!.revision)).toEqual([1, 2, 3, 4, 1])
  })

  it('renews what only a long hold keeps open', async () => {
    const { apply, manager, sink } = setUp({ policy: () => policyOf({ thresholds: { hold: 1800 } }) })
    await apply({})
    for (let m = 1; m <= 31; m++) await manager.sweep(T0 + m * MINUTE)
    expect(kinds(sink)).toEqual(['raised', 'updated', 'updated', 'updated', 'cleared'])
    const gaps = sink
      .alerts()
      .slice(1)
      .map((a, i) => Date.parse(sink.alerts()[i]!.data.expiresAt) - Date.parse(a.time))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0)
  })

  it('is a late shadow in a backlog, and enforced when it has caught up', async () => {
    const { apply, sink, clock } = setUp({ lateAfterExpiry: true })
    clock.set(T0 + 3 * 60 * MINUTE)
    await apply({})
    expect(sink.alerts()).toEqual([])
    expect(sink.shadows()[0]!.data).toMatchObject({ mode: 'shadow', late: true })
    for (let m = 4; m <= 170; m += 4) await apply({ at: T0 + m * MINUTE })
    const [first, ...rest] = sink.alerts()
    expect(first).toMatchObject({
      type: 'sigwatch.alert.raised',
      data: { mode: 'enforce', state: { episode: T0 } },
    })
    expect(Date.parse(first!.data.expiresAt)).toBeGreaterThanOrEqual(clock.now())
    expect(rest.every((a) => a.type === 'sigwatch.alert.updated')).toBe(true)
    expect('late' in first!.data).toBe(false)
  })

  it('expires by the clock of its readers when event time stands still', async () => {
    const { apply, manager, sink, clock } = setUp({ lateAfterExpiry: true })
    await apply({})
    clock.set(T0 + 15 * MINUTE + 30 * SECOND)
    expect(await manager.sweep(T0)).toBe(0)
    clock.set(T0 + 16 * MINUTE + 1)
    expect(await manager.sweep(T0)).toBe(1)
    expect(sink.alerts()[1]!.data.state).toMatchObject({ cause: 'expired', revision: 2 })
    expect(sink.blocks().at(-1)!.value).toBeNull()
  })
})

describe('people', () => {
  it('release clears at once and keeps the state down until its time', async () => {
    const { apply, manager, sink } = setUp()
    await apply({})
    const { id } = [...manager.open][0]!
    expect(await manager.release(id, T0 + MINUTE, { by: 'ann', note: 'ours', until: T0 + 60 * MINUTE })).toBe(
      true,
    )
    await apply({ at: T0 + 2 * MINUTE }, { at: T0 + 59 * MINUTE, level: 99 })
    expect(manager.open.size).toBe(0)
    expect(sink.alerts().at(-1)!.data.state).toMatchObject({ cause: 'feedback' })
    await apply({ at: T0 + 60 * MINUTE })
    expect(kinds(sink)).toEqual(['raised', 'cleared', 'raised'])
  })

  it('release of a state that never rose is refused and changes nothing', async () => {
    const probe = setUp()
    await probe.apply({})
    const { id } = [...probe.manager.open][0]!
    const { apply, manager, sink } = setUp()
    expect(await manager.release(id, T0, { by: 'ann', until: T0 + MINUTE })).toBe(false)
    await apply({})
    expect(kinds(sink)).toEqual(['raised'])
  })

  it('release holds for a state that is closed, and names the analyst where it was open', async () => {
    const { apply, manager, sink } = setUp()
    await apply({})
    const { id } = [...manager.open][0]!
    const word = { by: 'ann', note: 'call 13812345678', until: T0 + 60 * MINUTE }
    expect(await manager.release(id, T0 + MINUTE, word)).toBe(true)
    expect(sink.alerts().at(-1)!.data.feedback).toEqual({
      by: 'ann',
      note: 'call <number>',
      until: '2026-11-11T01:00:00.000Z',
    })
    expect(await manager.release(id, T0 + 2 * MINUTE, { by: 'bob', until: T0 + 90 * MINUTE })).toBe(true)
    await apply({ at: T0 + 80 * MINUTE })
    expect(kinds(sink)).toEqual(['raised', 'cleared'])
  })
  it('a policy that has no action for it clears a state, by the next signal or by a review', async () => {
    for (const way of ['signal', 'review'] as const) {
      const { apply, manager, sink, policy } = setUp()
      await apply({})
      policy.rule.current = { ...policy.rule.current, action: 'none' }
      if (way === 'signal') await apply({ at: T0 + SECOND })
      else expect(await manager.review('policy')).toBe(1)
      expect(sink.alerts().at(-1)).toMatchObject({
        type: 'sigwatch.alert.cleared',
        data: { state: { cause: 'policy', revision: 2 } },
      })
    }
  })

  it('a switch to shadow ends the enforced state and goes on in shadow', async () => {
    const { apply, sink, policy } = setUp()
    await apply({})
    policy.rule.current = { ...policy.rule.current, mode: 'shadow' }
    await apply({ at: T0 + SECOND })
    expect(kinds(sink)).toEqual(['raised', 'cleared'])
    expect(sink.shadows()[0]!.data.state).toMatchObject({ episode: T0, revision: 3 })
    expect(sink.blocks().map((r) => r.value === null)).toEqual([false, true])
  })

  it('ends a row that a version before, or a weaker `blocks.minAction`, has written', async () => {
    const alerts = { ...ALERT_OPTIONS, blocksFrom: 'block' as const }
    const first = setUp()
    await first.apply({})
    const [written] = await first.store.open()
    for (const change of ['update', 'touch', 'clear']) {
      const { manager, store, sink, apply } = setUp({ alerts })
      await store.put(written!, 0)
      await manager.refresh()
      if (change === 'update') await apply({ at: T0 + MINUTE, level: 4 }, { at: T0 + 2 * MINUTE, level: 16 })
      if (change === 'touch') await apply({ at: T0 + SECOND })
      await manager.sweep(T0 + 60 * MINUTE)
      expect(
        sink.blocks().map((r) => r.value === null),
        change,
      ).toEqual([true])
    }
  })

  it('writes no tombstone where there was no row', async () => {
    const { manager, sink, apply } = setUp({ alerts: { ...ALERT_OPTIONS, blocksFrom: 'block' } })
    await apply({}, { at: T0 + SECOND }, { at: T0 + MINUTE, level: 4 }, { at: T0 + MINUTE + SECOND })
    await manager.sweep(T0 + 60 * MINUTE)
    expect(kinds(sink)).toEqual(['raised', 'updated', 'cleared'])
    expect(sink.blocks()).toEqual([])
  })

  it('a registry that does not bear it clears it', async () => {
    const { apply, manager, sink } = setUp()
    await apply({}, { target: { kind: 'signature', id: '顺丰' } })
    expect(await manager.review('registry', (state) => state.target.id !== '京东')).toBe(1)
    expect(sink.alerts().at(-1)).toMatchObject({
      subject: 'signature:京东',
      data: { state: { cause: 'registry' } },
    })
  })
})

describe('local copy', () => {
  it('makes up for lost notices', async () => {
    const { apply, manager, memory, store } = setUp()
    await apply({})
    const [state] = [...manager.open]
    const deaf = new StateManager({
      alerts: ALERT_OPTIONS,
      store: delegate(store, { subscribe: () => {} }),
      versions: versionsOf(() => policyOf()),
      outbox: { add: () => {} },
      clock: manualClock(),
      lateAfterExpiry: false,
    })
    await deaf.refresh()
    expect(deaf.openStatesFor(message())).toEqual([{ id: state!.id, action: 'throttle' }])
    await manager.sweep(T0 + 6 * MINUTE)
    expect(deaf.open.size).toBe(1)
    await deaf.refresh()
    expect(deaf.open.size).toBe(0)
    // A store that was emptied counts versions from 1 again.
    await memory.put({ ...state!, version: 1, match: { signature: '顺丰' } }, 2)
    await deaf.refresh()
    expect([...deaf.open][0]!.match).toEqual({ signature: '顺丰' })
  })
})

describe('delivery', () => {
  it('loses nothing when the writer dies between writing and publishing', async () => {
    const { manager, sink, store, publisher, clock } = setUp({
      unpublished: true,
    })
    await manager.apply([input()])
    expect(sink.records).toEqual([])
    clock.advance(4 * SECOND)
    expect(await publisher.resend(5 * SECOND)).toBe(0)
    clock.advance(SECOND)
    expect(await publisher.resend(5 * SECOND)).toBe(1)
    expect(kinds(sink)).toEqual(['raised'])
    expect(await store.pending(0)).toEqual([])
  })

  it('keeps what the sink did not acknowledge', async () => {
    const { apply, sink, publisher, store } = setUp()
    sink.state.fail = new SigwatchError('SINK_UNREACHABLE', 'down')
    await expect(apply({})).rejects.toMatchObject({ code: 'SINK_UNREACHABLE' })
    expect(await store.pending(0)).toHaveLength(1)
    sink.state.fail = undefined
    await publisher.resend(0)
    expect(sink.alerts()).toHaveLength(1)
  })

  it('gives up only what can never be taken', async () => {
    const { manager, sink, store, refused } = setUp()
    sink.state.refuse = (record) =>
      record.channel === 'alerts' && record.key === 'signature:顺丰'
        ? new SigwatchError('SINK_REFUSED', 'too large')
        : undefined
    await manager.apply([input({ target: { kind: 'signature', id: '顺丰' } }), input()])
    expect(sink.alerts().map((a) => a.subject)).toEqual(['signature:京东'])
    expect(refused).toHaveLength(1)
    expect(await store.pending(0)).toEqual([])
  })

  it('ends with the newest row of the block table when an old event is sent again', async () => {
    const { manager, apply, sink, publisher, store } = setUp({ unpublished: true })
    await apply({})
    await manager.sweep(T0 + 6 * MINUTE)
    const entries = [...(await store.pending(0))]
    const [raise, clearing] = entries.sort(
      (x, y) => x.alert.data.state!.revision - y.alert.data.state!.revision,
    )
    for (const late of [clearing!, raise!]) {
      publisher.add(late)
      await publisher.publish()
    }
    expect(sink.blocks().at(-1)).toMatchObject({ channel: 'blocks', key: raise!.block!.key, value: null })
  })
})

describe('sweeper', () => {
  it('sweeps and resends on the holder of the lease only', async () => {
    const { manager, store, publisher, clock, sink, apply } = setUp({ unpublished: true })
    const rounds: string[] = []
    const make = (holder: string) =>
      new Sweeper({
        store,
        manager,
        publisher,
        holder,
        failed: (error) => {
          throw error
        },
        swept: () => rounds.push(holder),
      })
    const [a, b] = [make('a'), make('b')]
    await apply({})
    await store.reportProgress([
      { topic: 't', partition: 0, eventTime: T0 + 6 * MINUTE, standing: 'current' },
    ])
    await a.round()
    await b.round()
    expect(rounds).toEqual(['a'])
    expect(manager.open.size).toBe(0)
    clock.advance(6 * SECOND)
    await b.round()
    await a.round()
    expect(rounds).toEqual(['a', 'b'])
    expect(kinds(sink)).toEqual(['raised', 'cleared'])
  })

  it('goes on after a round that failed', async () => {
    let broken = true
    const failures: unknown[] = []
    const { store, manager, publisher } = setUp({
      wrap: (s) =>
        delegate(s, {
          lease: (...args) =>
            broken ? Promise.reject(new SigwatchError('REDIS_UNREACHABLE', 'gone')) : s.lease(...args),
        }),
    })
    let swept = 0
    const sweeper = new Sweeper({
      store,
      manager,
      publisher,
      holder: 'a',
      everyMs: 5,
      failed: (error) => failures.push(error),
      swept: () => swept++,
    })
    sweeper.start()
    await expect.poll(() => failures.length).toBeGreaterThan(1)
    broken = false
    await expect.poll(() => swept).toBeGreaterThan(1)
    await sweeper.stop()
    const before = swept
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(swept).toBe(before)
  })
})

describe('a port that makes up names', () => {
  it('has at most 100 open states, and those that are open go on', async () => {
    const capped: number[] = []
    const { apply, manager } = setUp({ capped: (count) => capped.push(count) })
    const sender = (name: string, port: string) => ({
      code: 'SIGNATURE_UNFILED' as const,
      target: { kind: 'sender' as const, id: `${name}@${port}` },
      match: { signature: name, ports: [port] },
    })
    const names = Array.from({ length: 130 }, (_, i) => `n${i}`)
    await apply(...names.slice(0, 70).map((name) => sender(name, '10690001')))
    await apply(...names.slice(70).map((name) => sender(name, '10690001')), sender('other', '10690002'))
    expect([manager.open.size, capped]).toEqual([101, [30]])
    await apply({ ...sender('n0', '10690001'), at: T0 + MINUTE, level: 9 })
    expect([manager.open.size, capped]).toEqual([101, [30]])
    await manager.sweep(T0 + 20 * MINUTE)
    await apply({ ...sender('n129', '10690001'), at: T0 + 20 * MINUTE })
    expect(manager.open.size).toBe(1)
  })
})

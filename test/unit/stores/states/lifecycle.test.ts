import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Action } from '../../../../src/domain/decision.ts'
import type { StateRecord } from '../../../../src/domain/state-store.ts'
import {
  clear,
  due,
  type Judgement,
  judgementOf,
  renew,
  transition,
} from '../../../../src/stores/states/lifecycle.ts'
import { MINUTE, policyOf, raised, SECOND, signal, T0 } from '../../../helpers/state-fixtures.ts'

const JUDGED: Judgement = { action: 'throttle', mode: 'enforce', hold: 5 * MINUTE }
const ID = 'a'.repeat(32)

function next(state: StateRecord, over: Parameters<typeof signal>[0], judged: Partial<Judgement> = {}) {
  return transition(state, state.id, signal(over), { ...JUDGED, ...judged })
}

function closedAt(state: StateRecord, at: number): StateRecord {
  return { ...clear(state, at), alert: state.alert }
}

describe('raise', () => {
  it('takes the end of the crossing bucket as episode and lasts 15 minutes', () => {
    const change = transition(undefined, ID, signal(), JUDGED)
    expect(change).toMatchObject({
      kind: 'event',
      event: 'raised',
      next: { id: ID, episode: T0, revision: 1, version: 1, open: true, raisedAt: T0, action: 'throttle' },
    })
    expect(change.kind === 'event' && change.next.expiresAt).toBe(T0 + 15 * MINUTE)
  })

  it('needs a signal over its limit and an action', () => {
    expect(transition(undefined, ID, signal({ over: false }), JUDGED).kind).toBe('none')
    expect(transition(undefined, ID, signal(), { ...JUDGED, action: 'none' }).kind).toBe('none')
  })

  it('weakens the action by the cap and never strengthens it', () => {
    expect(judgementOf(policyOf().rule.current, 'review').action).toBe('review')
    expect(judgementOf(policyOf({ action: 'observe' }).rule.current, 'review').action).toBe('observe')
  })

  it('reads hold in seconds and holds 5 minutes at least', () => {
    expect(judgementOf(policyOf({ thresholds: { hold: 900 } }).rule.current, undefined).hold).toBe(
      15 * MINUTE,
    )
    expect(judgementOf(policyOf({ thresholds: { hold: 10 } }).rule.current, undefined).hold).toBe(5 * MINUTE)
    expect(judgementOf(policyOf({ thresholds: {} }).rule.current, undefined).hold).toBe(5 * MINUTE)
  })

  it('is a shadow by policy, and when its time is over already', () => {
    const shadow = transition(undefined, ID, signal(), { ...JUDGED, mode: 'shadow' })
    const late = transition(undefined, ID, signal(), JUDGED, {
      late: (expiry) => expiry === T0 + 15 * MINUTE,
      lag: () => 0,
    })
    expect(shadow.kind === 'event' && shadow.next.enforced).toBe(false)
    expect(late.kind === 'event' && late.next.enforced).toBe(false)
  })
})

describe('update', () => {
  const state = raised()

  it('keeps the action that a more certain signal has earned, unless the policy takes it back', () => {
    const open = { ...state, action: 'block' as const }
    const capped = (action: 'block' | 'observe') => judgementOf(policyOf({ action }).rule.current, 'review')
    const kept = transition(open, open.id, signal({ at: open.lastSeenAt + MINUTE }), capped('block'))
    expect(kept.kind === 'event' && kept.next.action !== 'block').toBe(false)
    const taken = transition(open, open.id, signal({ at: open.lastSeenAt + MINUTE }), capped('observe'))
    expect(taken.kind === 'event' && taken.next.action).toBe('observe')
  })

  it('learns aliases of a campaign without an event, and no more than a cap', () => {
    const first = next(state, { aliases: ['a', 'b'] })
    expect(first).toMatchObject({ kind: 'touch', next: { aliases: ['a', 'b'], version: state.version + 1 } })
    const known = { ...state, aliases: ['a', 'b'] }
    expect(next(known, { aliases: ['b'] }).kind).toBe('none')
    expect(next(known, { at: T0 + 8 * MINUTE, aliases: ['c'] })).toMatchObject({
      kind: 'event',
      next: { aliases: ['a', 'b', 'c'] },
    })
    const many = Array.from({ length: 40 }, (_, i) => `x${i}`)
    expect(next(known, { aliases: many })).toMatchObject({ next: { aliases: { length: 32 } } })
  })

  it('is silent while nothing changes, and only moves the time of the last signal', () => {
    expect(next(state, { at: T0 + 9 * SECOND }).kind).toBe('none')
    const touched = next(state, { at: T0 + 10 * SECOND })
    expect(touched).toMatchObject({
      kind: 'touch',
      next: { lastSeenAt: T0 + 10 * SECOND, revision: 1, version: 2 },
    })
  })

  it('comes once a minute at most, and only when the level has grown by half', () => {
    expect(next(state, { at: T0 + 59 * SECOND, level: 30 }).kind).toBe('touch')
    expect(next(state, { at: T0 + MINUTE, level: 2.9 }).kind).toBe('touch')
    const grown = next(state, { at: T0 + MINUTE, level: 3 })
    expect(grown).toMatchObject({
      kind: 'event',
      event: 'updated',
      next: { revision: 2, episode: T0, level: 3, expiresAt: T0 + 16 * MINUTE },
    })
    expect(next(state, { at: T0 + MINUTE, level: 3, over: false }).kind).toBe('touch')
  })

  it('comes at once when the action changes', () => {
    const change = next(state, { at: T0 + SECOND }, { action: 'block' })
    expect(change).toMatchObject({ kind: 'event', event: 'updated', next: { action: 'block', revision: 2 } })
  })

  it('renews at half-life while signals last, also those that only hold', () => {
    expect(next(state, { at: T0 + 7.5 * MINUTE - 1, over: false }).kind).toBe('touch')
    const renewed = next(state, { at: T0 + 7.5 * MINUTE, over: false, level: 0.9 })
    expect(renewed).toMatchObject({
      kind: 'event',
      event: 'updated',
      next: { expiresAt: T0 + 22.5 * MINUTE },
    })
  })

  it('reports a changed match within a minute', () => {
    const change = next(state, { at: T0 + MINUTE, match: { signature: '京东', exceptPorts: ['1069*'] } })
    expect(change).toMatchObject({ kind: 'event', next: { match: { exceptPorts: ['1069*'] } } })
  })

  it('never goes back for a signal that is late', () => {
    const change = next(state, { at: T0 - 3 * MINUTE }, { action: 'block' })
    expect(change).toMatchObject({ kind: 'event', next: { lastSeenAt: T0, lastEventAt: T0 } })
    expect(next(state, { at: T0 - 3 * MINUTE, level: 9 }).kind).toBe('none')
  })

  it('clears when policy has no action, or only a shadow, for what is enforced', () => {
    expect(next(state, {}, { action: 'none' })).toEqual({ kind: 'clear', cause: 'policy' })
    expect(next(state, {}, { mode: 'shadow' })).toEqual({ kind: 'clear', cause: 'policy' })
  })

  it('raises a shadow state again once it is enforced', () => {
    const shadow = { ...state, enforced: false }
    expect(next(shadow, { at: T0 + SECOND })).toMatchObject({
      kind: 'event',
      event: 'raised',
      next: { enforced: true, episode: T0, revision: 2 },
    })
    expect(next(shadow, { at: T0 + SECOND }, { mode: 'shadow' }).kind).toBe('none')
  })
})

describe('clear and return', () => {
  it('ends when the watermark has passed the last signal by the hold', () => {
    const state = { ...raised(), lastSeenAt: T0 + 2 * MINUTE }
    expect(due(state, T0 + 7 * MINUTE)).toBeUndefined()
    expect(due(state, T0 + 7 * MINUTE + 1)).toEqual({ kind: 'clear', at: T0 + 7 * MINUTE, cause: 'ended' })
    expect(due(state, T0 + 24 * 60 * MINUTE)).toEqual({ kind: 'clear', at: T0 + 7 * MINUTE, cause: 'ended' })
  })

  it('renews by the hold alone, and expires if not renewed', () => {
    const state = { ...raised(), hold: 40 * MINUTE }
    expect(due(state, T0 + 7 * MINUTE)).toBeUndefined()
    expect(due(state, T0 + 8 * MINUTE)).toEqual({ kind: 'renew', at: T0 + 8 * MINUTE })
    expect(renew(state, T0 + 8 * MINUTE)).toMatchObject({ revision: 2, expiresAt: T0 + 23 * MINUTE })
    expect(due(state, T0 + 15 * MINUTE + 1)).toEqual({
      kind: 'clear',
      at: T0 + 15 * MINUTE,
      cause: 'expired',
    })
  })

  it('counts on in its episode within 30 minutes of the clear, and starts over after', () => {
    const state = raised()
    const gone = closedAt(state, T0 + 5 * MINUTE)
    expect(gone).toMatchObject({
      open: false,
      revision: 2,
      clearedAt: T0 + 5 * MINUTE,
      expiresAt: T0 + 5 * MINUTE,
    })
    expect(next(gone, { at: T0 + 34 * MINUTE })).toMatchObject({
      event: 'raised',
      next: { episode: T0, revision: 3, version: 3, raisedAt: T0 + 34 * MINUTE },
    })
    expect(next(gone, { at: T0 + 35 * MINUTE })).toMatchObject({
      event: 'raised',
      next: { episode: T0 + 35 * MINUTE, revision: 1, version: 3 },
    })
    expect(next(gone, { at: T0 + 6 * MINUTE, over: false }).kind).toBe('none')
  })

  it('is not raised again by a signal of a time that its clear has closed', () => {
    const gone = closedAt(raised(), T0 + 5 * MINUTE)
    expect(next(gone, { at: T0 + 2 * MINUTE }).kind).toBe('none')
    expect(next(gone, { at: T0 + 5 * MINUTE })).toMatchObject({ event: 'raised' })
  })
})

describe('over any course of signals', () => {
  const step = fc.record({
    gap: fc.integer({ min: -60, max: 1200 }),
    over: fc.boolean(),
    level: fc.double({ min: 0.5, max: 50, noNaN: true }),
    action: fc.constantFrom<Action>('review', 'review', 'review', 'throttle', 'none'),
  })

  it('revisions grow by one, (episode, revision) always grows, validity never exceeds 15 minutes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let state: StateRecord | undefined
        let now = T0
        let seen: readonly [number, number] = [0, 0]
        const note = (next: StateRecord) => {
          const [episode, revision] = seen
          if (next.episode === episode) expect(next.revision).toBe(revision + 1)
          else {
            expect(next.episode).toBeGreaterThan(episode)
            expect(next.revision).toBe(1)
          }
          expect(next.expiresAt - next.lastEventAt).toBeLessThanOrEqual(15 * MINUTE)
          if (!next.open) expect(next.clearedAt! - next.raisedAt).toBeGreaterThanOrEqual(0)
          seen = [next.episode, next.revision]
          state = next
        }
        for (const { gap, over, level, action } of steps) {
          now += gap * SECOND
          const ask = state?.open ? due(state, now - 10 * SECOND) : undefined
          if (state && ask?.kind === 'clear') {
            expect(ask.at - state.raisedAt).toBeGreaterThanOrEqual(5 * MINUTE)
            note(closedAt(state, ask.at))
          }
          const change = transition(state, ID, signal({ at: now, over, level }), { ...JUDGED, action })
          if (change.kind === 'event') {
            const quick = state?.open && now - state.lastEventAt < MINUTE
            if (quick) expect(change.next.action).not.toBe(state!.action)
            note({ ...change.next, alert: raised().alert })
          } else if (change.kind === 'touch') {
            expect(change.next.revision).toBe(state!.revision)
            state = { ...change.next, alert: state!.alert }
          } else if (change.kind === 'clear') note(closedAt(state!, now))
        }
      }),
      { numRuns: 300 },
    )
  })
})

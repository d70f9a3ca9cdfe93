import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Match } from '../../../../src/domain/decision.ts'
import type { UrlMention } from '../../../../src/domain/message.ts'
import type { StateRecord } from '../../../../src/domain/state-store.ts'
import { due } from '../../../../src/stores/states/lifecycle.ts'
import { matches, OpenStates } from '../../../../src/stores/states/open-states.ts'
import { MINUTE, message, raised, T0 } from '../../../helpers/state-fixtures.ts'

const url = (host: string): UrlMention => ({
  text: host,
  span: { start: 0, end: 1 },
  host,
  domain: host.split('.').slice(-2).join('.'),
  path: '',
  disguised: false,
})

function stateOf(match: Match, over: Partial<StateRecord> = {}): StateRecord {
  const state = raised({ target: { kind: 'signature', id: JSON.stringify(match) }, match })
  return { ...state, match, ...over }
}

function matched(match: Match, over: Parameters<typeof message>[0] = {}): boolean {
  const open = new OpenStates()
  open.apply(stateOf(match))
  return open.matching(message(over)).length === 1
}

describe('OpenStates', () => {
  it('knows an open campaign by its id and its aliases, enforced or not, until it closes', () => {
    const open = new OpenStates()
    const state = raised({
      code: 'CAMPAIGN_BURST',
      target: { kind: 'campaign', id: 'a' },
      match: { campaign: 'a' },
      aliases: ['b'],
    })
    open.apply({ ...state, enforced: false })
    expect(['a', 'b', 'c'].map((band) => open.campaignOf(band, T0))).toEqual(['a', 'a', undefined])
    open.apply({ ...state, version: state.version + 1, aliases: ['b', 'c'] })
    expect(open.campaignOf('c', T0)).toBe('a')
    open.apply({ ...state, version: state.version + 2, open: false })
    expect(open.campaignOf('a', T0)).toBeUndefined()
  })

  it('gives the name of a campaign to nothing after its end, however late the sweep comes', () => {
    const open = new OpenStates()
    const campaign = (id: string, at: number) =>
      raised({
        code: 'CAMPAIGN_BURST',
        target: { kind: 'campaign', id },
        match: { campaign: id },
        aliases: ['b'],
        at,
      })
    const first = campaign('a', T0)
    const end = first.lastSeenAt + first.hold
    open.apply(first)
    expect(['a', 'b'].map((band) => open.campaignOf(band, end))).toEqual(['a', 'a'])
    expect(['a', 'b'].map((band) => open.campaignOf(band, end + 1))).toEqual([undefined, undefined])
    // The band belongs to the one that came after, and to the first for what comes late.
    open.apply(campaign('c', end + MINUTE))
    expect([end, end + MINUTE].map((at) => open.campaignOf('b', at))).toEqual(['a', 'c'])
  })

  it.each<[string, Match, Parameters<typeof message>[0], Parameters<typeof message>[0]]>([
    [
      'signature',
      { signature: '京东' },
      {},
      { signature: { name: '顺丰', key: '顺丰', place: 'field', lookalikeBrackets: false } },
    ],
    ['port', { ports: ['10690001'] }, { from: '10690001' }, { from: '106900011' }],
    ['port prefix', { ports: ['10690001*'] }, { from: '106900019' }, { from: '10690002' }],
    [
      'excepted port',
      { signature: '京东', exceptPorts: ['10690001*'] },
      { from: '1' },
      { from: '106900019' },
    ],
    ['domain', { domains: ['evil.top'] }, { urls: [url('a.b.evil.top')] }, { urls: [url('notevil.top')] }],
    ['subdomain', { domains: ['a.evil.top'] }, { urls: [url('a.evil.top')] }, { urls: [url('b.evil.top')] }],
    ['campaign', { campaign: 'b1b1b1b1' }, {}, { bands: ['c0c0c0c0'] }],
    ['recipient', { toToken: '1.token' }, {}, { toToken: '1.other' }],
    ['labels alone', { labels: ['marketing'] }, {}, { label: 'notice' }],
    ['labels', { signature: '京东', labels: ['marketing', 'finance'] }, {}, { label: 'notice' }],
    ['sender', { signature: '京东', ports: ['10690001'] }, { from: '10690001' }, { from: '10690002' }],
  ])('matches by %s', (_name, match, hit, miss) => {
    expect(matched(match, hit)).toBe(true)
    expect(matched(match, miss)).toBe(false)
  })

  it('finds a state once however many of its members are there', () => {
    const open = new OpenStates()
    open.apply(stateOf({ domains: ['evil.top', 'worse.top'] }))
    expect(open.matching(message({ urls: [url('evil.top'), url('worse.top')] }))).toHaveLength(1)
  })

  it('returns the action and the campaign', () => {
    const open = new OpenStates()
    const state = stateOf({ campaign: 'b0b0b0b0' }, { action: 'review' })
    open.apply(state)
    expect(open.matching(message())).toEqual([{ id: state.id, action: 'review', campaign: 'b0b0b0b0' }])
  })

  it('leaves out shadows, what has lapsed, and what was not yet raised', () => {
    const open = new OpenStates()
    open.apply(stateOf({ signature: '京东' }, { enforced: false }))
    expect(open.size).toBe(1)
    expect(open.matching(message())).toEqual([])
    open.apply(stateOf({ signature: '京东' }, { version: 2 }))
    expect(open.matching(message({ ts: T0 - 10_000 }))).toHaveLength(1)
    expect(open.matching(message({ ts: T0 - 10_001 }))).toEqual([])
    open.apply(stateOf({ signature: '京东' }, { version: 3, hold: 60 * MINUTE }))
    expect(open.matching(message({ ts: T0 + 15 * MINUTE - 1 }))).toHaveLength(1)
    expect(open.matching(message({ ts: T0 + 15 * MINUTE }))).toEqual([])
  })

  it('ends a state where its clear will say that it ended, however late the sweep comes', () => {
    const open = new OpenStates()
    const state = stateOf({ signature: '京东' })
    open.apply(state)
    const end = state.lastSeenAt + state.hold
    expect(end).toBeLessThan(state.expiresAt)
    expect(due(state, end + MINUTE)).toMatchObject({ kind: 'clear', at: end })
    expect(open.matching(message({ ts: end - 1 }))).toHaveLength(1)
    expect(open.matching(message({ ts: end }))).toEqual([])
    // Where signals may be missing it goes on to its expiry.
    expect(open.matching(message({ ts: state.expiresAt - 1 }), true)).toHaveLength(1)
    expect(open.matching(message({ ts: state.expiresAt }), true)).toEqual([])
    open.apply({ ...state, version: state.version + 1, lastSeenAt: state.lastSeenAt + MINUTE })
    expect(open.matching(message({ ts: end }))).toHaveLength(1)
  })

  it('follows changes in any order and forgets what is closed', () => {
    const open = new OpenStates()
    const state = stateOf({ signature: '京东' })
    open.apply({ ...state, version: 3, match: { signature: '顺丰' } })
    expect(open.apply({ ...state, version: 2 })).toBe(false)
    expect(open.matching(message())).toEqual([])
    expect(open.apply({ ...state, version: 4 })).toBe(true)
    expect(open.matching(message())).toHaveLength(1)
    open.apply({ ...state, version: 5, open: false })
    expect([open.size, open.matching(message()).length]).toEqual([0, 0])
  })

  it('agrees with a scan of all states', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const match = fc
      .record(
        {
          signature: name,
          ports: fc.array(fc.constantFrom('1', '2', '1*'), { minLength: 1, maxLength: 2 }),
          exceptPorts: fc.array(fc.constantFrom('1', '2*'), { minLength: 1, maxLength: 1 }),
          domains: fc.array(fc.constantFrom('x.top', 'y.x.top', 'z.cn'), { minLength: 1, maxLength: 2 }),
          campaign: name,
          toToken: name,
          labels: fc.constant(['marketing'] as const),
        },
        { requiredKeys: [] },
      )
      .filter((m) => Object.keys(m).length > 0)
    const msg = fc.record({
      signature: name.map((n) => ({ name: n, key: n, place: 'field' as const, lookalikeBrackets: false })),
      from: fc.constantFrom('1', '12', '2'),
      urls: fc.array(fc.constantFrom('x.top', 'y.x.top', 'q.z.cn').map(url), { maxLength: 2 }),
      bands: fc.array(name, { maxLength: 2 }),
      toToken: name,
      label: fc.constantFrom('marketing' as const, 'notice' as const),
    })
    fc.assert(
      fc.property(fc.array(match, { maxLength: 8 }), fc.array(msg, { maxLength: 8 }), (all, messages) => {
        const open = new OpenStates()
        const states = [...new Map(all.map((m) => [JSON.stringify(m), stateOf(m)])).values()]
        for (const state of states) open.apply(state)
        for (const over of messages) {
          const m = message(over)
          const expected = states.filter((state) => matches(state, m)).map((state) => state.id)
          expect(
            open
              .matching(m)
              .map((found) => found.id)
              .sort(),
          ).toEqual(expected.sort())
        }
        for (const state of states) open.forget(state.id)
        expect(messages.flatMap((over) => open.matching(message(over)))).toEqual([])
      }),
    )
  })
})

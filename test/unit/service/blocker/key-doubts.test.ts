import { describe, expect, it } from 'vitest'
import { BlockTable } from '../../../../src/detection/blocking/block-table.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { createTokeniser } from '../../../../src/domain/token.ts'
import { KeyDoubts } from '../../../../src/service/blocker/key-doubts.ts'

const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const tokenise = createTokeniser({ keyId: '1', key: 'a key of the tests that is long enough' })
const other = createTokeniser({ keyId: '1', key: 'another key of the tests under the id' })

function setUp() {
  const events: Event[] = []
  const table = new BlockTable({ tokenisers: new Map([['1', tokenise]]) })
  const doubts = new KeyDoubts(table, (event) => events.push(event))
  const raise = (state: string, toToken: string) =>
    table.takeBlock(
      state,
      JSON.stringify({
        ...{ state, episode: NOW, revision: 1, action: 'throttle', limit: { perMinute: 1 } },
        ...{ match: { toToken }, code: 'RECIPIENT_FLOOD', alertId: state },
        validFrom: new Date(NOW).toISOString(),
        expiresAt: new Date(NOW + 15 * MINUTE).toISOString(),
      }),
      NOW,
    )
  return { events, table, doubts, raise }
}

describe('KeyDoubts', () => {
  it('finds nothing while all keys are known and verdicts agree', () => {
    const { events, table, doubts, raise } = setUp()
    raise('a', tokenise('13800005678'))
    table.takeVerdict(JSON.stringify({ id: 'm', action: 'throttle', states: ['a', 'b'] }), NOW)
    expect(table.look({ id: 'm', from: '1', to: '13800005678' }, NOW).states).toEqual(['a'])
    expect(doubts.look(NOW)).toBe(0)
    expect([events, doubts.notes()]).toEqual([[], []])
  })

  it('names keys of open states that are not configured, once, until the states have ended', () => {
    const { events, doubts, raise } = setUp()
    raise('a', '2.x')
    raise('b', '2.y')
    for (let i = 0; i < 3; i++) expect(doubts.look(NOW)).toBe(2)
    expect(events).toEqual([{ name: 'token_keys_unknown', keys: '2', states: 2 }])
    expect(doubts.notes()[0]).toContain('use a token key that is not configured (2)')
    raise('c', 'k3.z')
    doubts.look(NOW)
    expect(events[1]).toEqual({ name: 'token_keys_unknown', keys: '2, k3', states: 3 })
    expect(doubts.look(NOW + 15 * MINUTE)).toBe(0)
    expect(doubts.notes()).toEqual([])
  })

  it('concludes nothing from a message with a token of another key', () => {
    const { events, table, doubts, raise } = setUp()
    raise('a', tokenise('13800005678'))
    table.takeVerdict(JSON.stringify({ id: 'm', action: 'throttle', states: ['a'] }), NOW)
    table.look({ id: 'm', from: '1', toToken: 'elsewhere.x' }, NOW)
    doubts.look(NOW)
    expect([events, doubts.notes()]).toEqual([[], []])
  })

  it('finds a key that has the same id and is another, where a verdict shows it', () => {
    const { events, table, doubts, raise } = setUp()
    raise('a', other('13800005678'))
    table.takeVerdict(JSON.stringify({ id: 'm', action: 'throttle', states: ['a'] }), NOW)
    expect(table.look({ id: 'm', from: '1', to: '13800005678' }, NOW).states).toEqual([])
    doubts.look(NOW)
    doubts.look(NOW)
    expect(events).toEqual([{ name: 'token_keys_differ', messages: 1 }])
    expect(doubts.notes()[0]).toContain('with other tokens than this blocker makes')
  })
})

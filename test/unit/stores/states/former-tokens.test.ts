import { describe, expect, it } from 'vitest'
import type { Signal } from '../../../../src/domain/decision.ts'
import { stateId } from '../../../../src/domain/hash.ts'
import { createTokeniser } from '../../../../src/domain/token.ts'
import { FormerTokens } from '../../../../src/stores/states/former-tokens.ts'
import { StateManager } from '../../../../src/stores/states/manager.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { OpenStates } from '../../../../src/stores/states/open-states.ts'
import {
  ALERT_OPTIONS,
  MINUTE,
  manualClock,
  message,
  policyOf,
  raised,
  signal,
  T0,
  versionsOf,
} from '../../../helpers/state-fixtures.ts'

const RECIPIENT = '13800138000'
const yesterday = createTokeniser({
  keyId: '1',
  key: 'the key that was used until yesterday, of more than 32',
})
const today = createTokeniser({
  keyId: '2',
  key: 'the key that is used from today on, of more than 32 bytes',
})
const former = new FormerTokens([yesterday])
const toRecipient = message({ to: RECIPIENT, toToken: today(RECIPIENT) })

function flood(token: string): Partial<Signal> {
  return { code: 'RECIPIENT_FLOOD', target: { kind: 'recipient', id: token }, match: { toToken: token } }
}

function setUp(tokens: FormerTokens, exempted?: string) {
  const store = new MemoryStateStore({ clock: manualClock() })
  const exemption = { target: '', codes: [], until: T0, by: 'ops', why: 'a test number' }
  const exempt = (target: string) => (target === exempted ? exemption : undefined)
  const policy = policyOf({}, { exempt: exempt as never })
  const manager = new StateManager({
    alerts: ALERT_OPTIONS,
    store,
    versions: versionsOf(() => policy),
    outbox: { add: () => {} },
    clock: manualClock(),
    lateAfterExpiry: false,
    formerTokens: tokens,
  })
  const rise = async () => {
    const by = signal(flood(today(RECIPIENT)))
    await manager.apply([{ signal: by, message: toRecipient, position: toRecipient.position }])
    return manager.open.size
  }
  return { store, rise }
}

describe('after the token key was changed', () => {
  it('an open state on a recipient holds for its messages', () => {
    for (const [tokens, matched] of [
      [former, 1],
      [new FormerTokens(), 0],
    ] as const) {
      const open = new OpenStates(tokens)
      open.apply(raised(flood(yesterday(RECIPIENT))))
      expect(open.matching(toRecipient)).toHaveLength(matched)
      expect(open.matching({ ...toRecipient, to: '13900139000', toToken: today('13900139000') })).toEqual([])
    }
  })

  it('a state on a recipient that was released does not rise again under the new token', async () => {
    const released = stateId(ALERT_OPTIONS.deployment, 'RECIPIENT_FLOOD', {
      kind: 'recipient',
      id: yesterday(RECIPIENT),
    })
    for (const [tokens, open] of [
      [former, 0],
      [new FormerTokens(), 1],
    ] as const) {
      const { store, rise } = setUp(tokens)
      await store.suppress(released, T0 + 10 * MINUTE)
      expect(await rise()).toBe(open)
    }
  })

  it('an exemption of the policy under the former token holds', async () => {
    expect(await setUp(former, `recipient:${yesterday(RECIPIENT)}`).rise()).toBe(0)
    expect(await setUp(new FormerTokens(), `recipient:${yesterday(RECIPIENT)}`).rise()).toBe(1)
  })
})

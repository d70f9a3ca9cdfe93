import { describe, expect, it } from 'vitest'
import { findConsents, standingAt } from '../../../../src/analyst/evidence/consents.ts'
import { findDecisions } from '../../../../src/analyst/evidence/decisions.ts'
import type { Feed } from '../../../../src/analyst/evidence/feed.ts'
import { localiser } from '../../../../src/analyst/evidence/localise.ts'
import { clearedAlert } from '../../../../src/detection/alerts/state-alert.ts'
import { messageOf } from '../../../../src/detection/message-of.ts'
import { readMessage } from '../../../../src/detection/read-message.ts'
import type { Alert, Verdict } from '../../../../src/domain/alert.ts'
import { createTokeniser } from '../../../../src/domain/token.ts'
import { memoryLedger } from '../../../../src/stores/ledgers/memory.ts'
import { clear } from '../../../../src/stores/states/lifecycle.ts'
import { MINUTE, raised, T0 } from '../../../helpers/state-fixtures.ts'

const tokenise = createTokeniser({ keyId: '1', key: 'a key of the tests with more than 32 bytes' })

function feedOf(name: string, values: readonly unknown[], keys: readonly string[] = []): Feed {
  return {
    name,
    async read(_range, take) {
      values.forEach((value, i) => {
        const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value))
        const position = { topic: name, partition: 0, offset: i }
        take({ key: keys[i] ?? '', value: bytes, timestamp: T0, position })
      })
      return { records: values.length }
    },
  }
}

function message(id: string, ts = T0, signature = '京东', to = '13812345678') {
  const record = {
    value: Buffer.alloc(0),
    id,
    ts,
    from: '1069012345678',
    to,
    text: `【${signature}】双11大促，全场5折起，拒收回复R`,
    blocked: false,
  }
  return readMessage(messageOf(record, { topic: 'sms.mt', partition: 0, offset: 1 }, ts), tokenise)
}

const verdict = (id: string, over: Partial<Verdict> = {}): Verdict => ({
  id,
  action: 'throttle',
  label: 'marketing',
  score: 0.5,
  reasons: [],
  states: [],
  decidedAt: new Date(T0).toISOString(),
  ...over,
})

/** A burst of 京东, raised at T0 by the message m1; in force for 15 minutes. */
const state = raised()
const raise = state.alert
const end = (() => {
  const core = clear(state, T0 + 10 * MINUTE)
  return clearedAlert(core, raise, 'ended')
})()

describe('what was decided about a message', () => {
  async function decided(m: ReturnType<typeof message>, verdicts: unknown[], alerts: unknown[]) {
    const result = await findDecisions(
      [m],
      {
        verdicts: [feedOf('verdicts', verdicts)],
        alerts: [feedOf('alerts', alerts)],
      },
      localiser('en'),
    )
    return { ...result.decided[0]!, readings: result.readings }
  }

  it('has the states whose alert shows it, from raise to clear, each event once', async () => {
    const { states } = await decided(message('m1'), [], [raise, end, raise])
    expect(states).toHaveLength(1)
    expect(states[0]).toMatchObject({ state: state.id, because: 'shown' })
    expect(states[0]!.events.map(({ type, cause }) => [type, cause])).toEqual([
      ['sigwatch.alert.raised', undefined],
      ['sigwatch.alert.cleared', 'ended'],
    ])
    expect(states[0]!.events[0]!.versions).toEqual({ model: 'text@1', policy: 'p', registry: 'r' })
  })

  it('has the states that its verdict names, and no other', async () => {
    const m = message('m2', T0 + MINUTE)
    const { states } = await decided(m, [verdict('m2', { states: [state.id] })], [raise])
    expect(states.map(({ because }) => because)).toEqual(['verdict'])
    expect((await decided(m, [verdict('m2')], [raise])).states).toEqual([])
  })

  it('has, without a verdict, the states that match it and were in force', async () => {
    const plain: Alert = { ...raise, data: { ...raise.data, match: { signature: '京东' } } }
    const at = async (ts: number, signature = '京东') =>
      (await decided(message('m3', ts, signature), [], [plain])).states.map(({ because }) => because)
    expect(await at(T0 + MINUTE)).toEqual(['match'])
    expect(await at(T0 + 16 * MINUTE)).toEqual([])
    expect(await at(T0 - MINUTE)).toEqual([])
    expect(await at(T0 + MINUTE, '天猫')).toEqual([])
    // By label: unknown without a verdict.
    expect((await decided(message('m3', T0 + MINUTE), [], [raise])).states).toEqual([])
  })

  it('keeps the first of repeated verdicts, and the nearest alerts before and after', async () => {
    const later = (ts: number, policy: string): Alert => ({
      ...raise,
      id: policy,
      time: new Date(ts).toISOString(),
      data: { ...raise.data, provenance: { ...raise.data.provenance, policy } },
    })
    const m = message('m4', T0 + 5 * MINUTE)
    const result = await decided(
      m,
      [verdict('m4', { score: 0.1 }), verdict('m4', { score: 0.2 }), verdict('other')],
      [
        later(T0 + 9 * MINUTE, 'far'),
        later(T0 + 6 * MINUTE, 'after'),
        later(T0 + 4 * MINUTE, 'before'),
        raise,
      ],
    )
    expect(result.verdicts.map(({ score }) => score)).toEqual([0.1])
    expect(result.before?.versions.policy).toBe('before')
    expect(result.after?.versions.policy).toBe('after')
  })

  it('counts what is no verdict and no alert, and reads nothing when there is no message', async () => {
    const { readings } = await decided(message('m5'), ['{', verdict('m5')], [{ id: 'x' }, raise, '[]'])
    expect(readings.map(({ input, records, unreadable }) => [input, records, unreadable])).toEqual([
      ['verdicts', 2, 1],
      ['alerts', 3, 2],
    ])
    const failing: Feed = { name: 'none', read: () => Promise.reject(new Error('read')) }
    expect(await findDecisions([], { verdicts: [failing], alerts: [failing] }, localiser('en'))).toEqual({
      decided: [],
      readings: [],
    })
  })
})

describe('consents of a message', () => {
  const DAY = 86_400_000
  const row = (over: object) => ({ signature: '京东', to: '13812345678', state: 'in', ts: T0 - DAY, ...over })

  it('are those of its signature and recipient, as number or token, with the change before', async () => {
    const rows = [
      row({ ts: T0 - 2 * DAY, proof: 'shop', was: { state: 'out', ts: T0 - 9 * DAY } }),
      row({ signature: '天猫' }),
      row({ to: '13900000000' }),
      row({ to: tokenise('13812345678'), state: 'out' }),
      'broken',
    ]
    const { found, readings } = await findConsents({
      messages: [message('m1')],
      consents: [feedOf('consents', rows)],
      replies: [],
      tokenise,
    })
    expect(found[0]!.changes.map(({ state: s, ts, proof }) => [s, (T0 - ts) / DAY, proof])).toEqual([
      ['out', 9, undefined],
      ['in', 2, 'shop'],
      ['out', 1, undefined],
    ])
    expect(readings[0]).toMatchObject({ records: 5, unreadable: 1 })
  })

  it('of a compacted topic are told apart by the key, without reading the others', async () => {
    const feed = feedOf('consents', [row({}), 'not even JSON'], ['京东|13812345678', '天猫|13812345678'])
    const { found, readings } = await findConsents({
      messages: [message('m1')],
      consents: [feed],
      replies: [],
      tokenise,
    })
    expect(found[0]!.changes).toHaveLength(1)
    expect(readings[0]!.unreadable).toBe(0)
  })

  it('of the ledger join those of rows, which know the proof', async () => {
    const ledger = memoryLedger()
    const ts = T0 - DAY
    await ledger.apply([{ signature: '京东', to: '13812345678', state: 'in', ts }])
    await ledger.apply([{ signature: '京东', to: '13812345678', state: 'out', ts: ts + 1 }])
    const { found } = await findConsents({
      messages: [message('m1')],
      consents: [feedOf('rows', [row({ proof: 'shop' })])],
      replies: [],
      ledger,
      tokenise,
    })
    expect(found[0]!.changes).toEqual([
      { state: 'in', ts, proof: 'shop', source: 'rows' },
      { state: 'out', ts: ts + 1, source: 'ledger' },
    ])
  })

  it('hold from their time on, and not when they were ticked by default', () => {
    const at = (state: 'in' | 'out', ts: number, proof?: string) => ({
      state,
      ts,
      source: 's',
      ...(proof === undefined ? {} : { proof }),
    })
    expect(standingAt([], T0)).toBe('none')
    expect(standingAt([at('in', T0)], T0 - 1)).toBe('none')
    expect(standingAt([at('in', T0)], T0)).toBe('in')
    expect(standingAt([at('in', T0 - 2), at('out', T0 - 1)], T0)).toBe('out')
    expect(standingAt([at('in', T0 - 1, 'default')], T0)).toBe('default')
  })
})

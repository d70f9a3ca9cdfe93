import { describe, expect, it } from 'vitest'
import { BlockTable } from '../../../../src/detection/blocking/block-table.ts'
import { readSubmission } from '../../../../src/detection/blocking/submission.ts'
import type { PassBook } from '../../../../src/domain/pass-book.ts'
import { Decider, type DeciderOptions, type Kept } from '../../../../src/service/blocker/decider.ts'
import { MemoryPassBook } from '../../../../src/stores/passes/memory.ts'

const NOW = Date.parse('2026-11-11T02:00:00Z')
const VALID = { validFrom: '2026-11-11T01:55:00Z', expiresAt: '2026-11-11T02:10:00Z' }
const MESSAGE = { id: 'm1', from: '106900001111', signature: '顺丰' }

function alertOn(id: string, action: string, reasons: readonly (readonly [code: string, action: string])[]) {
  const data = {
    ...{ mode: 'enforce', action, target: { kind: 'message', id }, ...VALID },
    reasons: reasons.map(([code, asked]) => ({ code, action: asked })),
  }
  return JSON.stringify({ id: `alert-${id}`, type: 'sigwatch.alert.raised', data })
}

function blockOf(action: string, code: string, limit?: { readonly perMinute: number }) {
  return JSON.stringify({ match: { ports: ['106900001111'] }, action, limit, code, ...VALID })
}

describe('Decider', () => {
  function play(options: Partial<DeciderOptions> = {}) {
    const table = new BlockTable({ tokenisers: new Map() })
    const kept: Kept[] = []
    const decider = new Decider({
      ...{ table, now: () => NOW, own: new MemoryPassBook(() => 0), failure: 'open' as const },
      ...{ doubt: () => undefined, tokenise: String, kept: (one) => kept.push(one), emit: () => {} },
      ...options,
    })
    return { table, kept, decider, decide: () => decider.decideAlone(MESSAGE) }
  }

  it('names the codes that ask for the block first', () => {
    const { table, decide } = play()
    const reasons = [
      ['SIGNATURE_UNFILED', 'review'],
      ['OP_PARCEL', 'block'],
    ] as const
    const codes = reasons.map(([code]) => code)
    table.takeVerdict(JSON.stringify({ id: 'm1', action: 'block', reasons: ['OP_TRIED', ...codes] }), NOW)
    table.takeAlert(alertOn('m1', 'block', reasons), NOW)
    expect(decide()).toMatchObject({
      action: 'block',
      why: ['OP_PARCEL', 'SIGNATURE_UNFILED', 'OP_TRIED'],
    })
  })

  it('names the code of the full throttle before that of a review, and the other way round where it has room', () => {
    const { table, decide } = play()
    table.takeBlock('campaign', blockOf('review', 'CAMPAIGN_BURST'), NOW)
    table.takeBlock('hand', blockOf('throttle', 'MANUAL_BLOCK', { perMinute: 1 }), NOW)
    expect(decide()).toMatchObject({ action: 'review', why: ['CAMPAIGN_BURST', 'MANUAL_BLOCK'] })
    expect(decide()).toMatchObject({ action: 'throttle', why: ['MANUAL_BLOCK', 'CAMPAIGN_BURST'] })
  })

  it('counts over all blockers again as soon as the shared book answers, without a message', async () => {
    const events: string[] = []
    let reachable = false
    const answer = async <T>(value: T) => {
      if (!reachable) throw new Error('no answer')
      return value
    }
    const shared: PassBook = {
      settle: () => answer([{ outcome: 'passes' }]),
      stop: () => answer(undefined),
      takeGone: () => answer([]),
    }
    const { decider } = play({ shared, emit: ({ name }) => events.push(name) })
    await decider.takeGone(['m1'])
    expect(decider.isShared).toBe(false)
    await decider.regain()
    expect(decider.isShared).toBe(false)
    reachable = true
    await decider.regain()
    expect(decider.isShared).toBe(true)
    expect(events).toEqual(['throttles_apart', 'throttles_shared'])
  })

  it('reports what it keeps back with the alert or the state, and the codes', () => {
    const byAlert = play()
    byAlert.table.takeAlert(alertOn('m1', 'block', [['OP_PARCEL', 'block']]), NOW)
    byAlert.decide()
    expect(byAlert.kept).toEqual([
      { messageId: 'm1', action: 'block', alertId: 'alert-m1', codes: ['OP_PARCEL'] },
    ])
    const byState = play()
    byState.table.takeBlock('port', blockOf('block', 'MANUAL_BLOCK'), NOW)
    byState.decide()
    expect(byState.kept).toEqual([
      { messageId: 'm1', action: 'block', stateId: 'port', codes: ['MANUAL_BLOCK'] },
    ])
    const byFailure = play({ failure: 'closed', doubt: () => 'BROKERS_SILENT' })
    byFailure.decide()
    expect(byFailure.kept).toEqual([{ messageId: 'm1', action: 'block', codes: ['BROKERS_SILENT'] }])
  })
})

describe('readSubmission', () => {
  const message = { id: 'm1', from: '106900001111', to: '13800005678', text: '您好' }

  it('refuses a part beyond the count, and takes the last', () => {
    const fault = 'part.index: must be from 1 to count'
    for (const index of [0, 3, 1.5, '1'])
      expect(readSubmission({ ...message, part: { ref: 7, index, count: 2 } })).toBe(fault)
    expect(readSubmission({ ...message, part: { ref: 7, index: 2, count: 2 } })).toMatchObject({ id: 'm1' })
  })
})

import { describe, expect, it } from 'vitest'
import { messageOf } from '../../../../src/detection/message-of.ts'
import { readMessage } from '../../../../src/detection/read-message.ts'
import { stateId } from '../../../../src/domain/hash.ts'
import type { Message } from '../../../../src/domain/message.ts'
import { Comparison } from '../../../../src/offline/replay/comparison.ts'
import type { Compared } from '../../../../src/offline/replay/difference.ts'
import { StateNames } from '../../../../src/offline/replay/state-names.ts'

const PORT = '10690200001'
const SMS: Message = messageOf(
  {
    ...{ value: Buffer.alloc(0), id: 'm', ts: Date.UTC(2026, 10, 11), from: PORT, to: '17002130007' },
    ...{ text: '【示例超市】满减 https://a.shop.example/x', blocked: false },
  },
  { topic: 't', partition: 0, offset: 0 },
  0,
)
const message = () => readMessage(SMS, () => '1.token')
const BURST = stateId('d', 'MARKETING_BURST', { kind: 'signature', id: '示例超市' })
const SUBLET = stateId('d', 'PORT_SUBLET', { kind: 'port', id: PORT })
const DOMAIN = stateId('d', 'FORGED_BRAND', { kind: 'domain', id: 'shop.example' })
const FLOOD = stateId('d', 'RECIPIENT_FLOOD', { kind: 'recipient', id: '1.token' })
const VERSIONS = { model: 'm@1', policy: 'p', registry: 'r' }
const PASS: Compared = { id: 'm', action: 'pass', label: 'marketing', reasons: [], states: [] }

const compared = (pairs: readonly (readonly [was: Compared | undefined, is: Compared])[]) => {
  const options = { names: new StateNames('d'), senderContacts: 'clear', reviewCases: 5, seed: 1 } as const
  const comparison = new Comparison(options)
  for (const [was, is] of pairs) comparison.add(is, was, message)
  return { comparison, report: comparison.report(VERSIONS) }
}

describe('Comparison', () => {
  it('says of states what they are about, although a verdict has only their ids', () => {
    const under = {
      ...PASS,
      action: 'review',
      states: [BURST, SUBLET, DOMAIN, FLOOD, 'nobody knows'],
    } as Compared
    const { report } = compared([[under, PASS]])
    expect(report.states.released).toHaveLength(5)
    expect(report.stateNames).toEqual({
      [BURST]: { code: 'MARKETING_BURST', target: { kind: 'signature', id: '示例超市' } },
      [SUBLET]: { code: 'PORT_SUBLET', target: { kind: 'port', id: PORT } },
      [DOMAIN]: { code: 'FORGED_BRAND', target: { kind: 'domain', id: 'shop.example' } },
      [FLOOD]: { code: 'RECIPIENT_FLOOD', target: { kind: 'recipient', id: '1.token' } },
    })
    // A code that messages have too is counted by the reasons alone.
    expect(report.byCode).toEqual({
      MARKETING_BURST: { raised: 0, released: 1 },
      PORT_SUBLET: { raised: 0, released: 1 },
      RECIPIENT_FLOOD: { raised: 0, released: 1 },
    })
    expect(report.released.review).toBe(1)
    expect(report.bySender).toEqual([{ sender: `示例超市@${PORT}`, raised: 0, released: 1 }])
  })

  it('treats a state that applied to a message on both sides as no difference', () => {
    const under = { ...PASS, states: [BURST] }
    const { report } = compared([
      [PASS, under],
      [under, PASS],
    ])
    expect(report.changed).toBe(2)
    expect(report.states).toEqual({ raised: [], released: [] })
  })

  it('leaves degraded verdicts and records without one out of what is compared', () => {
    const block = { ...PASS, action: 'block' } as Compared
    const { report } = compared([
      [{ ...PASS, degraded: true }, block],
      [undefined, block],
    ])
    expect(report).toMatchObject({ records: 2, compared: 0, changed: 0, degraded: 1, unmatched: 1 })
  })

  it('goes on from its snapshot as if nothing had been', () => {
    const block = { ...PASS, action: 'block', reasons: ['NO_CONSENT'], states: [BURST] } as Compared
    const whole = compared([
      [PASS, block],
      [block, PASS],
      [PASS, PASS],
    ])
    const first = compared([[PASS, block]]).comparison
    const options = { names: new StateNames('d'), senderContacts: 'clear', reviewCases: 5, seed: 1 } as const
    const second = new Comparison(options, JSON.parse(JSON.stringify(first.snapshot())))
    second.add(PASS, block, message)
    second.add(PASS, PASS, message)
    expect(second.report(VERSIONS)).toEqual(whole.report)
    expect(second.cases('NO_CONSENT')).toEqual(whole.comparison.cases('NO_CONSENT'))
    expect(second.cases('NO_CONSENT')).toHaveLength(1)
  })

  it('of a sample counts by sender, also from its snapshot on', () => {
    const block = { ...PASS, action: 'block' } as Compared
    const options = { senderContacts: 'clear', reviewCases: 0, seed: 1, sample: 0.5 } as const
    const made = (from?: ReturnType<Comparison['snapshot']>) =>
      new Comparison({ ...options, names: new StateNames('d') }, from)
    const first = made()
    first.add(block, PASS, message, '1')
    const second = made(JSON.parse(JSON.stringify(first.snapshot())))
    second.add(PASS, PASS, message, '1')
    second.add(PASS, PASS, message, '2')
    // No verdict before: nothing to estimate from.
    second.add(block, undefined, message, '3')
    second.population(8)
    const { sample } = second.report(VERSIONS)
    expect(sample).toMatchObject({ percent: 50, senders: 2, population: 8 })
    expect(sample!.estimates['newly.block']).toMatchObject({
      records: { value: 3 },
      percent: { value: expect.closeTo(100 / 3) },
    })
  })
})

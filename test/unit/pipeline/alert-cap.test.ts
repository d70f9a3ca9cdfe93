import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../src/detection/judge.ts'
import { AlertCap } from '../../../src/pipeline/alert-cap.ts'
import { MINUTE, message, T0 } from '../../helpers/state-fixtures.ts'

const reason = {
  code: 'TEXT_FRAUD',
  score: 1,
  action: 'review',
  mode: 'enforce',
  weight: 1,
  evidence: {},
} as const
const decision = (from: string, ts: number, acts = true): Decision => ({
  message: message({ from, ts }),
  reasons: [reason],
  enforced: acts ? [reason] : [],
  shadow: [],
  states: [],
  action: 'review',
  late: false,
})
const alerting = (decisions: readonly Decision[]) =>
  decisions.filter(({ enforced }) => enforced.length > 0).length

describe('alerts of one sender', () => {
  it('are so many a minute of event time, and the reasons stay', () => {
    const capped: number[] = []
    const cap = new AlertCap(3, (count) => capped.push(count))
    const flood = Array.from({ length: 5 }, (_, i) => decision('10690001', T0 + i))
    const limited = cap.limit([...flood, decision('10690002', T0), decision('10690001', T0, false)])
    expect(alerting(limited)).toBe(4)
    expect(limited.every(({ reasons }) => reasons.length === 1)).toBe(true)
    expect(alerting(cap.limit(flood))).toBe(0)
    expect(alerting(cap.limit([decision('10690001', T0 + MINUTE)]))).toBe(1)
    expect(capped).toEqual([2, 5])
  })

  it('are not counted when the cap is off', () => {
    const cap = new AlertCap(0, () => expect.fail('nothing is capped'))
    const flood = Array.from({ length: 5_000 }, () => decision('10690001', T0))
    expect(cap.limit(flood)).toBe(flood)
  })
})

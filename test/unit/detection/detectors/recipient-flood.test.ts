import { describe, expect, it } from 'vitest'
import { recipientFlood } from '../../../../src/detection/detectors/recipient-flood.ts'
import { policy, signalContext, T } from '../../../helpers/signal-context.ts'

describe('RECIPIENT_FLOOD', () => {
  const flood = (kind: string, count: number) =>
    recipientFlood.onTally!({ kind, id: '1.abc', count }, T, signalContext)

  it('is raised by more one-time passwords than a person requests', () => {
    const limit = Number(policy.codePolicy('RECIPIENT_FLOOD', T).thresholds.otp10m)
    expect(flood('otp-10m', limit)).toBeUndefined()
    expect(flood('otp-10m', limit + 1)).toMatchObject({
      over: true,
      target: { kind: 'recipient', id: '1.abc' },
    })
  })

  it('caps only the commercial messages of a flood of advertising', () => {
    expect(flood('commercial-1h', 100)!.match).toEqual({ toToken: '1.abc', labels: ['marketing', 'finance'] })
    expect(flood('something-else', 100)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { complaintSpike, poissonLowerBound } from '../../../../src/detection/detectors/complaint-spike.ts'
import { signalContext, T } from '../../../helpers/signal-context.ts'

describe('COMPLAINT_SPIKE', () => {
  const target = { kind: 'signature', id: '某商城' } as const
  const spike = (complaints: number, sent: number) =>
    complaintSpike.onComplaints!({ target, complaints, sent }, T, signalContext)

  it('bounds a Poisson mean from below', () => {
    // Exact one-sided 95% bounds: half the 5% quantile of chi-square with 2k degrees of freedom.
    expect(poissonLowerBound(5, 0.95)).toBeCloseTo(1.97, 1)
    expect(poissonLowerBound(20, 0.95)).toBeCloseTo(13.25, 1)
    expect(poissonLowerBound(0, 0.95)).toBe(0)
  })

  it('is raised when even the lower bound is above the limit', () => {
    expect(spike(20, 100_000)).toMatchObject({
      over: true,
      evidence: { complaints: 20, sent: 100_000, perMillion: 200 },
      // One-time passwords of the sender are none of it.
      match: { signature: '某商城', labels: ['marketing', 'finance'] },
    })
  })

  it('is none on few complaints, on a rate that chance explains, or without traffic', () => {
    expect(spike(4, 10)).toBeUndefined()
    expect(spike(6, 5_000_000)).toBeUndefined()
    expect(spike(50, 0)).toBeUndefined()
  })
})

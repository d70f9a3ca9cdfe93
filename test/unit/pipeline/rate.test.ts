import { describe, expect, it } from 'vitest'
import type { RateDetector } from '../../../src/domain/detector.ts'
import type { Observed } from '../../../src/pipeline/rate.ts'
import { Rates } from '../../../src/pipeline/rate.ts'
import { MINUTE, message, T0 } from '../../helpers/state-fixtures.ts'

const TALLY = { kind: 'otp-10m', id: 'x', window: 10 * MINUTE, reportFrom: 1 }
const SET = { entity: 'names:1', member: 'x', window: 10 * MINUTE, reportFrom: 1, minCount: 1 }

describe('the time of a count', () => {
  it('is that of its newest message, whatever of an earlier time comes behind it in the batch', async () => {
    const times: Record<string, number> = {}
    const detector: RateDetector = {
      onMembers(_reading, at) {
        times.members = at
        return undefined
      },
      onTally(_reading, at) {
        times.tally = at
        return undefined
      },
    } as RateDetector
    const reading = { entity: SET.entity, members: ['x'], count: 1, total: 4 }
    const store = {
      count: async () => ({
        rates: [],
        members: [reading],
        tallies: [{ kind: TALLY.kind, id: TALLY.id, count: 4 }],
        fanouts: [],
        counted: true,
      }),
    }
    const batch = [0, 1, 2, -2_880].map((minutes): Observed => {
      const detected = { message: message({ ts: T0 + minutes * MINUTE }), findings: [] }
      const { position, ts } = detected.message
      const observations = { position, ts, rates: [], members: [SET], tallies: [TALLY], sent: [] }
      return { detected: detected as never, observations, candidates: [] }
    })
    const rates = new Rates(store, [detector])
    await rates.count(batch, {} as never, { count: 3, recipients: 3, within: 10 * MINUTE })
    expect(times).toEqual({ members: T0 + 2 * MINUTE + 10_000, tally: T0 + 2 * MINUTE + 10_000 })
  })
})

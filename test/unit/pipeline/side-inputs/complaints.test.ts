import { describe, expect, it } from 'vitest'
import { countComplaint } from '../../../../src/pipeline/side-inputs/complaints.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { many, observation, T0 } from '../../../helpers/feature-fixtures.ts'
import { signalContext } from '../../../helpers/signal-context.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const sent = ['signature:京东']

/** Six complaints at the end of a day whose feed was there between these hours. */
async function spikeAfter(...spans: readonly (readonly [from: number, to: number])[]) {
  const features = memoryFeatureStore()
  let offset = 0
  for (const [from, to] of spans) {
    for (let minute = from * 60; minute < to * 60; minute++) {
      await features.count(many(3, offset, (o) => observation(o, T0 + minute * MINUTE, { sent })))
      offset += 3
    }
  }
  const at = T0 + 24 * HOUR
  let signals: Awaited<ReturnType<typeof countComplaint>> = []
  for (let i = 0; i < 6; i++) {
    const row = { ts: at - MINUTE + i, id: `c${i}`, signature: '京东', source: '12321' }
    const position = { topic: 'sms.complaints', partition: 0, offset: i }
    signals = await countComplaint(row, position, at, features, signalContext)
  }
  return signals[0]?.evidence
}

describe('complaints on what was sent', () => {
  it('are held against what was counted', async () => {
    expect(await spikeAfter([0, 24])).toMatchObject({ complaints: 6, sent: 4320 })
  })

  it('are held against as many in the hours in which the feed was absent', async () => {
    expect(await spikeAfter([0, 9], [15, 24])).toMatchObject({ complaints: 6, sent: 4320 })
  })

  it('are no feed themselves', async () => {
    const features = memoryFeatureStore()
    await features.count(many(40, 0, (o) => observation(o, T0 + o * MINUTE, { sent })))
    const row = { ts: T0 + 20 * HOUR, id: 'c', signature: '京东', source: '12321' }
    const position = { topic: 'sms.complaints', partition: 0, offset: 0 }
    await countComplaint(row, position, row.ts, features, signalContext)
    await features.count([observation(40, T0 + 40 * HOUR, { sent })])
    expect(features.feedShare(T0 + HOUR, T0 + 40 * HOUR)).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'
import type { PartitionProgress } from '../../../src/domain/state-store.ts'
import { WatermarkAlignment } from '../../../src/pipeline/watermark-alignment.ts'
import { MINUTE, SECOND, T0 } from '../../helpers/state-fixtures.ts'

const DRIFT = 2 * MINUTE
const LIMITS = { drift: DRIFT, patience: 60 * SECOND }
const NOW = T0 + 30 * 24 * 60 * MINUTE

const at = (
  partition: number,
  eventTime: number,
  more: Partial<PartitionProgress> = {},
): PartitionProgress => ({
  topic: 't',
  partition,
  eventTime,
  standing: 'behind',
  ownerless: false,
  ...more,
})
const own = (...partitions: number[]) => new Set(partitions.map((p) => `t/${p}`))

describe('WatermarkAlignment', () => {
  it('lets a backlog go as far ahead of the slowest partition of the others as the drift', () => {
    const alignment = new WatermarkAlignment(LIMITS)
    const progress = [at(0, T0), at(1, T0 + MINUTE), at(2, T0 + 5 * MINUTE)]
    expect(alignment.span(progress, own(0), NOW, NOW).after).toBe(T0 + MINUTE + DRIFT)
    expect(alignment.span(progress, own(2), NOW, NOW).after).toBe(T0 + DRIFT)
  })

  it('waits neither for partitions that have nothing to come nor for its own', () => {
    const alignment = new WatermarkAlignment(LIMITS)
    const wait = alignment.span(
      [at(0, T0), at(1, T0, { standing: 'idle' }), at(2, T0, { standing: 'current' })],
      own(0),
      NOW,
      NOW,
    )
    expect(wait.after).toBe(Number.POSITIVE_INFINITY)
  })

  it('waits for a partition without an owner, but not longer than its patience while it stands', () => {
    const alignment = new WatermarkAlignment(LIMITS)
    const dead = at(1, T0, { ownerless: true })
    expect(alignment.span([dead], own(0), NOW, NOW).after).toBe(T0 + DRIFT)
    expect(alignment.span([dead], own(0), NOW + 59 * SECOND, NOW + 59 * SECOND).after).toBe(T0 + DRIFT)
    expect(alignment.span([dead], own(0), NOW + 60 * SECOND, NOW + 60 * SECOND).after).toBe(
      Number.POSITIVE_INFINITY,
    )
    const moved = at(1, T0 + SECOND)
    expect(alignment.span([moved], own(0), NOW + 61 * SECOND, NOW + 61 * SECOND).after).toBe(
      T0 + SECOND + DRIFT,
    )
    expect(alignment.span([moved], own(0), NOW + 120 * SECOND, NOW + 120 * SECOND).after).toBe(
      T0 + SECOND + DRIFT,
    )
  })

  it('does not wait forever for a partition that is read repeatedly', () => {
    const alignment = new WatermarkAlignment(LIMITS)
    let spans = 0
    for (let second = 0; second < 600; second++) {
      // An owner dies at the same record each five seconds, and the next begins at the last commit.
      const looping = at(1, T0 + (second % 5) * SECOND)
      if (
        Number.isFinite(alignment.span([looping], own(0), NOW + second * SECOND, NOW + second * SECOND).after)
      )
        spans++
    }
    expect(spans).toBeLessThan(70)
  })

  it('lets live traffic pass', () => {
    const alignment = new WatermarkAlignment(LIMITS)
    expect(alignment.span([at(1, NOW - 60 * MINUTE)], own(0), NOW, NOW).before).toBe(NOW - DRIFT)
  })
})

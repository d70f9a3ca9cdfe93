import { describe, expect, it } from 'vitest'
import type { PartitionProgress } from '../../src/domain/ports.ts'
import { Peers } from '../../src/pipeline/peers.ts'
import { MINUTE, SECOND, T0 } from '../helpers/state-fixtures.ts'

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

describe('Peers', () => {
  it('lets a backlog go as far ahead of the slowest partition of the others as the drift', () => {
    const peers = new Peers(LIMITS)
    const progress = [at(0, T0), at(1, T0 + MINUTE), at(2, T0 + 5 * MINUTE)]
    expect(peers.hold(progress, own(0), NOW).after).toBe(T0 + MINUTE + DRIFT)
    expect(peers.hold(progress, own(2), NOW).after).toBe(T0 + DRIFT)
  })

  it('waits for nobody who has nothing to come, and not for its own', () => {
    const peers = new Peers(LIMITS)
    const wait = peers.hold(
      [at(0, T0), at(1, T0, { standing: 'idle' }), at(2, T0, { standing: 'current' })],
      own(0),
      NOW,
    )
    expect(wait.after).toBe(Number.POSITIVE_INFINITY)
  })

  it('waits for a partition without an owner, but not longer than its patience while it stands', () => {
    const peers = new Peers(LIMITS)
    const dead = at(1, T0, { ownerless: true })
    expect(peers.hold([dead], own(0), NOW).after).toBe(T0 + DRIFT)
    expect(peers.hold([dead], own(0), NOW + 59 * SECOND).after).toBe(T0 + DRIFT)
    expect(peers.hold([dead], own(0), NOW + 60 * SECOND).after).toBe(Number.POSITIVE_INFINITY)
    const moved = at(1, T0 + SECOND)
    expect(peers.hold([moved], own(0), NOW + 61 * SECOND).after).toBe(T0 + SECOND + DRIFT)
    expect(peers.hold([moved], own(0), NOW + 120 * SECOND).after).toBe(T0 + SECOND + DRIFT)
  })

  it('lets live traffic pass', () => {
    const peers = new Peers(LIMITS)
    expect(peers.hold([at(1, NOW - 60 * MINUTE)], own(0), NOW).before).toBe(NOW - DRIFT)
  })
})

import { describe, expect, it } from 'vitest'
import { Attempts } from '../../../../src/stores/rates/attempts.ts'
import { AtomicDelta } from '../../../../src/stores/rates/deltas.ts'

/** What a chunk adds to shard 7 in these buckets. */
const adding = (...buckets: number[]) => ({
  shard: 7,
  main: new AtomicDelta(),
  once: new Map(),
  offsets: new Map(),
  buckets: new Set(buckets),
})

function open() {
  const missing: number[][] = []
  return { missing, attempts: new Attempts((shard, buckets) => missing.push([shard, ...buckets])) }
}

describe('attempts to count a batch', () => {
  it('leave nothing missing while it may be counted again', () => {
    const { attempts, missing } = open()
    attempts.add(0, adding(1, 2), true)
    attempts.ended(0, 7, false)
    expect(missing).toEqual([])
    attempts.giveUp()
    expect(missing).toEqual([[7, 1, 2]])
  })

  it('leave nothing missing when one of them counted, whatever the others say and when', () => {
    const { attempts, missing } = open()
    attempts.add(0, adding(1, 2), true)
    attempts.add(0, adding(1, 2), true)
    attempts.ended(0, 7, false)
    attempts.giveUp()
    // The first one still ran, and the second is refused.
    attempts.ended(0, 7, true)
    expect(missing).toEqual([])
  })

  it('leave missing what was given up before the last of them was known to have failed', () => {
    const { attempts, missing } = open()
    attempts.add(0, adding(1), true)
    attempts.add(0, adding(1, 2), true)
    attempts.giveUp()
    attempts.ended(0, 7, false)
    expect(missing).toEqual([])
    attempts.ended(0, 7, false)
    expect(missing).toEqual([[7, 1, 2]])
  })

  it('are of chunks that are counted each by itself', () => {
    const { attempts, missing } = open()
    attempts.add(0, adding(1), true)
    attempts.ended(0, 7, true)
    attempts.add(4096, adding(2), false)
    attempts.giveUp()
    expect(missing).toEqual([[7, 2]])
  })
})

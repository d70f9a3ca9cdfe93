import { describe, expect, it } from 'vitest'
import { describeBaseline, newBaseline, train } from '../../../../src/stores/rates/baseline.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'

const T0 = Date.UTC(2026, 10, 11, 1)
const HOUR = 3_600_000

describe('a template sent round robin over more senders than are kept', () => {
  it('counts every message, also those of senders that were dropped', async () => {
    const store = memoryFeatureStore()
    let total = 0
    for (let i = 0; i < 200; i++) {
      const { members } = await store.count([
        {
          position: { topic: 't', partition: 0, offset: i },
          ts: T0 + i * 1000,
          rates: [],
          members: [{ entity: 'set', member: `m${i % 50}`, window: HOUR, reportFrom: 4, minCount: 1 }],
          tallies: [],
          sent: [],
        },
      ])
      total = members.at(-1)?.total ?? total
    }
    expect(total).toBe(200)
  })
})

describe('the first hour of a steady sender', () => {
  it('trains what it was, however much; later hours are clipped against it', () => {
    const bucket = T0 / 10_000
    const there = { home: 0, runs: [] }
    const seen = { since: 0, own: there, whole: there }
    const state = newBaseline(bucket, 200, seen)
    for (let i = 1; i < 360; i++) train(state, bucket + i, i % 6 === 0 ? 200 : 0, seen)
    train(state, bucket + 360, 200, seen)
    expect(
      describeBaseline(bucket + 360, state.first, [0, 0, 0, 0, 0], undefined, state.recent, seen).recent
        ?.mean,
    ).toBe(200)
    for (let i = 361; i < 720; i++) train(state, bucket + i, 2000, seen)
    train(state, bucket + 720, 200, seen)
    expect(state.recent.mean).toBeLessThan(400)
  })
})

import { describe, expect, it } from 'vitest'
import { HEAD_GROUPS } from '../../../src/domain/heads.ts'
import { createScorer } from '../../../src/service/scorer.ts'

const LINES = ['{"id":"a","text":"请把验证码发给我"}', '妈，我到家了', ''].map((line) => Buffer.from(line))

describe('what a scorer says of texts besides their label', () => {
  it('is a probability for everything that a text may ask, for its tone, its speaker and a warning', async () => {
    const scorer = await createScorer({})
    const results = scorer.score(LINES) as unknown as Record<string, unknown>[]
    scorer.close()
    for (const { asks, tone, speaks, warns } of results.slice(0, 2)) {
      expect(Object.keys(asks as object)).toEqual(HEAD_GROUPS.asks)
      expect(Object.keys(tone as object)).toEqual(HEAD_GROUPS.tone)
      expect(Object.keys(speaks as object)).toEqual(HEAD_GROUPS.speaks)
      const all = [...[asks, tone, speaks].flatMap((group) => Object.values(group as object)), warns]
      expect(all.every((p) => typeof p === 'number' && p >= 0 && p <= 1)).toBe(true)
    }
    expect(results[0]!.id).toBe('a')
    expect(results[2]).toEqual({ error: 'the line is empty' })
  })

  it('is left out where the model has no heads', async () => {
    const scorer = await createScorer({ model: 'models/sms-zh/1' })
    const [result] = scorer.score(LINES) as unknown as Record<string, unknown>[]
    scorer.close()
    expect(Object.keys(result!)).toEqual([
      ...['id', 'label', 'scores', 'signature', 'urls', 'normalised', 'reasons'],
    ])
  })
})

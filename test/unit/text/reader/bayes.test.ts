import { describe, expect, it } from 'vitest'
import { bayesTokens, crossValidateBayes } from '../../../../src/offline/training/bayes.ts'

describe('the baseline', () => {
  it('counts stems, numbers and pairs of characters, each once', () => {
    expect(bayesTokens('Winning winners 123 456').sort()).toEqual(['0', 'win', 'winner'])
    expect(bayesTokens('您好您好')).toEqual(['您好', '好您'])
    expect(bayesTokens('')).toEqual([])
  })

  it('distinguishes two topics on texts that it did not learn from', () => {
    const words = [
      ['rain', 'cloud', 'wind', 'storm', 'snow'],
      ['bread', 'soup', 'rice', 'cheese', 'apple'],
    ]
    const texts: string[] = []
    const truth: number[] = []
    words.forEach((topic, label) => {
      for (const a of topic) {
        for (const b of topic) {
          texts.push(`${a} and ${b}`)
          truth.push(label)
        }
      }
    })
    const predicted = crossValidateBayes(
      texts,
      truth,
      texts.map((_, i) => i),
    )
    expect(truth.filter((label, i) => predicted[i] === label).length / truth.length).toBeGreaterThan(0.9)
  })
})

import { describe, expect, it } from 'vitest'
import { textFinance } from '../../../../src/detection/detectors/text-finance.ts'
import { LABELS } from '../../../../src/domain/labels.ts'
import { codesIn, findingIn, shippedContext } from '../../../helpers/detector-fixtures.ts'

describe('TEXT_FINANCE', () => {
  it('takes the threshold of the model card for 0, else that of the policy', () => {
    expect(codesIn([textFinance], '中奖', { label: 'finance', score: 0.6 })).toEqual(['TEXT_FINANCE'])
    expect(codesIn([textFinance], '中奖', { label: 'finance', score: 0.4 })).toEqual([])
    const strict = { minScore: 0.8 }
    expect(
      findingIn(textFinance, '中奖', { label: 'finance', score: 0.6 }, shippedContext(), strict),
    ).toBeUndefined()
    const lax = { minScore: 0.3 }
    expect(
      findingIn(textFinance, '中奖', { label: 'finance', score: 0.4 }, shippedContext(), lax),
    ).toBeDefined()
  })

  it('is for one label, with the probability as its score', () => {
    const labels = LABELS.filter((label) => findingIn(textFinance, '文', { label }))
    expect(labels).toEqual(['finance'])
    expect(findingIn(textFinance, '文', { label: 'finance', score: 0.9 })).toMatchObject({
      score: 0.9,
      evidence: { label: 'finance', score: 0.9, threshold: 0.5 },
    })
  })

  it('finds nothing in an empty text', () => {
    expect(findingIn(textFinance, '', { label: 'finance', score: 0.2 })).toBeUndefined()
  })
})

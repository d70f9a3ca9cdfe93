import { describe, expect, it } from 'vitest'
import { textMarketing } from '../../../../src/detection/detectors/text-marketing.ts'
import { LABELS } from '../../../../src/domain/labels.ts'
import { codesIn, findingIn, shippedContext } from '../../../helpers/detector-fixtures.ts'

describe('TEXT_MARKETING', () => {
  it('takes the threshold of the model card for 0, else that of the policy', () => {
    expect(codesIn([textMarketing], '中奖', { label: 'marketing', score: 0.6 })).toEqual(['TEXT_MARKETING'])
    expect(codesIn([textMarketing], '中奖', { label: 'marketing', score: 0.4 })).toEqual([])
    const strict = { minScore: 0.8 }
    expect(
      findingIn(textMarketing, '中奖', { label: 'marketing', score: 0.6 }, shippedContext(), strict),
    ).toBeUndefined()
    const lax = { minScore: 0.3 }
    expect(
      findingIn(textMarketing, '中奖', { label: 'marketing', score: 0.4 }, shippedContext(), lax),
    ).toBeDefined()
  })

  it('is for one label, with the probability as its score', () => {
    const labels = LABELS.filter((label) => findingIn(textMarketing, '文', { label }))
    expect(labels).toEqual(['marketing'])
    expect(findingIn(textMarketing, '文', { label: 'marketing', score: 0.9 })).toMatchObject({
      score: 0.9,
      evidence: { label: 'marketing', score: 0.9, threshold: 0.5 },
    })
  })

  it('finds nothing in an empty text', () => {
    expect(findingIn(textMarketing, '', { label: 'marketing', score: 0.2 })).toBeUndefined()
  })
})

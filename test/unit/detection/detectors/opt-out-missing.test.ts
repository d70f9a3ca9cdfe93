import { describe, expect, it } from 'vitest'
import { optOutMissing } from '../../../../src/detection/detectors/opt-out-missing.ts'
import { findingIn, type MessageOptions } from '../../../helpers/detector-fixtures.ts'

const missing = (text: string, options: MessageOptions = {}) => findingIn(optOutMissing, text, options)

describe('OPT_OUT_MISSING', () => {
  it('fires on commercial text without a way out', () => {
    expect(missing('双11大促全场五折，速来', { label: 'marketing' })).toMatchObject({
      code: 'OPT_OUT_MISSING',
    })
  })
  it('not with a way out, in notices, short or partial texts', () => {
    expect(missing('双11大促全场五折，拒收请回复R', { label: 'marketing' })).toBeUndefined()
    expect(missing('您的快递已经到了驿站')).toBeUndefined()
    expect(missing('大促', { label: 'marketing' })).toBeUndefined()
    expect(
      missing('双11大促全场五折，速来', { label: 'marketing', partial: true, seams: [0] }),
    ).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { afterOptOut } from '../../../../src/detection/detectors/after-opt-out.ts'
import {
  consentGiven as given,
  consentRefused as refused,
  underConsents,
} from '../../../helpers/detector-fixtures.ts'

const codes = underConsents(afterOptOut)

describe('AFTER_OPT_OUT', () => {
  it('fires after a refusal, whatever the signature asks, from the same moment on', () => {
    expect(codes('甲公司', [refused(0)])).toEqual(['AFTER_OPT_OUT'])
    expect(codes('须同意', [refused(1), given(5)])).toEqual(['AFTER_OPT_OUT'])
    expect(codes('甲公司', [given(1, 'default'), refused(2)])).toEqual(['AFTER_OPT_OUT'])
  })
  it('not before it, after a new consent, or for notices', () => {
    expect(codes('甲公司', [refused(-1)])).toEqual([])
    expect(codes('甲公司', [given(1), refused(2)])).toEqual([])
    expect(codes('甲公司', [refused(1)], { label: 'notice' })).toEqual([])
  })
})

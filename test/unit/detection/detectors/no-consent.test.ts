import { describe, expect, it } from 'vitest'
import { noConsent } from '../../../../src/detection/detectors/no-consent.ts'
import {
  consentGiven as given,
  consentRefused as refused,
  underConsents,
} from '../../../helpers/detector-fixtures.ts'

const codes = underConsents(noConsent)

describe('NO_CONSENT', () => {
  it('fires where consent is required and was not given before', () => {
    expect(codes('须同意', [])).toEqual(['NO_CONSENT'])
    expect(codes('须同意', [given(-1)])).toEqual(['NO_CONSENT'])
    expect(codes('须同意', [given(2, 'default')])).toEqual(['NO_CONSENT'])
    expect(codes('须同意', [refused(1), given(5)])).toEqual(['NO_CONSENT'])
  })
  it('not with consent in time, where none is required, for notices, or when the ledger is silent', () => {
    expect(codes('须同意', [given(0)])).toEqual([])
    expect(codes('须同意', [refused(-1), given(5, 'web form')])).toEqual([])
    expect(codes('甲公司', [])).toEqual([])
    expect(codes('须同意', [], { label: 'notice' })).toEqual([])
    expect(codes('须同意', undefined)).toEqual([])
    expect(codes('须同意', [refused(-1), given(-2)])).toEqual([])
  })
})

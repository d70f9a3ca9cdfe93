import { describe, expect, it } from 'vitest'
import { consentReasked } from '../../../../src/detection/detectors/consent-reasked.ts'
import type { ConsentChange } from '../../../../src/domain/consent-ledger.ts'
import type { MessageContext } from '../../../../src/domain/detector.ts'
import { codesIn, contextOf, NOON, registryOf, signatureRow } from '../../../helpers/detector-fixtures.ts'

const registry = registryOf({ signatures: [signatureRow('甲公司', ['1069*'])] })
const given = (hoursAgo: number): ConsentChange => ({ state: 'in', ts: NOON - hoursAgo * 3_600_000 })
const codes = (text: string, known: Partial<MessageContext>) =>
  codesIn([consentReasked], text, {}, contextOf(registry, known))

describe('CONSENT_REASKED', () => {
  const text = '【甲公司】是否同意接收我们的营销短信？同意请回复1，不同意请回复0'
  const asked = (minutesAgo: number, consents: readonly ConsentChange[] = []) =>
    codes(text, { consents, askedBefore: NOON - minutesAgo * 60_000 })

  it('fires from 10 minutes to 180 days after the first request', () => {
    expect(asked(10)).toEqual(['CONSENT_REASKED'])
    expect(asked(180 * 1440)).toEqual(['CONSENT_REASKED'])
  })
  it('not at once, later, after an "in", for the first request or for other texts', () => {
    expect(asked(9)).toEqual([])
    expect(asked(180 * 1440 + 1)).toEqual([])
    expect(asked(120, [given(1)])).toEqual([])
    expect(asked(-60)).toEqual([])
    expect(codes(text, { consents: [] })).toEqual([])
    expect(codes('【甲公司】您好', { askedBefore: 0 })).toEqual([])
    expect(codes('', { askedBefore: 0 })).toEqual([])
  })
})

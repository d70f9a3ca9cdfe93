import { describe, expect, it } from 'vitest'
import { consent } from '../../src/detectors/consent.ts'
import type { ConsentChange } from '../../src/domain/ports.ts'
import {
  codesOf,
  contextOf,
  detectIn,
  type MessageOptions,
  NOON,
  registryOf,
  signatureRow,
} from '../helpers/detector-fixtures.ts'

const registry = registryOf({
  signatures: [signatureRow('须同意', ['1069*'], { consent: 'required' }), signatureRow('甲公司', ['1069*'])],
})
const HOUR = 3_600_000
const given = (hoursAgo: number, proof?: string): ConsentChange => ({
  state: 'in',
  ts: NOON - hoursAgo * HOUR,
  ...(proof === undefined ? {} : { proof }),
})
const refused = (hoursAgo: number): ConsentChange => ({ state: 'out', ts: NOON - hoursAgo * HOUR })
const codes = (
  signature: string,
  consents: readonly ConsentChange[] | undefined,
  options: MessageOptions = {},
) =>
  codesOf(
    detectIn(
      consent,
      `【${signature}】大促全场五折，退订回T`,
      { label: 'marketing', ...options },
      contextOf(registry, { consents }),
    ),
  )

describe('NO_CONSENT', () => {
  it('fires where consent is required and was not given before', () => {
    expect(codes('须同意', [])).toEqual(['NO_CONSENT'])
    expect(codes('须同意', [given(-1)])).toEqual(['NO_CONSENT'])
    expect(codes('须同意', [given(2, 'default')])).toEqual(['NO_CONSENT'])
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

describe('AFTER_OPT_OUT', () => {
  it('fires after a refusal, whatever the signature asks, from the same moment on', () => {
    expect(codes('甲公司', [refused(0)])).toEqual(['AFTER_OPT_OUT'])
    expect(codes('须同意', [refused(1), given(5)])).toEqual(['NO_CONSENT', 'AFTER_OPT_OUT'])
    expect(codes('甲公司', [given(1, 'default'), refused(2)])).toEqual(['AFTER_OPT_OUT'])
  })
  it('not before it, after a new consent, or for notices', () => {
    expect(codes('甲公司', [refused(-1)])).toEqual([])
    expect(codes('甲公司', [given(1), refused(2)])).toEqual([])
    expect(codes('甲公司', [refused(1)], { label: 'notice' })).toEqual([])
  })
})

describe('CONSENT_REASKED', () => {
  const text = '【甲公司】是否同意接收我们的营销短信？同意请回复1，不同意请回复0'
  const asked = (minutesAgo: number, consents: readonly ConsentChange[] = []) =>
    codesOf(
      detectIn(consent, text, {}, contextOf(registry, { consents, askedBefore: NOON - minutesAgo * 60_000 })),
    )

  it('fires from 10 minutes to 180 days after the first request', () => {
    expect(asked(10)).toEqual(['CONSENT_REASKED'])
    expect(asked(180 * 1440)).toEqual(['CONSENT_REASKED'])
  })
  it('not at once, later, after an "in", for the first request or for other texts', () => {
    expect(asked(9)).toEqual([])
    expect(asked(180 * 1440 + 1)).toEqual([])
    expect(asked(120, [given(1)])).toEqual([])
    expect(asked(-60)).toEqual([])
    expect(detectIn(consent, text, {}, contextOf(registry, { consents: [] }))).toEqual([])
    expect(detectIn(consent, '【甲公司】您好', {}, contextOf(registry, { askedBefore: 0 }))).toEqual([])
  })
})

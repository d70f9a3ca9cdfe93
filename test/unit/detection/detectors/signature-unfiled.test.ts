import { describe, expect, it } from 'vitest'
import { signatureUnfiled } from '../../../../src/detection/detectors/signature-unfiled.ts'
import { findingIn, type MessageOptions, NOON, shippedContext } from '../../../helpers/detector-fixtures.ts'
import { filedContext } from '../../../helpers/filed-signatures.ts'

const shipped = shippedContext()
const one = (text: string, options: MessageOptions = {}, context = filedContext) =>
  findingIn(signatureUnfiled, text, options, context)

describe('SIGNATURE_UNFILED', () => {
  it.each([
    ['【无名公司】您好', 'unknown'],
    ['【停用公司】您好', 'suspended'],
    ['【撤销公司】您好', 'revoked'],
    ['【过期公司】您好', 'expired'],
  ])('%s', (text, reason) => {
    expect(one(text)).toMatchObject({ code: 'SIGNATURE_UNFILED', evidence: { reason } })
  })

  it('not for what is filed, without a registry, or for brackets of ordinary people', () => {
    expect(one('【甲公司】您好', { from: '106900011' })).toBeUndefined()
    expect(one('【过期公司】您好', { ts: NOON - 1, from: '1069' })).toBeUndefined()
    expect(one('【无名公司】您好', {}, shipped)).toBeUndefined()
    expect(one('[微笑]明天见', { label: 'personal', from: '13811112222' })).toBeUndefined()
    expect(one('【无名公司】低息贷款', { label: 'finance', from: '13811112222' })).toBeDefined()
  })

  it('can be limited to commercial text', () => {
    const commercialOnly = (text: string, options: MessageOptions = {}) =>
      findingIn(signatureUnfiled, text, options, filedContext, { commercialOnly: true })
    expect(commercialOnly('【无名公司】您好')).toBeUndefined()
    expect(commercialOnly('【无名公司】大促', { label: 'marketing' })).toBeDefined()
  })
})

import { describe, expect, it } from 'vitest'
import { scopeExpanded } from '../../../../src/detection/detectors/scope-expanded.ts'
import { findingIn, type MessageOptions, shippedContext } from '../../../helpers/detector-fixtures.ts'
import { filedContext } from '../../../helpers/filed-signatures.ts'

const shipped = shippedContext()
const one = (text: string, options: MessageOptions = {}, context = filedContext) =>
  findingIn(scopeExpanded, text, options, context)

describe('SCOPE_EXPANDED', () => {
  it('fires on commercial text outside the scope of signature or port, and inside a one-time password', () => {
    const row = one('【乙公司】大促', { label: 'marketing', carrier: 'CMCC' })
    expect(row?.evidence).toMatchObject({ kind: 'signature', label: 'marketing', scope: ['notice'] })
    const port = one('【甲公司】大促', { label: 'finance', from: '10696601' })
    expect(port?.evidence).toMatchObject({ kind: 'port', scope: ['notice'], port: '10696601' })
    const otp = one('【甲公司】您的验证码是123456，5分钟内有效。会员日全场5折', {
      label: 'marketing',
      from: '106900011',
    })
    expect(otp?.evidence).toEqual({ kind: 'otp', label: 'marketing' })
  })

  it('not inside the scope, for notices, without scope, or without a registry', () => {
    expect(one('【乙公司】大促', { label: 'marketing', carrier: 'CUCC' })).toBeUndefined()
    expect(one('【乙公司】您好', { carrier: 'CMCC' })).toBeUndefined()
    expect(one('【甲公司】大促', { label: 'marketing', from: '106900011' })).toBeUndefined()
    expect(one('【甲公司】验证码123456，大促', { label: 'marketing' }, shipped)).toBeUndefined()
    expect(one('', { label: 'marketing' })).toBeUndefined()
  })

  it('leaves a filing for finance to what is surely marketing, and the other way round', () => {
    const text = '【某某消费金融】您有一张3期免息券待领取，退订回T'
    expect(one(text, { label: 'finance' })).toBeUndefined()
    expect(one(text, { label: 'marketing', score: 0.6 })).toBeUndefined()
    expect(one(text, { label: 'marketing', score: 0.95 })?.evidence).toMatchObject({ kind: 'signature' })
  })
})

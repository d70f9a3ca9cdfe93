import { describe, expect, it } from 'vitest'
import { scope } from '../../src/detectors/scope.ts'
import { signature } from '../../src/detectors/signature.ts'
import type { Filing, SignatureRow } from '../../src/domain/registry.ts'
import {
  contextOf,
  detectIn,
  type MessageOptions,
  NOON,
  registryOf,
  shippedContext,
  signatureRow,
} from '../helpers/detector-fixtures.ts'

const filings = (...all: Partial<Filing>[]): Partial<SignatureRow> => ({
  filings: all.map((filing) => ({ ports: ['1069*'], status: 'filed', ...filing })),
})
const context = contextOf(
  registryOf({
    signatures: [
      signatureRow('甲公司', ['10690001*', '10690009']),
      signatureRow('停用公司', [], filings({ status: 'suspended' })),
      signatureRow('撤销公司', [], filings({ status: 'revoked' })),
      signatureRow('过期公司', [], filings({ to: NOON })),
      signatureRow(
        '乙公司',
        [],
        filings(
          { carrier: 'CMCC', sp: 'SP1', scope: ['notice'] },
          { carrier: 'CUCC', sp: 'SP1', scope: ['marketing'] },
        ),
      ),
      signatureRow('不限公司', []),
    ],
    ports: [
      { port: '106955*', sharedBy: 1, signatureAdded: 'downstream' },
      { port: '10690001*', sharedBy: 1 },
      { port: '106966*', sharedBy: 1, scope: ['notice'] },
    ],
  }),
)
const shipped = shippedContext()
const one = (text: string, options: MessageOptions = {}, ctx = context) =>
  detectIn(signature, text, options, ctx)[0]

describe('SIGNATURE_MISSING', () => {
  it('fires on commercial text without any signature', () => {
    const finding = one('双11大促全场五折，退订回T', { label: 'marketing' })
    expect(finding).toMatchObject({ code: 'SIGNATURE_MISSING', evidence: { label: 'marketing' } })
  })

  it('not on notices, signed texts, platforms that add it, or partial messages', () => {
    expect(one('您的快递到了')).toBeUndefined()
    expect(
      one('双11大促全场五折，退订回T', { label: 'marketing', signature: '甲公司', from: '106900011' }),
    ).toBeUndefined()
    expect(one('双11大促全场五折', { label: 'marketing', from: '10695501' })).toBeUndefined()
    expect(one('双11大促全场五折', { label: 'marketing', partial: true, seams: [0] })).toBeUndefined()
    expect(one('', { label: 'marketing', score: 0.3 })).toBeUndefined()
  })
})

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
    const judge = () => ({ ...context.judge('SIGNATURE_UNFILED'), thresholds: { commercialOnly: true } })
    expect(one('【无名公司】您好', {}, { ...context, judge })).toBeUndefined()
    expect(one('【无名公司】大促', { label: 'marketing' }, { ...context, judge })).toBeDefined()
  })
})

describe('SIGNATURE_WRONG_PORT', () => {
  it('fires when the port, the carrier or the enterprise is not filed', () => {
    expect(one('【甲公司】您好', { from: '10690002' })).toMatchObject({
      code: 'SIGNATURE_WRONG_PORT',
      evidence: { reason: 'port', filed: ['10690001*', '10690009'], port: '10690002' },
    })
    expect(one('【乙公司】您好', { carrier: 'CTCC' })?.evidence).toMatchObject({
      reason: 'carrier',
      carrier: 'CTCC',
    })
    expect(one('【乙公司】您好', { carrier: 'CMCC', sp: 'SP2' })?.evidence).toMatchObject({
      reason: 'sp',
      sp: 'SP2',
    })
  })

  it('not on a filed port, with carrier and enterprise as filed or unknown', () => {
    expect(one('【甲公司】您好', { from: '10690009' })).toBeUndefined()
    expect(one('【乙公司】您好')).toBeUndefined()
    expect(one('【乙公司】您好', { carrier: 'CMCC', sp: 'SP1' })).toBeUndefined()
    expect(one('【不限公司】您好', { from: '10699999' })).toBeUndefined()
  })
})

describe('SCOPE_EXPANDED', () => {
  const expanded = (text: string, options: MessageOptions = {}, ctx = context) =>
    detectIn(scope, text, options, ctx)[0]

  it('fires on commercial text outside the scope of signature or port, and inside a one-time password', () => {
    const row = expanded('【乙公司】大促', { label: 'marketing', carrier: 'CMCC' })
    expect(row?.evidence).toMatchObject({ kind: 'signature', label: 'marketing', scope: ['notice'] })
    const port = expanded('【甲公司】大促', { label: 'finance', from: '10696601' })
    expect(port?.evidence).toMatchObject({ kind: 'port', scope: ['notice'], port: '10696601' })
    const otp = expanded('【甲公司】您的验证码是123456，5分钟内有效。会员日全场5折', {
      label: 'marketing',
      from: '106900011',
    })
    expect(otp?.evidence).toEqual({ kind: 'otp', label: 'marketing' })
  })

  it('not inside the scope, for notices, without scope, or without a registry', () => {
    expect(expanded('【乙公司】大促', { label: 'marketing', carrier: 'CUCC' })).toBeUndefined()
    expect(expanded('【乙公司】您好', { carrier: 'CMCC' })).toBeUndefined()
    expect(expanded('【甲公司】大促', { label: 'marketing', from: '106900011' })).toBeUndefined()
    expect(expanded('【甲公司】验证码123456，大促', { label: 'marketing' }, shipped)).toBeUndefined()
    expect(expanded('', { label: 'marketing' })).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { signatureWrongPort } from '../../../../src/detection/detectors/signature-wrong-port.ts'
import { findingIn, type MessageOptions } from '../../../helpers/detector-fixtures.ts'
import { filedContext } from '../../../helpers/filed-signatures.ts'

const one = (text: string, options: MessageOptions = {}, context = filedContext) =>
  findingIn(signatureWrongPort, text, options, context)

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

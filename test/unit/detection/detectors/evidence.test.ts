import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { MESSAGE_CODES } from '../../../../src/detection/detectors/all.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import type { MessageContext } from '../../../../src/domain/detector.ts'
import {
  contextOf,
  detect,
  type MessageOptions,
  messageOf,
  NOON,
  registryOf,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../../../config/schema/evidence-v1.schema.json', import.meta.url), 'utf8'),
) as { properties: Record<string, unknown> }
const validate = new Ajv({ allErrors: true }).compile(schema)

const context = contextOf(
  registryOf({
    signatures: [
      signatureRow('京东', ['1069012345*'], { brand: 'jd' }),
      signatureRow('须同意', ['10690001'], {
        consent: 'required',
        filings: [{ ports: ['10690001'], scope: ['notice'], status: 'filed', carrier: 'CMCC' }],
      }),
    ],
  }),
)
const night = NOON + 12 * 3_600_000
const samples: readonly (readonly [string, MessageOptions?, Partial<MessageContext>?])[] = [
  ['【京东】退款请点击 http://jd-refund.com/a 或致电 13812345678', { label: 'fraud', from: '17012345678' }],
  ['【亰东】您的订单异常', { label: 'illicit' }],
  ['双11大促全场五折，速来抢购', { label: 'marketing', ts: night }],
  [
    '【须同意】低息贷款',
    { label: 'finance', from: '10690001', carrier: 'CMCC' },
    { consents: [{ state: 'out', ts: NOON - 1000 }] },
  ],
  [
    '【须同意】您的验证码是123456，会员日5折',
    { label: 'marketing', from: '10690002', sp: 'S', carrier: 'CUCC' },
  ],
  [
    '【须同意】是否同意接收我们的营销短信？同意请回复1',
    { from: '10690001' },
    { consents: [], askedBefore: NOON - 3_600_000 },
  ],
  ['【无名】办-理=贷*款，加徽亻言 abc123 咨徇', { label: 'finance' }],
]

describe('evidence', () => {
  const found = samples.flatMap(([text, options, more]) =>
    MESSAGE_CODES.flatMap(
      (spec) => detect(spec, messageOf(text, options ?? {}), { ...context, ...more }) ?? [],
    ),
  )

  it('is described for every code', () => {
    expect(Object.keys(schema.properties).sort()).toEqual([...CODE_NAMES].sort())
  })

  it('of message codes is as described', () => {
    for (const { code, evidence } of found) {
      validate({ [code]: evidence })
      expect(validate.errors ?? [], `${code} ${JSON.stringify(evidence)}`).toEqual([])
    }
    expect(new Set(found.map((finding) => finding.code)).size).toBeGreaterThanOrEqual(17)
  })

  it('that tests use for every code is as described', () => {
    for (const [code, samples] of Object.entries(EVIDENCE_SAMPLES)) {
      for (const evidence of samples) {
        expect(validate({ [code]: evidence }), `${code} ${JSON.stringify(validate.errors)}`).toBe(true)
      }
    }
  })

  it('may carry what escalation adds, whole or not at all', () => {
    const unfiled = { signature: '无名', reason: 'unknown' }
    const escalated = {
      ...unfiled,
      messages: 3,
      recipients: 3,
      window: 10,
      ports: ['1069'],
      signatures: ['无名'],
    }
    expect(validate({ SIGNATURE_UNFILED: escalated })).toBe(true)
    expect(validate({ SIGNATURE_UNFILED: { ...unfiled, messages: 3 } })).toBe(false)
    expect(validate({ SIGNATURE_UNFILED: { ...unfiled, to: '13900001111' } })).toBe(false)
  })
})

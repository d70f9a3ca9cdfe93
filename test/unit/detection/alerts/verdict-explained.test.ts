import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { verdictsOf } from '../../../../src/detection/alerts/verdict.ts'
import { decide } from '../../../../src/detection/judge.ts'
import type { Finding } from '../../../../src/domain/decision.ts'
import { messageOf, NOON } from '../../../helpers/detector-fixtures.ts'
import { loadPolicy } from '../../../helpers/policies.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../../../config/schema/verdict-v1.schema.json', import.meta.url), 'utf8'),
) as object
const validate = new Ajv({ strict: false }).compile(schema)
const finding: Finding = {
  code: 'FORGED_BRAND',
  score: 0.97,
  evidence: { brand: 'jd', found: [{ kind: 'callback', value: '13812345678' }], claimed: '13900001111' },
}
const verdict = (explain: boolean, senderContacts: 'clear' | 'masked') =>
  verdictsOf(
    decide(
      { message: messageOf('【京东】退款'), findings: [finding] },
      { states: [], now: NOON, maxAge: 0 },
      loadPolicy(),
    ),
    { now: NOON, model: 'sms-zh@2', degraded: false },
    { explain, senderContacts },
  )[0]!

describe('verdicts', () => {
  it('name codes alone unless they are to explain', () => {
    expect(verdict(false, 'clear')).toMatchObject({ reasons: ['FORGED_BRAND'] })
    expect(verdict(false, 'clear')).not.toHaveProperty('findings')
  })

  it('explain every reason by its score and evidence', () => {
    const explained = verdict(true, 'clear')
    expect(validate(explained), JSON.stringify(validate.errors)).toBe(true)
    expect(explained.reasons).toEqual(['FORGED_BRAND'])
    expect(explained.findings).toMatchObject([
      { code: 'FORGED_BRAND', score: 0.97, evidence: { found: [{ value: '13812345678' }] } },
    ])
  })

  it('mask in what they explain as alerts do: the recipient always, the sender when told to', () => {
    expect(JSON.stringify(verdict(true, 'clear').findings)).not.toContain('13900001111')
    expect(JSON.stringify(verdict(true, 'masked').findings)).not.toContain('13812345678')
  })
})

import { describe, expect, it } from 'vitest'
import { createScorer } from '../../../src/service/scorer.ts'

const LINE = Buffer.from(
  JSON.stringify({
    id: 'a',
    from: '106809999',
    text: '【京东】您的账户已被冻结，请立即登录 http://jd-refund.top 核实身份退款',
  }),
)

describe('a scorer that explains', () => {
  it('adds score and evidence of every reason', async () => {
    const scorer = await createScorer({ explain: true })
    const [result] = scorer.score([LINE]) as unknown as [Record<string, unknown>]
    scorer.close()
    const findings = result.findings as { code: string; score: number; evidence: object }[]
    expect(findings.map(({ code }) => code)).toEqual(result.reasons)
    expect(findings.find(({ code }) => code === 'FORGED_BRAND')?.evidence).toMatchObject({
      brand: 'jd',
      found: [{ kind: 'domain', value: 'jd-refund.top' }],
    })
  })

  it('is silent about them otherwise', async () => {
    const scorer = await createScorer({})
    const [result] = scorer.score([LINE]) as unknown as [Record<string, unknown>]
    scorer.close()
    expect(result).not.toHaveProperty('findings')
  })
})

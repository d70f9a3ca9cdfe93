import { expect, it } from 'vitest'
import { weigh } from '../../src/detection/detectors/brand-decision/decision.ts'
import { maliceDecision } from '../../src/detection/detectors/brand-decision/malicious-text.ts'
import type { MessageCode } from '../../src/detection/detectors/code-spec.ts'
import { tracesOf } from '../../src/detection/detectors/shared/traces.ts'
import { RuleSet } from '../../src/detection/rules/rule-set.ts'
import type { Composite } from '../../src/detection/rules/rules-file.ts'
import { SHIPPED_RULES } from '../../src/detection/rules/shipped.ts'
import type { Head } from '../../src/domain/heads.ts'
import { LABELS } from '../../src/domain/labels.ts'
import {
  codesIn,
  contextOf,
  detect,
  findingIn,
  headsOf,
  type MessageOptions,
  messageOf,
  registryOf,
  scoresFor,
  shippedContext,
  signatureRow,
} from './detector-fixtures.ts'

const OFFICE_PORT = '106901234501'

/** Tests common to the codes of the labels `fraud` and `illicit`. */
export function maliciousTextSuite(
  spec: MessageCode,
  own: 'fraud' | 'illicit',
  other: 'fraud' | 'illicit',
): void {
  it('uses the threshold of the model card if the policy has 0', () => {
    expect(codesIn([spec], '中奖', { label: own, score: 0.6 })).toEqual([spec.code])
    expect(codesIn([spec], '中奖', { label: own, score: 0.35 })).toEqual([])
    const strict = { minScore: 0.8 }
    expect(findingIn(spec, '中奖', { label: own, score: 0.6 }, shippedContext(), strict)).toBeUndefined()
    const lax = { minScore: 0.3 }
    expect(findingIn(spec, '中奖', { label: own, score: 0.4 }, shippedContext(), lax)).toBeDefined()
  })

  it('fires for one label, with its probability as the score', () => {
    const labels = LABELS.filter((label) => findingIn(spec, '文', { label }))
    expect(labels).toEqual([own])
    expect(findingIn(spec, '文', { label: own, score: 0.9 })).toMatchObject({
      score: 0.9,
      evidence: { label: own, score: 0.9, threshold: 0.5 },
    })
  })

  it('adds the scores of fraud and illicit, even if another label is likelier than each', () => {
    const mixed = (mine: number, rest: number) => {
      const scores = { ...scoresFor('marketing', 0.3), [own]: mine, [other]: rest }
      return detect(spec, { ...messageOf('文', { label: 'marketing', from: '' }), scores }, shippedContext())
    }
    expect(mixed(0.38, 0.27)).toMatchObject({ score: 0.65, evidence: { label: own } })
    expect(mixed(0.27, 0.38)).toBeUndefined()
    expect(mixed(0.28, 0.2)).toBeUndefined()
  })

  it('counts a text between the labels if sender and link make it certain', () => {
    const text = '您的账户将被冻结，请今日内点 https://x-verify.top 核实，联系专员QQ 2938471023'
    const found = detect(spec, doubtful(text, '17012345678'), shippedContext())
    expect(found?.score).toBeGreaterThan(0.4)
    expect(found?.evidence).toMatchObject({ label: own, score: 0.3, threshold: 0.5 })
    expect(found?.evidence.speaksFor).toContain('contact:handle')
    // Neither the same text from an unknown sender nor a harmless one from the same number counts.
    expect(detect(spec, doubtful(text, ''), shippedContext())).toBeUndefined()
    expect(detect(spec, doubtful('明天一起吃饭吗', '17012345678'), shippedContext())).toBeUndefined()
    const asked = doubtful('把你身份证号后四位发我，我帮你订票', '17012345678', 0.1)
    expect(detect(spec, { ...asked, label: 'personal' }, shippedContext())).toBeUndefined()
  })

  const mobile = { label: own, score: 0.35, from: '13812345678' } as const
  it('counts a text below its threshold if heads and sender agree', () => {
    const text = '帮我转五千，别打电话'
    const of = (heads: Partial<Record<Head, number>>, options: MessageOptions = mobile) =>
      detect(spec, { ...messageOf(text, options), heads: headsOf(heads) }, shippedContext())
    const found = of({ payment: 0.9, person: 0.9 })
    expect(found).toMatchObject({ score: 0.5, evidence: { score: 0.48, threshold: 0.5 } })
    expect(found?.evidence.rules).toHaveLength(1)
    expect(of({ payment: 0.9, person: 0.9, office: 0.6 })).toBeUndefined()
    expect(of({ payment: 0.9, person: 0.9 }, { ...mobile, from: '95588' })).toBeUndefined()
    expect(of({ payment: 0.9, person: 0.9 }, { ...mobile, score: 0.1 })).toBeUndefined()
    // A model without heads.
    expect(detect(spec, messageOf(text, mobile), shippedContext())).toBeUndefined()
  })

  it('lets an operator clear what a shipped row reports', () => {
    const message = { ...messageOf('帮我转五千', mobile), heads: headsOf({ payment: 0.9, person: 0.9 }) }
    const weighed = (rules: RuleSet) => {
      const registry = shippedContext().registry
      return weigh(undefined, tracesOf(undefined, message, registry), message, registry, rules)
    }
    const decided = (rules: RuleSet) => maliceDecision(spec.code, false, weighed(rules), 0.4)
    expect(decided(SHIPPED_RULES)).toMatchObject({ counts: true, reported: true })
    const when = 'sender:mobile & number'
    const row = {
      name: 'ours',
      codes: [spec.code],
      when: '!link:any',
      then: 'clear',
      because: 'Ours.',
    } as const
    const own = (one: Composite) => new RuleSet({ words: {}, signs: {}, composites: [one] }, SHIPPED_RULES)
    expect(decided(own(row))).toMatchObject({ counts: false, rule: 'ours' })
    expect(decided(own({ ...row, when }))).toMatchObject({ counts: true })
  })

  it('clears a text below 90% that comes from the number of the brand', () => {
    const text = '【工商银行】您尾号7719的卡消费36.80元，余额8,214.55元'
    const of = (from: string, score: number) =>
      findingIn(spec, text, { label: own, score, from }, shippedContext())
    expect(of('95588', 0.6)).toBeUndefined()
    expect(of('95588', 0.95)).toBeDefined()
    expect(of('', 0.6)).toBeDefined()
  })

  it.each([
    ['把钱转我卡上，晚上还你', undefined],
    ['把钱转我卡上，工号过期要下载会议软件验证', spec.code],
    ['把钱转我卡上，微信 abc12345', spec.code],
  ])('lets people speak of money: %s', (text, code) => {
    const sent = { label: own, score: 0.85, from: '13812345678' } as const
    expect(findingIn(spec, text, sent)?.code).toBe(code)
    expect(findingIn(spec, text, { ...sent, score: 0.99 })?.code).toBe(spec.code)
  })

  it.each<[string, string, number, string | undefined]>([
    ['【翠苑街道】居民您好，请添加网格员微信 cy_wangge03 接收停水通知', OFFICE_PORT, 0.95, undefined],
    ['【翠苑街道梧桐社区】请添加网格员微信 cy_wangge03 接收停水通知', OFFICE_PORT, 0.95, undefined],
    ['【梧桐社区居委会】请添加网格员微信 cy_wangge03 接收停水通知', OFFICE_PORT, 0.95, undefined],
    ['【梧桐市教育局】报名材料有疑问请问招生办微信 wtzs2026', OFFICE_PORT, 0.95, undefined],
    ['【翠苑街道】居民您好，请添加网格员微信 cy_wangge03 接收停水通知', '106809999', 0.95, spec.code],
    ['【翠苑街道】请添加网格员微信 cy_wangge03 并把验证码发给他', OFFICE_PORT, 0.95, spec.code],
    ['【翠苑街道】请点 cy-wangge.top 登记', OFFICE_PORT, 0.95, spec.code],
    ['【翠苑街道】请添加网格员微信 cy_wangge03 领取补贴', OFFICE_PORT, 0.95, spec.code],
    ['【翠苑街道】居民您好，请添加网格员微信 cy_wangge03 接收停水通知', OFFICE_PORT, 0.99, spec.code],
    ['【翠苑街道】请加微信 cy_wangge03 入群', OFFICE_PORT, 0.95, spec.code],
    ['【翠苑商贸】请添加客服微信 cy_wangge03 领取', OFFICE_PORT, 0.95, spec.code],
    ['【欢乐饭局】真人百家乐开桌，微信 hlfj8899', OFFICE_PORT, 0.95, spec.code],
    ['【开心社区】专员微信 kxsq7766，今天开单', OFFICE_PORT, 0.95, spec.code],
    ['【城市美食委】店长微信 msw5566，今天开单', OFFICE_PORT, 0.95, spec.code],
  ])(
    'lets a public body on its own filed port give out a contact: %s from %s (%d)',
    (text, from, sum, code) => {
      const names = ['翠苑街道', '翠苑街道梧桐社区', '梧桐社区居委会', '梧桐市教育局']
      const others = ['翠苑商贸', '欢乐饭局', '开心社区', '城市美食委']
      const rows = [...names, ...others].map((name) => signatureRow(name, ['1069012345*']))
      const context = contextOf(registryOf({ signatures: rows }))
      const scores = { ...scoresFor('notice', 1 - sum), [own]: sum, [other]: 0 }
      const message = { ...messageOf(text, { from, label: own }), scores }
      expect(detect(spec, message, context)?.code).toBe(code)
    },
  )

  it('decides by the text alone if the policy says so', () => {
    const text = '您的账户将被冻结，请今日内点 https://x-verify.top 核实，联系专员QQ 2938471023'
    const message = doubtful(text, '17012345678')
    expect(detect(spec, message, shippedContext(), { minCertainty: 1 })).toBeUndefined()
    expect(detect(spec, message, shippedContext(), { minScore: 0.6 })).toBeUndefined()
  })

  /** A message with this score for the label, and most of the rest for notices. */
  function doubtful(text: string, from: string, score = 0.3) {
    const scores = { ...scoresFor('notice', 0.68), [own]: score, [other]: 0 }
    return { ...messageOf(text, { from }), scores }
  }

  it('finds nothing in an empty text', () => {
    expect(findingIn(spec, '', { label: own, score: 0.2 })).toBeUndefined()
  })
}

import { describe, expect, it } from 'vitest'
import { judge, NOTHING_KNOWN } from '../../../../../src/detection/judge.ts'
import type { Label } from '../../../../../src/domain/labels.ts'
import { messageOf, registryOf, scoresFor } from '../../../../helpers/detector-fixtures.ts'
import { parseOwnRules, parsePolicy } from '../../../../helpers/policies.ts'

const REST =
  '\n    says: {en: It lends., zh-CN: 放贷。}\n    because: it is asked for\n    example: a\n    nearMiss: b\n'
const WORDS =
  'words: {loan: {says: loans, list: [秒批, 无抵押]}, card: {says: cards, list: [信用卡, "POS机"], except: [信用卡中心]}}\n'

function versions(rules: string, policy = '{}') {
  const own = parseOwnRules('rules.yaml', rules)
  expect(own.problems).toEqual([])
  const reading = parsePolicy('policy.yaml', policy, own.rules)
  expect(reading.problems).toEqual([])
  return {
    policy: reading.policy!,
    registry: registryOf({}),
    classifier: { thresholds: scoresFor('notice', 0.5) },
  }
}

const ruleOf = (when: string, more = '') =>
  `${WORDS}rules:\n  - code: OP_A\n    when: "${when}"${more}${REST}`

function found(when: string, text: string, options: { from?: string; label?: Label } = {}) {
  const { findings } = judge(messageOf(text, options), NOTHING_KNOWN, versions(ruleOf(when)))
  return findings.find(({ code }) => code === 'OP_A')
}

describe('an own rule', () => {
  it('finds its words however they are written, and quotes them', () => {
    expect(found('words:loan', '无 抵 押，秒批！')).toMatchObject({
      score: 1,
      evidence: {
        says: { en: 'It lends.', 'zh-CN': '放贷。' },
        because: 'it is asked for',
        signs: ['words:loan'],
        quotes: ['无抵押', '秒批'],
      },
    })
    expect(found('words:card', '全新pos机')).toBeDefined()
    expect(found('words:card', '全新ＰＯＳ機')).toBeDefined()
    expect(found('words:loan', '您的快递到了')).toBeUndefined()
  })

  it('leaves out words within longer ones that are excepted', () => {
    expect(found('words:card', '办信用卡')).toBeDefined()
    expect(found('words:card', '信用卡中心提醒您')).toBeUndefined()
  })

  it('asks for words near each other, and in an order, in one sentence', () => {
    expect(found('near(words:loan, words:card, 3)', '信用卡秒批')).toBeDefined()
    expect(found('near(words:loan, words:card, 3)', '秒批的信用卡')).toBeDefined()
    expect(found('near(words:loan, words:card, 3)', '信用卡当天就可以秒批')).toBeUndefined()
    expect(found('near(words:loan, words:card, 3)', '信用卡。秒批')).toBeUndefined()
    expect(found('before(words:loan, words:card)', '秒批任何一家银行的信用卡')).toBeDefined()
    expect(found('before(words:loan, words:card)', '信用卡秒批')).toBeUndefined()
    expect(found('before(number, words:loan, 2)', '30万秒批')).toBeDefined()
  })

  it('asks for the signs of the message with its words', () => {
    expect(found('words:loan & link:foreign', '秒批，点 abc-loan.top')).toBeDefined()
    expect(found('words:loan & link:foreign', '秒批，不用点')).toBeUndefined()
    expect(found('words:loan & !link:any', '秒批，不用点')).toBeDefined()
    expect(found('sender:mobile & words:lure', '恭喜您中奖', { from: '13800138000' })).toBeDefined()
    expect(found('sender:mobile & words:lure', '恭喜您中奖', { from: '10690000001' })).toBeUndefined()
    expect(found('text:personal', '我到家了', { label: 'personal' })).toBeDefined()
    expect(found('text:personal', '我到家了', { label: 'notice' })).toBeUndefined()
  })

  it('decides the same by the quick look as by all signs', () => {
    const conditions = [
      'link:any',
      '!link:any',
      'likely-text',
      '!(words:loan | sender:port)',
      'stranger & !words:card',
    ]
    const texts = [
      '秒批，点 abc-loan.top',
      '加微信 abc12345 办信用卡',
      '您好',
      '【京东】验证码123456，请勿泄露',
    ]
    // Of both rows of a pair the same holds: one needs a word that is always there.
    for (const when of conditions)
      for (const text of texts)
        expect(found(`(${when}) & (words:loan | !words:loan)`, text) !== undefined, `${when}: ${text}`).toBe(
          found(when, text) !== undefined,
        )
  })

  it('has the action that it names, and that of the policy before it', () => {
    const reasonOf = (more: string, policy?: string) => {
      const of = versions(ruleOf('words:loan', more), policy)
      const { decision } = judge(messageOf('秒批'), NOTHING_KNOWN, of)
      const reason = decision.reasons.find(({ code }) => code === 'OP_A')!
      return [reason.action, reason.mode, reason.weight, decision.action]
    }
    expect(reasonOf('')).toEqual(['review', 'enforce', 0.5, 'review'])
    expect(reasonOf('\n    action: block')).toEqual(['block', 'shadow', 0.5, 'none'])
    expect(reasonOf('', 'codes: {OP_A: {action: observe, weight: 0.1}}')).toEqual([
      'observe',
      'enforce',
      0.1,
      'observe',
    ])
    expect(reasonOf('', 'mode: shadow')).toEqual(['review', 'shadow', 0.5, 'none'])
  })

  it('may be named by the policy only where it is', () => {
    const { rules } = parseOwnRules('rules.yaml', ruleOf('words:loan'))
    expect(parsePolicy('p.yaml', 'codes:\n  OP_B: {mode: shadow}\n', rules).problems).toMatchObject([
      { line: 2, key: 'codes.OP_B', message: expect.stringContaining('did you mean "OP_A"?') },
    ])
  })

  it('calls its words by names that shipped groups have, without changing these', () => {
    const rules = `words: {pressure: {says: mine, list: [哈哈]}}\nrules:\n  - code: OP_A\n    when: words:pressure${REST}`
    const of = (text: string) =>
      judge(messageOf(text), NOTHING_KNOWN, versions(rules)).findings.map(({ code }) => code)
    expect(of('哈哈')).toContain('OP_A')
    expect(of('您的账户已逾期')).not.toContain('OP_A')
  })
})

describe('an own composite', () => {
  it('clears what the shipped rules leave, by the words of the operator', () => {
    const text = '【京东】您的账户异常，请登录 jd-anquan.top 核实身份并输入验证码'
    const message = messageOf(text, { from: '13800138000', label: 'fraud', score: 0.97 })
    const composite =
      'composites:\n  - when: words:mine\n    then: clear\n    because: x\n    example: a\n    nearMiss: b\n'
    const codes = (rules: string) =>
      judge(message, NOTHING_KNOWN, versions(rules)).findings.map(({ code }) => code)
    expect(codes(`words: {mine: {says: x, list: [快递]}}\n${composite}`)).toContain('TEXT_FRAUD')
    const cleared = codes(`words: {mine: {says: x, list: [核实身份]}}\n${composite}`)
    expect(cleared).not.toContain('TEXT_FRAUD')
    expect(cleared).not.toContain('FORGED_BRAND')
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Report } from '../../src/offline/replay/report.ts'
import { type EmbeddedInput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { sigwatch } from '../helpers/service.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const says = { en: 'The text advertises loans.', 'zh-CN': '文本推广贷款。' }
const rule = {
  code: 'OP_LOAN_ADS',
  when: 'words:loan',
  says,
  because: 'The regulator asks for it.',
  example: '急用钱？无抵押秒批',
  nearMiss: '您的快递已送达',
}
const words = { loan: { says: 'Loans.', list: ['无抵押', '秒批', '急用钱'] } }
const rulesWith = (more: object = {}) => ({ words, rules: [{ ...rule, ...more }] })

const LOAN = '【小店】急用钱？无抵押，秒批，来店办理 abc-loan.cc/d'
const messagesFrom = (from: string, text = LOAN): Sms[] =>
  Array.from({ length: 4 }, (_, i) => ({
    id: `m${i}`,
    ts: NOON + i * MINUTE,
    from,
    to: recipient(i),
    text,
  }))
const STRANGER = '10690299002'

describe('own rules', () => {
  const folder = useFolder()
  const run = (rules: object, more: Partial<EmbeddedInput> = {}) =>
    embedded(folder.path, { messages: messagesFrom(STRANGER), registry: REGISTRY, rules, ...more })

  it('raise alerts on messages, which name the rules by their hash and say why', async () => {
    const out = await run(rulesWith())
    const { data } = out.alertOf('m0')!
    const reason = data.reasons.find(({ code }) => code === 'OP_LOAN_ADS')!
    expect(reason).toMatchObject({ action: 'review', score: 1, detail: says.en })
    expect(reason.evidence).toEqual({
      says,
      because: rule.because,
      signs: ['words:loan'],
      quotes: ['急用钱', '无抵押', '秒批'],
    })
    expect(data.provenance.rules).toMatch(/^[0-9a-f]{12}$/)
    expect(out.verdicts.get('m3')!.reasons).toContain('OP_LOAN_ADS')
    expect(out.states('OP_LOAN_ADS')).toEqual([])
  })

  it('speak Chinese', async () => {
    const out = await run(rulesWith(), { env: { SIGWATCH_LOCALE: 'zh-CN' } })
    const { reasons } = out.alertOf('m0')!.data
    expect(reasons.find(({ code }) => code === 'OP_LOAN_ADS')!.detail).toBe(says['zh-CN'])
  })

  it('leave everything as it is where none are configured', async () => {
    const messages = messagesFrom(STRANGER)
    const plain = await embedded(folder.path, { messages, registry: REGISTRY })
    const empty = await run({ rules: [] })
    const withoutHash = (alerts: typeof plain.alerts) =>
      alerts.map((alert) => JSON.stringify(alert).replace(/"rules":"[0-9a-f]+",?/, ''))
    expect(plain.alerts.length).toBeGreaterThan(0)
    expect(withoutHash(empty.alerts)).toEqual(plain.alerts.map((alert) => JSON.stringify(alert)))
  })

  it('raise a state on the sender, or on the domain, of repeated messages', async () => {
    const bySender = await run(rulesWith({ target: 'sender' }))
    const [state, ...more] = bySender.states('OP_LOAN_ADS')
    expect(state!.data).toMatchObject({
      target: { kind: 'sender', id: `小店@${STRANGER}` },
      action: 'review',
      match: { signature: '小店', ports: [STRANGER] },
    })
    expect(state!.data.reasons[0]!.detail).toContain(`4 messages to 4 recipients in 10 minutes: ${says.en}`)
    expect(more.map(({ type }) => type)).not.toContain('sigwatch.alert.raised')
    const byDomain = await run(rulesWith({ target: 'domain' }))
    expect(byDomain.states('OP_LOAN_ADS')[0]!.data).toMatchObject({
      target: { kind: 'domain', id: 'abc-loan.cc' },
    })
  })

  it('do not block by surprise: what would block begins in shadow', async () => {
    const silent = await run(rulesWith({ action: 'block', target: 'sender' }))
    expect(silent.verdicts.get('m3')).toMatchObject({ reasons: expect.arrayContaining(['OP_LOAN_ADS']) })
    expect(silent.verdicts.get('m3')!.action).not.toBe('block')
    expect(silent.shadowAlerts.some(({ data }) => data.action === 'block')).toBe(true)
    const enforced = await run(rulesWith({ action: 'block', mode: 'enforce', target: 'sender' }))
    expect(enforced.verdicts.get('m3')!.action).toBe('block')
    expect(enforced.states('OP_LOAN_ADS')[0]!.data.action).toBe('block')
  })

  it('ask for a review at most of a sender on its own filed port, whose one-time passwords a block would stop', async () => {
    const messages = messagesFrom('10690200001', '【示例超市】急用钱？无抵押，秒批')
    const rules = rulesWith({ action: 'block', mode: 'enforce', target: 'sender' })
    const [state] = (await run(rules, { messages })).states('OP_LOAN_ADS')
    expect(state!.data).toMatchObject({ target: { id: '示例超市@10690200001' }, action: 'review' })
  })

  it('are overridden by the policy, and may be exempted and released', async () => {
    const off = await run(rulesWith(), { policy: { codes: { OP_LOAN_ADS: { action: 'none' } } } })
    const codesOf = (out: typeof off) =>
      out.alerts.flatMap(({ data }) => data.reasons.map(({ code }) => code))
    expect(codesOf(off)).not.toContain('OP_LOAN_ADS')
    expect(off.verdicts.get('m0')!.reasons).toContain('OP_LOAN_ADS')
    const exempted = await run(rulesWith(), {
      feedback: [
        {
          target: `port:${STRANGER}`,
          codes: ['OP_LOAN_ADS'],
          verdict: 'exempt',
          by: 'wu',
          ts: NOON - HOUR,
        },
      ],
    })
    expect(codesOf(exempted)).not.toContain('OP_LOAN_ADS')
  })

  it('are seen by score and replay', async () => {
    const file = folder.file
    writeFileSync(file('own.yaml'), stringify(rulesWith()))
    const score = await sigwatch(['score', '--rules', 'own.yaml'], { cwd: folder.path, input: `${LOAN}\n` })
    expect(JSON.parse(score.stdout).reasons).toContain('OP_LOAN_ADS')
    writeJsonl(file('messages.jsonl'), messagesFrom(STRANGER))
    const now = String(NOON + 24 * HOUR)
    const source = ['--source', 'messages.jsonl', '--now', now]
    const args = [
      'replay',
      ...source,
      '--rules',
      'own.yaml',
      '--json',
      '--fail-on',
      'byCode.OP_LOAN_ADS.raised > 3',
    ]
    const { code, stdout, stderr } = await warmSigwatch(args, { cwd: folder.path })
    expect(code, stderr).toBe(3)
    const report = JSON.parse(stdout) as Report
    expect(report.byCode.OP_LOAN_ADS).toEqual({ raised: 4, released: 0 })
    expect(report.versions.rules).toMatch(/^[0-9a-f]{12}$/)
    expect(report.versions.against!.rules).toBeUndefined()
  })
})

describe('sigwatch check', () => {
  const folder = useFolder()
  const check = (rules: string, ...more: string[]) => {
    writeFileSync(folder.file('rules.yaml'), rules)
    return warmSigwatch(['check', '--rules', 'rules.yaml', ...more], { cwd: folder.path })
  }

  it('finds nothing wrong with the file of the guide', async () => {
    const [, guide] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/rules.md', 'utf8'))!
    expect(Object.keys(parse(guide!))).toEqual(['change', 'words', 'rules', 'composites'])
    const { code, stderr } = await check(guide!)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('rules.yaml: 1 rule, 1 composite, 1 group of words; hash ')
  })

  it('runs every example and near miss, and names the line of one that is not as the row says', async () => {
    const { code, stderr } = await check(
      stringify(rulesWith({ example: '您的快递已送达', nearMiss: { text: '无抵押', from: STRANGER } })),
    )
    expect(code).toBe(2)
    expect(stderr).toContain(
      'rules.yaml:15: rules[0].example: the row does not apply to its example: of its signs the message shows none, and not words:loan',
    )
    expect(stderr).toMatch(
      /rules.yaml:16: rules\[0\].nearMiss: the row applies to its near miss: of its signs the message shows words:loan/,
    )
  })

  it('knows the codes of the rules in the policy, and says which was meant', async () => {
    writeFileSync(folder.file('policy.yaml'), 'codes:\n  OP_LOAN_AD: {mode: shadow}\n')
    const { code, stderr } = await check(stringify(rulesWith()), '--policy', 'policy.yaml')
    expect(code).toBe(2)
    expect(stderr).toContain('policy.yaml:2: codes.OP_LOAN_AD: unknown key; did you mean "OP_LOAN_ADS"?')
    writeFileSync(folder.file('policy.yaml'), 'codes:\n  OP_LOAN_ADS: {mode: shadow}\n')
    expect((await check(stringify(rulesWith()), '--policy', 'policy.yaml')).code).toBe(0)
  })

  it('asks for a named change where the policy does', async () => {
    writeFileSync(folder.file('policy.yaml'), 'change: {by: wu, why: begin}\nrequireChange: true\n')
    const { code, stderr } = await check(stringify(rulesWith()), '--policy', 'policy.yaml')
    expect(code).toBe(2)
    expect(stderr).toContain('rules.yaml: change: is missing')
  })
})

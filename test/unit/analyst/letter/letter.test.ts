import { expect, it } from 'vitest'
import type { Case } from '../../../../src/analyst/archive/case.ts'
import { termsOf } from '../../../../src/analyst/evidence/terms.ts'
import { type Block, letterOf } from '../../../../src/analyst/letter/letter.ts'
import { type Reader, sayIn } from '../../../../src/analyst/letter/words.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import type { Locale } from '../../../../src/detection/detectors/words.ts'
import type { Alert, AlertReason } from '../../../../src/domain/alert.ts'
import { messageAlertAt } from '../../../helpers/archive-records.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const [evidence] = EVIDENCE_SAMPLES.FORGED_BRAND
const reason = {
  ...{ code: 'FORGED_BRAND', score: 0.9, action: 'block', detail: '', rule: 'MIIT-31 Art. 18' },
  evidence: evidence!,
} as AlertReason
const TS = Date.UTC(2026, 10, 11, 4)

const CASE: Case = {
  alert: messageAlertAt('m1', TS, 1, { reasons: [reason] }),
  timeline: [],
  siblings: [],
  verdict: undefined,
  feedback: (['confirmed', 'false_positive', 'release', 'exempt'] as const).map((verdict) => ({
    ts: new Date(TS),
    verdict,
    by: '林',
    note: null,
    until: null,
  })),
  enforcements: [],
  versions: [],
  registry: [],
  portIsMasked: false,
  orderTargets: [],
  complaints: [],
}

const letterFor = (reader: Reader, locale: Locale, found: Case = CASE) =>
  letterOf(found, {
    reader,
    locale,
    say: sayIn(locale),
    term: termsOf(locale),
    describe: createDescribe(locale),
    brand: (id) => (id === 'jd' ? '京东' : id),
  })
const factsOf = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'facts' ? block.facts : []))

it('a letter in Chinese names codes and feedback in Chinese', () => {
  const blocks = letterFor('regulator', 'zh-CN')
  const names = factsOf(blocks).map(([name]) => name)
  expect(names.filter((name) => /[a-z]/i.test(name))).toEqual([])
  const said = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n')
  for (const word of ['林：确认', '林：误报', '林：解除', '林：豁免']) expect(said).toContain(word)
  expect(said).not.toMatch(/confirmed|false.positive|release|exempt/)
})

it('a letter in Chinese names the brands, rules and codes of a forgery in Chinese', () => {
  const [reason] = CASE.alert.data.reasons
  const evidence = { brand: 'jd', twin: { brand: 'jd', similarity: 0.9 }, rules: ['copied-notice'] }
  const reasons: AlertReason[] = [{ ...reason!, code: 'FORGED_BRAND', evidence }]
  const found = (target: Alert['data']['target']) => ({
    ...CASE,
    alert: { ...CASE.alert, data: { ...CASE.alert.data, target, reasons } },
  })
  const facts = factsOf(letterFor('regulator', 'zh-CN', found({ kind: 'brand-claim', id: 'jd' })))
  expect(facts).toContainEqual(['处置对象', '冒称品牌 京东'])
  expect(facts).toContainEqual(['原因代码', '冒充品牌（FORGED_BRAND）'])
  expect(facts).toContainEqual(['证据：品牌', '京东'])
  expect(facts).toContainEqual(['证据：所仿照的品牌通知', expect.stringContaining('品牌 京东')])
  expect(facts).toContainEqual(['证据：适用规则', '仿照品牌通知，却来自其他发送方并指向第三方'])
})

it('names who changed the policy to the regulator alone', () => {
  const { policy } = CASE.alert.data.provenance
  const change = { by: '吴', why: 'trial', ref: 'CHG-7' }
  const versions = [{ hash: policy, kind: 'policy', first_at: new Date(TS), change }]
  const told = (reader: Reader) => factsOf(letterFor(reader, 'en', { ...CASE, versions }))
  expect(told('regulator')).toContainEqual(['Policy', `${policy}, changed by 吴: trial (CHG-7)`])
  expect(told('sender')).toContainEqual(['Policy', policy])
})

it('tells the sender code and rule, and keeps the evidence for the regulator', () => {
  const names = (reader: Reader) => factsOf(letterFor(reader, 'en')).map(([name]) => name)
  expect(names('regulator').some((name) => name.startsWith('Evidence'))).toBe(true)
  expect(names('sender').filter((name) => /Evidence|Speaks/.test(name))).toEqual([])
  expect(names('sender')).toEqual(expect.arrayContaining(['Code', 'Rule']))
})

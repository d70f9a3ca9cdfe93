import { expect, it } from 'vitest'
import type { Case } from '../../../../src/analyst/archive/case.ts'
import { termsOf } from '../../../../src/analyst/evidence/terms.ts'
import { type Block, letterOf } from '../../../../src/analyst/letter/letter.ts'
import { type Reader, sayIn } from '../../../../src/analyst/letter/words.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import type { Locale } from '../../../../src/detection/detectors/words.ts'
import type { AlertReason } from '../../../../src/domain/alert.ts'
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
  })
const factsOf = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'facts' ? block.facts : []))

it('a letter in Chinese names codes and feedback in Chinese', () => {
  const blocks = letterFor('regulator', 'zh-CN')
  const names = factsOf(blocks).map(([name]) => name)
  expect(names.filter((name) => /[a-z]/i.test(name))).toEqual([])
  const said = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n')
  for (const word of ['林：确认', '林：误报', '林：解除', '林：豁免']) expect(said).toContain(word)
  expect(said).not.toMatch(/confirmed|false_positive|release|exempt/)
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

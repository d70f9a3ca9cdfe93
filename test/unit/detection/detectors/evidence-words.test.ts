import { describe, expect, it } from 'vitest'
import { CODES } from '../../../../src/detection/detectors/all.ts'
import { SIGN_NAMES } from '../../../../src/detection/detectors/brand-decision/signs.ts'
import { ESCALATION_FIELDS, objectSchema } from '../../../../src/detection/detectors/evidence-fields.ts'
import { evidenceIn, signIn } from '../../../../src/detection/detectors/evidence-words.ts'
import { evidenceWords } from '../../../../src/detection/rules/chinese.generated.ts'
import { SHIPPED } from '../../../../src/detection/rules/shipped.generated.ts'
import { KINDS } from '../../../../src/text/plain.ts'
import { LATIN_OF_SAMPLES } from '../../../helpers/chinese-pages.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

interface Schema {
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** Every field that evidence may have, with the values that it may have where they are fixed. */
function* fieldsOf(schema: Schema): Generator<[name: string, values: readonly string[]]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield [name, field.enum ?? field.items?.enum ?? []]
    yield* fieldsOf(field)
    if (field.items) yield* fieldsOf(field.items)
  }
}

const FIELDS = Object.values(CODES).flatMap(({ evidence }) => [
  ...fieldsOf(objectSchema({ ...ESCALATION_FIELDS, ...evidence }) as Schema),
])

describe('evidence in Chinese', () => {
  it('has a name for every field and a word for every fixed value', () => {
    for (const [name, values] of FIELDS) {
      if (name === 'speaksFor' || name === 'speaksAgainst') continue
      const [shown] = evidenceIn('zh-CN', { [name]: '' }).facts
      expect(shown![0], name).not.toMatch(/[a-z]/i)
      for (const value of values)
        expect(evidenceIn('zh-CN', { [name]: value }).facts[0]![1], value).not.toMatch(/[a-z]/i)
    }
    expect(FIELDS.length).toBeGreaterThan(100)
  })

  it.each(SIGN_NAMES)('says %s in words', (sign) => {
    expect(signIn('zh-CN', sign)).not.toMatch(/[a-z:]|undefined/i)
    expect(signIn('en', sign)).not.toContain(':')
  })

  it('has a sentence for every rule that may decide, and for no other', () => {
    const decide = ['report', 'may-block', 'at-most-review']
    const names = SHIPPED.composites.flatMap(({ name, then }) => (decide.includes(then) ? [name] : []))
    expect(Object.keys(evidenceWords.values.rules).sort()).toEqual(names.sort())
    for (const name of names)
      expect(evidenceIn('zh-CN', { rules: [name] }).facts[0]![1]).not.toMatch(/[a-z]/i)
  })

  it.each(KINDS)('has a word for the disguise %s', (kind) => {
    expect(evidenceIn('zh-CN', { folds: { [kind]: 3 } }).facts).toEqual([
      ['伪装方式', expect.stringMatching(/^[^a-z]+ 3$/)],
    ])
  })

  it('leaves nothing of the samples in English but hosts, names and ids', () => {
    for (const evidence of Object.values(EVIDENCE_SAMPLES).flat())
      for (const [name, value] of evidenceIn('zh-CN', evidence, () => '京东').facts)
        expect(`${name} ${value}`.replace(LATIN_OF_SAMPLES, '').replace('(UTC+8)', '')).not.toMatch(
          /[a-z]{2}/i,
        )
  })

  it('shows groups, times and spans as a reader reads them', () => {
    expect(
      evidenceIn('zh-CN', {
        found: [
          { kind: 'domain', value: 'kf88.top' },
          { kind: 'request', value: 'payment' },
        ],
        official: { domains: ['jd.com'], ports: [], hotlines: ['950618'] },
        refusedAt: Date.UTC(2026, 10, 11),
        after: 90_000,
        scope: ['notice', 'marketing'],
      }).facts,
    ).toEqual([
      ['不属于该品牌的内容', '链接域名 kf88.top、要求 转账或扫码付款'],
      ['品牌官方信息', '域名 jd.com；端口号 ；客服电话 950618'],
      ['拒收时间', '2026-11-11 08:00:00 (UTC+8)'],
      ['间隔', '25 小时'],
      ['报备内容', '通知、营销'],
    ])
  })

  it('keeps what a later version adds, and spells English names of fields as words', () => {
    expect(evidenceIn('zh-CN', { novelty: 'x', speaksFor: ['new:sign'] })).toEqual({
      speaksFor: ['new:sign'],
      speaksAgainst: [],
      facts: [['novelty', 'x']],
    })
    expect(evidenceIn('en', { claimedBy: 'speaker', speaksFor: ['link:foreign'] })).toEqual({
      speaksFor: ['a link leads to a domain that anyone could have registered'],
      speaksAgainst: [],
      facts: [['claimed by', 'speaker']],
    })
  })
})

import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { writtenRules } from '../../../../scripts/docs/rules.ts'
import { renderRulesSchema } from '../../../../scripts/docs/rules-schema.ts'
import { FURTHER_SIGNS } from '../../../../src/detection/detectors/brand-decision/further-signs.ts'
import { SIGN_NAMES } from '../../../../src/detection/detectors/brand-decision/signs.ts'
import { TWIN_SIGNS } from '../../../../src/detection/detectors/brand-decision/twin.ts'
import { type Expression, parseExpression, signsIn } from '../../../../src/detection/rules/expression.ts'
import { expandWord } from '../../../../src/detection/rules/lexicon.ts'
import { CONSEQUENCES } from '../../../../src/detection/rules/rules-file.ts'
import { SHIPPED_RULES } from '../../../../src/detection/rules/shipped.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'

const { words, signs, composites } = writtenRules()
const KNOWN = new Set<string>([
  ...SIGN_NAMES,
  ...Object.keys(FURTHER_SIGNS),
  ...Object.keys(TWIN_SIGNS),
  ...Object.keys(signs),
  ...Object.keys(words).map((group) => `words:${group}`),
  'number',
])

const expressions = [...Object.values(signs), ...composites].map(({ when }) => parseExpression(when))

/** Signs of which an expression asks where they stand. */
function placesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'sign':
      return []
    case 'not':
      return placesIn(expression.of)
    case 'near':
    case 'before':
      return [expression.first.name, expression.second.name]
    default:
      return expression.of.flatMap(placesIn)
  }
}

describe('the shipped rules', () => {
  it.each([
    ...Object.entries(signs).map(([name, { when }]) => [name, when] as const),
    ...composites.map(({ name, when }) => [name, when] as const),
  ])('%s names signs that there are', (_, when) => {
    const unknown = signsIn(parseExpression(when)).filter(({ name }) => !KNOWN.has(name))
    expect(unknown.map(({ name }) => name)).toEqual([])
  })

  it('fit the schema that operators’ own rules have', () => {
    const validate = new Ajv({ allErrors: true }).compile(JSON.parse(renderRulesSchema()))
    expect(validate({ words, signs, composites }), JSON.stringify(validate.errors)).toBe(true)
    const { nearMiss: _, ...withoutNearMiss } = composites[0]!
    expect(validate({ composites: [withoutNearMiss] })).toBe(false)
  })

  it('list each word once', () => {
    const all = Object.values(words).flatMap(({ list = [] }) => list.flatMap(expandWord))
    expect(all.filter((word, i) => all.indexOf(word) !== i)).toEqual([])
  })

  it('list no word of which another one of its group is a part, where its place does not matter', () => {
    const placed = new Set(expressions.flatMap(placesIn))
    for (const [group, { list = [] }] of Object.entries(words)) {
      if (placed.has(`words:${group}`)) continue
      const own = list.flatMap(expandWord)
      const longer = own.filter((word) => own.some((other) => other !== word && word.includes(other)))
      expect(longer, group).toEqual([])
    }
  })

  it('say of each row what it is called, what it does to which codes, and why', () => {
    expect(new Set(composites.map(({ name }) => name)).size).toBe(composites.length)
    for (const { name, codes, then, because } of composites) {
      expect(CONSEQUENCES, name).toContain(then)
      expect(
        codes.filter((code) => !(CODE_NAMES as readonly string[]).includes(code)),
        name,
      ).toEqual([])
      expect(because, name).toMatch(/\.$/)
    }
  })

  it('use every group and every derived sign', () => {
    const used = new Set(expressions.flatMap((expression) => signsIn(expression).map(({ name }) => name)))
    const grouped = new Set(Object.values(words).flatMap(({ groups = [] }) => groups))
    const idle = [
      ...Object.keys(signs).filter((name) => !used.has(name)),
      ...Object.keys(words).filter((name) => !used.has(`words:${name}`) && !grouped.has(name)),
    ]
    // The first is what the detectors ask for by name, the second a sign with a weight of its own.
    expect(idle).toEqual(['lure', 'warning'])
  })
})

describe('SHIPPED_RULES', () => {
  const shows = (text: string, sign: string) => SHIPPED_RULES.shows(SHIPPED_RULES.ofText(text), sign)

  it.each([
    ['您的会员自动续费，点击关闭', 'lure', true],
    ['会员您好。本店周一关闭', 'lure', false],
    ['聚餐每人先收100', 'splits-bill', true],
    ['每人都要来', 'splits-bill', false],
    ['一天800', 'words:a-day', true],
    ['请把收款码发我', 'words:tell-sender', true],
  ])('%s: %s is %s', (text, sign, expected) => {
    expect(shows(text, sign)).toBe(expected)
  })

  it('names the first row that holds', () => {
    const first = (...shown: string[]) =>
      SHIPPED_RULES.first('FORGED_BRAND', 'at-most-review', SHIPPED_RULES.with('', shown))
    expect(first('claim:signature', 'link:foreign', 'sender:mobile')).toBeUndefined()
    expect(first('claim:signature', 'link:foreign', 'sender:own')).toBe('own-port')
    expect(first('claim:signature', 'sender:mobile')).toBe('leads-nowhere')
    expect(first('claim:signature', 'brand:unverified')).toBe('unverified-brand')
  })
})

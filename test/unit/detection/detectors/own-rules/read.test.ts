import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../../../src/domain/errors.ts'
import { parseOwnRules } from '../../../../helpers/policies.ts'

const RULE = `
    says: {en: It lends., zh-CN: 放贷。}
    because: it is asked for
    example: 秒批
    nearMiss: 你好
`
const WORDS = 'words: {loan: {says: loans, list: [秒批]}}\n'

function faultsOf(text: string): string[] {
  return parseOwnRules('rules.yaml', text).problems.map(formatProblem)
}

/** A rule with this condition, and what is wrong with it. */
const faultsOfWhen = (when: string) => faultsOf(`${WORDS}rules:\n  - code: OP_A\n    when: "${when}"${RULE}`)

describe('a file of own rules', () => {
  it('may say nothing, but not be empty, as after an accident', () => {
    expect(parseOwnRules('rules.yaml', '# nothing yet\n{}').rules?.codes.size).toBe(0)
    for (const text of ['\n', '# The rules of\n']) {
      const { rules, problems } = parseOwnRules('rules.yaml', text)
      expect(rules).toBeUndefined()
      expect(problems).toMatchObject([{ message: expect.stringContaining('is empty') }])
    }
  })

  it('has a hash that comments do not change and rules do', () => {
    const hashOf = (text: string) => parseOwnRules('rules.yaml', text).rules?.hash
    const text = `${WORDS}rules:\n  - code: OP_A\n    when: words:loan${RULE}`
    expect(hashOf(`# mine\n${text}`)).toBe(hashOf(text))
    expect(hashOf(text.replace('OP_A', 'OP_B'))).not.toBe(hashOf(text))
  })

  it('gives what it leaves out: a review that is enforced, and shadow for what would stop messages', () => {
    const row = (code: string, more: string) => `  - code: ${code}\n    when: words:loan${more}${RULE}`
    const { rules } = parseOwnRules(
      'rules.yaml',
      `${WORDS}rules:\n${row('OP_A', '')}${row('OP_B', '\n    action: block')}${row('OP_C', '\n    action: block\n    mode: enforce')}`,
    )
    expect([...rules!.codes.values()].map(({ action, mode }) => `${action} ${mode}`)).toEqual([
      'review enforce',
      'block shadow',
      'block enforce',
    ])
  })

  it('takes a file in JSON', () => {
    const says = { en: 'x', 'zh-CN': '甲' }
    const rule = { code: 'OP_A', when: 'link:any', says, because: 'y', example: 'a.cn', nearMiss: 'b' }
    expect(parseOwnRules('rules.json', JSON.stringify({ rules: [rule] })).problems).toEqual([])
  })
})

describe('a fault in a file of own rules', () => {
  it('is the only one where a misspelt key hides the words of all rows', () => {
    const faults = faultsOf(
      `${WORDS.replace('words', 'wrods')}rules:\n  - code: OP_A\n    when: words:loan${RULE}`,
    )
    expect(faults).toEqual([expect.stringContaining('wrods: unknown key; did you mean "words"?')])
  })

  it('is reported with those of all other rows, whatever their kind', () => {
    const faults = faultsOf(`words:
  loan: {says: loans, list: [秒批]}
  rate: {says: 3, list: [利率]}
  "1x": {says: numbers, list: [一]}
rules:
  - code: OP_A
    when: words:lona${RULE}
  - code: OP_B
    when: words:loan
    action: blok${RULE}
  - code: OP_C
    when: (words:loan${RULE}
  - code: OP_D
    when: words:rate & link:nay
    weight: 7${RULE}
  - code: OP_A
    when: words:loan${RULE}
  - 5
composites:
  - {when: "words:lon", then: cleer, because: x, example: 甲, nearMiss: 乙}
  - {when: "words:lon", then: clear, because: x, example: 甲, nearMiss: 乙}
  - {then: clear, because: x, example: 甲, nearMiss: 乙}
`)
    const lines = faults.map((fault) => fault.replace(/^rules\.yaml:(\d+): ([\w.[\]]+): .*$/s, '$1 $2'))
    expect(lines.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'words.rate.says',
      expect.stringContaining('1x'),
      'rules[0].when',
      'rules[1].action',
      'rules[2].when',
      'rules[3].when',
      'rules[3].weight',
      'rules[4].code',
      'rules[5]',
      'composites[0].then',
      'composites[0].when',
      'composites[1].when',
      'composites[2].when',
    ])
  })

  it('is named with its line, what is allowed and what was meant', () => {
    expect(faultsOf(`${WORDS}rules:\n  - code: loan\n    when: words:loan\n    action: blok${RULE}`)).toEqual(
      [
        'rules.yaml:3: rules[0].code: "loan" is not allowed (allowed: OP_ and 1 to 57 capitals, digits or _, for example OP_LOAN_ADS)',
        'rules.yaml:5: rules[0].action: "blok" is not allowed; did you mean "block"? (allowed: none, observe, review, throttle, block)',
      ],
    )
  })

  it.each([
    ['words:laon', 'unknown sign "words:laon"; did you mean "words:loan"?'],
    ['loan', 'unknown sign "loan"; did you mean "words:loan"?'],
    ['words:loan & link:forein', 'unknown sign "link:forein"; did you mean "link:foreign"?'],
    ['words:loan &', 'the expression ends (character 13: its end)'],
    ['words:loan & ? link:any', 'unexpected character "?"'],
    ['near(words:loan, lure, 5)', '"lure" has no place in the text'],
    ['near(words:loan, number)', 'expected ","'],
  ])('of the condition %j', (when, message) => {
    const [first, ...more] = faultsOfWhen(when)
    expect(first).toContain('rules.yaml:4: rules[0].when: ')
    expect(first).toContain(message)
    expect(more).toEqual([])
  })

  it.each([
    ['["{a"]', 'brace without its pair'],
    ['["{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}{o,p}{q,r}{s,t}"]', 'stands for 1024 words'],
    ['["\u200b"]', 'is empty once the text is normalised'],
  ])('of the words %s', (list, message) => {
    expect(faultsOf(`words:\n  loan:\n    says: x\n    list: ${list}\n`)[0]).toMatch(
      new RegExp(`^rules.yaml:4: words.loan.list\\[0\\]: .*${message}`),
    )
  })

  it('of groups: unknown ones, cycles, names, and none with words', () => {
    expect(
      faultsOf(
        'words:\n  a: {says: x, groups: [b]}\n  b: {says: x, groups: [a, cc]}\n  cd: {says: x}\n  "e f": {says: x, list: [y]}\n',
      ),
    ).toEqual([
      'rules.yaml:2: words.a.groups[0]: the group contains itself',
      'rules.yaml:3: words.b.groups[0]: the group contains itself',
      'rules.yaml:3: words.b.groups[1]: no group is called "cc"; did you mean "cd"?',
      'rules.yaml:4: words.cd: has no words: give list, or groups',
      'rules.yaml:5: words["e f"]: is not a name (allowed: a letter, then letters, digits, - or _, 60 at most)',
    ])
  })

  it('of a code that is used twice, and of composites that change nothing', () => {
    const row = `  - code: OP_A\n    when: words:loan${RULE}`
    const composite = `composites:\n  - when: words:loan\n    then: clear\n    codes: [LOOKALIKE_SIGNATURE]\n    because: x\n    example: a\n    nearMiss: b\n`
    expect(faultsOf(`${WORDS}rules:\n${row}${row}${composite}`)).toEqual([
      'rules.yaml:9: rules[1].code: OP_A is used twice: join both rows by |, or rename one',
      'rules.yaml:18: composites[0].codes[0]: clear changes nothing about LOOKALIKE_SIGNATURE (allowed: FORGED_BRAND, LOOKALIKE_DOMAIN, TEXT_FRAUD, TEXT_ILLICIT)',
    ])
  })

  it('of more words than fit', () => {
    const many = (count: number, word: (i: number) => string) =>
      `words: {a: {says: x, list: [${Array.from({ length: count }, (_, i) => word(i)).join(', ')}]}}`
    expect(faultsOf(many(20_001, (i) => `w${i}`))[0]).toContain('has 20001 words (allowed: at most 20000)')
    expect(faultsOf(many(9_000, (i) => `${i}abcdefgh`.split('').reverse().join('') + i))[0]).toMatch(
      /rules.yaml:1: words: the words have \d+ prefixes, at most 32768 fit/,
    )
  })
})

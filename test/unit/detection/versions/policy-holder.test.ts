import { writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { PolicyHolder } from '../../../../src/detection/versions/policy-holder.ts'
import { InvalidInput } from '../../../../src/domain/errors.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const rulesOf = (codes: readonly string[], change = '') =>
  `${change}words: {loan: {says: loans, list: [秒批]}}\nrules:\n${codes
    .map(
      (code) =>
        `  - {code: ${code}, when: "words:loan", says: {en: x, zh-CN: y}, because: z, example: 秒批, nearMiss: b}\n`,
    )
    .join('')}`

describe('PolicyHolder with own rules', () => {
  const folder = useFolder()
  let events: Event[]
  const policy = (text: string) => writeFileSync(folder.file('policy.yaml'), text)
  const rules = (text: string) => writeFileSync(folder.file('rules.yaml'), text)
  const open = () =>
    new PolicyHolder(folder.file('policy.yaml'), (event) => events.push(event), folder.file('rules.yaml'))
  const codesOf = ({ current }: PolicyHolder) => [...current.own!.codes.keys()]
  const refused = () => events.flatMap((event) => (event.name === 'reload_refused' ? [event] : []))
  const loaded = () => events.filter(({ name }) => name.endsWith('_loaded')).map(({ name }) => name)

  beforeEach(() => {
    events = []
    policy('codes: {OP_A: {action: observe}}\n')
    rules(rulesOf(['OP_A']))
  })

  it('takes both, and says which it has', () => {
    const holder = open()
    expect(codesOf(holder)).toEqual(['OP_A'])
    expect(holder.current.codePolicy('OP_A', 0)).toMatchObject({ action: 'observe', mode: 'enforce' })
    expect(holder.current.codePolicy('OP_GONE', 0).action).toBe('none')
    expect(events).toEqual([
      { name: 'policy_loaded', hash: holder.current.hash },
      { name: 'rules_loaded', hash: holder.current.own!.hash, rules: 1 },
    ])
  })

  it('has the hash of the policy alone, whatever the rules', () => {
    const plain = new PolicyHolder(undefined, () => {})
    policy('{}\n')
    expect(open().current.hash).toBe(plain.current.hash)
  })

  it('keeps what it has when a file was emptied, and does not start with one', () => {
    const holder = open()
    const { hash, own } = holder.current
    policy('')
    expect(holder.reload()).toBe('refused')
    policy('# Rules of the operator.\n\n# Written halfway.\n')
    expect(holder.reload()).toBe('refused')
    policy('codes: {OP_A: {action: observe}}\n')
    rules(' \n')
    expect(holder.reload()).toBe('refused')
    expect(refused().map(({ what, reason }) => `${what}: ${reason}`)).toEqual([
      expect.stringMatching(/^policy: .*policy.yaml: is empty/),
      expect.stringMatching(/^policy: .*policy.yaml: is empty/),
      expect.stringMatching(/^rules: .*rules.yaml: is empty/),
    ])
    expect(holder.current).toMatchObject({ hash, own: { hash: own!.hash } })
    expect(open).toThrow(InvalidInput)
    rules(rulesOf(['OP_A']))
    policy('\n')
    expect(open).toThrow(InvalidInput)
  })

  it('takes a change of both at once, and of each alone', () => {
    const holder = open()
    events = []
    policy('codes: {OP_B: {action: block}}\n')
    rules(rulesOf(['OP_B']))
    expect(holder.reload()).toBe('swapped')
    expect(codesOf(holder)).toEqual(['OP_B'])
    expect(loaded()).toEqual(['policy_loaded', 'rules_loaded'])
    rules(rulesOf(['OP_B', 'OP_C']))
    expect(holder.reload()).toBe('swapped')
    expect(loaded()).toEqual(['policy_loaded', 'rules_loaded', 'rules_loaded'])
    expect(holder.reload()).toBe('same')
    expect(refused()).toEqual([])
  })

  it('keeps the rules in force if the new ones are wrong, and still loads the policy', () => {
    const holder = open()
    events = []
    policy('codes: {OP_A: {action: block}}\n')
    rules(rulesOf(['OP_A']).replace('words:loan', 'words:laon'))
    expect(holder.reload()).toBe('swapped')
    expect(holder.current.codePolicy('OP_A', 0).action).toBe('block')
    expect(codesOf(holder)).toEqual(['OP_A'])
    expect(refused()).toMatchObject([{ what: 'rules', reason: expect.stringContaining('rules.yaml:3') }])
    expect(holder.reload()).toBe('refused')
    expect(loaded()).toEqual(['policy_loaded'])
  })

  it('keeps the policy in force if the new one is wrong, and still loads the rules', () => {
    const holder = open()
    events = []
    policy('mode: shdow\n')
    rules(rulesOf(['OP_A', 'OP_B']))
    expect(holder.reload()).toBe('swapped')
    expect(codesOf(holder)).toEqual(['OP_A', 'OP_B'])
    expect(holder.current.codePolicy('OP_A', 0).action).toBe('observe')
    expect(refused()).toMatchObject([{ what: 'policy' }])
  })

  it('refuses rules without a code that the policy names', () => {
    const holder = open()
    events = []
    rules(rulesOf(['OP_B']))
    expect(holder.reload()).toBe('refused')
    expect(codesOf(holder)).toEqual(['OP_A'])
    expect(refused()).toMatchObject([
      {
        what: 'rules',
        reason: expect.stringMatching(
          /rules\.yaml: the policy names what it lacks: .*policy\.yaml:1: codes\.OP_A: unknown key.*; put both back at once, or take it out of the policy first$/,
        ),
      },
    ])
    expect(() => open()).toThrow(InvalidInput)
  })

  it('requires a new change with new rules if the policy does', () => {
    policy('requireChange: true\nchange: {by: wu, why: begin}\n')
    expect(open).toThrow(/change: is missing/)
    rules(rulesOf(['OP_A'], 'change: {by: wu, why: one}\n'))
    const holder = open()
    expect(holder.current.own!.change).toEqual({ by: 'wu', why: 'one' })
    rules(rulesOf(['OP_B'], 'change: {by: wu, why: one}\n'))
    expect(holder.reload()).toBe('refused')
    expect(refused()[0]!.reason).toContain('change: is that of the version in force')
    rules(rulesOf(['OP_B'], 'change: {by: li, why: two}\n'))
    expect(holder.reload()).toBe('swapped')
  })
})

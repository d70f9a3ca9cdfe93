import { describe, expect, it } from 'vitest'
import { exempted } from '../../../src/detection/exempt.ts'
import type { Allowance } from '../../../src/domain/allowance.ts'
import type { Finding } from '../../../src/domain/decision.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { Allowances } from '../../../src/stores/states/allowances.ts'
import { FormerTokens } from '../../../src/stores/states/former-tokens.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { parsePolicy } from '../../helpers/policies.ts'
import { message, T0 } from '../../helpers/state-fixtures.ts'

const UNTIL = T0 + 60_000
const FINDINGS: readonly Finding[] = [
  { code: 'FORGED_BRAND', score: 0.9, evidence: {} },
  { code: 'NO_CONSENT', score: 0.5, evidence: {} },
]
const url = { text: 'a.spam.top/x', host: 'a.spam.top', domain: 'spam.top' }
const sms = (ts = T0) => ({ ...message({ ts }), urls: [url] as never })
const none = new Allowances(new MemoryStateStore({ clock: { now: () => T0 } }))

const policyOf = (target: string, code = 'FORGED_BRAND') => {
  const until = new Date(UNTIL).toISOString()
  const text = `exemptions: [{target: "${target}", codes: [${code}], until: "${until}", by: ops, why: known}]`
  return parsePolicy('policy.yaml', text).policy!
}
const caps = (detected: { readonly findings: readonly Finding[] }) =>
  Object.fromEntries(detected.findings.map(({ code, cap }) => [code, cap]))

/** Every kind of target that the message belongs to, and one of the kind that it does not. */
const TARGETS = [
  ['message:m1', 'message:m2'],
  ['signature:京东', 'signature:淘宝'],
  ['port:1069012345678', 'port:106901234567'],
  ['sender:京东@1069012345678', 'sender:-@1069012345678'],
  ['campaign:b1b1b1b1', 'campaign:b2b2b2b2'],
  ['domain:spam.top', 'domain:am.top'],
  ['domain:a.spam.top', 'domain:b.spam.top'],
  ['recipient:1.token', 'recipient:1.other'],
] as const

describe('after the token key was changed', () => {
  const yesterday = createTokeniser({
    keyId: '1',
    key: 'the key that was used until yesterday, of more than 32',
  })
  const today = createTokeniser({
    keyId: '2',
    key: 'the key that is used from today on, of more than 32 bytes',
  })
  const [to, other] = ['13800138000', '13900139000']
  const detected = (recipient: string) => ({
    message: { ...sms(), to: recipient, toToken: today(recipient) },
    findings: FINDINGS,
  })
  const allowancesOf = (former: FormerTokens) =>
    new Allowances(new MemoryStateStore({ clock: { now: () => T0 } }), former)
  const former = new FormerTokens([yesterday])

  it('what the policy exempts of a recipient holds under the former token', () => {
    const policy = policyOf(`recipient:${yesterday(to)}`)
    expect(caps(exempted(detected(to), policy, allowancesOf(former))).FORGED_BRAND).toBe('none')
    expect(caps(exempted(detected(other), policy, allowancesOf(former))).FORGED_BRAND).toBeUndefined()
    expect(caps(exempted(detected(to), policy, none)).FORGED_BRAND).toBeUndefined()
  })

  it.each<Allowance['of']>([
    { target: { kind: 'recipient', id: yesterday(to) } },
    { match: { toToken: yesterday(to), signature: '京东' } },
  ])('what an analyst allowed of a recipient holds under the former token: %j', async (of) => {
    const policy = parsePolicy('policy.yaml', '{}').policy!
    const allowances = allowancesOf(former)
    await allowances.add({ id: 'a', codes: ['FORGED_BRAND'], until: UNTIL, of })
    expect(caps(exempted(detected(to), policy, allowances))).toEqual({
      FORGED_BRAND: 'none',
      NO_CONSENT: undefined,
    })
    expect(caps(exempted(detected(other), policy, allowances)).FORGED_BRAND).toBeUndefined()
    const unaware = allowancesOf(new FormerTokens())
    await unaware.add({ id: 'a', codes: ['FORGED_BRAND'], until: UNTIL, of })
    expect(caps(exempted(detected(to), policy, unaware)).FORGED_BRAND).toBeUndefined()
  })
})

describe('an exemption applies to the codes that it is accepted for', () => {
  it.each(TARGETS)('of the policy: on %s, not on %s', (target, other) => {
    const detected = { message: sms(), findings: FINDINGS }
    expect(caps(exempted(detected, policyOf(target), none))).toEqual({
      FORGED_BRAND: 'none',
      NO_CONSENT: undefined,
    })
    expect(caps(exempted(detected, policyOf(other), none)).FORGED_BRAND).toBeUndefined()
    expect(caps(exempted({ ...detected, message: sms(UNTIL) }, policyOf(target), none)).FORGED_BRAND).toBe(
      undefined,
    )
  })

  it.each(TARGETS)('of an analyst: on %s, not on %s', async (target, other) => {
    const allowing = async (text: string) => {
      const allowances = new Allowances(new MemoryStateStore({ clock: { now: () => T0 } }))
      const [kind, ...id] = text.split(':')
      const of = { target: { kind, id: id.join(':') } } as Allowance['of']
      await allowances.add({ id: 'a', codes: ['FORGED_BRAND'], until: UNTIL, of })
      return allowances
    }
    const policy = parsePolicy('policy.yaml', '{}').policy!
    const detected = { message: sms(), findings: FINDINGS }
    expect(caps(exempted(detected, policy, await allowing(target)))).toEqual({
      FORGED_BRAND: 'none',
      NO_CONSENT: undefined,
    })
    expect(caps(exempted(detected, policy, await allowing(other))).FORGED_BRAND).toBeUndefined()
    const late = { ...detected, message: sms(UNTIL) }
    expect(caps(exempted(late, policy, await allowing(target))).FORGED_BRAND).toBeUndefined()
  })

  it.each([
    [{ signature: '京东', ports: ['1069012345678'], campaign: 'b0b0b0b0' }, true],
    [{ signature: '京东', ports: ['1069012345679'], campaign: 'b0b0b0b0' }, false],
    [{ domains: ['spam.top'], labels: ['fraud' as const] }, false],
    [{ domains: ['spam.top'], labels: ['marketing' as const] }, true],
    [{ ports: ['106901*'] }, true],
    [{ ports: ['106901*'], exceptPorts: ['1069012345678'] }, false],
    [{ toToken: '1.token' }, true],
  ])('of what a match covers: %j: %s', async (match, covered) => {
    const allowances = new Allowances(new MemoryStateStore({ clock: { now: () => T0 } }))
    await allowances.add({ id: 'a', codes: ['NO_CONSENT'], until: UNTIL, of: { match } })
    const policy = parsePolicy('policy.yaml', '{}').policy!
    const detected = exempted({ message: sms(), findings: FINDINGS }, policy, allowances)
    expect(caps(detected).NO_CONSENT).toBe(covered ? 'none' : undefined)
  })
})

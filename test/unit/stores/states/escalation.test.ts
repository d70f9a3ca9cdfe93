import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../../src/domain/decision.ts'
import type { Brand, Registry, SignatureRow } from '../../../../src/domain/registry.ts'
import { candidatesOf, escalate, isStillJustified } from '../../../../src/stores/states/escalation.ts'
import { MINUTE, message, raised, T0 } from '../../../helpers/state-fixtures.ts'

const JD: Brand = { id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: [] }
const ROW: SignatureRow = {
  name: '京东',
  brand: 'jd',
  consent: 'unless-refused',
  campaigns: [],
  filings: [{ ports: ['1069001*'], status: 'filed' }],
}

function registryOf(over: Partial<Registry> = {}): Registry {
  return {
    hash: 'r',
    hasSignatures: true,
    brand: (id) => (id === 'jd' ? JD : undefined),
    brandByName: (name) => (name === '京东' ? JD : undefined),
    brandByHost: (host) => (host === 'jd.com' || host.endsWith('.jd.com') ? JD : undefined),
    brandByHotline: () => undefined,
    brandMentions: () => [],
    shortNameMentions: () => [],
    lookalikeOfName: () => undefined,
    lookalikeOfHost: () => undefined,
    signature: (name) => (name === '京东' ? ROW : undefined),
    port: () => undefined,
    *filesPort() {
      yield
      return false
    },
    filings: (row) => row.filings,
    portsOfBrand: (id) => (id === 'jd' ? ['1069001*', '1069002'] : []),
    ownsPort: (id, port) => id === 'jd' && (port.startsWith('1069001') || port === '1069002'),
    isSpelled: () => true,
    isShortener: (host) => host === 't.cn',
    isNeutralHost: () => false,
    isRestricted: (host) => host.endsWith('.gov.cn'),
    ...over,
  }
}

const POLICY = { count: 3, recipients: 3, within: 10 * MINUTE }
const forged = (over: Partial<Finding> = {}): Finding => ({
  code: 'FORGED_BRAND',
  score: 0.9,
  evidence: { brand: 'jd' },
  brand: 'jd',
  ...over,
})
const targetOf = (m: Parameters<typeof message>[0], finding: Finding, registry = registryOf()) => {
  const [candidate] = candidatesOf(message(m), [finding], registry, POLICY)
  return candidate && { ...candidate.target, match: candidate.match }
}

describe('the target of an escalation', () => {
  it('is the foreign domain first', () => {
    expect(targetOf({}, forged({ domain: 'jd-hui.top' }))).toEqual({
      kind: 'domain',
      id: 'jd-hui.top',
      match: { domains: ['jd-hui.top'] },
    })
  })

  it.each(['m.jd.com', 't.cn', 'tax.gov.cn'])('is never the shared or official domain %s', (domain) => {
    expect(targetOf({ from: '1065' }, forged({ domain }))?.kind).toBe('sender')
  })

  it('is the sender on a port that is not filed', () => {
    expect(targetOf({ from: '1065' }, forged())).toEqual({
      kind: 'sender',
      id: '京东@1065',
      match: { signature: '京东', ports: ['1065'] },
    })
  })

  it.each(['10690015', '1069002'])('is the campaign on port %s of the brand', (from) => {
    expect(targetOf({ from }, forged())).toEqual({
      kind: 'campaign',
      id: 'b0b0b0b0',
      match: { campaign: 'b0b0b0b0' },
    })
  })

  it('spares a port of the brand that is forged under another name', () => {
    const other = {
      signature: { name: '京东优惠', key: '京东优惠', place: 'leading' as const, lookalikeBrackets: false },
    }
    expect(targetOf({ ...other, from: '1069002' }, forged())?.kind).toBe('campaign')
    const { brand: _none, ...ofNobody } = forged()
    expect(targetOf({ ...other, from: '1069002' }, ofNobody)?.kind).toBe('sender')
  })

  it('is only the port if the port is not registered', () => {
    const { signature: _none, ...unsigned } = message({ from: '1065' })
    const bare = (registry: Registry) => candidatesOf(unsigned, [forged()], registry, POLICY)[0]!
    expect(bare(registryOf())).toMatchObject({
      target: { kind: 'sender', id: '-@1065' },
      match: { ports: ['1065'] },
    })
    const onBrandPort = candidatesOf({ ...unsigned, from: '1069002' }, [forged()], registryOf(), POLICY)[0]!
    expect(onBrandPort.target.kind).toBe('campaign')
    const registered = registryOf({ port: (port) => ({ port, sharedBy: 1 }) })
    expect(bare(registered).target.kind).toBe('campaign')
  })

  it('is the sender for signatures, and nothing for codes that stay with the message', () => {
    const wrongPort: Finding = { code: 'SIGNATURE_WRONG_PORT', score: 1, evidence: {} }
    expect(targetOf({ from: '1069002' }, wrongPort)).toMatchObject({ kind: 'sender', id: '京东@1069002' })
    expect(targetOf({}, { code: 'NO_CONSENT', score: 1, evidence: {} })).toBeUndefined()
    expect(targetOf({ from: '1069002', bands: [] }, forged())).toBeUndefined()
  })
})

describe('the signal', () => {
  const messages = [1, 2, 3].map((i) =>
    message({ id: `m${i}`, ts: T0 + i * 1000, toToken: `1.t${i}`, from: `106500${i}` }),
  )
  const finding = forged({ domain: 'jd-hui.top' })
  const candidates = messages.flatMap((m) => candidatesOf(m, [finding], registryOf(), POLICY))
  const reading = { entity: candidates[0]!.observation.entity, members: [], count: 3, total: 3 }

  it('counts recipients in the window of the policy', () => {
    expect(candidates.map((c) => c.observation.member)).toEqual(['1.t1', '1.t2', '1.t3'])
    expect(candidates[0]!.observation).toMatchObject({ window: 10 * MINUTE, reportFrom: 1, minCount: 1 })
  })

  it('is over from 3 messages to 3 recipients on', () => {
    const [escalated] = escalate(candidates, [reading], POLICY)
    expect(escalated).toMatchObject({
      signal: {
        code: 'FORGED_BRAND',
        over: true,
        level: 1,
        at: T0 + 10_000,
        target: { kind: 'domain', id: 'jd-hui.top' },
        evidence: { brand: 'jd', messages: 3, recipients: 3, window: 10, signatures: ['京东'] },
      },
      message: { id: 'm3' },
    })
    expect(escalated!.samples.map((m) => m.id)).toEqual(['m1', 'm2'])
    expect(escalated!.signal.evidence.ports).toEqual(['1065001', '1065002', '1065003'])
  })

  it.each([
    [9, 2],
    [2, 2],
  ])('only holds with %i messages to %i recipients', (total, count) => {
    expect(escalate(candidates, [{ ...reading, total, count }], POLICY)[0]!.signal.over).toBe(false)
  })

  it('is not made of readings of others', () => {
    expect(escalate(candidates, [{ ...reading, entity: 'port-signatures:1065' }], POLICY)).toEqual([])
  })
})

describe('what still stands after the registry has changed', () => {
  const state = (kind: 'domain' | 'sender' | 'campaign', id: string, match: object) =>
    raised({ code: 'FORGED_BRAND', target: { kind, id }, match }, { action: 'block' })

  it('is no domain of a brand and no filed port', () => {
    const registry = registryOf()
    expect(isStillJustified(state('domain', 'm.jd.com', { domains: ['m.jd.com'] }), registry)).toBe(false)
    expect(isStillJustified(state('domain', 'jd-hui.top', { domains: ['jd-hui.top'] }), registry)).toBe(true)
    const sender = (port: string) => state('sender', `京东@${port}`, { signature: '京东', ports: [port] })
    expect(isStillJustified(sender('10690019'), registry)).toBe(false)
    expect(isStillJustified(sender('1065'), registry)).toBe(true)
    expect(isStillJustified(state('campaign', 'b0', { campaign: 'b0' }), registry)).toBe(true)
    expect(isStillJustified(raised(), registry)).toBe(true)
  })
})

describe('what tips an escalation', () => {
  it('is the newest message, whatever of an earlier time comes behind it in the batch', () => {
    const registry = registryOf()
    const candidates = [0, 1, 2, -2_880].flatMap((minutes) =>
      candidatesOf(
        message({ id: `m${minutes}`, ts: T0 + minutes * MINUTE, toToken: `1.${minutes}` }),
        [forged({ domain: 'jd-hui.top' })],
        registry,
        POLICY,
      ),
    )
    const { entity } = candidates[0]!.observation
    const [escalated] = escalate(candidates, [{ entity, members: [], count: 3, total: 3 }], POLICY)
    expect(escalated!.message.id).toBe('m2')
    expect(escalated!.signal).toMatchObject({ over: true, at: T0 + 2 * MINUTE + 10_000 })
  })
})

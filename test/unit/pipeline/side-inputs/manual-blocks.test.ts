import { describe, expect, it } from 'vitest'
import { parseTarget } from '../../../../src/domain/codes.ts'
import type { Label } from '../../../../src/domain/labels.ts'
import { coversTarget, orderedMatch } from '../../../../src/pipeline/side-inputs/manual-blocks.ts'
import { readSideRow } from '../../../../src/pipeline/side-inputs/rows.ts'
import { OpenStates } from '../../../../src/stores/states/open-states.ts'
import { canonicalNumber } from '../../../../src/text/canonical-number.ts'
import { registryOf, signatureRow } from '../../../helpers/detector-fixtures.ts'

const registry = registryOf({
  brands: [{ id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: [] }],
  signatures: [
    {
      name: '京东',
      brand: 'jd',
      consent: 'unless-refused',
      campaigns: [],
      filings: [{ ports: ['1069012345*'], status: 'filed' }],
    },
  ],
})
const store = {
  alerted: async (id: string) => (id === 'm1' ? { id, codes: [], match: { campaign: 'band1' } } : undefined),
}
const matchOf = (target: string, labels?: readonly Label[]) =>
  orderedMatch({ target: parseTarget(target)!, labels }, { registry, open: new OpenStates(), store }).then(
    ({ match }) => match,
  )

describe('manual blocks', () => {
  it.each([
    ['domain:JD-Verify.top.', { domains: ['jd-verify.top'] }],
    ['domain:京东-退款.com', { domains: ['xn----lp6axrz75gjo2b.com'] }],
    ['domain:203.0.113.7', { domains: ['203.0.113.7'] }],
    ['port:1069000999*', { ports: ['1069000999*'] }],
    ['signature:某店', { signature: '某店' }],
    ['sender:京东@10690002', { signature: '京东', ports: ['10690002'] }],
    ['port:JD-NOTICE', { ports: ['JD-NOTICE'] }],
    ['sender:-@10690002', { ports: ['10690002'] }],
    ['brand-claim:jd', { 'brand-claim': 'jd', exceptPorts: ['1069012345*'] }],
    ['template:m1', { template: 'band1' }],
  ])('%s selects its messages', async (target, match) => {
    expect(await matchOf(target)).toEqual(match)
  })

  it.each([
    'domain:m.jd.com',
    'port:106901234599',
    'port:10690*',
    'signature:京东',
    'sender:某店@106901234567',
  ])('%s needs labels, or one-time passwords would stop too', async (target) => {
    await expect(matchOf(target)).rejects.toThrow('give the labels')
    expect(await matchOf(target, ['marketing'])).toMatchObject({ labels: ['marketing'] })
  })

  it('lets other work go on while it looks for the port among many signatures', async () => {
    const signatures = Array.from({ length: 60_000 }, (_, i) => signatureRow(`店${i}`, [`1069${i + 10_000}`]))
    const many = registryOf({ signatures })
    let turns = 0
    const turn = () => {
      turns++
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    await orderedMatch(
      { target: { kind: 'port', id: '106800000001' } },
      { registry: many, open: new OpenStates(), store },
    )
    clearImmediate(next)
    expect(turns).toBeGreaterThan(1)
  })

  it.each([
    ['domain:京东', 'not a domain'],
    ['domain:com', 'not a domain'],
    ['domain:https://jd-verify.top/a', 'not a domain'],
    ['recipient:1.abc', 'a recipient cannot be blocked manually'],
    ['port:10690x', 'it is not a port'],
    ['port:1069*5', 'it is not a port'],
    ['port:1069000000000000000001', 'it is not a port'],
    ['sender:某店@10690x', 'it is not a port'],
    ['sender:京东', 'a sender is <signature>@<port>'],
    ['brand-claim:nobody', 'no brand of the registry'],
    ['template:m2', 'no alert of the last day'],
  ])('%s is refused', async (target, why) => {
    await expect(matchOf(target)).rejects.toThrow(why)
  })

  it('is covered by exemptions of what it lies in', () => {
    const covers = (exempted: string, ordered: string) =>
      coversTarget(parseTarget(exempted)!, parseTarget(ordered)!)
    expect(covers('port:1069*', 'port:10690001')).toBe(true)
    expect(covers('port:1069*', 'port:1068')).toBe(false)
    expect(covers('domain:top.example', 'domain:a.top.example')).toBe(true)
    expect(covers('domain:a.top.example', 'domain:top.example')).toBe(false)
    expect(covers('port:1069', 'sender:x@1069')).toBe(false)
  })
})

describe('a row that orders', () => {
  const ts = Date.UTC(2026, 10, 11)
  const row = (over: object) => {
    const written = { target: 'port:+8610690001*', verdict: 'block', note: 'why', by: 'ann', ts, ...over }
    return readSideRow('feedback', written, canonicalNumber)
  }
  it('has its action, its limit and its labels', () => {
    expect(row({ action: 'throttle', perMinute: 60, labels: ['marketing'], feedbackId: 'f1' })).toMatchObject(
      {
        row: {
          action: 'throttle',
          perMinute: 60,
          target: { kind: 'port', id: '10690001*' },
          feedbackId: 'f1',
        },
      },
    )
  })
  it.each([
    [{ action: 'throttle' }, 'perMinute', 'throttle requires it'],
    [{ perMinute: 60 }, 'perMinute', 'only allowed with the action throttle'],
    [{ note: null }, 'note', 'give the reason'],
    [{ target: undefined, stateId: 'x' }, 'target', 'block requires a target'],
    [{ action: 'observe' }, 'action', 'allowed: block, throttle, review'],
    [{ until: ts + 31 * 86_400_000 }, 'until', 'at most 30 days'],
    [{ verdict: 'unblock', target: undefined, messageId: 'x' }, 'messageId', 'target or a state'],
  ])('says what it lacks: %#', (over, key, message) => {
    expect(row(over)).toMatchObject({ key, message: expect.stringContaining(message) })
  })
})

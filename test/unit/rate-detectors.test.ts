import { describe, expect, it } from 'vitest'
import { campaignBurst } from '../../src/detectors/campaign-burst.ts'
import { complaintSpike, poissonLowerBound } from '../../src/detectors/complaint-spike.ts'
import { marketingBurst } from '../../src/detectors/marketing-burst.ts'
import { portSublet } from '../../src/detectors/port-sublet.ts'
import { recipientFlood } from '../../src/detectors/recipient-flood.ts'
import type { SignalContext } from '../../src/domain/detector.ts'
import type { Baseline, MemberReading, RateReading } from '../../src/domain/ports.ts'
import { loadPolicy } from '../../src/policy/load.ts'
import { buildRegistry } from '../../src/registry/registry-index.ts'
import { messageOf } from '../helpers/detector-fixtures.ts'

const T = Date.UTC(2026, 10, 11, 4)
const DAY = 86_400_000
const policy = loadPolicy()
const filing = (port: string) => ({ ports: [port], status: 'filed' as const })
const registry = buildRegistry({
  hash: 'test',
  brands: [{ id: 'jd', names: ['京东', '京东物流'], domains: ['jd.com'], hotlines: [] }],
  signatures: [
    { name: '京东', brand: 'jd', consent: 'unless-refused', campaigns: [], filings: [filing('10690001*')] },
    {
      name: '京东物流',
      brand: 'jd',
      consent: 'unless-refused',
      campaigns: [],
      filings: [filing('10690001*')],
    },
    {
      name: '大促商城',
      consent: 'unless-refused',
      campaigns: [{ from: T - DAY, to: T + DAY, perMinute: 20_000 }],
      filings: [filing('10690002*')],
    },
  ],
  ports: [{ port: '10690003*', sharedBy: 3 }],
})
const context: SignalContext = { registry, judge: (code, ts) => policy.judge(code, ts) }

function reading(
  perMinute: number,
  baseline: Partial<Baseline>,
  more: Partial<RateReading> = {},
): RateReading {
  const windows = { m1: [perMinute, 0, 0], m10: [perMinute, 0, 0], h1: [perMinute, 0, 0] } as const
  return {
    entity: 'signature:某商城',
    bucketEnd: T,
    windows,
    incomplete: false,
    baseline: {
      trailing: { mean: 0, minutes: 0 },
      firstSeen: T - 3 * DAY,
      storeSince: T - 9 * DAY,
      ...baseline,
    },
    ...more,
  }
}
const usual = (mean: number, days = 3) => ({ hour: { mean, sd: mean / 10, days } })
const burst = (r: RateReading) => marketingBurst.onRate!(r, context)

describe('MARKETING_BURST', () => {
  it('is raised by ten times the baseline within a minute, and throttles an old sender', () => {
    const signal = burst(reading(200, usual(20)))
    expect(signal).toMatchObject({ over: true, target: { kind: 'signature', id: '某商城' }, at: T })
    expect(signal!.cap).toBeUndefined()
    expect(signal!.evidence).toMatchObject({
      window: '1m',
      count: 200,
      baseline: 20,
      baselineSource: 'hour-of-day',
    })
    expect(signal!.match).toEqual({ signature: '某商城', labels: ['marketing', 'finance'] })
  })

  it('is for review only while the sender has less than a day of history', () => {
    expect(burst(reading(200, { ...usual(20), firstSeen: T - 3_600_000 }))!.cap).toBe('review')
  })

  it('is none at three times the baseline, at a usual evening level, or for a small sender', () => {
    expect(burst(reading(60, usual(20)))?.over ?? false).toBe(false)
    expect(burst(reading(1000, usual(900)))?.over ?? false).toBe(false)
    expect(burst(reading(50, usual(2)))?.over ?? false).toBe(false)
  })

  it('takes the last hours, then the hour so far, where the hour of the day has no history', () => {
    expect(burst(reading(300, { recent: { mean: 20, sd: 2, hours: 5 } }))!.evidence.baselineSource).toBe(
      'recent-hours',
    )
    expect(burst(reading(300, { trailing: { mean: 20, minutes: 20 } }))!.evidence.baselineSource).toBe(
      'trailing-hour',
    )
  })

  it('is raised from nothing, but not for senders that were there when counting began', () => {
    expect(burst(reading(400, { firstSeen: T - 60_000 }))!.over).toBe(true)
    expect(burst(reading(400, { firstSeen: T - 60_000, storeSince: T - 120_000 }))?.over ?? false).toBe(false)
  })

  it('allows what a declared campaign allows', () => {
    const more = { entity: 'signature:大促商城' }
    expect(burst(reading(15_000, usual(20), more))?.over ?? false).toBe(false)
    expect(burst(reading(21_000, usual(20), more))!.over).toBe(true)
  })

  it('only holds an open state below the limit, and says nothing once the minute is calm', () => {
    expect(burst(reading(90, usual(20)))).toMatchObject({ over: false })
    const calm = { windows: { m1: [20, 0, 0], m10: [3000, 0, 0], h1: [9000, 0, 0] } as const }
    expect(burst(reading(20, usual(20), calm))).toBeUndefined()
  })

  it('judges nothing on a window that is missing a part', () => {
    expect(burst(reading(900, usual(20), { incomplete: true }))).toBeUndefined()
  })
})

const members = (entity: string, names: readonly string[], total: number): MemberReading => ({
  entity,
  members: names,
  count: names.length,
  total,
})

describe('PORT_SUBLET', () => {
  const sublet = (port: string, names: readonly string[]) =>
    portSublet.onMembers!(members(`port-signatures:${port}`, names, 100), T, context)

  it('is raised by a second owner on a port', () => {
    const signal = sublet('10699999', ['甲健身', '乙餐饮'])
    expect(signal).toMatchObject({
      over: true,
      target: { kind: 'port', id: '10699999' },
      match: { ports: ['10699999'] },
    })
    expect(signal!.evidence).toEqual({ signatures: ['甲健身', '乙餐饮'], count: 2, allowed: 1 })
  })

  it('counts the signatures of one brand once, and allows what the registry allows', () => {
    expect(sublet('10690001', ['京东', '京东物流'])).toBeUndefined()
    expect(sublet('10690003777', ['甲', '乙', '丙'])).toBeUndefined()
    expect(sublet('10690003777', ['甲', '乙', '丙', '丁'])!.evidence).toMatchObject({ count: 4, allowed: 3 })
  })

  it('reads no other set', () => {
    expect(portSublet.onMembers!(members('escalation:X', ['甲', '乙'], 9), T, context)).toBeUndefined()
  })
})

describe('CAMPAIGN_BURST', () => {
  const senders = (count: number) => Array.from({ length: count }, (_, i) => `商户${i}@1065${i}`)
  const campaign = (count: number, total: number) =>
    campaignBurst.onMembers!(members('campaign-senders:0badcafe', senders(count), total), T, context)

  it('is raised by many senders of one template', () => {
    const signal = campaign(12, 80)
    expect(signal).toMatchObject({ over: true, target: { kind: 'campaign', id: '0badcafe' } })
    expect(signal!.evidence).toMatchObject({ messages: 80, portCount: 12, signatureCount: 12 })
    expect(signal!.evidence.ports).toHaveLength(12)
  })

  it('is none for few senders, and only holds with few messages', () => {
    expect(campaign(3, 500)).toBeUndefined()
    expect(campaign(12, 20)).toMatchObject({ over: false })
  })

  it.each([
    ['fraud of a brand on its own filed port', '【京东】', '10690001001', 'fraud', false],
    ['fraud under a brand from elsewhere', '【京东】', '10650000001', 'fraud', true],
    ['fraud of a shop on its own filed port', '【大促商城】', '10690002', 'fraud', true],
    ['advertising on a filed port', '【大促商城】', '10690002', 'marketing', false],
    ['advertising from elsewhere', '【大促商城】', '10650000001', 'marketing', true],
    ['fraud without a signature', '', '10650000001', 'fraud', true],
    ['a notice from elsewhere', '【大促商城】', '10650000001', 'notice', false],
  ] as const)('counts %s: %5$s', (_, signature, from, label, counted) => {
    const text = `${signature}您的账户积分即将清零，请尽快登录领取加油卡，过期作废`
    const message = messageOf(text, { from, label, ts: T })
    expect(message.bands.length).toBeGreaterThan(0)
    const asked = campaignBurst.members!({ message, findings: [] }, context)
    expect(asked.length).toBe(counted ? message.bands.length : 0)
  })
})

describe('RECIPIENT_FLOOD', () => {
  const flood = (kind: string, count: number) =>
    recipientFlood.onTally!({ kind, id: '1.abc', count }, T, context)

  it('is raised by more one-time passwords than anybody asks for', () => {
    const limit = Number(policy.judge('RECIPIENT_FLOOD', T).thresholds.otp10m)
    expect(flood('otp-10m', limit)).toBeUndefined()
    expect(flood('otp-10m', limit + 1)).toMatchObject({
      over: true,
      target: { kind: 'recipient', id: '1.abc' },
    })
  })

  it('caps only the commercial messages of a flood of advertising', () => {
    expect(flood('commercial-1h', 100)!.match).toEqual({ toToken: '1.abc', labels: ['marketing', 'finance'] })
    expect(flood('something-else', 100)).toBeUndefined()
  })
})

describe('COMPLAINT_SPIKE', () => {
  const target = { kind: 'signature', id: '某商城' } as const
  const spike = (complaints: number, sent: number) => complaintSpike({ target, complaints, sent }, T, context)

  it('bounds a Poisson mean from below', () => {
    // Exact one-sided 95% bounds: half the 5% quantile of chi-square with 2k degrees of freedom.
    expect(poissonLowerBound(5, 0.95)).toBeCloseTo(1.97, 1)
    expect(poissonLowerBound(20, 0.95)).toBeCloseTo(13.25, 1)
    expect(poissonLowerBound(0, 0.95)).toBe(0)
  })

  it('is raised when even the lower bound is above the limit', () => {
    expect(spike(20, 100_000)).toMatchObject({
      over: true,
      evidence: { complaints: 20, sent: 100_000, perMillion: 200 },
    })
  })

  it('is none on few complaints, on a rate that chance explains, or without traffic', () => {
    expect(spike(4, 10)).toBeUndefined()
    expect(spike(6, 5_000_000)).toBeUndefined()
    expect(spike(50, 0)).toBeUndefined()
  })
})

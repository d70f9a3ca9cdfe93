import { beforeAll, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/domain/alert.ts'
import type { Code } from '../../src/domain/codes.ts'
import { type EmbeddedOutput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const SECOND = 1_000
let sequence = 0

/** Messages of one sender, evenly spread, each to a recipient of its own. */
function stream(
  prefix: string,
  {
    from,
    text,
    start,
    count,
    every,
  }: { from: string; text: string | ((i: number) => string); start: number; count: number; every: number },
): Sms[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${i}`,
    ts: start + i * every,
    from,
    to: recipient(1_000 + sequence++),
    text: typeof text === 'string' ? text : text(i),
  }))
}

const sale = (name: string) => `【${name}】本店周年庆，全场满199减100，到店即送精美礼品，退订回T`
const notice = (name: string) => `【${name}】您的订单已发货，预计今日送达，请保持手机畅通。`
const JOB = (i: number) =>
  `诚招在家兼职，手机点赞关注一单${2 + (i % 7)}元，日结200-${3 + (i % 5)}00，无需押金，联系客服QQ 8123${10_000 + i} 备注兼职领取任务，名额有限先到先得。`
const REFUND = (domain: string) =>
  `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${domain}/a 填写收款信息，逾期作废。`

/** An hour with an event of every kind of state, and a near miss of each. */
function traffic(): Sms[] {
  const messages: Sms[] = []
  const t = (minutes: number) => NOON + minutes * MINUTE
  // Three shops advertise at 12 a minute; from 12:30 on the first two at 300 a minute, of which one had declared it.
  for (const [name, from] of [
    ['示例超市', '10690200001'],
    ['示例影院', '10690220001'],
    ['示例商场', '10690210001'],
  ] as const) {
    messages.push(
      ...stream(`base-${from}-`, { from, text: sale(name), start: t(0), count: 360, every: 5 * SECOND }),
    )
  }
  messages.push(
    ...stream('burst-', {
      from: '10690200001',
      text: sale('示例超市'),
      start: t(30),
      count: 900,
      every: 200,
    }),
  )
  messages.push(
    ...stream('declared-', {
      from: '10690220001',
      text: sale('示例影院'),
      start: t(30),
      count: 900,
      every: 200,
    }),
  )
  messages.push(
    ...stream('notices-', {
      from: '10690210001',
      text: notice('示例商场'),
      start: t(30),
      count: 900,
      every: 200,
    }),
  )
  // One text of fraud over eight ports, and one that is too rare.
  for (let port = 0; port < 8; port++) {
    const from = `106530000${port}1`
    messages.push(
      ...stream(`snow-${port}-`, {
        from,
        text: JOB,
        start: t(10) + port * SECOND,
        count: 10,
        every: 30 * SECOND,
      }),
    )
  }
  // Three signatures on a port for one, three on a port for three, and one of the first but once only.
  for (const [i, name] of ['甲等烘焙', '乙品服饰', '丙味餐厅'].entries()) {
    messages.push(
      ...stream(`sublet-${i}-`, {
        from: '10690800001',
        text: notice(name),
        start: t(12) + i * SECOND,
        count: 4,
        every: 10 * SECOND,
      }),
    )
    messages.push(
      ...stream(`shared-${i}-`, {
        from: '10690700001',
        text: notice(name),
        start: t(12) + i * SECOND,
        count: 4,
        every: 10 * SECOND,
      }),
    )
  }
  messages.push(
    ...stream('once-', {
      from: '10690800002',
      text: notice('甲等烘焙'),
      start: t(12),
      count: 4,
      every: 10 * SECOND,
    }),
  )
  messages.push(
    ...stream('once-other-', {
      from: '10690800002',
      text: notice('乙品服饰'),
      start: t(13),
      count: 1,
      every: SECOND,
    }),
  )
  // One-time passwords: nine to one recipient, eight to another.
  const otp = (i: number) => `【京东】您的验证码是${384_920 + i}，5分钟内有效，请勿泄露。`
  const bombed = stream('otp-', {
    from: '106901234501',
    text: otp,
    start: t(15),
    count: 9,
    every: 20 * SECOND,
  })
  messages.push(...bombed.map((sms) => ({ ...sms, to: recipient(801) })))
  const spared = stream('otp-few-', {
    from: '106901234502',
    text: otp,
    start: t(15),
    count: 8,
    every: 20 * SECOND,
  })
  messages.push(...spared.map((sms) => ({ ...sms, to: recipient(802) })))
  // Forgeries: three to three recipients, two, three to the same one.
  messages.push(
    ...stream('forged-', {
      from: '1068110001',
      text: REFUND('tuikuan-kf88.top'),
      start: t(20),
      count: 3,
      every: 10 * SECOND,
    }),
  )
  messages.push(
    ...stream('forged-few-', {
      from: '1068110002',
      text: REFUND('kefu-bz12.xyz'),
      start: t(20),
      count: 2,
      every: 10 * SECOND,
    }),
  )
  const same = stream('forged-same-', {
    from: '1068110003',
    text: REFUND('lipei-cn5.icu'),
    start: t(20),
    count: 3,
    every: 10 * SECOND,
  })
  messages.push(...same.map((sms) => ({ ...sms, to: recipient(803) })))
  // The end of the hour and a half after it, so that what has ended is cleared.
  messages.push(
    ...stream('after-', {
      from: '10690210001',
      text: notice('示例商场'),
      start: t(34),
      count: 240,
      every: 30 * SECOND,
    }),
  )
  return messages.toSorted((a, b) => Number(a.ts) - Number(b.ts))
}

const COMPLAINTS = [
  ...Array.from({ length: 6 }, (_, i) => ({
    id: `c${i}`,
    ts: NOON + (20 + i) * MINUTE,
    signature: '示例超市',
    source: '12321',
  })),
  ...Array.from({ length: 4 }, (_, i) => ({
    id: `d${i}`,
    ts: NOON + (20 + i) * MINUTE,
    signature: '示例影院',
    source: '12321',
  })),
]

describe('states', () => {
  const folder = useFolder()
  let out: EmbeddedOutput

  beforeAll(async () => {
    out = await embedded(folder.path, { messages: traffic(), registry: REGISTRY, complaints: COMPLAINTS })
  })

  const raised = (code: Code) => out.states(code).filter((alert) => alert.type === 'sigwatch.alert.raised')
  const subjects = (code: Code) => [...new Set(raised(code).map((alert) => alert.subject))]
  const minutes = (alert: Alert) => (Date.parse(alert.time) - NOON) / MINUTE

  it('MARKETING_BURST: the undeclared one, within half a minute; neither the declared one nor the notices', () => {
    expect(subjects('MARKETING_BURST')).toEqual(['signature:示例超市'])
    const [burst] = raised('MARKETING_BURST')
    expect(minutes(burst!)).toBeGreaterThan(30)
    expect(minutes(burst!)).toBeLessThanOrEqual(30.5)
    expect(burst!.data).toMatchObject({
      action: 'review',
      match: { signature: '示例超市', labels: ['marketing', 'finance'] },
    })
  })

  it('CAMPAIGN_BURST: one campaign for one template over eight ports, named by all of them', () => {
    expect(subjects('CAMPAIGN_BURST')).toHaveLength(1)
    const [campaign] = raised('CAMPAIGN_BURST')
    expect(minutes(campaign!)).toBeGreaterThan(10)
    expect(minutes(campaign!)).toBeLessThan(15)
    expect((campaign!.data.reasons[0]!.evidence.ports as string[]).length).toBe(8)
    expect(campaign!.data.match).toEqual({ campaign: campaign!.data.target.id })
  })

  it('PORT_SUBLET: the port of one that carries three, not the one that may, nor a single slip', () => {
    expect(subjects('PORT_SUBLET')).toEqual(['port:10690800001'])
  })

  it('RECIPIENT_FLOOD: nine one-time passwords within ten minutes, not eight; by token only', () => {
    expect(subjects('RECIPIENT_FLOOD')).toHaveLength(1)
    const [flood] = raised('RECIPIENT_FLOOD')
    expect(flood!.subject).toMatch(/^recipient:dev\.[\w-]{22}$/)
    expect(flood!.data.message?.id).toBe('otp-8')
    expect(flood!.data).toMatchObject({ action: 'throttle', limit: { perMinute: 1 } })
  })

  it('escalates three forgeries to three recipients to their domain; not two, nor three to one', () => {
    expect(subjects('FORGED_BRAND')).toEqual(['domain:tuikuan-kf88.top'])
    const [forged] = raised('FORGED_BRAND')
    expect(forged!.data).toMatchObject({ action: 'block', match: { domains: ['tuikuan-kf88.top'] } })
    expect(forged!.data.samples?.length).toBeGreaterThan(0)
    expect(subjects('SIGNATURE_WRONG_PORT')).toContain('sender:京东@1068110001')
    for (const alert of out.alerts) {
      expect(alert.subject).not.toBe('signature:京东')
      expect(alert.subject).not.toMatch(/^port:1069012345/)
    }
  })

  it('COMPLAINT_SPIKE: six complaints, not four', () => {
    expect(subjects('COMPLAINT_SPIKE')).toEqual(['signature:示例超市'])
    expect(minutes(raised('COMPLAINT_SPIKE')[0]!)).toBeCloseTo(24, 0)
  })

  it('numbers the events of a state and clears it when it has ended', () => {
    const byState = new Map<string, Alert[]>()
    for (const alert of out.alerts) {
      if (alert.data.state)
        byState.set(alert.data.state.id, [...(byState.get(alert.data.state.id) ?? []), alert])
    }
    expect(byState.size).toBeGreaterThan(6)
    for (const events of byState.values()) {
      expect(events[0]!.type).toBe('sigwatch.alert.raised')
      expect(events.map((alert) => alert.data.state!.revision)).toEqual(events.map((_, i) => i + 1))
      expect(new Set(events.map((alert) => alert.data.state!.episode)).size).toBe(1)
      expect(Date.parse(events[0]!.time)).toBe(events[0]!.data.state!.episode)
      const times = events.map((alert) => Date.parse(alert.time))
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
    for (const code of ['MARKETING_BURST', 'CAMPAIGN_BURST', 'RECIPIENT_FLOOD', 'FORGED_BRAND'] as const) {
      const last = out.states(code).at(-1)!
      expect(last.type, code).toBe('sigwatch.alert.cleared')
      expect(last.data.state!.cause, code).toBe('ended')
    }
  })

  it('puts open states into the verdicts of what they match, and of nothing else', () => {
    const [burst] = raised('MARKETING_BURST')
    const inBurst = out.verdicts.get('burst-800')!
    expect(inBurst.states).toContain(burst!.data.state!.id)
    expect(inBurst.action).toBe('review')
    expect(out.verdicts.get('declared-800')!.states).toEqual([])
    // The message that ended up in the state stands before it; a notice of the shop is none of it.
    expect(out.verdicts.get('burst-0')!.states).not.toContain(burst!.data.state!.id)
    const campaign = raised('CAMPAIGN_BURST')[0]!
    expect(out.verdicts.get('snow-0-9')).toMatchObject({ campaign: campaign.data.target.id })
    // Two hours later the states are gone.
    expect(out.verdicts.get('after-239')).toMatchObject({ action: 'pass', states: [] })
  })

  it('keeps 15 minutes of validity alive by updates while a state lasts', () => {
    const first = out.states('MARKETING_BURST')[0]!
    expect(Date.parse(first.data.expiresAt) - Date.parse(first.time)).toBe(15 * MINUTE)
    expect(HOUR).toBeGreaterThan(15 * MINUTE)
  })
})

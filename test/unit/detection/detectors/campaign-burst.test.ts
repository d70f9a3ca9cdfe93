import { describe, expect, it } from 'vitest'
import { campaignBurst } from '../../../../src/detection/detectors/campaign-burst.ts'
import { buildRegistry } from '../../../../src/detection/registry/registry-index.ts'
import { messageOf } from '../../../helpers/detector-fixtures.ts'
import { DAY, membersOf, signalContext, T } from '../../../helpers/signal-context.ts'

describe('CAMPAIGN_BURST', () => {
  const senders = (count: number) => Array.from({ length: count }, (_, i) => `商户${i}@1065${i}`)
  const campaign = (count: number, total: number) =>
    campaignBurst.onMembers!(membersOf('campaign-senders:0badcafe', senders(count), total), T, signalContext)

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
    ['advertising on a filed port that leads nowhere', '【大促商城】', '10690002', 'marketing', false],
    ['advertising of a brand on its own filed port', '【京东】', '10690001001', 'marketing', false],
    ['advertising from elsewhere', '【大促商城】', '10650000001', 'marketing', true],
    ['fraud without a signature', '', '10650000001', 'fraud', true],
    ['a notice from elsewhere', '【大促商城】', '10650000001', 'notice', false],
  ] as const)('counts %s: %5$s', (_, signature, from, label, counted) => {
    const text = `${signature}您的账户积分即将清零，请尽快登录领取加油卡，过期作废`
    const message = messageOf(text, { from, label, ts: T })
    expect(message.bands.length).toBeGreaterThan(0)
    const asked = campaignBurst.members!({ message, findings: [] }, signalContext)
    expect(asked.length).toBe(counted ? message.bands.length : 0)
  })

  const filed = (count: number, total = 80) =>
    campaignBurst.onMembers!(
      membersOf('campaign-filed:0badcafe/1a2b', senders(count), total),
      T,
      signalContext,
    )

  it('is raised by many signatures on their own filed ports with one template, and by no few', () => {
    expect(filed(12)).toMatchObject({ over: true, target: { kind: 'campaign', id: '0badcafe' } })
    expect(filed(11)).toBeUndefined()
    expect(filed(12, 20)).toMatchObject({ over: false })
  })

  it('counts the branches of a chain once', () => {
    const branches = [
      '人民路店',
      '万达店',
      '东城店',
      '西湖店',
      '中山馆',
      '龙湖分店',
      '站前店',
      '北街店',
      '南门店',
      '江边店',
    ]
    const chain = branches.map((branch, i) => `湘里人家${branch}@1065${i}`)
    const reading = (names: readonly string[]) =>
      campaignBurst.onMembers!(membersOf('campaign-filed:0badcafe/1a2b', names, 200), T, signalContext)
    expect(reading([...chain, ...senders(10)])).toBeUndefined()
    expect(reading([...chain, ...senders(11)])).toMatchObject({ over: true, level: 200 / 60 })
  })

  it.each([
    ['a domain', 'campaign-place:1a2b3c4d/yrs.top', { domains: ['yrs.top'] }],
    [
      'a contact or numbered hosts',
      'campaign-place:1a2b3c4d/',
      { ports: Array.from({ length: 12 }, (_, i) => `1065${i}`).sort() },
    ],
  ])('selects what leads to %s by what a message has, and says so', (_, entity, match) => {
    const signal = campaignBurst.onMembers!(membersOf(entity, senders(12), 80), T, signalContext)!
    expect(signal).toMatchObject({ over: true, target: { kind: 'campaign', id: 'place-1a2b3c4d' } })
    expect(signal.match).toEqual({ ...match, labels: ['marketing', 'finance'] })
    expect(campaignBurst.sentences.en(signal.evidence, {} as never)).toMatch(
      /^80 advertisements of 12 filed signatures over 12 ports lead to one number, handle or domain/,
    )
    expect(campaignBurst.sentences['zh-CN'](signal.evidence, {} as never)).not.toContain('模板')
  })

  it('asks for more signatures where each leads to a place of its own', () => {
    const apart = (count: number) =>
      campaignBurst.onMembers!(membersOf('campaign-text:0badcafe', senders(count), 80), T, signalContext)
    expect(apart(15)).toBeUndefined()
    expect(apart(16)).toMatchObject({ over: true, target: { kind: 'campaign', id: '0badcafe' } })
  })

  const campaigns = [{ from: T, to: T + DAY, perMinute: 100 }]
  const filedAs = (name: string, port: string, declared = false) => ({
    name,
    consent: 'unless-refused' as const,
    campaigns: declared ? campaigns : [],
    filings: [{ ports: [port], status: 'filed' as const }],
  })
  const registry = buildRegistry({
    hash: 'filed',
    brands: [],
    signatures: [filedAs('德润严选', '10692001*'), filedAs('宏安优品', '10692002*', true)],
    ports: [],
  })
  const context = { ...signalContext, registry }
  const countedFor = (text: string, { from = '1069200101', ts = T, signature = '德润严选' } = {}) =>
    campaignBurst.members!(
      {
        message: messageOf(`【${signature}】${text}`, { from, ts, label: 'marketing' }),
        findings: [],
      },
      context,
    ).map(({ entity }) => entity)
  const advert = '全场低至五折，会员再享双倍积分，数量有限先到先得，详情咨询门店'
  const other = '农家土鸡蛋现捡现发，三十枚起包邮，坏了包赔，想要的老板请联系'

  it.each([
    ['the same mobile', '，拨打 13900010001', '，拨打 13900010001', true],
    ['other mobiles', '，拨打 13900010001', '，拨打 13900010002', false],
    ['one domain', ' yrs-a.com/x1', ' yrs-a.com/x2', true],
    ['numbered hosts', ' xs00.top/a1', ' xs17.top/b2', true],
    ['other domains', ' yrs-a.com', ' qpd-b.com', false],
    ['domains of digits', ' 3366.com', ' 7788.com', false],
  ])('holds %s for one place: %4$s', (_, one, two, same) => {
    const [first, second] = [countedFor(advert + one), countedFor(advert + two)]
    expect(first[0] === second[0]).toBe(same)
    expect(first[1]).toMatch(/^campaign-text:/)
    expect(first[1]).toBe(second[1])
  })

  it.each([
    ['a mobile', '，拨打 13900010001', true],
    ['a handle', '，加微信 yrs8866', true],
    ['cheap domains that are numbered', ' yrs01.top', true],
    ['a cheap domain', ' www.yrsq.top/', true],
    ['a subdomain of a cheap one', ' h5.yrsq.cc', false],
    ['a path of a cheap domain', ' yrsq.cc/a12', false],
    ['a hotline', '，拨打 4008123123', false],
    ['a domain that may be a platform’s', ' h5.somemall.com/a', false],
  ])('takes %s for one place in whatever words: %3$s', (_, lead, any) => {
    expect(countedFor(advert + lead)[0] === countedFor(other + lead)[0]).toBe(any)
  })

  it('does not count what leads nowhere, nor a declared campaign', () => {
    expect(countedFor(advert)).toEqual([])
    // The number of the recipient leads nowhere.
    expect(countedFor(`${advert}，会员 13900001111`)).toEqual([])
    const declared = { from: '1069200201', signature: '宏安优品' }
    expect(countedFor(`${advert} yrs-a.com`, declared)).toEqual([])
    expect(countedFor(`${advert} yrs-a.com`, { ...declared, ts: T - 1 })).toHaveLength(2)
  })

  const greeting = '春节到，鞭炮响，祝福送到你身旁，愿你新年发大财，步步高升好运来'
  it.each([
    ['a greeting that reads like advertising', greeting, 'marketing', 0.9, false],
    ['a greeting that may be illicit', greeting, 'illicit', 0.6, false],
    ['fraud that is plain', greeting, 'fraud', 0.9, true],
    ['advertising with a number', `${greeting}，电话 13900010001`, 'marketing', 0.9, true],
    ['advertising with a link', `${greeting} yrs-a.com`, 'marketing', 0.9, true],
    ['advertising that asks for a reply', `${greeting}，感兴趣请回复1`, 'marketing', 0.9, true],
  ] as const)('counts from private numbers %s: %5$s', (_, text, label, score, counted) => {
    const message = messageOf(text, { from: '13800138000', label, score, ts: T })
    const asked = campaignBurst.members!({ message, findings: [] }, context)
    expect(asked.length > 0).toBe(counted)
  })
})

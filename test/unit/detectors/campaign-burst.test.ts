import { describe, expect, it } from 'vitest'
import { campaignBurst } from '../../../src/detectors/campaign-burst.ts'
import { messageOf } from '../../helpers/detector-fixtures.ts'
import { membersOf, signalContext, T } from '../../helpers/signal-context.ts'

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

  it('counts filed senders together who lead to one place, and no others', () => {
    const entityOf = (text: string) =>
      campaignBurst.members!(
        {
          message: messageOf(`【大促商城】${text}`, { from: '10690002', label: 'marketing', ts: T }),
          findings: [],
        },
        signalContext,
      )[0]!.entity
    const ledBy = (text: string) =>
      campaignBurst.members!(
        {
          message: messageOf(`【大促商城】${text}`, { from: '10690002', label: 'marketing', ts: T }),
          findings: [],
        },
        signalContext,
      ).length
    const advert = '全场低至五折，会员再享双倍积分，数量有限先到先得，详情咨询门店'
    expect(entityOf(`${advert}，拨打 13900010001`)).toBe(entityOf(`${advert}，拨打 13900010001`))
    expect(entityOf(`${advert}，拨打 13900010001`)).not.toBe(entityOf(`${advert}，拨打 13900010002`))
    expect(entityOf(`${advert} shop-a.top/x1`)).toBe(entityOf(`${advert} shop-a.top/x2`))
    // The number of the recipient leads nowhere.
    expect(ledBy(`${advert}，会员 13900001111`)).toBe(0)
    expect(entityOf(`${advert} shop-a.top`)).not.toBe(entityOf(`${advert} shop-b.top`))
  })
})

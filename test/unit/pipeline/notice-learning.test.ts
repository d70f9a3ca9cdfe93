import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../src/detection/judge.ts'
import { openNotices } from '../../../src/detection/versions/sample-notices.ts'
import type { Reason } from '../../../src/domain/decision.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { NoticeStore } from '../../../src/domain/notices.ts'
import { NoticeLearning } from '../../../src/pipeline/notice-learning.ts'
import { MemoryNoticeStore } from '../../../src/stores/notices/memory.ts'
import { type MessageOptions, messageOf, registryOf, signatureRow } from '../../helpers/detector-fixtures.ts'

const registry = registryOf({
  signatures: [signatureRow('京东', ['10690001']), signatureRow('甲公司', ['1069*'])],
})
const TEXT = '【京东】您订购的花鸟市场盆栽已由园艺师傅打包完毕，明早随冷链车发往贵处，请备好花架迎接'

function decided(
  text: string,
  options: MessageOptions = {},
  reasons: readonly Partial<Reason>[] = [],
): Decision {
  const message = messageOf(text, { from: '10690001', ...options })
  return {
    ...{ message, reasons: reasons as Reason[], enforced: [], shadow: [], states: [] },
    ...{ action: 'none', late: false },
  }
}

async function learned(decisions: readonly Decision[], store: NoticeStore = new MemoryNoticeStore()) {
  const index = openNotices()
  const learning = new NoticeLearning({ index, store })
  learning.observe(decisions, registry)
  await learning.settle()
  return { index, learning, store, of: (brand: string) => index.learnedOf(brand) }
}

describe('learning the notices of brands', () => {
  it('takes wording and leads of a message from a filed port, and no mobile', async () => {
    const { of } = await learned([decided(`${TEXT}，查询 hua.example.com/a，咨询021-60001111或13800002222`)])
    expect(of('jd')).toMatchObject([
      {
        brand: 'jd',
        hosts: ['example.com'],
        numbers: ['02160001111'],
        carries: ['mobile'],
        port: '10690001',
      },
    ])
    expect(JSON.stringify(of('jd'))).not.toMatch(/13800002222|花架|13900001111/)
  })

  it('takes those of an official short number that is signed as the brand', async () => {
    const text = '【招商银行】您账户8876发生快捷支付扣款，余额315.22，请留意账户变动情况'
    expect((await learned([decided(text, { from: '95555' })])).of('cmb')).toHaveLength(1)
    expect((await learned([decided(text, { from: '95588' })])).of('cmb')).toHaveLength(0)
  })

  it.each<[string, Decision]>([
    ['another port', decided(TEXT, { from: '10680001' })],
    ['a signature of no brand', decided(TEXT.replace('京东', '甲公司'))],
    ['a text that reads as fraud', decided(TEXT, { label: 'fraud' })],
    ['a one-time password', decided('【京东】您的验证码是123456，请勿泄露给他人，五分钟内有效')],
    ['a finding of forgery', decided(TEXT, {}, [{ code: 'LOOKALIKE_DOMAIN', action: 'observe' }])],
    ['a reason for review', decided(TEXT, {}, [{ code: 'QUIET_HOURS', action: 'review' }])],
    ['a message that the carrier blocked', decided(TEXT, { blocked: true })],
    ['a part of a message', decided(TEXT, { partial: true })],
  ])('takes nothing of %s', async (_, decision) => {
    const { of } = await learned([decision])
    expect(of('jd')).toEqual([])
    expect(of('cmb')).toEqual([])
  })

  it('adds new leads to a wording that is known', async () => {
    const { learning, of } = await learned([decided(`${TEXT}，查询 hua.example.com/a`)])
    learning.observe([decided(`${TEXT}，查询 huaniao.org/b`)], registry)
    await learning.settle()
    expect(of('jd')).toMatchObject([{ hosts: ['example.com', 'huaniao.org'] }])
  })

  it('forgets what was learned once its filing ended', async () => {
    const { learning, store } = await learned([decided(TEXT)])
    const ended = registryOf({ signatures: [signatureRow('甲公司', ['1069*'])] })
    learning.observe([decided('【甲公司】开会了', { from: '10690002' }), decided(TEXT)], ended)
    // A new wording has the store read again.
    learning.observe(
      [decided('【招商银行】您账户8876发生快捷支付扣款，余额315.22，请留意账户变动情况', { from: '95555' })],
      ended,
    )
    await learning.settle()
    const { brands } = await store.changes(undefined)
    expect(brands.find(({ brand }) => brand === 'jd')).toEqual({ brand: 'jd', notices: [] })
  })

  it('keeps for later what a store did not take', async () => {
    const memory = new MemoryNoticeStore()
    let isAway = true
    const store: NoticeStore = {
      learn: async (notices) => {
        if (isAway) throw new SigwatchError('REDIS_UNREACHABLE', 'away')
        await memory.learn(notices)
      },
      forget: (notices) => memory.forget(notices),
      changes: (mark) => memory.changes(mark),
    }
    const index = openNotices()
    const learning = new NoticeLearning({ index, store })
    learning.observe([decided(TEXT)], registry)
    await expect(learning.settle()).rejects.toThrow('away')
    isAway = false
    await learning.settle()
    expect(index.learnedOf('jd')).toHaveLength(1)
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { SHIPPED_HOURS } from '../../src/detection/detectors/quiet-hours.ts'
import type { Code } from '../../src/domain/codes.ts'
import { parseSpan } from '../../src/settings/files/value-forms.ts'
import { type EmbeddedOutput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

/** Noon is 12:00 on the clock of the quiet hours. */
const QUIET_FROM = NOON + (parseSpan(SHIPPED_HOURS.marketing)!.from - 12 * 60) * MINUTE

const MARKET = '10690200001'
const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'
const ASK = '【示例超市】是否愿意接收我们的优惠活动信息？同意请回复Y，不回复视为不同意。'

interface Case {
  readonly what: string
  readonly text: string
  readonly from?: string
  readonly ts?: number
  readonly to?: string
  readonly more?: object
  /** Every code that applies, no more. */
  readonly codes: readonly Code[]
  /** The case is not about the label: whatever the model says is right. */
  readonly anyLabel?: true
}

/** For each code of messages a message that has it, and one that nearly has it. */
const CASES: readonly Case[] = [
  {
    what: 'TEXT_FRAUD: a job that is none',
    text: '诚招在家兼职，手机点赞关注一单5元，日结200-300，无需押金，联系客服QQ 812345678 备注兼职领取任务，名额有限先到先得。',
    from: '10690299001',
    codes: ['TEXT_FRAUD'],
  },
  {
    what: 'no TEXT_FRAUD: a warning against fraud',
    text: '【京东】近期有不法分子冒充京东客服以退款为由诱导转账，请勿相信。',
    from: '106901234501',
    codes: [],
  },
  {
    what: 'TEXT_ILLICIT: gambling',
    text: '亚洲顶级真人娱乐平台，首存100送100，百家乐体育电子应有尽有，三分钟到账，注册就送彩金，网址 http://aa88-vip.top',
    from: '10690299002',
    codes: ['TEXT_ILLICIT'],
  },
  { what: 'TEXT_MARKETING: lawful advertising', text: SALE, codes: ['TEXT_MARKETING'] },
  {
    what: 'no TEXT_MARKETING: a notice of the same shop',
    text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
    codes: [],
  },
  {
    what: 'TEXT_FINANCE: a loan of a bank',
    text: '【示例银行】您有一笔最高20万元的备用金额度待激活，年化利率低至3.6%，随借随还，详见手机银行 退订回T',
    from: '1069050001',
    more: { carrier: 'CMCC', sp: 'SP1002' },
    codes: ['TEXT_FINANCE'],
  },
  {
    what: 'no TEXT_FINANCE: a balance',
    text: '【示例银行】您尾号8888的储蓄卡11月10日支出人民币120.00元，余额3000.00元。',
    from: '1069050001',
    more: { carrier: 'CMCC', sp: 'SP1002' },
    codes: [],
  },
  {
    what: 'FORGED_BRAND: a refund under a brand from a foreign port with a foreign link',
    text: '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。',
    from: '1068112233',
    codes: ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT', 'TEXT_FRAUD'],
  },
  {
    what: 'no FORGED_BRAND: the brand itself, with its own link',
    text: '【京东】双11预售开启，爆款低至5折，跨店每满300减50，定金可抵双倍，戳 https://3.cn/1a-Zk9 抢先加购 退订回T',
    from: '106901234501',
    codes: ['TEXT_MARKETING'],
  },
  {
    what: 'LOOKALIKE_SIGNATURE: a name that sounds alike',
    text: '【拼哆哆】您的账号存在异地登录，今日内未核验将永久封停，核验：http://agyb-safe88.cc/1',
    from: '1068112234',
    codes: ['FORGED_BRAND', 'LOOKALIKE_SIGNATURE', 'SIGNATURE_UNFILED', 'TEXT_FRAUD'],
  },
  {
    what: 'no LOOKALIKE_SIGNATURE: a filed shop with an ordinary name',
    text: '【示例商场】您的包裹已到服务台，请凭取件码于今晚22点前领取。',
    from: '10690210001',
    codes: [],
  },
  {
    what: 'LOOKALIKE_DOMAIN: a host near that of a brand',
    text: '【示例超市】会员积分即将到期，请登录 http://www.jd-com.shop/p 查看',
    anyLabel: true,
    codes: ['LOOKALIKE_DOMAIN'],
  },
  {
    what: 'no LOOKALIKE_DOMAIN: a host of the brand that only looks like one',
    text: '【示例超市】会员积分即将到期，请登录 https://www.jd-app.com/p 查看',
    anyLabel: true,
    codes: [],
  },
  {
    what: 'SIGNATURE_MISSING: advertising without a name',
    text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T',
    codes: ['SIGNATURE_MISSING', 'TEXT_MARKETING'],
  },
  {
    what: 'no SIGNATURE_MISSING: the platform adds it later',
    text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T',
    from: '10690600001',
    codes: ['TEXT_MARKETING'],
  },
  {
    what: 'SIGNATURE_UNFILED: a name without a filing',
    text: '【无名小店】您的订单已发货，预计今日送达，请保持手机畅通。',
    from: '10690299003',
    codes: ['SIGNATURE_UNFILED'],
  },
  {
    what: 'SIGNATURE_UNFILED: a filing that is suspended',
    text: '【示例停用店】您的订单已发货，预计今日送达，请保持手机畅通。',
    from: '10690410001',
    codes: ['SIGNATURE_UNFILED'],
  },
  {
    what: "SIGNATURE_WRONG_PORT: another's port",
    text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
    from: '10690300001',
    codes: ['SIGNATURE_WRONG_PORT'],
  },
  {
    what: 'SIGNATURE_WRONG_PORT: the port of another carrier',
    text: '【示例银行】您的信用卡已还款，感谢您的使用。',
    from: '1069050001',
    more: { carrier: 'CUCC', sp: 'SP1002' },
    codes: ['SIGNATURE_WRONG_PORT'],
  },
  {
    what: 'no SIGNATURE_WRONG_PORT: a longer port under the prefix that was filed',
    text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
    from: '1069020099998',
    codes: [],
  },
  {
    what: 'SCOPE_EXPANDED: a hospital advertises',
    text: '【示例医院】洗牙套餐仅需99元，种植牙义诊周，专家坐诊，退订回R',
    from: '10690300001',
    codes: ['SCOPE_EXPANDED', 'TEXT_MARKETING'],
  },
  {
    what: 'SCOPE_EXPANDED: advertising inside a one-time password',
    text: '【示例超市】验证码482913，另：本店周年庆全场5折，满199减100，欢迎选购 退订回T',
    codes: ['SCOPE_EXPANDED', 'TEXT_MARKETING'],
  },
  {
    what: 'OPT_OUT_MISSING: no way out',
    text: '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，欢迎光临',
    codes: ['OPT_OUT_MISSING', 'TEXT_MARKETING'],
  },
  {
    what: 'QUIET_HOURS: from its first minute on',
    text: SALE,
    ts: QUIET_FROM,
    codes: ['QUIET_HOURS', 'TEXT_MARKETING'],
  },
  {
    what: 'no QUIET_HOURS: a minute before',
    text: SALE,
    ts: QUIET_FROM - MINUTE,
    codes: ['TEXT_MARKETING'],
  },
  {
    what: 'OBFUSCATED_TEXT: folded in many places',
    text: '【示例超市】诚㊓招㊓在家蒹職，手‌机点‌赞一单⑤元，日結②⓪⓪，加徽亻言 vx812345 领取任务',
    codes: ['OBFUSCATED_TEXT', 'TEXT_FRAUD'],
  },
  {
    what: 'NO_CONSENT: required, and never given',
    text: '【示例会员店】会员日全场八折，满200元再送精美礼品，退订回T',
    from: '10690400001',
    codes: ['NO_CONSENT', 'TEXT_MARKETING'],
  },
  {
    what: 'no NO_CONSENT: given before',
    text: '【示例会员店】会员日全场八折，满200元再送精美礼品，退订回T',
    from: '10690400001',
    to: recipient(901),
    codes: ['TEXT_MARKETING'],
  },
  {
    what: 'NO_CONSENT: given after the message',
    text: '【示例会员店】会员日全场八折，满200元再送精美礼品，退订回T',
    from: '10690400001',
    to: recipient(902),
    codes: ['NO_CONSENT', 'TEXT_MARKETING'],
  },
  {
    what: 'NO_CONSENT: ticked by default',
    text: '【示例会员店】会员日全场八折，满200元再送精美礼品，退订回T',
    from: '10690400001',
    to: recipient(903),
    codes: ['NO_CONSENT', 'TEXT_MARKETING'],
  },
  {
    what: 'AFTER_OPT_OUT: refused before',
    text: SALE,
    to: recipient(904),
    codes: ['AFTER_OPT_OUT', 'TEXT_MARKETING'],
  },
  {
    what: 'no AFTER_OPT_OUT: refused and given again',
    text: SALE,
    to: recipient(905),
    codes: ['TEXT_MARKETING'],
  },
  {
    what: 'no AFTER_OPT_OUT: a notice is always welcome',
    text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
    to: recipient(904),
    codes: [],
  },
  {
    what: 'no CONSENT_REASKED: asked for the first time',
    text: ASK,
    to: recipient(910),
    anyLabel: true,
    codes: [],
  },
  {
    what: 'no CONSENT_REASKED: a retry within 10 minutes',
    text: ASK,
    to: recipient(910),
    ts: NOON + 5 * MINUTE,
    anyLabel: true,
    codes: [],
  },
  {
    what: 'CONSENT_REASKED: asked again an hour later',
    text: ASK,
    to: recipient(910),
    ts: NOON + HOUR,
    anyLabel: true,
    codes: ['CONSENT_REASKED'],
  },
]

const CONSENTS = [
  { signature: '示例会员店', to: recipient(901), state: 'in', ts: NOON - HOUR, proof: 'sms reply' },
  { signature: '示例会员店', to: recipient(902), state: 'in', ts: NOON + 8 * HOUR },
  { signature: '示例会员店', to: recipient(903), state: 'in', ts: NOON - HOUR, proof: 'default' },
  { signature: '示例超市', to: recipient(904), state: 'out', ts: NOON - HOUR },
  {
    signature: '示例超市',
    to: recipient(905),
    state: 'in',
    ts: NOON - HOUR,
    was: { state: 'out', ts: NOON - 2 * HOUR },
  },
]

function smsOf({ text, from = MARKET, ts, to, more }: Case, i: number): Sms {
  return { id: `m${i}`, ts: ts ?? NOON + i * 1_000, from, to: to ?? recipient(i), text, ...more }
}

describe('codes of messages', () => {
  const folder = useFolder()
  let out: EmbeddedOutput

  beforeAll(async () => {
    const messages = CASES.map(smsOf).toSorted((a, b) => Number(a.ts) - Number(b.ts))
    out = await embedded(folder.path, { messages, registry: REGISTRY, consents: CONSENTS })
  })

  it.each(CASES.map((c, i) => ({ ...c, id: `m${i}` })))('$what', ({ id, codes, anyLabel }) => {
    const verdict = out.verdicts.get(id)!
    const reasons = verdict.reasons.filter((code) => !anyLabel || !code.startsWith('TEXT_'))
    expect(reasons.sort()).toEqual([...codes].sort())
    const raising = verdict.reasons.filter((code) => code !== 'TEXT_MARKETING' && code !== 'TEXT_FINANCE')
    const alert = out.alertOf(id)
    expect(alert?.data.reasons.map((reason) => reason.code).sort() ?? []).toEqual([...raising].sort())
    if (!alert) expect(verdict.action === 'pass' || verdict.states.length > 0).toBe(true)
  })

  it('says with every reason what was found, in words and in evidence', () => {
    for (const alert of out.alerts) {
      for (const reason of alert.data.reasons) {
        expect(reason.detail.length, reason.code).toBeGreaterThan(10)
        expect(reason.detail).not.toMatch(/\{\w+\}|undefined|\[object/)
      }
    }
  })

  it('takes the strongest action over all reasons', () => {
    const forged = CASES.findIndex((c) => c.what.startsWith('FORGED_BRAND'))
    expect(out.alertOf(`m${forged}`)?.data.action).toBe('block')
    expect(out.verdicts.get(`m${forged}`)?.action).toBe('block')
    const quiet = CASES.findIndex((c) => c.what.startsWith('QUIET_HOURS'))
    expect(out.alertOf(`m${quiet}`)?.data.action).toBe('observe')
  })

  it('shows the contacts of senders from review on, and recipients never', () => {
    const forged = CASES.findIndex((c) => c.what.startsWith('FORGED_BRAND'))
    const { contacts, message } = out.alertOf(`m${forged}`)!.data
    expect(contacts?.urls).toEqual(['https://tuikuan-kf88.top/a'])
    expect(message).toMatchObject({ from: '1068112233', signature: '京东' })
    expect(message?.to).toMatch(/^170\*\*\*\*\d{4}$/)
  })
})

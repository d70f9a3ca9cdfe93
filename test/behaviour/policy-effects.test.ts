import { describe, expect, it } from 'vitest'
import { isMessageCode } from '../../src/detection/detectors/all.ts'
import type { Code } from '../../src/domain/codes.ts'
import { CODE_NAMES } from '../../src/domain/codes.ts'
import { type EmbeddedInput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，欢迎光临'
const WAY_OUT = `${SALE} 退订回T`

/** One message for many codes, three forgeries that escalate, and nine one-time passwords to one recipient. */
function messages(): Sms[] {
  const at = (minutes: number) => NOON + minutes * MINUTE
  const plain: Omit<Sms, 'to'>[] = [
    { id: 'quiet', ts: at(0), from: '10690200001', text: SALE },
    {
      id: 'missing',
      ts: at(1),
      from: '10690299001',
      text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T',
    },
    {
      id: 'unfiled',
      ts: at(2),
      from: '10690299002',
      text: '【无名小店】您的订单已发货，预计今日送达，请保持手机畅通。',
    },
    ...[0, 1, 2].map((i) => ({
      id: `forged-${i}`,
      ts: at(3 + i),
      from: '1068110001',
      text: '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。',
    })),
  ]
  const otps = Array.from({ length: 9 }, (_, i) => ({
    id: `otp-${i}`,
    ts: at(7) + i * 20_000,
    from: '106901234501',
    to: recipient(500),
    text: `【京东】您的验证码是${384_920 + i}，5分钟内有效，请勿泄露。`,
  }))
  const end: Sms = { id: 'end', ts: at(30), from: '10690200001', to: recipient(501), text: WAY_OUT }
  return [...plain.map((sms, i) => ({ ...sms, to: recipient(i) }) as Sms), ...otps, end]
}

describe('policy', () => {
  const folder = useFolder()
  const run = (policy: object, more: Partial<EmbeddedInput> = {}) =>
    embedded(folder.path, { messages: messages(), registry: REGISTRY, policy, ...more })

  it('puts single codes into shadow: messages and states, verdicts keep the code', async () => {
    const plain = await run({})
    const shadowed: Code[] = ['FORGED_BRAND', 'RECIPIENT_FLOOD']
    const out = await run({ codes: Object.fromEntries(shadowed.map((code) => [code, { mode: 'shadow' }])) })
    expect(plain.shadowAlerts).toEqual([])
    expect(plain.states('FORGED_BRAND').length).toBeGreaterThan(0)
    expect(plain.states('RECIPIENT_FLOOD').length).toBeGreaterThan(0)

    const codes = (alerts: typeof out.alerts) =>
      new Set(alerts.flatMap((a) => a.data.reasons.map((r) => r.code)))
    for (const code of shadowed) {
      expect(codes(out.alerts)).not.toContain(code)
      expect(codes(out.shadowAlerts)).toContain(code)
    }
    for (const kind of ['domain', 'recipient'] as const) {
      const of = (alerts: typeof out.alerts) =>
        alerts
          .filter((a) => a.data.target.kind === kind)
          .map((a) => [a.type, a.subject, a.data.state!.revision])
      expect(of(out.shadowAlerts)).toEqual(of(plain.alerts))
    }
    // An enforced code of the same message decides alone, and has its own alert.
    const forged = out.verdicts.get('forged-0')!
    expect(forged.reasons).toContain('FORGED_BRAND')
    expect(forged.action).toBe('review')
    expect(out.alertOf('forged-0')!.id).toBe(plain.alertOf('forged-0')!.id)
    const shadow = out.shadowAlerts.find((a) => a.subject === 'message:forged-0')!
    expect(shadow.id).not.toBe(out.alertOf('forged-0')!.id)
    expect(shadow.data.reasons.map((r) => r.code)).toEqual(['FORGED_BRAND'])
    // No verdict names a state in shadow.
    expect(out.verdicts.get('otp-8')!.states).toEqual([])
  })

  it('switches everything to shadow at once', async () => {
    const plain = await run({})
    const out = await run({ mode: 'shadow' })
    expect(out.alerts).toEqual([])
    const subjects = (alerts: typeof out.alerts) => alerts.map((a) => `${a.type} ${a.subject}`).sort()
    expect(subjects(out.shadowAlerts)).toEqual(subjects(plain.alerts))
    for (const verdict of out.verdicts.values()) expect(verdict).toMatchObject({ action: 'pass', states: [] })
  })

  it('raises nothing for an action of none, of any code', async () => {
    const codes = Object.fromEntries(CODE_NAMES.map((code) => [code, { action: 'none' }]))
    const out = await run({ codes })
    expect(out.alerts).toEqual([])
    expect(out.verdicts.get('forged-0')!.reasons).toContain('FORGED_BRAND')
    expect(out.verdicts.get('forged-0')!.action).toBe('pass')
  })

  it('exempts a target from a code until its end, and nothing else', async () => {
    const exemption = (target: string, code: Code, until: number) => ({
      target,
      codes: [code],
      until: new Date(until).toISOString(),
      by: 'ops',
      why: 'known',
    })
    const out = await run({
      exemptions: [
        exemption('domain:tuikuan-kf88.top', 'FORGED_BRAND', NOON + HOUR),
        exemption('sender:无名小店@10690299002', 'SIGNATURE_UNFILED', NOON + HOUR),
        exemption('signature:示例超市', 'OPT_OUT_MISSING', NOON - HOUR),
      ],
    })
    expect(out.states('FORGED_BRAND')).toEqual([])
    expect(out.states('SIGNATURE_WRONG_PORT').length).toBeGreaterThan(0)
    expect(out.states('RECIPIENT_FLOOD').length).toBeGreaterThan(0)
    // An exemption that is over is none.
    expect(out.alertOf('quiet')?.data.reasons.map((r) => r.code)).toEqual(['OPT_OUT_MISSING'])
    expect(out.verdicts.get('forged-2')!.reasons).toContain('FORGED_BRAND')
  })

  it('judges by the period in which a message was sent', async () => {
    const period = (from: number, to: number) => ({
      name: 'sale',
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      codes: { OPT_OUT_MISSING: { action: 'block' }, RECIPIENT_FLOOD: { thresholds: { otp10m: 20 } } },
    })
    const inside = await run({ periods: [period(NOON - HOUR, NOON + HOUR)] })
    expect(inside.alertOf('quiet')?.data.action).toBe('block')
    expect(inside.states('RECIPIENT_FLOOD')).toEqual([])
    const outside = await run({ periods: [period(NOON + HOUR, NOON + 2 * HOUR)] })
    expect(outside.alertOf('quiet')?.data.action).toBe('observe')
    expect(outside.states('RECIPIENT_FLOOD').length).toBeGreaterThan(0)
  })

  it('judges by the carrier of a message', async () => {
    const carried = messages().map((sms) => (sms.id === 'quiet' ? { ...sms, carrier: 'CUCC' } : sms))
    const policy = { carriers: { CUCC: { codes: { OPT_OUT_MISSING: { action: 'throttle' } } } } }
    const out = await run(policy, {
      messages: [...carried, { ...carried[0]!, id: 'other', carrier: 'CMCC' }],
    })
    expect(out.alertOf('quiet')?.data.action).toBe('throttle')
    expect(out.alertOf('other')?.data.action).toBe('observe')
  })

  it('gives the sentences in the language that is set', async () => {
    const out = await run({}, { env: { SIGWATCH_LOCALE: 'zh-CN' } })
    for (const alert of out.alerts)
      for (const reason of alert.data.reasons) expect(reason.detail).toMatch(/\p{Script=Han}/u)
  })

  it('masks the contacts of senders where that is set', async () => {
    const out = await run({}, { env: { SIGWATCH_PRIVACY_SENDER_CONTACTS: 'masked' } })
    const { contacts, message } = out.alertOf('forged-0')!.data
    expect(message!.from).toMatch(/^106\*+0001$/)
    expect(contacts!.urls).toEqual(['t***.top'])
  })

  it('knows which codes speak of messages', () => {
    expect(isMessageCode('FORGED_BRAND')).toBe(true)
    expect(isMessageCode('MARKETING_BURST')).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { embedded, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'
const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，欢迎光临'

const sms = (id: string, minutes: number, more: object): Sms => ({
  id,
  ts: NOON + minutes * MINUTE,
  from: '1068110001',
  to: recipient(minutes),
  text: FORGED,
  ...more,
})

const MESSAGES = [
  sms('a', 0, { tenant: 'gd-a' }),
  sms('b', 1, { tenant: 'gd-b' }),
  sms('none', 2, {}),
  sms('odd', 3, { tenant: 'GD A' }),
  sms('capitals', 6, { tenant: ' GD-B ' }),
  sms('sale-a', 4, { tenant: 'gd-a', from: '10690200001', text: SALE }),
  sms('sale-b', 5, { tenant: 'gd-b', from: '10690200001', text: SALE }),
]
const POLICY = {
  tenants: {
    'gd-a': {
      exemptions: [
        {
          target: 'port:10690200001',
          codes: ['OPT_OUT_MISSING', 'NO_CONSENT', 'TEXT_MARKETING'],
          until: '2099-01-01T00:00+08:00',
          by: 'ops',
          why: 'agreed',
        },
      ],
    },
    'gd-b': { mode: 'shadow' },
  },
}

describe('tenants', () => {
  const folder = useFolder()
  const run = (policy: object) => embedded(folder.path, { messages: MESSAGES, registry: REGISTRY, policy })

  it('are in alerts and verdicts, and have rules of their own', async () => {
    const out = await run(POLICY)
    expect(out.alertOf('a')?.data).toMatchObject({ mode: 'enforce', tenant: 'gd-a' })
    expect(out.shadowAlerts.find(({ subject }) => subject === 'message:b')?.data).toMatchObject({
      tenant: 'gd-b',
    })
    expect(out.alerts.find(({ subject }) => subject === 'message:b')).toBeUndefined()
    expect(out.verdicts.get('a')?.tenant).toBe('gd-a')
    expect(out.verdicts.get('none')).not.toHaveProperty('tenant')
    // Its own exemption, on its own messages.
    expect(out.alertOf('sale-a')).toBeUndefined()
    expect(out.verdicts.get('sale-b')?.reasons).toContain('OPT_OUT_MISSING')
  })

  it('never stop a message that names none, or something else in their place', async () => {
    const out = await run(POLICY)
    expect(out.deadLetters).toEqual([])
    expect(out.alertOf('odd')?.data).toMatchObject({ mode: 'enforce' })
    expect(out.alertOf('odd')?.data).not.toHaveProperty('tenant')
    expect(out.verdicts.get('odd')?.action).toBe(out.verdicts.get('none')?.action)
  })

  it('are told in capitals as well, so that their rules hold', async () => {
    const out = await run(POLICY)
    expect(out.alertOf('capitals')).toBeUndefined()
    expect(out.verdicts.get('capitals')?.tenant).toBe('gd-b')
  })

  it('change nothing where the policy has no rules for them', async () => {
    const [plain, named] = [await run({}), await run({ tenants: { 'other-one': { mode: 'shadow' } } })]
    const decided = (out: typeof plain) =>
      [...out.verdicts.values()].map(({ id, action, reasons }) => [id, action, reasons])
    expect(decided(named)).toEqual(decided(plain))
    expect(plain.verdicts.get('a')?.tenant).toBe('gd-a')
  })
})

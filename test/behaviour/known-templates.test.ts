import { describe, expect, it } from 'vitest'
import { embedded, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { recipient } from './fixtures/registry.ts'

const folder = useFolder()

const registry = {
  signatures: [
    { name: '招商银行', brand: 'cmb', ports: ['1069555*'], scope: ['notice', 'marketing', 'finance'] },
    { name: '顺丰速运', brand: 'sf', ports: ['1069012345*'], scope: ['notice'] },
  ],
}
const FORGED = '【招商银行】您尾号3308的信用卡于境外消费4,999.00元，如非本人操作请立即登录'
const COPY = '【招商银行】您尾号6610的信用卡在境外刷卡2,100.00元，如非本人操作请立刻登录'
const GENUINE = '【招商银行】您尾号7741的信用卡于境外消费899.00元，如非本人操作请立即登录'

let n = 0
const sms = (id: string, minute: number, text: string, from = '10680000001'): Sms => ({
  id,
  ts: NOON + minute * MINUTE,
  from,
  to: recipient(++n),
  text,
})
/** So that event time goes on. */
const others = (minutes: number) =>
  Array.from({ length: minutes * 20 }, (_, i) =>
    sms(`q${i}`, i / 20, '【顺丰速运】您的快件已到丰巢柜，请及时领取', '1069012345'),
  )
const say = (minute: number, by: string, row: object) => ({ by, ts: NOON + minute * MINUTE, ...row })
const confirmed = (minute: number, by: string, messageId: string) =>
  say(minute, by, { messageId, verdict: 'confirmed' })

async function run(messages: readonly Sms[], feedback: readonly object[], more: object = {}) {
  const all = [...others(70), ...messages].sort((a, b) => Number(a.ts) - Number(b.ts))
  const output = await embedded(folder.path, { registry, messages: all, feedback, ...more })
  const known = (id: string) => output.alertOf(id)?.data.reasons.find(({ code }) => code === 'KNOWN_TEMPLATE')
  return { ...output, known }
}

describe('known templates', () => {
  it('are taught by one confirmation, and may block from three by different people', async () => {
    const copies = [1, 5, 10, 20, 30, 40, 50].map((minute) =>
      sms(`c${minute}`, minute, `${COPY} cmb-q${minute}.cc/a`),
    )
    const { known } = await run(
      [sms('f1', 2, `${FORGED} cmb-zd.top/q`), ...copies],
      [
        confirmed(8, 'ann', 'f1'),
        confirmed(18, 'ann', 'c10'),
        confirmed(28, 'bob', 'c10'),
        confirmed(38, 'bob', 'c30'),
        confirmed(48, 'cat', 'c20'),
      ],
    )
    for (const id of ['f1', 'c1', 'c5']) expect(known(id), id).toBeUndefined()
    const shown = ['c10', 'c20', 'c30', 'c40', 'c50'].map((id) => [
      known(id)?.action,
      known(id)?.evidence.people,
    ])
    expect(shown).toEqual([
      ['review', 1],
      ['review', 1],
      ['review', 2],
      ['review', 2],
      ['block', 3],
    ])
    expect(known('c10')!.evidence).toMatchObject({ label: 'fraud', source: 'local', found: ['cmb-q10.cc'] })
  })

  it('never stop the bank whose notice was copied, nor when its own notice was confirmed by mistake', async () => {
    const own = (id: string, minute: number, more: string) =>
      sms(id, minute, `${GENUINE}${more}`, '1069555001')
    const { known, verdicts } = await run(
      [
        sms('f1', 2, `${FORGED} cmb-zd.top/q`),
        own('g3', 3, '掌上生活 cmb-card.net/a'),
        own('g20', 20, '手机银行 cmbchina.com/a 或致电95555'),
        own('g21', 21, '掌上生活 cmb-card.net/a'),
        own('g22', 22, '或致电网点021-60931172'),
        sms('g23', 23, `${GENUINE}手机银行 cmbchina.com/a 或致电95555`),
        sms('c24', 24, `${COPY} cmb-zf.cc/a`),
      ],
      [
        ...['ann', 'bob', 'cat'].map((by) => confirmed(8, by, 'f1')),
        ...['ann', 'bob', 'cat'].map((by) => confirmed(9, by, 'g3')),
      ],
    )
    for (const id of ['g20', 'g21', 'g22', 'g23']) expect(known(id), id).toBeUndefined()
    for (const id of ['g20', 'g22']) expect(verdicts.get(id)!.action, id).toBe('pass')
    // An unknown link is judged as before.
    expect(verdicts.get('g21')!.action).toBe(verdicts.get('g3')!.action)
    expect(known('c24')?.action).toBe('block')
  })

  it('are removed by a false alarm, taken back by an undo, and begin again by a later word', async () => {
    const copies = [10, 20, 30, 40, 50, 60].map((minute) =>
      sms(`c${minute}`, minute, `${COPY} cmb-q${minute}.cc/a`),
    )
    const { known } = await run(
      [sms('f1', 2, `${FORGED} cmb-zd.top/q`), ...copies],
      [
        { ...confirmed(8, 'ann', 'f1'), feedbackId: 'first' },
        {
          ...say(18, 'bob', { messageId: 'c10', verdict: 'false_positive', until: NOON + 19 * MINUTE }),
          feedbackId: 'wrong',
        },
        say(28, 'bob', { undo: 'wrong' }),
        say(38, 'ann', { undo: 'first' }),
        confirmed(48, 'cat', 'c40'),
      ],
    )
    expect(known('c10')?.evidence.people).toBe(1)
    expect(known('c20')).toBeUndefined()
    expect(known('c30')?.evidence.people).toBe(1)
    expect(known('c40')).toBeUndefined()
    expect(known('c50')?.evidence.people).toBe(1)
  })

  it('are kept for 90 days after they were last met', async () => {
    const day = 24 * 60
    const { known } = await run(
      [
        sms('f1', 2, `${FORGED} cmb-zd.top/q`),
        ...[80, 160, 260].flatMap((days) => [
          ...Array.from({ length: 30 }, (_, i) =>
            sms(`d${days}x${i}`, days * day, '【顺丰速运】您的快件已到丰巢柜，请及时领取', '1069012345'),
          ),
          sms(`c${days}`, days * day, `${COPY} cmb-q${days}.cc/a`),
        ]),
      ],
      [confirmed(8, 'ann', 'f1')],
      { now: NOON + 300 * day * MINUTE },
    )
    expect(['c80', 'c160', 'c260'].map((id) => known(id) !== undefined)).toEqual([true, true, false])
  })
})

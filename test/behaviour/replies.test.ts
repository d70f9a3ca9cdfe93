import { beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedOutput, embedded, MINUTE, NOON } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const MARKET = '10690200001'
const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'
const NOTICE = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'

interface Case {
  readonly what: string
  /** Sent before the reply, to the one who replies. */
  readonly before: string
  readonly reply: string
  /** Where the reply goes. */
  readonly port?: string
  readonly refused: boolean
}

const CASES: readonly Case[] = [
  { what: 'T after advertising', before: SALE, reply: 'T', refused: true },
  { what: 'TD after a notice: any signature that the port sent', before: NOTICE, reply: 'TD', refused: true },
  { what: '退订 in other words', before: SALE, reply: '我要退订，谢谢', refused: true },
  { what: 'an answer that is no refusal', before: SALE, reply: '好的，明天去看看', refused: false },
  { what: 'a refusal to another port', before: SALE, reply: 'T', port: '10690299999', refused: false },
  {
    what: 'a refusal of another signature',
    before: SALE.replaceAll('示例超市', '示例银行'),
    reply: 'T',
    refused: false,
  },
]

describe('a reply of a subscriber', () => {
  const folder = useFolder()
  let out: EmbeddedOutput

  beforeAll(async () => {
    const at = (minute: number) => NOON + minute * MINUTE
    const sms = (id: string, i: number, minute: number, text: string) => ({
      ...{ id: `${id}${i}`, ts: at(minute) + i, from: MARKET, to: recipient(i), text },
    })
    out = await embedded(folder.path, {
      registry: REGISTRY,
      messages: [
        ...CASES.map(({ before }, i) => sms('before', i, 0, before)),
        ...CASES.map((_, i) => sms('after', i, 10, SALE)),
        ...CASES.map((_, i) => sms('notice', i, 11, NOTICE)),
      ],
      replies: CASES.map(({ reply, port = MARKET }, i) => ({
        ...{ ts: at(5) + i, from: recipient(i), to: port, text: reply },
      })),
    })
  })

  it.each(CASES.map((c, i) => ({ ...c, i })))('$what', ({ i, refused }) => {
    expect(out.verdicts.get(`after${i}`)!.reasons.includes('AFTER_OPT_OUT')).toBe(refused)
    expect(out.verdicts.get(`before${i}`)!.reasons).not.toContain('AFTER_OPT_OUT')
    expect(out.verdicts.get(`notice${i}`)!.reasons).not.toContain('AFTER_OPT_OUT')
  })
})

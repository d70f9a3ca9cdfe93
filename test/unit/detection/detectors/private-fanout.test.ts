import { describe, expect, it } from 'vitest'
import { privateFanout } from '../../../../src/detection/detectors/private-fanout.ts'
import { openNotices } from '../../../../src/detection/versions/sample-notices.ts'
import type { SignalContext } from '../../../../src/domain/detector.ts'
import { Rates } from '../../../../src/pipeline/rate.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { type MessageOptions, messageOf, registryOf } from '../../../helpers/detector-fixtures.ts'
import { TO_FRIENDS, TO_STRANGERS } from '../../../helpers/private-texts.ts'
import { policy } from '../../../helpers/signal-context.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const ESCALATION = { count: 3, recipients: 3, within: 10 * MINUTE }
/** No festival is near. */
const T = Date.UTC(2026, 10, 11, 4)
const NUMBER = '13800138000'

interface Sent extends MessageOptions {
  readonly text: string
  readonly recipient: string
}

const notices = openNotices()

/** What the code says of messages of a deployment that has been there for so many days, one a minute unless they say when. */
async function signalsOf(sent: readonly Sent[], { days = 8, start = T, notSketched = false } = {}) {
  const context: SignalContext = {
    registry: registryOf({ ports: [{ port: '13800139999', sharedBy: 1 }] }),
    ...(notSketched ? {} : { notices }),
    codePolicy: (code, ts) => policy.codePolicy(code, ts),
  }
  const rates = new Rates(memoryFeatureStore(), [privateFanout])
  let offset = 0
  const judge = async (batch: readonly Sent[]) => {
    const observed = batch.map(({ text, recipient, ...options }) => {
      const position = { topic: 'sms.mt', partition: 0, offset: offset++ }
      const message = { ...messageOf(text, options), position, toToken: `1.${recipient}` }
      return rates.observe({ message, findings: [] }, context, ESCALATION)
    })
    return (await rates.count(observed, context, ESCALATION)).signals
  }
  for (let ts = start - days * DAY; ts < start; ts += 12 * 60 * MINUTE)
    await judge([{ text: '你好', recipient: 'any', ts, from: '106900001' }])
  const signals = []
  for (const [i, one] of sent.entries()) signals.push(...(await judge([{ ts: start + i * MINUTE, ...one }])))
  return signals
}

/** So many recipients who are each sent one of the texts. */
const toMany = (
  count: number,
  texts: readonly string[],
  options: MessageOptions & { readonly to?: string } = {},
) =>
  Array.from({ length: count }, (_, i): Sent => {
    const text = texts[i % texts.length]!
    return { from: NUMBER, label: 'personal', ...options, text, recipient: `${options.to ?? 'r'}${i}` }
  })

describe('PRIVATE_FANOUT', () => {
  it.each(Object.entries(TO_STRANGERS))('is raised on %s', async (_, texts) => {
    const signals = await signalsOf(toMany(22, texts))
    expect(signals).toHaveLength(3)
    const { signal, messages } = signals[0]!
    expect(signal).toMatchObject({
      target: { kind: 'sender', id: `-@${NUMBER}` },
      at: T + 19 * MINUTE + 10_000,
      over: true,
      level: 1,
      match: { ports: [NUMBER] },
      evidence: { recipients: 20, window: 60 },
    })
    expect(signal).not.toHaveProperty('cap')
    expect(messages.map(({ text }) => text)).toEqual([texts[19 % texts.length]])
  })

  it('is raised on a foreign number, and without sketches', async () => {
    const texts = TO_STRANGERS['the boss']!.slice(0, 1)
    expect(await signalsOf(toMany(20, texts, { from: '85298765432' }))).toHaveLength(1)
    expect(await signalsOf(toMany(20, texts), { notSketched: true })).toHaveLength(1)
  })

  it('is not raised by fewer recipients, by texts apart, or over more than an hour', async () => {
    const [texts = []] = Object.values(TO_STRANGERS)
    expect(await signalsOf(toMany(19, texts))).toEqual([])
    const apart = Object.values(TO_STRANGERS).flat()
    expect(await signalsOf(toMany(36, apart))).toEqual([])
    const slow = toMany(40, texts).map((one, i) => ({ ...one, ts: T + 4 * i * MINUTE }))
    expect(await signalsOf(slow)).toEqual([])
  })

  it.each(Object.entries(TO_FRIENDS))('is not raised on %s', async (_, texts) => {
    for (const text of texts) expect(await signalsOf(toMany(60, [text]), { start: T })).toEqual([])
  })

  it('is not raised on wishes that read like advertising, unless they name a number or a link', async () => {
    const wish = '感谢您这些年的照顾，祝您新的一年财源滚滚，生意兴隆，天天开门红！'
    const sent = (text: string) => signalsOf(toMany(40, [text], { label: 'marketing' }))
    expect(await sent(wish)).toEqual([])
    expect((await sent(`${wish}订货请拨13800138000`)).length).toBeGreaterThan(0)
    expect((await sent(`${wish}新款已到 xk.example-shop.cn`)).length).toBeGreaterThan(0)
  })

  it('is not raised on wishes of riches that read a little like fraud', async () => {
    const wish = '老同学，祝你新的一年财源滚滚，万象更新。心想事成，吉祥如意！'
    expect(await signalsOf(toMany(60, [wish], { label: 'fraud', score: 0.6 }))).toEqual([])
    expect((await signalsOf(toMany(60, [wish], { label: 'fraud', score: 0.95 }))).length).toBeGreaterThan(0)
  })

  it('is raised on a greeting that leads somewhere, asks for something, reads like fraud or goes to a whole town', async () => {
    const [greeting = ''] = TO_FRIENDS['New Year’s greetings']!
    for (const more of ['红包在这里 http://hongbao-2026.top/a', '加我微信 wx88990011 领红包'])
      expect((await signalsOf(toMany(20, [greeting + more]))).length).toBeGreaterThan(0)
    expect((await signalsOf(toMany(20, [greeting], { label: 'fraud' }))).length).toBeGreaterThan(0)
    const town = toMany(500, [greeting]).map((one, i) => ({ ...one, ts: T + i * 5000 }))
    expect(await signalsOf(town)).toHaveLength(1)
  })

  it('is not raised on the regulars of a shop, nor on one that the registry knows, nor on passwords', async () => {
    const sale = ['老顾客您好，本店今天到了新款羊绒大衣，明后两天全场八折，欢迎来店里试穿']
    const regulars = (day: number) =>
      toMany(60, sale, { label: 'marketing' }).map((one, i) => ({ ...one, ts: T + day * DAY + i * MINUTE }))
    const firstTime = regulars(0)
    expect((await signalsOf(firstTime)).length).toBeGreaterThan(0)
    const known = firstTime.map((one, i) => ({ ...one, ts: T - 6 * DAY + i * 5 * MINUTE, text: `您好${i}` }))
    expect(await signalsOf([...known, ...firstTime], { start: T - 6 * DAY })).toEqual([])
    expect(await signalsOf(toMany(30, sale, { from: '13800139999' }))).toEqual([])
    expect(await signalsOf(toMany(30, sale, { from: '02088886666' }))).toEqual([])
    const code = ['Your verification code is 482913. Do not share it with anyone.']
    expect(await signalsOf(toMany(30, code, { from: '14155550123', label: 'notice' }))).toEqual([])
  })

  it('is raised on each of twenty numbers of one series that write alike to few', async () => {
    const texts = TO_STRANGERS['a threat to the friends of a debtor']!
    const box = (numbers: number, each: number, prefix = '1380013') =>
      Array.from({ length: numbers * each }, (_, i): Sent => {
        const from = `${prefix}${String(i % numbers).padStart(4, '0')}`
        const text = texts[i % texts.length]!
        return { from, text, recipient: `r${i}`, label: 'personal', ts: T + i * 20_000 }
      })
    const raised = await signalsOf(box(24, 4))
    expect(new Set(raised.map(({ signal }) => signal.target.id)).size).toBe(24)
    expect(raised[0]!.signal.evidence).toMatchObject({ numbers: 20 })
    expect(await signalsOf(box(19, 4))).toEqual([])
    // One stranger each: what people forward.
    expect(await signalsOf(box(60, 1))).toEqual([])
    const [greeting = ''] = TO_FRIENDS['New Year’s greetings']!
    expect(await signalsOf(box(40, 3).map((one) => ({ ...one, text: greeting })))).toEqual([])
    const few = box(40, 3).map((one) => ({ ...one, text: '到了吗' }))
    expect(await signalsOf(few)).toEqual([])
  })

  it('only observes in the first seven days', async () => {
    const [texts = []] = Object.values(TO_STRANGERS)
    for (const days of [0, 6.5]) {
      const [first] = await signalsOf(toMany(20, texts), { days })
      expect(first?.signal.cap).toBe('observe')
    }
  })

  it('asks for more at festivals', async () => {
    const text = ['年货到了几箱，上次你说要的那种，明天我给你送过去，在家吗']
    const eve = Date.UTC(2027, 1, 5, 4)
    expect(await signalsOf(toMany(40, text), { start: eve })).toEqual([])
    expect((await signalsOf(toMany(40, text), { start: eve - 40 * DAY })).length).toBeGreaterThan(0)
  })

  it('finds nothing in a text without words', async () => {
    expect(await signalsOf(toMany(40, ['138', '!!!']))).toEqual([])
  })
})

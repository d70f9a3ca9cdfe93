import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../src/detection/judge.ts'
import { TemplateIndex } from '../../../src/detection/templates/template-index.ts'
import type { Reason } from '../../../src/domain/decision.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { KEPT_FOR, type TemplateStore } from '../../../src/domain/templates.ts'
import { DAY } from '../../../src/domain/time.ts'
import { TrustedClock } from '../../../src/domain/trusted-clock.ts'
import { TemplateLearning, taughtLabel } from '../../../src/pipeline/template-learning.ts'
import { MemoryTemplateStore } from '../../../src/stores/templates/memory.ts'
import {
  type MessageOptions,
  messageOf,
  NOON,
  registryOf,
  signatureRow,
} from '../../helpers/detector-fixtures.ts'
import { manualClock } from '../../helpers/state-fixtures.ts'

const TEXT = '您的快递因地址不详无法派送，请点击链接更新收货信息并支付运费 a-b.top/1'
const COPY = '您的包裹因地址不详无法派送，请登录网页更新收货信息并补缴运费 c-d.top/2'
const registry = registryOf({ signatures: [signatureRow('顺丰速运', ['1069*'], { brand: 'sf' })] })

function decided(
  text: string,
  options: MessageOptions = {},
  reasons: readonly Partial<Reason>[] = [],
): Decision {
  const message = messageOf(text, { label: 'fraud', from: '10680001', ...options })
  return {
    ...{ message, reasons: reasons as Reason[], enforced: [], shadow: [], states: [] },
    ...{ action: 'review', late: false },
  }
}

function learning(
  store: TemplateStore = new MemoryTemplateStore(),
  clock: ReturnType<typeof manualClock> | TrustedClock = manualClock(NOON),
) {
  const index = new TemplateIndex()
  const events: Event[] = []
  const own = new TemplateLearning({ index, store, clock, emit: (event) => events.push(event) })
  const sketchOf = (text: string) => own.teachingOf(decided(text), registry)!.sketch
  const confirm = async (text: string, by: string, ts = NOON) => {
    const sketch = await own.templateFor(sketchOf(text))
    await own.change([{ is: 'confirmed', sketch, label: 'fraud', by, ts }])
    return sketch
  }
  return { own, index, store, events, sketchOf, confirm }
}

describe('learning templates', () => {
  it('counts the confirmation of a near copy to the template that it is like', async () => {
    const { confirm, index } = learning()
    const sketch = await confirm(TEXT, 'ann')
    expect(await confirm(COPY, 'bob')).toBe(sketch)
    expect(index.size).toBe(1)
    expect(index.get(sketch)!.confirmations.map(({ by }) => by)).toEqual(['ann', 'bob'])
  })

  it('is known to another instance at its next look', async () => {
    const [a, store] = [learning(), new MemoryTemplateStore()]
    const [first, second] = [learning(store), learning(store)]
    await first.confirm(TEXT, 'ann')
    expect(second.index.size).toBe(0)
    await second.own.refresh()
    expect(second.index.nearest(messageOf(COPY))).toBeDefined()
    expect(a.index.size).toBe(0)
  })

  it.each<[string, Decision]>([
    ['a part of a message', decided(TEXT, { partial: true })],
    ['a message of a brand from its own port', decided(`【顺丰速运】${TEXT}`, { from: '10690001' })],
    ['a text of too few words', decided('点 a-b.top')],
  ])('learns nothing of %s', (_, decision) => {
    expect(learning().own.teachingOf(decision, registry)).toBeUndefined()
  })

  it('says what a message teaches by the label of the analyst, else by the codes', () => {
    const of = { sketch: 'w1:a' }
    expect(taughtLabel(undefined, ['SIGNATURE_UNFILED', 'TEXT_ILLICIT'], of)).toBe('illicit')
    expect(taughtLabel(undefined, ['SIGNATURE_UNFILED', 'TEXT_MARKETING'], of)).toBeUndefined()
    expect(taughtLabel('fraud', ['SIGNATURE_UNFILED'], of)).toBe('fraud')
    expect(taughtLabel('notice', ['TEXT_FRAUD'], of)).toBeUndefined()
    expect(taughtLabel(undefined, ['KNOWN_TEMPLATE'], { ...of, label: 'illicit' })).toBe('illicit')
  })

  it('renews a template that is met, once a day at most', async () => {
    const clock = manualClock(NOON)
    const { own, index, confirm, store } = learning(new MemoryTemplateStore(), clock)
    const sketch = await confirm(TEXT, 'ann')
    const meet = async (ts: number) => {
      clock.set(ts)
      own.observe([decided(COPY, { ts }, [{ code: 'KNOWN_TEMPLATE', evidence: {} }])])
      const { mark } = await store.changes(undefined)
      await own.settle()
      return (await store.changes(mark)).templates.length
    }
    expect(await meet(NOON + DAY - 1)).toBe(0)
    expect(await meet(NOON + DAY)).toBe(1)
    expect(index.get(sketch)!.until).toBe(NOON + DAY + KEPT_FOR)
    expect(await meet(NOON + DAY + 1_000)).toBe(0)
    // A message from the future keeps it no longer.
    own.observe([decided(COPY, { ts: NOON + 9 * DAY }, [{ code: 'KNOWN_TEMPLATE', evidence: {} }])])
    await own.settle()
    expect(index.get(sketch)!.until).toBe(NOON + DAY + KEPT_FOR)
  })

  it('ends nothing early on a host whose clock is 20 minutes fast', async () => {
    const clock = new TrustedClock({
      host: () => NOON + 20 * 60_000,
      monotonic: () => performance.now(),
      maxSkew: 30_000,
    })
    const at = performance.now()
    for (const reference of ['redis', 'kafka'] as const)
      clock.observe(reference, NOON, { after: at - 5, before: at })
    const store = new MemoryTemplateStore()
    const { index, own, confirm } = learning(store, clock)
    const ts = NOON - KEPT_FOR + 5 * 60_000
    const sketch = await confirm(TEXT, 'ann', ts)
    await own.refresh()
    expect(index.get(sketch)).toBeDefined()
    own.observe([decided(COPY, { ts: NOON }, [{ code: 'KNOWN_TEMPLATE', evidence: {} }])])
    await own.settle()
    expect(index.get(sketch)!.until).toBeLessThanOrEqual(NOON + KEPT_FOR)
  })

  it('puts back what is known here into a store that was emptied', async () => {
    const inner = new MemoryTemplateStore()
    let [store, wasLost]: [TemplateStore, boolean] = [inner, false]
    const outer: TemplateStore = {
      change: (changes) => store.change(changes),
      expire: (before) => store.expire(before),
      async changes(mark) {
        const lost = wasLost
        wasLost = false
        return lost ? { ...(await store.changes(undefined)), lost } : store.changes(mark)
      },
    }
    const { confirm, own, index } = learning(outer)
    const sketch = await confirm(TEXT, 'ann')
    ;[store, wasLost] = [new MemoryTemplateStore(), true]
    await own.refresh()
    expect((await store.changes(undefined)).templates).toMatchObject([
      { sketch, confirmations: [{ by: 'ann' }] },
    ])
    expect(index.size).toBe(1)
  })

  it('keeps hits that the store did not take, and says once that it is away', async () => {
    const store = new MemoryTemplateStore()
    let isAway = false
    const away = async () => {
      if (isAway) throw new SigwatchError('REDIS_UNREACHABLE', 'away')
    }
    const flaky: TemplateStore = {
      change: (changes) => away().then(() => store.change(changes)),
      changes: (mark) => away().then(() => store.changes(mark)),
      expire: (before) => store.expire(before),
    }
    const { own, index, confirm, events } = learning(flaky, manualClock(NOON + 2 * DAY))
    const sketch = await confirm(TEXT, 'ann')
    own.observe([decided(COPY, { ts: NOON + 2 * DAY }, [{ code: 'KNOWN_TEMPLATE', evidence: {} }])])
    isAway = true
    await expect(own.settle()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    own.start()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    own.stop()
    expect(events.filter(({ name }) => name === 'warning')).toHaveLength(1)
    isAway = false
    await own.settle()
    expect(index.get(sketch)!.until).toBe(NOON + 2 * DAY + KEPT_FOR)
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedOutput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const TEXT = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const NOW = NOON + HOUR

function sms(id: string, more: object = {}): Sms {
  return { id, ts: NOON, from: '10690200001', to: recipient(1), text: TEXT, ...more }
}

describe('records that cannot be read', () => {
  const folder = useFolder()
  const garbage = Buffer.from([0xff, 0xfe, 0x80, 0x01, 0x00, 0xc3, 0x28])
  const truncated = JSON.stringify(sms('cut')).slice(0, -10)
  /** Line by line: the code of its dead letter, or undefined when it is handled. */
  const LINES: readonly (readonly [line: Sms | Buffer | string, error: string | undefined])[] = [
    [sms('good-0'), undefined],
    [garbage, 'RECORD_NOT_UTF8'],
    [truncated, 'RECORD_NOT_JSON'],
    ['not json at all', 'RECORD_NOT_JSON'],
    ['[1,2,3]', 'RECORD_NOT_OBJECT'],
    ['null', 'RECORD_NOT_OBJECT'],
    ['"text"', 'RECORD_NOT_OBJECT'],
    ['{}', 'RECORD_FIELD_MISSING'],
    [sms('x', { to: undefined }), 'RECORD_FIELD_MISSING'],
    [sms('x', { text: 42 }), 'RECORD_FIELD_INVALID'],
    [sms('x', { text: ['a'] }), 'RECORD_FIELD_INVALID'],
    [sms('x', { from: { a: 1 } }), 'RECORD_FIELD_INVALID'],
    [sms('x', { text: '' }), 'RECORD_FIELD_INVALID'],
    [sms('x', { text: '长'.repeat(2_001) }), 'RECORD_FIELD_INVALID'],
    [sms('x', { text: '长'.repeat(340_000) }), 'RECORD_TOO_LARGE'],
    [sms('x'.repeat(129)), 'RECORD_FIELD_INVALID'],
    [sms('x', { disposition: 'maybe' }), 'RECORD_FIELD_INVALID'],
    [sms('x', { part: { ref: 1, index: 3, count: 2 } }), 'RECORD_FIELD_INVALID'],
    [sms('x', { ext: { a: 1 } }), 'RECORD_FIELD_INVALID'],
    [sms('x', { ts: 'yesterday' }), 'RECORD_TS_INVALID'],
    [sms('x', { ts: 1.5 }), 'RECORD_TS_INVALID'],
    [sms('x', { ts: '2026-11-11T12:00:00' }), 'RECORD_TS_INVALID'],
    [sms('x', { ts: Date.UTC(1999, 11, 31) }), 'RECORD_TS_INVALID'],
    [sms('x', { ts: NOW + 6 * MINUTE }), 'RECORD_TS_FUTURE'],
    [sms('x', { ts: 9e15 }), 'RECORD_TS_FUTURE'],
    [sms('future', { ts: NOW + 4 * MINUTE }), undefined],
    [sms('ancient', { ts: Date.UTC(2001, 0, 1) }), undefined],
    [sms('iso', { ts: '2026-11-11T12:00:00.000+08:00' }), undefined],
    [sms('unknown', { gateway: { a: [1] }, constructor: 'x', toString: 1 }), undefined],
    [JSON.stringify(sms('proto')).replace('{', '{"__proto__":{"text":1},'), undefined],
    [sms('nulls', { signature: null, ext: null, part: null, disposition: null }), undefined],
    [JSON.stringify(sms('surrogates')).replace('您的', '\\ud800\\udc00\\udfff'), undefined],
    [sms('longest', { text: '𠮷'.repeat(2_000) }), undefined],
    [sms('controls', { text: '\u0000\u0007\u202e\u200b\ufeff示例' }), undefined],
    [sms('letters', { from: 'Example', to: 'token:abc/9' }), undefined],
    [sms('good-1'), undefined],
  ]
  let out: EmbeddedOutput

  beforeAll(async () => {
    out = await embedded(folder.path, { messages: LINES.map(([line]) => line), registry: REGISTRY, now: NOW })
  })

  it('become dead letters with a code, a detail and their bytes, in the order of their lines', () => {
    const expected = LINES.flatMap(([line, error], offset) => (error ? [{ line, error, offset }] : []))
    expect(out.deadLetters.map(({ error, offset }) => ({ error, offset }))).toEqual(
      expected.map(({ error, offset }) => ({ error, offset })),
    )
    out.deadLetters.forEach((letter, i) => {
      const { line } = expected[i]!
      const bytes = typeof line === 'object' && !Buffer.isBuffer(line) ? JSON.stringify(line) : line
      const value = Buffer.from(letter.value, 'base64')
      const whole = Buffer.from(bytes as string)
      // Of a record above the limit so much is kept as shows that it is, with the length of the whole.
      if (letter.error === 'RECORD_TOO_LARGE') {
        expect(value).toEqual(whole.subarray(0, 1_000_001))
        expect(letter.truncated).toBe(whole.length)
        expect(letter.detail).toContain(`${whole.length} bytes`)
      } else {
        expect(value).toEqual(whole)
        expect(letter).not.toHaveProperty('truncated')
      }
      expect(letter).toMatchObject({ stage: 'decode', source: 'messages.jsonl', partition: 0 })
      expect(letter.detail.length).toBeGreaterThan(5)
      expect(letter.detail).not.toContain(recipient(1))
    })
  })

  it('hold up nothing: every other record has its verdict', () => {
    const good = LINES.flatMap(([line, error]) => (error ? [] : [line])).map((line) =>
      typeof line === 'string' ? /"id":"(\w+)"/.exec(line)![1]! : (line as Sms).id,
    )
    expect([...out.verdicts.keys()].sort()).toEqual(good.sort())
    expect(out.verdicts.get('good-1')).toMatchObject({ action: 'pass', label: 'notice', reasons: [] })
  })
})

describe('records with a story', () => {
  const folder = useFolder()
  const sale = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，欢迎光临'
  const parts = (ref: string, texts: readonly string[], ts: (i: number) => number, more: object = {}) =>
    texts.map((text, i) =>
      sms(`${ref}.${i + 1}`, { ts: ts(i), text, part: { ref, index: i + 1, count: texts.length }, ...more }),
    )

  it('joins parts across other records and gives each the verdict of the whole', async () => {
    const [one, two, three] = parts(
      'j',
      ['【示例超市】您购买的商品已下架，请点 https://www.jd', '-com.sh', 'op/p 查看，退订回T'],
      (i) => NOON + i * 3_000,
      { ext: { lane: '7' } },
    )
    const between = (i: number) => sms(`b${i}`, { ts: NOON + i * 1_000, to: recipient(10 + i) })
    const out = await embedded(folder.path, {
      messages: [one!, between(0), three!, between(2), between(4), two!, between(6)],
      registry: REGISTRY,
    })
    for (const id of ['j.1', 'j.2', 'j.3']) {
      const verdict = out.verdicts.get(id)!
      expect(verdict.reasons).toContain('LOOKALIKE_DOMAIN')
      expect(verdict.ext).toEqual({ lane: '7' })
      expect(verdict.partial).toBeUndefined()
    }
    const about = out.alerts.filter((alert) => !alert.data.state)
    expect(about.map((alert) => alert.subject)).toEqual(['message:j.1'])
    expect(about[0]!.data.message).toMatchObject({ id: 'j.1', ts: NOON, ext: { lane: '7' } })
    expect(about[0]!.data.contacts!.urls).toEqual(['https://www.jd-com.shop/p'])
  })

  it('scores what came after 10 seconds as partial: absence is silent, and a cut link is no evidence', async () => {
    const [first] = parts(
      'p',
      ['【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，戳 http://www.jd-com.shop', '/p 退订回T'],
      () => NOON,
    )
    const [, second] = parts(
      'p',
      ['', '/p 本店周年庆，全场满199减100，到店即送精美礼品'],
      () => NOON + 20_000,
    )
    const later = Array.from({ length: 30 }, (_, i) =>
      sms(`l${i}`, { ts: NOON + i * 1_000, to: recipient(20 + i) }),
    )
    const records = [first!, ...later.slice(0, 25), second!, ...later.slice(25)]
    const out = await embedded(folder.path, { messages: records, registry: REGISTRY })
    const verdict = out.verdicts.get('p.1')!
    expect(verdict.partial).toBe(true)
    expect(verdict.reasons).not.toContain('LOOKALIKE_DOMAIN')
    expect(verdict.reasons).not.toContain('OPT_OUT_MISSING')
    const alone = out.verdicts.get('p.2')!
    expect(alone.partial).toBe(true)
    expect(alone.reasons).not.toContain('SIGNATURE_MISSING')
    // The same text whole does have the codes.
    const whole = await embedded(folder.path, {
      messages: [
        sms('w', {
          text: '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，戳 http://www.jd-com.shop',
        }),
      ],
      registry: REGISTRY,
    })
    expect(whole.verdicts.get('w')!.reasons).toEqual(
      expect.arrayContaining(['LOOKALIKE_DOMAIN', 'OPT_OUT_MISSING']),
    )
  })

  it('flushes parts that still wait at the end of the input', async () => {
    const [first] = parts('e', [sale, '退订回T'], () => NOON)
    const out = await embedded(folder.path, { messages: [first!], registry: REGISTRY })
    expect(out.verdicts.get('e.1')!.partial).toBe(true)
    expect(out.verdicts.get('e.1')!.reasons).not.toContain('OPT_OUT_MISSING')
  })

  it('counts blocked records and raises nothing for them', async () => {
    const fraud = (i: number, more: object) =>
      sms(`f${i}`, {
        ts: NOON + i * 1_000,
        from: '1068110001',
        to: recipient(40 + i),
        text: '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。',
        ...more,
      })
    const blocked = [0, 1, 2].map((i) => fraud(i, { disposition: 'blocked' }))
    const out = await embedded(folder.path, { messages: [...blocked, fraud(3, {})], registry: REGISTRY })
    expect(out.alerts.filter((a) => !a.data.state).map((a) => a.subject)).toEqual(['message:f3'])
    expect(out.states('FORGED_BRAND').map((a) => a.subject)).toContain('domain:tuikuan-kf88.top')
  })

  it('scores a repeated id again and gives the same alert again', async () => {
    const again = sms('same', { text: sale })
    const out = await embedded(folder.path, { messages: [again, again], registry: REGISTRY }).catch(
      (e: unknown) => e,
    )
    expect(out).not.toBeInstanceOf(Error)
    const { alerts } = out as EmbeddedOutput
    expect(alerts.map((a) => a.id)).toEqual([alerts[0]!.id, alerts[0]!.id])
  })

  it('is not affected by one wild timestamp: states around it are the same', async () => {
    const otp = (i: number, ts: number) =>
      sms(`o${i}`, {
        ts,
        from: '106901234501',
        to: recipient(70),
        text: `【京东】您的验证码是${384_920 + i}，5分钟内有效，请勿泄露。`,
      })
    const regular = Array.from({ length: 60 }, (_, i) =>
      sms(`r${i}`, { ts: NOON + i * 10_000, to: recipient(80 + i) }),
    )
    const bombs = Array.from({ length: 9 }, (_, i) => otp(i, NOON + (20 + i) * 10_000))
    const ordered = [...regular, ...bombs].toSorted((a, b) => Number(a.ts) - Number(b.ts))
    const plain = await embedded(folder.path, { messages: ordered, registry: REGISTRY, now: NOW })
    const wild = [...ordered.slice(0, 10), sms('wild', { ts: NOW }), ...ordered.slice(10)]
    const out = await embedded(folder.path, { messages: wild, registry: REGISTRY, now: NOW })
    const states = (o: EmbeddedOutput) =>
      o.alerts.filter((a) => a.data.state).map((a) => [a.type, a.time, a.subject])
    expect(states(plain).length).toBeGreaterThan(0)
    expect(states(out)).toEqual(states(plain))
  })

  it('recognises a port in full-width digits', async () => {
    const forged = { text: '【京东】您的订单异常，请登录 http://jd-verify.top/a 核实' }
    const messages = [
      sms('plain', { from: '106901234501' }),
      sms('wide', { from: '１０６９０１２３４５０１' }),
      ...['１０６９０２９９９９９', '+86 10690299999', '10690299999'].map((from, i) =>
        sms(`f${i}`, { ...forged, from, to: recipient(200 + i) }),
      ),
    ]
    const out = await embedded(folder.path, { messages, registry: REGISTRY, now: NOW })
    expect(out.verdicts.get('wide')!.reasons).toEqual(out.verdicts.get('plain')!.reasons)
    const senders = ['f0', 'f1', 'f2'].map((id) => out.alertOf(id)!.data.message!.from)
    expect(senders).toEqual(['10690299999', '10690299999', '10690299999'])
  })
})

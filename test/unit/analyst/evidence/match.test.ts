import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Candidates, Quotation, recipientFit } from '../../../../src/analyst/evidence/match.ts'
import { messageOf } from '../../../../src/detection/message-of.ts'
import { readMessage } from '../../../../src/detection/read-message.ts'
import type { SmsRecord } from '../../../../src/domain/message.ts'
import { createTokeniser } from '../../../../src/domain/token.ts'
import type { Complaint } from '../../../../src/pipeline/side-inputs/rows.ts'

const T0 = Date.UTC(2026, 10, 11)
const TO = '13812345678'
const tokenise = createTokeniser({ keyId: '1', key: 'a key of the tests with more than 32 bytes' })
const AD = '【星河商城】双11狂欢，全场3折起，满300减100，拒收请回复R'

const similarity = (a: string, b: string) => new Quotation(a).similarity(b)

describe('similarity of texts', () => {
  it('is 1 for the same text, 0 for nothing in common, and the same both ways', () => {
    expect(similarity(AD, AD)).toBe(1)
    expect(similarity(AD, '妈我到家了')).toBe(0)
    expect(similarity('', AD)).toBe(0)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const s = similarity(a, b)
        return s >= 0 && s <= 1 && s === similarity(b, a)
      }),
    )
  })

  it('does not mind spaces, punctuation, full width and disguises', () => {
    expect(similarity(AD, AD.replaceAll('，', ' ').replaceAll('3', '３'))).toBeGreaterThan(0.95)
    expect(similarity('加微信领取优惠', '加 薇 信 领 取 优 惠')).toBeGreaterThan(0.95)
  })

  it('takes a quotation for the text, and not a common word', () => {
    expect(similarity('双11狂欢，全场3折起', AD)).toBeGreaterThan(0.9)
    expect(similarity('狂欢', AD)).toBeLessThan(0.2)
    expect(similarity('您的快件已到丰巢柜，请及时领取', AD)).toBeLessThan(0.1)
  })
})

describe('recipients', () => {
  it('are one as numbers, or one as the token of the other', () => {
    const token = tokenise(TO)
    expect(recipientFit(TO, TO, tokenise)).toBe('number')
    expect(recipientFit(token, TO, tokenise)).toBe('token')
    expect(recipientFit(TO, token, tokenise)).toBe('token')
    expect(recipientFit(token, token, tokenise)).toBe('number')
    expect(recipientFit('13812345679', TO, tokenise)).toBeUndefined()
    expect(recipientFit(tokenise('13812345679'), TO, tokenise)).toBeUndefined()
    expect(recipientFit(undefined, TO, tokenise)).toBe('unknown')
  })
})

describe('messages that a complaint may be about', () => {
  let n = 0
  function message(over: Partial<SmsRecord> = {}) {
    const id = over.id ?? `m${++n}`
    const record: SmsRecord = {
      value: Buffer.alloc(0),
      id,
      ts: T0,
      from: '106900123401',
      to: TO,
      text: AD,
      blocked: false,
      ...over,
    }
    return readMessage(messageOf(record, { topic: 't', partition: 0, offset: n }, record.ts), tokenise)
  }

  function found(complaint: Partial<Complaint>, messages: ReturnType<typeof message>[], max = 10) {
    const candidates = new Candidates({ ts: T0, source: '12321', ...complaint }, tokenise, max)
    for (const m of messages) candidates.add(m, () => m)
    candidates.finish()
    return candidates
  }
  const ids = (candidates: Candidates) => candidates.kept.map((c) => c.message.id)

  it('went to the complainant, from the port or under the signature', () => {
    const messages = [
      message({ id: 'port' }),
      message({ id: 'extended', from: '10690012340188', text: '您的快递到了' }),
      message({ id: 'signed', from: '10655', text: '【星河商城】验证码1234' }),
      message({ id: 'neither', from: '10655', text: '【京东】验证码1234' }),
      message({ id: 'other person', to: '13900000000' }),
    ]
    const candidates = found({ to: TO, from: '106900123401', signature: '星河 商城' }, messages)
    expect(ids(candidates)).toEqual(['port', 'signed', 'extended'])
    expect(candidates.kept.map(({ fit }) => fit)).toEqual([
      { recipient: 'number', port: 'exact', signature: true },
      { recipient: 'number', signature: true },
      { recipient: 'number', port: 'prefix' },
    ])
    expect(candidates).toMatchObject({ matched: 3, others: 1 })
  })

  it('has the text, when it came from elsewhere', () => {
    const messages = [
      message({ id: 'same', from: '10655' }),
      message({ id: 'else', from: '10655', text: '晚上吃什么' }),
    ]
    const candidates = found({ to: TO, from: '106911', text: AD.slice(4, 24) }, messages)
    expect(ids(candidates)).toEqual(['same'])
    expect(candidates.kept[0]!.fit).not.toHaveProperty('port')
    expect(candidates.others).toBe(1)
  })

  it('is any to the complainant when the complaint names neither sender nor text', () => {
    expect(ids(found({ to: TO }, [message({ id: 'a' }), message({ to: '139' })]))).toEqual(['a'])
  })

  it('without a recipient needs the sender and a like text, or all but the same text', () => {
    const messages = [
      message({ id: 'like' }),
      message({ id: 'unlike', text: '【星河商城】您的订单已发货' }),
      message({ id: 'elsewhere', from: '10655', text: AD.replace('星河商城', '银河超市') }),
    ]
    expect(ids(found({ from: '106900123401', text: AD }, messages))).toEqual(['like', 'elsewhere'])
    expect(ids(found({ from: '106900123401' }, messages))).toEqual(['like', 'unlike'])
    expect(ids(found({}, messages))).toEqual([])
    expect(found({}, messages).others).toBe(0)
  })

  it('comes with the likest text first, then the latest, and no more than asked', () => {
    const messages = [
      ...Array.from({ length: 50 }, (_, i) =>
        message({ id: `r${i}`, ts: T0 + i, text: '【星河商城】验证码1234' }),
      ),
      message({ id: 'best', ts: T0 - 5 }),
      ...Array.from({ length: 50 }, (_, i) =>
        message({ id: `s${i}`, ts: T0 - i, text: '【星河商城】验证码1234' }),
      ),
    ]
    const candidates = found({ to: TO, from: '106900123401', text: AD }, messages, 3)
    expect(ids(candidates)).toEqual(['best', 'r49', 'r48'])
    expect(candidates.matched).toBe(101)
  })

  it('is not told by short numbers that begin every port', () => {
    expect(ids(found({ to: TO, from: '10690' }, [message()]))).toEqual([])
  })
})

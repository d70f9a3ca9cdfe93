import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageOf } from '../../../src/detection/message-of.ts'
import type { Message, Position, SmsRecord } from '../../../src/domain/message.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'

const T = 1_800_000_000_000
const P = { topic: 't', partition: 0 }
const at = (offset: number, partition = 0): Position => ({ topic: 't', partition, offset })

function record(id: string, over: Partial<SmsRecord> = {}): SmsRecord {
  return {
    value: Buffer.from(id),
    id,
    ts: T,
    from: '10690001',
    to: '13800138000',
    text: `<${id}>`,
    blocked: false,
    ...over,
  }
}
const part = (index: number, count = 3, over: Partial<SmsRecord> = {}) =>
  record(`m.${index}`, { part: { ref: '7', index, count }, ts: T + index, ...over })

describe('JoinParts', () => {
  it('passes a record that is no part at once, numbers in canonical form', () => {
    const join = new JoinParts()
    const [message] = join.add(record('a', { from: '+86 10690001', to: '+8613800138000' }), at(4), T)
    expect(message).toMatchObject({
      id: 'a',
      from: '10690001',
      to: '13800138000',
      text: '<a>',
      partial: false,
      seams: [],
    })
    expect(message?.origins).toEqual([{ id: 'a', position: at(4), value: Buffer.from('a') }])
  })

  it('joins parts in any order and answers each of them', () => {
    const join = new JoinParts()
    expect(join.add(part(3, 3, { ext: { k: 'v' } }), at(1), T)).toEqual([])
    expect(join.add(part(1), at(2), T + 100)).toEqual([])
    const [message] = join.add(part(2, 3, { from: '+8610690001', signature: '京东' }), at(3), T + 200)
    expect(message).toMatchObject({
      id: 'm.1',
      ts: T + 1,
      text: '<m.1><m.2><m.3>',
      position: at(3),
      receivedAt: T + 200,
      partial: false,
      byDeadline: false,
      seams: [],
    })
    expect(message?.record.signature).toBe('京东')
    expect(message?.origins.map((o) => [o.id, o.position.offset])).toEqual([
      ['m.1', 2],
      ['m.2', 3],
      ['m.3', 1],
    ])
    expect(message?.origins[2]?.ext).toEqual({ k: 'v' })
    expect(join.open).toBe(0)
  })

  it('keeps groups of another sender, recipient, reference, count and partition apart', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    expect(join.add(part(2, 2, { from: '10690002' }), at(2), T)).toEqual([])
    expect(join.add(part(2, 2, { to: '13800138001' }), at(3), T)).toEqual([])
    expect(join.add(part(2, 2, { part: { ref: '8', index: 2, count: 2 } }), at(4), T)).toEqual([])
    expect(join.add(part(2, 3), at(5), T)).toEqual([])
    expect(join.add(part(2, 2), at(6, 1), T)).toEqual([])
    expect(join.add(part(2, 2), at(7), T)).toHaveLength(1)
    expect(join.open).toBe(5)
  })

  it('replaces a repeated part and still answers the earlier one', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    join.add(part(1, 2, { text: 'again ' }), at(2), T)
    const [message] = join.add(part(2, 2), at(3), T)
    expect(message?.text).toBe('again <m.2>')
    expect(message?.origins.map((o) => o.position.offset)).toEqual([1, 2, 3])
  })

  it('flushes a group that is older than the wait, once, as partial with its seams', () => {
    const join = new JoinParts()
    join.add(part(2, 4), at(1), T)
    join.add(part(4, 4), at(2), T + 9_000)
    expect(join.flushExpired(P, T + 10_000)).toEqual([])
    expect(join.open).toBe(1)
    const flushed = join.flushExpired(P, T + 10_001)
    expect(flushed).toHaveLength(1)
    expect(flushed[0]).toMatchObject({
      id: 'm.2',
      text: '<m.2><m.4>',
      partial: true,
      byDeadline: true,
      seams: [0, 5],
      position: at(2),
      receivedAt: T + 9_000,
    })
    expect(join.flushExpired(P, T + 99_000)).toEqual([])
    expect(join.open).toBe(0)
  })

  it('names the end as a seam when the last part is missing', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    expect(join.flushAll()[0]).toMatchObject({ seams: [5], partial: true, byDeadline: true })
  })

  it('scores a part that comes after the flush alone', () => {
    const join = new JoinParts()
    join.add(part(1), at(1), T)
    join.add(part(3), at(2), T)
    join.flushExpired(P, T + 20_000)
    expect(join.add(part(2), at(3), T + 21_000)).toMatchObject([
      { id: 'm.2', text: '<m.2>', partial: true, byDeadline: true, seams: [0, 5] },
    ])
    expect(join.open).toBe(0)
    // The reference has come round: a new message.
    join.add(part(1), at(4), T + 22_000)
    join.add(part(2), at(5), T + 22_000)
    expect(join.add(part(3), at(6), T + 22_000)).toMatchObject([{ partial: false }])
  })

  it('flushes an overdue group when its next part comes before the sweep', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    const messages = join.add(part(2, 2), at(2), T + 10_001)
    expect(messages.map((m) => [m.id, m.byDeadline])).toEqual([
      ['m.1', true],
      ['m.2', true],
    ])
  })

  it('has a part that was scored alone counted by the same key when it is read again without the others', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    join.flushExpired(P, T + 20_000)
    const [alone] = join.add(part(2, 2), at(2), T + 21_000)
    const next = new JoinParts()
    next.add(part(2, 2), at(2), T + 21_000)
    const [flushed] = next.flushExpired(P, T + 41_000)
    const keyOf = (message: Message | undefined) => message && [message.from, message.id, message.byDeadline]
    expect(keyOf(alone)).toEqual(keyOf(flushed))
    expect(alone?.byDeadline).toBe(true)
  })

  it('flushes a partition that is silent by the wall clock, and only that', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    join.add(part(1, 2), at(1, 1), T)
    expect(join.flushSilent(1_000)).toEqual([])
    join.add(record('x'), at(2, 1), T)
    expect(join.flushSilent(6_000)).toEqual([])
    expect(join.flushSilent(11_000)).toMatchObject([{ position: { partition: 0 }, byDeadline: true }])
    expect(join.flushSilent(16_000)).toMatchObject([{ position: { partition: 1 } }])
    expect(join.flushSilent(60_000)).toEqual([])
  })

  it('does not treat a partition as silent if its records cannot be read', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    for (let now = 0; now < 60_000; now += 1_000) expect(join.flushSilent(now, () => false)).toEqual([])
    for (let now = 60_000; now < 69_000; now += 1_000) expect(join.flushSilent(now, () => true)).toEqual([])
    expect(join.flushSilent(69_000)).toHaveLength(1)
  })

  it('flushes by the wall clock where the timestamps of a partition stand, or are an hour ahead', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T + 3_600_000)
    let flushedAt: number | undefined
    for (let second = 1; second <= 60 && flushedAt === undefined; second++) {
      join.add(record(`x${second}`), at(1 + second), T)
      if (join.flushSilent(second * 1_000).length > 0) flushedAt = second
    }
    expect(flushedAt).toBe(31)
    expect(join.open).toBe(0)
  })

  it('keeps the bytes of what waits within its cap, and not the fetch that they came in', () => {
    const join = new JoinParts({ maxBytes: 1_000 })
    const fetched = Buffer.alloc(100_000, 'x')
    const flushed = Array.from({ length: 10 }, (_, i) => {
      const value = fetched.subarray(i, i + 300)
      return join.add(part(1, 2, { from: `1069${i}`, value }), at(i), T).length
    })
    expect(flushed).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    const [message] = join.flushAll()
    expect(message?.origins[0]?.value.buffer).not.toBe(fetched.buffer)
    // Repeats of one part count as well.
    for (let i = 0; i < 5_000; i++) join.add(part(1, 2), at(i), T)
    expect(join.open).toBeLessThanOrEqual(1)
  })

  it('forgets a partition that is taken away', () => {
    const join = new JoinParts()
    join.add(part(1, 2), at(1), T)
    join.drop(P)
    expect(join.open).toBe(0)
    expect(join.flushAll()).toEqual([])
    expect(join.add(part(2, 2), at(2), T)).toEqual([])
  })

  it('flushes the oldest group beyond the cap', () => {
    const join = new JoinParts({ maxGroups: 2 })
    for (let i = 0; i < 2; i++) expect(join.add(part(1, 2, { from: `1069${i}` }), at(i), T)).toEqual([])
    expect(join.add(part(1, 2, { from: '10699' }), at(2), T)).toMatchObject([
      { from: '10690', byDeadline: true },
    ])
    expect(join.open).toBe(2)
  })

  it('flushes the oldest group of a partition that holds more parts than it may, and of no other', () => {
    const join = new JoinParts({ maxPartsOfPartition: 2 })
    const other = { ...at(0), partition: 1 }
    expect(join.add(part(1, 2, { from: '10695' }), other, T)).toEqual([])
    for (let i = 0; i < 2; i++) expect(join.add(part(1, 2, { from: `1069${i}` }), at(i), T)).toEqual([])
    expect(join.add(part(1, 2, { from: '10699' }), at(2), T)).toMatchObject([
      { from: '10690', partial: true },
    ])
    // One that is complete makes room.
    expect(join.add(part(2, 2, { from: '10691' }), at(3), T)).toHaveLength(1)
    expect(join.add(part(1, 2, { from: '10692' }), at(4), T)).toEqual([])
    expect(join.open).toBe(3)
  })

  it('answers every record exactly once, whatever comes', () => {
    const step = fc.record({
      index: fc.integer({ min: 1, max: 3 }),
      ref: fc.constantFrom('1', '2'),
      partition: fc.integer({ min: 0, max: 1 }),
      wait: fc.constantFrom(0, 100, 12_000),
      flush: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const join = new JoinParts({ maxGroups: 3 })
        const out: Message[] = []
        let now = T
        steps.forEach((s, offset) => {
          now += s.wait
          const one = record(`r${offset}`, { part: { ref: s.ref, index: s.index, count: 3 } })
          out.push(...join.add(one, at(offset, s.partition), now))
          if (s.flush) out.push(...join.flushExpired({ topic: 't', partition: s.partition }, now))
        })
        out.push(...join.flushAll())
        const answered = out.flatMap((m) => m.origins.map((o) => o.position.offset)).sort((a, b) => a - b)
        expect(answered).toEqual(steps.map((_, i) => i))
        for (const m of out) for (const seam of m.seams) expect(seam).toBeLessThanOrEqual(m.text.length)
      }),
    )
  })

  it('messageOf keeps the record', () => {
    const one = record('z')
    expect(messageOf(one, at(9), T).record).toBe(one)
  })
})

import slotOf from 'cluster-key-slot'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Observations } from '../../../../src/domain/feature-store.ts'
import { hash32 } from '../../../../src/domain/hash32.ts'
import type { TrafficGroup } from '../../../../src/domain/labels.ts'
import { aggregate, talliesOf } from '../../../../src/stores/rates/aggregate.ts'
import {
  FeatureKeys,
  onceKey,
  SHARDS,
  shardOf,
  tallyKeys,
  tallyName,
  utcDay,
} from '../../../../src/stores/rates/layout.ts'

const T = Date.UTC(2026, 10, 11, 8)

function observe(offset: number, over: Partial<Observations> = {}): Observations {
  return {
    position: { topic: 'sms.mt', partition: 0, offset },
    ts: T,
    rates: [],
    members: [],
    tallies: [],
    sent: [],
    ...over,
  }
}
const rate = (entity: string, group: TrafficGroup = 'commercial', baseline = false, reportFrom = 1) => ({
  entity,
  group,
  baseline,
  reportFrom,
})

describe('aggregate', () => {
  it('adds up by entity and bucket, buckets ascending', () => {
    const batch = [
      observe(5, { ts: T + 20_000, rates: [rate('signature:a'), rate('port:1')] }),
      observe(6, { ts: T, rates: [rate('signature:a', 'fraud')] }),
      observe(7, { ts: T + 9_999, rates: [rate('signature:a', 'notice', true, 9)] }),
    ]
    const [shard, ...others] = aggregate(batch, new Map(), 1)
    expect(others).toEqual([])
    expect(shard!.offsets).toEqual(new Map([['sms.mt/0', 7]]))
    const b = T / 10_000
    expect(shard!.main.rates.get('signature:a')).toEqual({
      entity: 'signature:a',
      from: 'sms.mt/0',
      baseline: true,
      reportFrom: 1,
      buckets: [b, 0, 1, 1, b + 2, 1, 0, 0],
    })
    expect(shard!.main.rates.get('port:1')!.buckets).toEqual([b + 2, 1, 0, 0])
  })

  it('puts every entity into its own shard, with the offset that this shard has seen', () => {
    const entities = Array.from({ length: 200 }, (_, i) => `port:${i}`)
    const batch = entities.map((entity, i) => observe(i, { rates: [rate(entity)] }))
    const shards = aggregate(batch, new Map(), SHARDS)
    expect(shards.length).toBeGreaterThan(SHARDS / 2)
    for (const { shard, main, offsets } of shards) {
      for (const entity of main.rates.keys()) expect(shardOf(entity, SHARDS)).toBe(shard)
      const highest = Math.max(...[...main.rates.keys()].map((e) => entities.indexOf(e)))
      expect(offsets.get('sms.mt/0')).toBe(highest)
    }
    const one = shards[0]!.shard
    expect(aggregate(batch, new Map(), SHARDS, { only: new Set([one]) }).map((s) => s.shard)).toEqual([one])
  })

  it('leaves out what was counted, but names it so that it is judged again', () => {
    const counted = new Map([['sms.mt/0', [6]]])
    const member = { entity: 'm', member: 'x', window: 1000, reportFrom: 1, minCount: 1 }
    const tally = { kind: 'k', id: 'i', window: 1000, reportFrom: 1 }
    const all = { rates: [rate('e')], members: [member], tallies: [tally], sent: ['e'] }
    const [shard] = aggregate([observe(5, all), observe(6, all), observe(7, all)], counted, 1)
    expect(shard!.main.rates.get('e')!.buckets.slice(1)).toEqual([1, 0, 0])
    expect(shard!.main.members.get('m')!.members).toEqual([{ name: 'x', count: 1, last: T }])
    expect([...shard!.main.tallies.values()][0]!.count).toBe(1)
    expect(shard!.main.sent).toEqual(new Map([['2026-11-11', new Map([['e', 1]])]]))
    const [before] = aggregate([observe(6, all)], counted, 1)
    expect(before!.offsets.size).toBe(0)
    expect(before!.main.rates.get('e')!.buckets.slice(1)).toEqual([0, 0, 0])
    expect(before!.main.members.get('m')!.members).toEqual([{ name: 'x', count: 0, last: 0 }])
    expect(before!.main.sent.size).toBe(0)
  })

  it('counts a message once for an entity that it names twice', () => {
    const member = { entity: 'm', member: 'x', window: 1000, reportFrom: 1, minCount: 1 }
    const tally = { kind: 'k', id: 'i', window: 1000, reportFrom: 1 }
    const twice = observe(1, {
      rates: [rate('e'), rate('e', 'notice', true, 0)],
      members: [member, member],
      tallies: [tally, tally],
      sent: ['e', 'e'],
    })
    const { main } = aggregate([twice], new Map(), 1)[0]!
    expect(main.rates.get('e')).toMatchObject({ baseline: true, reportFrom: 0 })
    expect(main.rates.get('e')!.buckets.slice(1)).toEqual([1, 0, 0])
    expect(main.members.get('m')!.members.map((m) => m.count)).toEqual([1])
    expect(talliesOf(main).map((t) => t.count)).toEqual([1])
    expect(main.sent.get('2026-11-11')).toEqual(new Map([['e', 1]]))
  })

  it('keeps what has a key of its own apart from the offsets', () => {
    const counted = new Map([['sms.mt/0', [100]]])
    const [shard] = aggregate([observe(5, { once: 'k1', rates: [rate('e')] })], counted, 1)
    expect(shard!.offsets.size).toBe(0)
    expect(shard!.main.rates.size).toBe(0)
    expect(shard!.once.get('k1')!.rates.get('e')!.buckets.slice(1)).toEqual([1, 0, 0])
  })

  it('loses and invents nothing, whatever the order', () => {
    const group = fc.constantFrom<TrafficGroup>('commercial', 'notice', 'fraud')
    const message = fc.record({
      entity: fc.integer({ min: 0, max: 9 }),
      group,
      at: fc.integer({ min: 0, max: 500 }),
    })
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 60 }),
        fc.integer({ min: 0, max: 30 }),
        (messages, first) => {
          const batch = messages.map((m, i) =>
            observe(first + i, { ts: T + m.at * 1000, rates: [rate(`e${m.entity}`, m.group)] }),
          )
          const counted = new Map([['sms.mt/0', new Float64Array(SHARDS).fill(first + 9)]])
          let sum = 0
          for (const { main } of aggregate(batch, counted, SHARDS)) {
            for (const { buckets } of main.rates.values()) {
              for (let at = 0; at < buckets.length; at += 4) {
                sum += buckets[at + 1]! + buckets[at + 2]! + buckets[at + 3]!
                if (at > 0) expect(buckets[at]!).toBeGreaterThan(buckets[at - 4]!)
              }
            }
          }
          expect(sum).toBe(Math.max(messages.length - 10, 0))
        },
      ),
    )
  })
})

describe('layout', () => {
  it('spreads entities evenly over the shards, and shards over the slots of a cluster', () => {
    const sizes = new Array<number>(SHARDS).fill(0)
    for (let i = 0; i < 64_000; i++) sizes[shardOf(`port:1069${100_000 + i}`, SHARDS)]!++
    expect(Math.min(...sizes)).toBeGreaterThan(800)
    expect(Math.max(...sizes)).toBeLessThan(1200)
    const keys = new FeatureKeys({ deployment: 'east', clusterId: 'c1', topic: 'sms.mt' })
    const slots = Array.from({ length: SHARDS }, (_, shard) => slotOf(keys.rate(shard, 'port:1')))
    expect(new Set(slots.map((slot) => Math.floor((slot * 3) / 16384))).size).toBe(3)
  })

  it('keeps all keys of a shard in one slot, whatever the names', () => {
    const keys = new FeatureKeys({ deployment: 'a{b}:c%', clusterId: '{x}', topic: 'sms}mt' })
    const names = [
      keys.offsets(7),
      keys.missing(7),
      keys.rate(7, 'signature:{京东}'),
      keys.baseline(7, 'signature:}{'),
      keys.of(7, 'm:{m}'),
      keys.of(7, onceKey('{k}')),
      keys.of(7, `${tallyKeys('k', 600_000, 1)}l`),
      keys.sent(7, '2026-11-11', 3),
    ]
    expect(new Set(names.map(slotOf)).size).toBe(1)
    expect(new Set(names).size).toBe(names.length)
    const other = new FeatureKeys({ deployment: 'a', clusterId: 'b:c', topic: 't' })
    const like = new FeatureKeys({ deployment: 'a:b', clusterId: 'c', topic: 't' })
    expect(other.offsets(0)).not.toBe(like.offsets(0))
  })

  it('distinguishes names of tallies by eight signs', () => {
    const names = new Set(Array.from({ length: 50_000 }, (_, i) => tallyName(`recipient-otp/1.${i}`).name))
    expect(names.size).toBe(50_000)
    for (const name of names) expect(name).toMatch(/^[\w-]{8}$/)
    expect(hash32('ab')).not.toBe(hash32('ba'))
  })

  it('names UTC days', () => {
    expect(utcDay(Date.UTC(2026, 10, 11, 23, 59, 59, 999))).toBe('2026-11-11')
    expect(utcDay(Date.UTC(2026, 10, 12))).toBe('2026-11-12')
  })
})

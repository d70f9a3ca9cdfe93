import { describe, expect, it, vi } from 'vitest'
import { PolicyHolder } from '../../../../src/detection/versions/policy-holder.ts'
import { RegistryHolder } from '../../../../src/detection/versions/registry-holder.ts'
import type { Event } from '../../../../src/domain/events.ts'
import type { OutputRecord } from '../../../../src/domain/ports.ts'
import { SinkRefused } from '../../../../src/domain/sink-refused.ts'
import type { Versions } from '../../../../src/domain/versions.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { SENDER_CAP } from '../../../../src/stores/sender-statistics/layout.ts'
import { MemorySenderMinutes } from '../../../../src/stores/sender-statistics/memory.ts'
import { senderCountsOf } from '../../../../src/stores/sender-statistics/sender-counts.ts'
import { VersionRows } from '../../../../src/stores/sender-statistics/version-rows.ts'
import { StatsWriter } from '../../../../src/stores/sender-statistics/writer.ts'
import { signalContext, T } from '../../../helpers/signal-context.ts'
import { manualClock, message } from '../../../helpers/state-fixtures.ts'

const MINUTE = 60_000
const classifier = { id: 'sms-zh@9', backend: 'cpu', card: { name: 'sms-zh' } } as Versions['classifier']
const valuesOf = (records: readonly OutputRecord[]) => records.map(({ value }) => JSON.parse(String(value)))

describe('rows of sms.stats', () => {
  const store = () => {
    const minutes = new MemorySenderMinutes()
    const features = memoryFeatureStore()
    const written: OutputRecord[] = []
    const clock = manualClock(Date.now())
    const writer = new StatsWriter({
      minutes,
      baselines: features,
      versions: { current: { registry: signalContext.registry } as Versions },
      sink: { write: async (records) => void written.push(...records) },
      clock,
      emit: () => {},
    })
    return { minutes, features, written, writer, clock }
  }
  const sms = (offset: number, more: Parameters<typeof message>[0] = {}) =>
    message({ id: `m${offset}`, ts: T, position: { topic: 'sms.mt', partition: 0, offset }, ...more })

  it('say what a sender sent, with what is declared for its signature', async () => {
    const { minutes, written, writer } = store()
    const shop = { name: '大促商城', key: '大促商城', place: 'leading', lookalikeBrackets: false } as const
    const from = '10690002001'
    await minutes.count(
      senderCountsOf([
        sms(0, { signature: shop, from, label: 'marketing' }),
        sms(1, { signature: shop, from, label: 'marketing' }),
        sms(2, { signature: shop, from, label: 'notice' }),
        sms(3, { from: '10690009', signature: undefined as never, label: 'personal' }),
      ]),
    )
    expect(await writer.write(T + MINUTE)).toBe(2)
    expect(written.map(({ channel, key }) => [channel, key])).toEqual([
      ['stats', `大促商城@${from}`],
      ['stats', '-@10690009'],
    ])
    expect(valuesOf(written)).toEqual([
      { signature: '大促商城', port: from, ts: T, sent: { marketing: 2, notice: 1 }, declared: 20_000 },
      { signature: '-', port: '10690009', ts: T, sent: { personal: 1 } },
    ])
  })

  it('have the baseline of this hour on earlier days', async () => {
    const { minutes, features, written, writer } = store()
    let offset = 0
    // 120 commercial messages in an hour of the day before, two a minute; then one more closes that hour.
    const count = (ts: number) => ({
      position: { topic: 'sms.mt', partition: 0, offset: offset++ },
      ts,
      rates: [
        { entity: 'signature:京东', group: 'commercial', baseline: true, reportFrom: Infinity } as const,
      ],
      members: [],
      tallies: [],
      sent: [],
    })
    const before = T - 24 * 3_600_000
    await features.count(Array.from({ length: 120 }, (_, i) => count(before + i * 30_000)))
    await features.count([count(T)])
    await minutes.count(senderCountsOf([sms(0)]))
    await writer.write(T + MINUTE)
    const [row] = valuesOf(written)
    expect(row.baseline.mean).toBeCloseTo(2, 5)
    expect(row.baseline.sd).toBe(0)
  })

  it('are not written again, and looked for only now and then', async () => {
    const { minutes, writer } = store()
    const began = performance.now()
    let elapsed = 0
    const monotonic = vi.spyOn(performance, 'now').mockImplementation(() => began + elapsed)
    try {
      await minutes.count(senderCountsOf([sms(0)]))
      expect(await writer.write(T + MINUTE)).toBe(1)
      await minutes.count(senderCountsOf([sms(1, { ts: T + MINUTE })]))
      expect(await writer.write(T + 2 * MINUTE)).toBe(0)
      elapsed = 5_001
      expect(await writer.write(T + 2 * MINUTE)).toBe(1)
    } finally {
      monotonic.mockRestore()
    }
  })

  it('are due again when the sink failed', async () => {
    const { minutes, features } = store()
    const parts = { minutes, baselines: features, clock: manualClock(Date.now()), emit: () => {} }
    const versions = { current: { registry: signalContext.registry } as Versions }
    const sink = { write: () => Promise.reject(new Error('gone')) }
    await minutes.count(senderCountsOf([sms(0)]))
    await expect(new StatsWriter({ ...parts, versions, sink }).write(T + MINUTE)).rejects.toThrow('gone')
    const written: OutputRecord[] = []
    const taking = { write: async (records: readonly OutputRecord[]) => void written.push(...records) }
    expect(await new StatsWriter({ ...parts, versions, sink: taking }).write(T + MINUTE)).toBe(1)
    expect(written).toHaveLength(1)
  })

  it('are given up, and reported, where the sink refuses them for good; the others stand', async () => {
    const { minutes, features } = store()
    const written: OutputRecord[] = []
    const tooLarge = '10690009'
    const write = async (records: readonly OutputRecord[]) => {
      written.push(...records.filter(({ key }) => !key!.includes(tooLarge)))
      const refused = records.flatMap((record, index) =>
        record.key!.includes(tooLarge)
          ? [{ index, record, channel: 'stats', reason: 'too large' } as const]
          : [],
      )
      if (refused.length > 0) throw new SinkRefused(refused)
    }
    const events: Event[] = []
    const clock = manualClock(Date.now())
    const writer = new StatsWriter({
      minutes,
      baselines: features,
      versions: { current: { registry: signalContext.registry } as Versions },
      sink: { write },
      clock,
      emit: (event) => void events.push(event),
    })
    await minutes.count(senderCountsOf([sms(0), sms(1, { from: tooLarge }), sms(2, { ts: T + MINUTE })]))
    expect(await writer.write(T + 2 * MINUTE)).toBe(2)
    expect(valuesOf(written).map(({ ts }) => ts)).toEqual([T, T + MINUTE])
    expect(events).toEqual([
      { name: 'outputs_refused', channel: 'stats', count: 1, reason: expect.stringContaining('too large') },
    ])
    clock.advance(5_000)
    expect(await writer.write(T + 2 * MINUTE)).toBe(0)
  })

  it('distinguish a bounded number of senders', async () => {
    const { minutes, writer } = store()
    const many = Array.from({ length: SENDER_CAP + 10 }, (_, i) => sms(i, { from: `1069${i}` }))
    await minutes.count(senderCountsOf(many))
    expect(await writer.write(T + MINUTE)).toBe(SENDER_CAP)
  })
})

describe('rows of sms.versions', () => {
  const policy = new PolicyHolder(undefined, () => {}).current
  const holder = new RegistryHolder(undefined, () => {})

  it('are written once a content, before anything that was judged by it', () => {
    const rows = new VersionRows()
    const versions = { classifier, policy, registry: holder.current }
    const records = rows.of(versions, T)
    expect(records.map(({ channel, key }) => [channel, key])).toEqual([
      ['versions', 'sms-zh@9'],
      ['versions', policy.hash],
      ['versions', valuesOf(records)[2].hash],
      ['versions', holder.current.hash],
    ])
    const [model, rules, brands, registry] = valuesOf(records)
    expect(model).toEqual({ hash: 'sms-zh@9', kind: 'model', card: { name: 'sms-zh' }, at: T })
    expect(rules.content.codes.FORGED_BRAND.action).toBe('block')
    expect(brands.kind).toBe('brands')
    expect(brands.content.length).toBeGreaterThan(600)
    expect(registry).toMatchObject({ kind: 'registry', content: { brands: brands.hash, topic: {} } })
    expect(rows.of(versions, T)).toEqual([])
    expect(rows.of({ ...versions }, T)).toEqual([])
  })

  it('are rewritten when a row of the topic changes the registry', () => {
    const rows = new VersionRows()
    rows.of({ classifier, policy, registry: holder.current }, T)
    const row = { port: '10690001', sharedBy: 2 }
    holder.apply([{ kind: 'port', key: '10690001', op: 'put', row } as never])
    const records = rows.of({ classifier, policy, registry: holder.current }, T + 1)
    expect(records.map(({ key }) => key)).toEqual([holder.current.hash])
    expect(valuesOf(records)[0].content).toMatchObject({
      rows: { ports: 1 },
      topic: { ports: expect.stringMatching(/^[0-9a-f]+$/) },
    })
  })
})

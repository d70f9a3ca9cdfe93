import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { createTelemetry } from '../../../../src/service/telemetry/events.ts'
import { createLog, type LogStream, redactLogText } from '../../../../src/service/telemetry/log.ts'
import { METRICS } from '../../../../src/service/telemetry/metrics.ts'
import { REPORTS } from '../../../../src/service/telemetry/reports.ts'
import { SAMPLE_EVENTS } from '../../../helpers/telemetry-events.ts'

function collector(isTTY = false): LogStream & { lines: string[] } {
  const lines: string[] = []
  return { isTTY, lines, write: (line) => lines.push(line) }
}

function setUp(logLevel: 'debug' | 'info' = 'debug') {
  const stream = collector()
  let time = 0
  const telemetry = createTelemetry({
    deployment: 'test',
    logLevel,
    stream,
    processMetrics: false,
    now: () => time,
  })
  const parsed = () => stream.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const metric = await telemetry.registry.getSingleMetric(name)!.get()
    return metric.values.find((v) => Object.entries(labels).every(([k, l]) => v.labels[k] === l))?.value
  }
  return { ...telemetry, stream, parsed, value, pass: (ms: number) => (time += ms) }
}

describe('events', () => {
  it('has a sample of every event, so that the tests below see all of them', () => {
    expect([...new Set(SAMPLE_EVENTS.map((e) => e.name))].sort()).toEqual(Object.keys(REPORTS).sort())
  })

  it('gives every metric of the table a value from some event', async () => {
    const { emit, registry } = setUp()
    for (const event of SAMPLE_EVENTS) {
      // The assignment's end takes its series away.
      if (event.name !== 'partitions_revoked') emit(event)
    }
    const moved = (await registry.getMetricsAsJSON())
      .filter((metric) => metric.values.some((v) => v.value !== 0))
      .map((metric) => metric.name)
    const still = Object.keys(METRICS).filter((name) => !moved.includes(name))
    // Gauges whose healthy value is the last one: 0.
    expect(still).toEqual([
      'sigwatch_consumer_stalled_seconds',
      'sigwatch_features_degraded',
      'sigwatch_blocker_failing',
      'sigwatch_blocker_throttles_apart',
      'sigwatch_redis_evicts',
      'sigwatch_token_key_conflicts',
      'sigwatch_setting_conflicts',
    ])
  })

  it('never lets an event throw, whatever its numbers', () => {
    const { emit, parsed } = setUp()
    const bad: Event = { name: 'verdicts_counted', counts: { pass: -1 } }
    expect(() => emit(bad)).not.toThrow()
    expect(parsed().at(-1)).toMatchObject({ level: 'error', event: 'telemetry_failed' })
  })

  it('counts a batch', async () => {
    const { emit, value } = setUp()
    const batch = { records: 10, messages: 8, bytes: 2_000, blocked: 3, partial: 1, joinedParts: 3 }
    emit({ name: 'batch_processed', ...batch })
    emit({ name: 'batch_processed', ...batch })
    expect(await value('sigwatch_records_total')).toBe(20)
    expect(await value('sigwatch_messages_total', { disposition: 'accepted' })).toBe(10)
    expect(await value('sigwatch_messages_total', { disposition: 'blocked' })).toBe(6)
  })

  it('takes the series of revoked partitions away', async () => {
    const { emit, value } = setUp()
    const at = { topic: 'sms.mt', partition: '0' }
    emit({ name: 'partitions_assigned', count: 2 })
    emit({ name: 'partition_progress', topic: 'sms.mt', partition: 0, lag: 7, eventTime: 1_790_000_000_000 })
    expect(await value('sigwatch_consumer_lag_records', at)).toBe(7)
    emit({ name: 'partitions_revoked', count: 2 })
    expect(await value('sigwatch_consumer_lag_records', at)).toBeUndefined()
    expect(await value('sigwatch_assigned_partitions')).toBe(0)
  })

  it('shows no event time before there is one', async () => {
    const { emit, value } = setUp()
    emit({
      name: 'partition_progress',
      topic: 'sms.mt',
      partition: 0,
      lag: undefined,
      eventTime: Number.NEGATIVE_INFINITY,
    })
    expect(await value('sigwatch_partition_event_time_seconds')).toBeUndefined()
  })

  it('names one model, policy and registry at a time', async () => {
    const { emit, registry } = setUp()
    emit({ name: 'model_loaded', id: 'a@1', backend: 'wasm' })
    emit({ name: 'model_loaded', id: 'a@2', backend: 'wasm' })
    const info = await registry.getSingleMetric('sigwatch_model_info')!.get()
    expect(info.values.map((v) => v.labels)).toEqual([{ model: 'a@2', backend: 'wasm' }])
  })

  it('sets the open states that are no more to 0', async () => {
    const { emit, value } = setUp()
    emit({ name: 'states_open', counts: { MARKETING_BURST: 2, PORT_SUBLET: 1 } })
    emit({ name: 'states_open', counts: { PORT_SUBLET: 1 } })
    expect(await value('sigwatch_states_open', { code: 'MARKETING_BURST' })).toBe(0)
    expect(await value('sigwatch_states_open', { code: 'PORT_SUBLET' })).toBe(1)
  })

  it('spaces repeated lines by key and says how many it left out', () => {
    const { emit, parsed, pass } = setUp()
    for (let i = 0; i < 5; i++) emit({ name: 'dead_lettered', error: 'RECORD_NOT_JSON', count: 1 })
    emit({ name: 'dead_lettered', error: 'RECORD_TS_FUTURE', count: 1 })
    pass(10_000)
    emit({ name: 'dead_lettered', error: 'RECORD_NOT_JSON', count: 1 })
    expect(parsed().map((line) => [line.error, line.skipped])).toEqual([
      ['RECORD_NOT_JSON', undefined],
      ['RECORD_TS_FUTURE', undefined],
      ['RECORD_NOT_JSON', 4],
    ])
  })

  it('starts alert series at zero, so that the first alert of a code is an increase', async () => {
    const { value } = setUp()
    const labels = { code: 'PORT_SUBLET', action: 'review', mode: 'enforce' }
    expect(await value('sigwatch_alert_reasons_total', { type: 'cleared', ...labels })).toBe(0)
    expect(
      await value('sigwatch_alert_reasons_total', { ...labels, type: 'cleared', code: 'QUIET_HOURS' }),
    ).toBeUndefined()
  })

  it('keeps labels to the values of the table', async () => {
    const { emit, registry } = setUp()
    for (const event of SAMPLE_EVENTS) emit(event)
    for (const { name, values } of await registry.getMetricsAsJSON()) {
      const { labels } = METRICS[name as keyof typeof METRICS]
      for (const value of values) {
        for (const [label, allowed] of Object.entries(labels as Record<string, readonly string[] | string>)) {
          if (typeof allowed === 'string') continue
          expect(allowed, `${name}{${label}}`).toContain((value.labels as Record<string, string>)[label])
        }
      }
    }
  })
})

describe('log', () => {
  it('writes JSON lines with level, time, deployment and event', () => {
    const { emit, parsed } = setUp()
    emit({ name: 'policy_loaded', hash: 'abc' })
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        deployment: 'test',
        event: 'policy_loaded',
        hash: 'abc',
        msg: 'policy loaded',
      },
    ])
  })

  it('leaves out what is below its level', () => {
    const { emit, stream } = setUp('info')
    emit({
      name: 'batch_processed',
      records: 1,
      messages: 1,
      bytes: 1,
      blocked: 0,
      partial: 0,
      joinedParts: 0,
    })
    expect(stream.lines).toEqual([])
  })

  it('writes lines for people to a terminal', () => {
    const stream = collector(true)
    const log = createLog({ deployment: 'test', level: 'info', stream })
    log.write('warn', 'warning', 'no registry', { file: 'registry.yaml' })
    expect(stream.lines.join('')).toMatch(/\d\d:\d\d:\d\d.*warn.*no registry.*file=registry\.yaml/)
    expect(stream.lines.join('')).not.toContain('{')
  })

  it.each([
    ['to 13812345678 failed', '13812345678'],
    ['to +8613812345678', '8613812345678'],
    ['138 1234 5678', '5678'],
    ['138-1234-5678', '5678'],
    ['１３８１２３４５６７８', '１３８'],
    ['port 10690123456789012345', '1069'],
    ['a1234567b', '1234567'],
  ])('redacts %s', (text, secret) => {
    expect(redactLogText(text)).not.toContain(secret)
    const stream = collector()
    const log = createLog({ deployment: 'test', level: 'info', stream })
    log.write('info', 'warning', text, { reason: text })
    expect(stream.lines.join('')).not.toContain(secret)
  })

  it.each(['127.0.0.1:9092 refused', 'at 2026-11-11 08:30', '123456', 'in 1500 ms, 12 of 20'])(
    'leaves %s alone',
    (text) => expect(redactLogText(text)).toBe(text),
  )

  it('lets no run of seven digits through, in any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[0-9]{7,20}$/), (around, number) => {
        expect(redactLogText(`${around}${number}${around}`)).not.toMatch(/\d{7}/)
      }),
    )
  })

  it('keeps a line on its line and short', () => {
    const shown = redactLogText(`a\x1b[31m\r${'x'.repeat(5_000)}`)
    expect(shown).not.toMatch(/[\x1b\r]/)
    expect(shown.length).toBeLessThan(2_100)
  })
})

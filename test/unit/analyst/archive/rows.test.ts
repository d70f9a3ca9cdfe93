import { describe, expect, it } from 'vitest'
import { UnfitRecord } from '../../../../src/analyst/archive/fields.ts'
import { migrations } from '../../../../src/analyst/archive/migrate.ts'
import { Partitions } from '../../../../src/analyst/archive/partitions.ts'
import { type ArchiveInput, rowOf } from '../../../../src/analyst/archive/rows.ts'
import { storableJson, storableText } from '../../../../src/analyst/archive/storable.ts'
import { exactClock } from '../../../../src/domain/ports.ts'
import { messageAlertAt, stateAlertAt, tokenOf, verdictAt } from '../../../helpers/archive-records.ts'

const TS = Date.UTC(2026, 10, 11, 4)
const DAY = 86_400_000
const row = (input: ArchiveInput, value: unknown, sample = 0, key: string | null = null) =>
  rowOf(
    input,
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    { sample, tokenise: (to) => `tok-${to}` },
    { key, at: TS },
  )

describe('rows of the archive', () => {
  it('take from an alert what is searched for, and keep it whole', () => {
    const alert = messageAlertAt('m1', TS, 3)
    const { table, ts, row: columns } = row('alerts', alert)!
    expect([table, ts]).toEqual(['alert', TS])
    expect(columns).toMatchObject({
      type: 'raised',
      message_id: 'm1',
      to_token: tokenOf(3),
      domains: ['kf88.top'],
    })
    expect(columns.event).toEqual(alert)
    const state = row('alerts', stateAlertAt(TS, 4, alert, 'sigwatch.alert.cleared'))!
    expect(state.row).toMatchObject({
      type: 'cleared',
      target_kind: 'domain',
      state_id: 'state-1',
      revision: 4,
    })
  })

  it('take what the registry topic says as the service takes it, and a tombstone', () => {
    const filed = { kind: 'signature', name: '京东', brand: 'jd', ports: ['1069012345*'], sp: 'SP1001' }
    const { table, ts, row: columns } = row('registry', filed, 0, 'signature:京东')!
    expect([table, ts]).toEqual(['registry_row', undefined])
    expect(columns).toMatchObject({
      kind: 'signature',
      key: '京东',
      at: new Date(TS).toISOString(),
      content: {
        name: '京东',
        brand: 'jd',
        filings: [{ sp: 'SP1001', ports: ['1069012345*'], status: 'filed' }],
      },
    })
    expect(row('registry', '', 0, 'port:1069*')!.row).toMatchObject({
      kind: 'port',
      key: '1069*',
      content: null,
    })
    for (const [value, key] of [
      [filed, 'signature:天猫'],
      [{ ...filed, consent: 'never' }, 'signature:京东'],
      [filed, null],
      ['{', 'signature:京东'],
    ] as const)
      expect(() => row('registry', value, 0, key)).toThrow(UnfitRecord)
  })

  it('keep a verdict with an action, and the others by a hash of the id', () => {
    expect(row('verdicts', verdictAt('a', TS))).toMatchObject({
      table: 'verdict',
      row: { sampled: false, share: 1 },
    })
    const passed = verdictAt('a', TS, { action: 'pass', reasons: [] })
    expect(row('verdicts', passed, 0)).toBeUndefined()
    expect(row('verdicts', passed, 1)).toMatchObject({ row: { sampled: true, share: 1 } })
    const none = verdictAt('a', TS, { action: 'none' as never })
    expect(row('verdicts', none, 0)).toBeUndefined()
    const kept = (share: number) =>
      Array.from({ length: 2000 }, (_, i) => row('verdicts', { ...passed, id: `v${i}` }, share)).filter(
        Boolean,
      ).length
    expect(kept(0.1)).toBeGreaterThan(140)
    expect(kept(0.1)).toBeLessThan(260)
  })

  it('mask who complains, whether he is a number or a token already', () => {
    const complaint = { ts: TS, source: '12321', to: '+8613800005678', text: '请联系13912345678' }
    expect(row('complaints', complaint)!.row).toMatchObject({
      to_token: 'tok-13800005678',
      recipient: '138****5678',
      text: '请联系<number>',
    })
    expect(row('complaints', { ...complaint, to: tokenOf(2) })!.row).toMatchObject({
      to_token: tokenOf(2),
      recipient: null,
    })
  })

  it('keep no number of a note, and the label that it says', () => {
    const note = '机主 13800005678 来电，label：notice'
    const feedback = { messageId: 'm1', verdict: 'confirmed', by: 'lin', ts: TS, note }
    expect(row('feedback', feedback)!.row.note).toBe('机主 <number> 来电，label：notice')
  })

  it('keep an undo, which needs no verdict of its own', () => {
    expect(row('feedback', { undo: 'f1', by: 'lin', ts: TS })!.row).toMatchObject({
      verdict: 'undo',
      by: 'lin',
    })
    expect(() => row('feedback', { messageId: 'm1', by: 'lin', ts: TS })).toThrow('verdict')
  })

  it.each([
    ['+86 138 0013 8000', '13800138000'],
    ['008613800138000', '13800138000'],
    ['86 10690200001', '10690200001'],
    ['10690200001', '10690200001'],
  ])('have the sender %s of a complaint as alerts and statistics have it', (from, port) => {
    expect(row('complaints', { ts: TS, source: '12321', from })!.row.port).toBe(port)
  })

  it('have the same id for the same content', () => {
    const feedback = { messageId: 'm1', verdict: 'confirmed', by: 'lin', ts: TS }
    const [one, again] = [row('feedback', feedback)!, row('feedback', feedback)!]
    expect(one.row.id).toBe(again.row.id)
    expect(row('feedback', { ...feedback, by: 'wu' })!.row.id).not.toBe(one.row.id)
  })

  it.each<[ArchiveInput, unknown, string]>([
    ['alerts', 'no json 13800005678', 'is not JSON (19 bytes)'],
    ['alerts', [], 'is not a JSON object'],
    ['alerts', { id: 'a', time: new Date(TS).toISOString(), data: {} }, 'is not an alert'],
    ['verdicts', { action: 'block' }, 'id is not a string'],
    ['stats', { signature: 'a', ts: TS, sent: {} }, 'port is not a string'],
    ['feedback', { verdict: 'confirmed', by: 'lin', ts: 'soon' }, 'ts is not a time'],
    ['enforcements', { messageId: 7, ts: TS }, 'messageId is not a string'],
  ])('refuse what is no record of %s, and do not quote it', (input, value, reason) => {
    expect(() => row(input, value)).toThrow(new UnfitRecord(reason))
  })

  it('are none for a tombstone', () => {
    expect(row('versions', '')).toBeUndefined()
  })
})

describe('what PostgreSQL does not store', () => {
  it('is replaced in texts and in JSON alike', () => {
    expect(storableText('a\0b\ud800c😀')).toBe('a\ufffdb\ufffdc😀')
    expect(JSON.parse(storableJson({ text: 'a\0b', list: ['\udc00'], n: 1 }))).toEqual({
      text: 'a\ufffdb',
      list: ['\ufffd'],
      n: 1,
    })
  })
})

describe('what is no record', () => {
  const alert = messageAlertAt('m1', TS)
  const nested = (levels: number, of: object) =>
    JSON.stringify({ ...of, ext: 0 }).replace('"ext":0', `"ext":${'['.repeat(levels)}${']'.repeat(levels)}`)

  it('is refused for its time, and not for what a text has in it', () => {
    for (const time of [1e300, TS * 1e6, '+010000-01-01T00:00:00Z', null])
      expect(() => row('alerts', { ...alert, time })).toThrow(new UnfitRecord('time is not a time'))
    const text = `${'['.repeat(5_000)}\\"${'{'.repeat(5_000)}`
    expect(row('alerts', { ...alert, data: { ...alert.data, detail: text } })).toBeDefined()
  })

  it('is refused when it nests deeper than it can be written again', () => {
    expect(row('alerts', nested(500, alert))).toBeDefined()
    for (const levels of [1_001, 200_000])
      expect(() => row('alerts', nested(levels, alert))).toThrow(new UnfitRecord('is nested too deeply'))
  })
})

describe('days of the archive', () => {
  it('are kept whole for the retention, and no wrong clock makes one', () => {
    const days = new Partitions(180 * DAY)
    const first = Date.UTC(2026, 10, 11) - 180 * DAY
    const clock = exactClock(() => TS)
    expect(days.standingOf(first, clock)).toBe('kept')
    expect(days.standingOf(first - 1, clock)).toBe('past')
    expect(days.standingOf(TS + DAY, clock)).toBe('kept')
    expect(days.standingOf(TS + 3 * DAY, clock)).toBe('ahead')
  })

  it('take a row that any of the clocks would take', () => {
    const days = new Partitions(180 * DAY)
    const unsure = { ...exactClock(() => TS), earliest: () => TS - 10 * DAY, latest: () => TS + 200 * DAY }
    expect(days.standingOf(TS - 185 * DAY, unsure)).toBe('kept')
    expect(days.standingOf(TS + 201 * DAY, unsure)).toBe('kept')
    // Nothing shows the latest time: the clock of the host has to do.
    const alone = { ...unsure, latest: () => Number.POSITIVE_INFINITY }
    expect(days.standingOf(TS + 3 * DAY, alone)).toBe('ahead')
  })
})

describe('migrations', () => {
  it('have a version each, in order', () => {
    const versions = migrations().map(({ version }) => version)
    // What 25, 26 and 28 did before a release is in 31 to 33.
    const all = Array.from({ length: versions.at(-1)! }, (_, i) => i + 1)
    expect(versions).toEqual(all.filter((version) => ![25, 26, 28].includes(version)))
  })
})

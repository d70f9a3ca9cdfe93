import { describe, expect, it } from 'vitest'
import { type MessageAlertContext, messageAlert } from '../../../src/detection/alerts/message-alert.ts'
import { alertRecord } from '../../../src/domain/alert-record.ts'
import type { Reason } from '../../../src/domain/decision.ts'
import type { OutputRecord, Sink } from '../../../src/domain/ports.ts'
import { SinkRefused } from '../../../src/domain/sink-refused.ts'
import { Outlet } from '../../../src/pipeline/outlet.ts'
import { ALERT_OPTIONS, message } from '../../helpers/state-fixtures.ts'

/** A broker that takes values up to so many bytes. */
function sinkOf(most: number) {
  const taken: OutputRecord[] = []
  const sink: Sink = {
    has: () => true,
    async write(records) {
      const refused = records.flatMap((record, index) => {
        if (Buffer.byteLength(String(record.value)) <= most) {
          taken.push(record)
          return []
        }
        return [{ index, record, channel: record.channel, reason: 'too large' }]
      })
      if (refused.length > 0) throw new SinkRefused(refused)
    },
    close: async () => {},
    unready: () => [],
  }
  return { outlet: new Outlet(sink), taken }
}

const urls = Array.from({ length: 15 }, (_, i) => ({
  text: `http://a${i}.top/${'x'.repeat(200)}`,
  host: `a${i}.top`,
  domain: `a${i}.top`,
  path: '/',
  span: { start: 0, end: 9 },
  disguised: false,
}))
const reason: Reason = {
  code: 'FORGED_BRAND',
  score: 1,
  action: 'block',
  mode: 'enforce',
  weight: 1,
  evidence: { link: urls[0]!.text },
}
const context: MessageAlertContext = {
  provenance: { model: 'm@1', policy: 'p', registry: 'r' },
  mode: 'enforce',
  degraded: false,
  late: false,
}
const alert = (id: string, text: string) =>
  alertRecord(messageAlert(message({ id, text, urls }), [reason], context, ALERT_OPTIONS))
const shown = (record: OutputRecord) => JSON.parse(String(record.value)).data

describe('the way out', () => {
  it('sends an alert that is refused without what only helps to judge it', async () => {
    const { outlet, taken } = sinkOf(3_000)
    const small = { channel: 'verdicts', key: 'v', value: '{}' } as const
    await outlet.write([alert('m1', '恭喜'), small, alert('m2', '中奖'.repeat(900))])
    expect(taken.map((record) => record.key)).toEqual(['v', 'message:m1', 'message:m2'])
    const data = shown(taken[2]!)
    expect(data).toMatchObject({
      action: 'block',
      message: { id: 'm2', text: '', truncated: 1800 },
      reasons: [{ code: 'FORGED_BRAND', evidence: {} }],
    })
    expect(data.contacts).toBeUndefined()
    expect(taken[2]!.headers).toMatchObject({ 'sigwatch-action': 'block' })
  })

  it('names what is refused for good by its place', async () => {
    const { outlet, taken } = sinkOf(300)
    const large = { channel: 'verdicts', key: 'v', value: 'x'.repeat(400) } as const
    const writing = outlet.write([{ channel: 'verdicts', key: 'a', value: '{}' }, alert('m1', 'x'), large])
    await expect(writing).rejects.toMatchObject({
      code: 'SINK_REFUSED',
      refused: [{ index: 1 }, { index: 2 }],
    })
    expect(taken.map((record) => record.key)).toEqual(['a'])
  })
})

describe('the text of an alert', () => {
  it('is cut to 4 kB with the number of characters that it had', () => {
    const long = '中'.repeat(200_000)
    const data = shown(alert('m1', long))
    expect(Buffer.byteLength(data.message.text)).toBeLessThanOrEqual(4_000)
    expect(data.message.text).toMatch(/^中+…$/)
    expect(data.message.truncated).toBe(200_000)
  })

  it('is whole up to 4 kB', () => {
    const { text, truncated } = shown(alert('m1', '中'.repeat(1_333))).message
    expect([text.length, truncated]).toEqual([1_333, undefined])
  })
})

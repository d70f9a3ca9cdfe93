import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { OutputRecord } from '../../../src/domain/ports.ts'
import { SinkRefused } from '../../../src/domain/sink-refused.ts'
import { AcknowledgedWriter, type WriterParts } from '../../../src/pipeline/acknowledged-writer.ts'

describe('AcknowledgedWriter', () => {
  it('reports by channel what the sink refuses for good, and goes on', async () => {
    const records: OutputRecord[] = ['verdicts', 'blocks', 'verdicts'].map((channel, i) => ({
      channel: channel as 'verdicts' | 'blocks',
      key: null,
      value: String(i),
    }))
    const events: Event[] = []
    const refused = records.map((record, index) => ({
      ...{ index, record, channel: record.channel },
      reason: `sms.${record.channel}: MESSAGE_TOO_LARGE`,
    }))
    const writer = new AcknowledgedWriter({
      sink: { write: () => Promise.reject(new SinkRefused(refused)) },
      emit: (event: Event) => void events.push(event),
      timed: false,
      signal: new AbortController().signal,
    } as unknown as WriterParts)
    await new Promise<void>((resolve) => void writer.write([], records, () => resolve()))
    expect(writer.failure).toBeUndefined()
    expect(events.filter(({ name }) => name !== 'stage_timed')).toEqual([
      { name: 'outputs_refused', channel: 'verdicts', count: 2, reason: 'sms.verdicts: MESSAGE_TOO_LARGE' },
      { name: 'outputs_refused', channel: 'blocks', count: 1, reason: 'sms.blocks: MESSAGE_TOO_LARGE' },
    ])
  })
})

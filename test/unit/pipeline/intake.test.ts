import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { Position, RawRecord, SmsRecord } from '../../../src/domain/message.ts'
import type { OutputRecord, Source, SourceHandler } from '../../../src/domain/ports.ts'
import { Intake } from '../../../src/pipeline/intake.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'
import { JoinParts } from '../../../src/stages/join-parts.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const partition = { topic: 't', partition: 0 }

function recordAt(offset: number, timestamp = NOW): RawRecord {
  return { position: { ...partition, offset }, timestamp, value: Buffer.from(String(offset)) }
}

const decode = ({ value, timestamp }: RawRecord): SmsRecord => ({
  value,
  id: String(value),
  ts: timestamp,
  from: '1069',
  to: '138',
  text: 'a',
  blocked: false,
})

/** Runs an intake over what `read` delivers; says what came of it. */
async function intakeOver(read: (handler: SourceHandler) => Promise<void>, decoding = decode) {
  const seen = {
    items: [] as Intaken[],
    outputs: [] as OutputRecord[],
    commits: [] as Position[],
    events: [] as Event[],
  }
  const source: Source = {
    run: read,
    commit: async (positions) => void seen.commits.push(...positions),
    stop: async () => {},
    unready: () => [],
  }
  const intake = new Intake({
    source,
    sink: {
      has: () => true,
      write: async (records) => void seen.outputs.push(...records),
      close: async () => {},
      unready: () => [],
    },
    decode: decoding,
    join: new JoinParts(),
    process: async (items, write) => {
      seen.items.push(...items)
      await write(items.flatMap((item) => (item.kind === 'rejected' ? [item.output] : [])))
    },
    clock: { now: () => NOW },
    emit: (event) => seen.events.push(event),
    limits: { maxRecords: 10, maxBytes: 1e6, maxAge: 1, maxInFlight: 100 },
    partClock: 'append',
    signal: new AbortController().signal,
  })
  const ended = await intake.run().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { ...seen, ended }
}

describe('Intake', () => {
  it('takes no time of a record that lies ahead of the clock, and says so', async () => {
    const { items, events } = await intakeOver(async (handler) => {
      await handler.assigned([partition], 1)
      const records = [recordAt(0, NOW - 1), recordAt(1, NOW + HOUR), recordAt(2, NOW + 2)]
      await handler.records({ partition, epoch: 1, from: 0, records, lag: 0 })
    })
    expect(items.map((item) => item.kind === 'message' && item.message.receivedAt)).toEqual([
      NOW - 1,
      NOW,
      NOW,
    ])
    expect(events).toContainEqual({ name: 'clock_ahead', records: 1, seconds: 3_600 })
  })

  it('makes a dead letter of a record on which decoding throws, and goes on', async () => {
    const failing = (raw: RawRecord) => {
      if (raw.position.offset === 1) throw new RangeError('Invalid time value')
      return decode(raw)
    }
    const { outputs, items, commits } = await intakeOver(async (handler) => {
      await handler.assigned([partition], 1)
      const records = [recordAt(0), recordAt(1), recordAt(2)]
      await handler.records({ partition, epoch: 1, from: 0, records, lag: 0 })
    }, failing)
    expect(items).toHaveLength(3)
    expect(outputs.map(({ headers }) => headers?.['sigwatch-error'])).toEqual(['INTERNAL'])
    expect(commits.at(-1)).toEqual({ ...partition, offset: 3 })
  })

  it('lets a revocation that ends late change nothing of the next assignment', async () => {
    const { items, commits, events } = await intakeOver(async (handler) => {
      await handler.assigned([{ ...partition, startOffset: 0 }], 1)
      await handler.records({ partition, epoch: 1, from: 0, records: [recordAt(0)], lag: 2 })
      const late = handler.revoked([partition], 1)
      await handler.assigned([{ ...partition, startOffset: 0 }], 2)
      await late
      // What was fetched in the first assignment is left out as well.
      await handler.records({ partition, epoch: 1, from: 1, records: [recordAt(1)], lag: 1 })
      await handler.records({ partition, epoch: 2, from: 0, records: [recordAt(0), recordAt(1)], lag: 0 })
    })
    expect(items.filter(({ epoch }) => epoch === 2)).toHaveLength(2)
    expect(commits.at(-1)).toEqual({ ...partition, offset: 2 })
    const names = events.map(({ name }) => name).filter((name) => name.startsWith('partitions_'))
    expect(names).toEqual(['partitions_assigned', 'partitions_revoked', 'partitions_assigned'])
  })

  it('holds on to the last of assignments that are made known in another order', async () => {
    const { items, commits } = await intakeOver(async (handler) => {
      await handler.assigned([{ ...partition, startOffset: 0 }], 2)
      await handler.assigned([{ ...partition, startOffset: 0 }], 1)
      await handler.records({ partition, epoch: 2, from: 0, records: [recordAt(0)], lag: 0 })
    })
    expect(items).toHaveLength(1)
    expect(commits).toEqual([{ ...partition, offset: 1 }])
  })

  it('leaves nothing out silently: records of an assignment that has not begun end it', async () => {
    const { ended } = await intakeOver(async (handler) => {
      await handler.assigned([partition], 1)
      await handler.records({ partition, epoch: 2, from: 0, records: [recordAt(0)], lag: 0 })
    })
    expect(ended).toMatchObject({ code: 'OFFSET_GAP' })
  })

  it('ends before it commits past a gap that nothing explains', async () => {
    const { ended, commits } = await intakeOver(async (handler) => {
      await handler.assigned([{ ...partition, startOffset: 0 }], 1)
      await handler.records({ partition, epoch: 1, from: 0, records: [recordAt(0)], lag: 9 })
      await handler.records({ partition, epoch: 1, from: 5, records: [recordAt(5)], lag: 4 })
    })
    expect(ended).toMatchObject({ code: 'OFFSET_GAP' })
    expect(commits.every(({ offset }) => offset <= 1)).toBe(true)
  })
})

import { describe, expect, it, vi } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { Position, RawRecord, SmsRecord } from '../../../src/domain/message.ts'
import {
  type AssignedPartition,
  exactClock,
  type OutputRecord,
  type Source,
  type SourceHandler,
} from '../../../src/domain/ports.ts'
import { Intake, type IntakeParts } from '../../../src/pipeline/intake.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'
import type { Prepare } from '../../../src/pipeline/preparation.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const partition = { topic: 't', partition: 0 }

function recordAt(offset: number, timestamp = NOW, at = partition): RawRecord {
  return { position: { ...at, offset }, timestamp, value: Buffer.from(String(offset)) }
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

/** An intake with a sink that takes everything, unless `parts` say otherwise. */
function intakeWith(parts: Pick<IntakeParts, 'source'> & Partial<IntakeParts>): Intake {
  return new Intake({
    sink: { has: () => true, write: async () => {}, close: async () => {}, unready: () => [] },
    decode,
    join: new JoinParts(),
    process: async (_items, write) => write([]),
    clock: exactClock(() => NOW),
    emit: () => {},
    limits: { maxRecords: 10, maxBytes: 1e6, maxAge: 1, maxInFlight: 100 },
    partClock: 'append',
    signal: new AbortController().signal,
    ...parts,
  })
}

/** Runs an intake over what `read` delivers; says what came of it. */
async function intakeOver(
  read: (handler: SourceHandler) => Promise<void>,
  decoding: IntakeParts['decode'] = decode,
  prepare?: Prepare,
  running?: IntakeParts['running'],
) {
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
  const intake = intakeWith({
    source,
    sink: {
      has: () => true,
      write: async (records) => void seen.outputs.push(...records),
      close: async () => {},
      unready: () => [],
    },
    decode: decoding,
    ...(prepare ? { prepare } : {}),
    ...(running ? { running } : {}),
    process: async (items, write) => {
      seen.items.push(...items)
      await write(items.flatMap((item) => (item.kind === 'rejected' ? [item.output] : [])))
    },
    clock: exactClock(() => (running ? Date.now() : NOW)),
    emit: (event) => seen.events.push(event),
  })
  const ended = await intake.run().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { ...seen, ended }
}

describe('Intake', () => {
  it('does not use the time of a record ahead of the clock, and reports it', async () => {
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

  it('keeps the items of a record in one batch, and makes dead letters of those that cannot be read', async () => {
    const split = (raw: RawRecord) => {
      const of = 25
      const items = Array.from({ length: of }, (_, index) =>
        index === 3
          ? { error: 'MAPPING' as const, detail: 'to (./addr): nothing is there' }
          : { ...decode(raw), id: `${raw.value}.${index}`, item: { index, of } },
      )
      return { items }
    }
    const sizes: number[] = []
    const { outputs, items, commits, events } = await intakeOver(async (handler) => {
      await handler.assigned([partition], 1)
      await handler.records({ partition, epoch: 1, from: 0, records: [recordAt(0), recordAt(1)], lag: 0 })
    }, split)
    for (const event of events) if (event.name === 'batch_processed') sizes.push(event.messages)
    expect(items).toHaveLength(50)
    expect(sizes).toEqual([24, 24])
    expect(events.flatMap((e) => (e.name === 'batch_processed' ? [e.records] : []))).toEqual([1, 1])
    expect(outputs.map(({ headers }) => headers)).toMatchObject([
      { 'sigwatch-error': 'MAPPING', 'sigwatch-offset': '0', 'sigwatch-item': '3' },
      { 'sigwatch-error': 'MAPPING', 'sigwatch-offset': '1', 'sigwatch-item': '3' },
    ])
    expect(outputs.map(({ value }) => String(value))).toEqual(['0', '1'])
    expect(commits.at(-1)).toEqual({ ...partition, offset: 2 })
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

  it('waits for the commit in flight when partitions are given up, though nothing came since', async () => {
    let answer = () => {}
    let committing: Promise<void> | undefined
    const steps: string[] = []
    const source: Source = {
      run: async (handler) => {
        await handler.assigned([{ ...partition, startOffset: 0 }], 1)
        await handler.records({ partition, epoch: 1, from: 0, records: [recordAt(0)], lag: 0 })
        await vi.waitFor(() => expect(committing).toBeDefined(), { timeout: 2_000 })
        const revoked = handler.revoked([partition], 1).then(() => steps.push('revoked'))
        await new Promise((resolve) => setTimeout(resolve, 20))
        steps.push('answered')
        answer()
        await revoked
      },
      commit: async (positions) => {
        if (positions.length > 0)
          committing = new Promise((resolve) => {
            answer = resolve
          })
        await committing
      },
      stop: async () => {},
      unready: () => [],
    }
    await intakeWith({ source }).run()
    expect(steps).toEqual(['answered', 'revoked'])
  })

  it('leaves what has not begun to the next owner when partitions are given up, and settles what has', async () => {
    const given = recordAt(0)
    let finish = () => {}
    const worked: number[][] = []
    const commits: Position[] = []
    const source: Source = {
      run: async (handler) => {
        await handler.assigned([{ ...partition, startOffset: 0 }], 1)
        const records = Array.from({ length: 30 }, (_, offset) => recordAt(offset))
        await handler.records({ partition, epoch: 1, from: 0, records, lag: 0 })
        await vi.waitFor(() => expect(worked).toHaveLength(1))
        const revoked = handler.revoked([partition], 1)
        await new Promise((resolve) => setTimeout(resolve, 60))
        finish()
        await revoked
        expect(commits).toEqual([{ ...partition, offset: 10 }])
        await handler.assigned([{ ...partition, startOffset: 10 }], 2)
        const again = records.slice(10)
        await handler.records({ partition, epoch: 2, from: 10, records: again, lag: 0 })
      },
      commit: async (positions) => void commits.push(...positions),
      stop: async () => {},
      unready: () => [],
    }
    const intake = intakeWith({
      source,
      process: async (items, write) => {
        worked.push(items.map((item) => (item.kind === 'message' ? item.message.position.offset : -1)))
        if (worked.length === 1)
          await new Promise<void>((resolve) => {
            finish = resolve
          })
        await write([])
      },
      clock: exactClock(() => given.timestamp),
      revokeWithin: 200,
    })
    await intake.run()
    expect(worked.map((offsets) => offsets[0])).toEqual([0, 10, 20])
    expect(commits.at(-1)).toEqual({ ...partition, offset: 30 })
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

  it('commits inside a joined message with its later part, which the next owner passes over', async () => {
    // Two SMS in two parts each, interleaved: the first is done while the second still waits for its end.
    const parts = [
      { ref: 'a', index: 1, count: 2 },
      { ref: 'b', index: 1, count: 2 },
      { ref: 'a', index: 2, count: 2 },
      { ref: 'b', index: 2, count: 2 },
    ]
    const inParts = (raw: RawRecord): SmsRecord => ({ ...decode(raw), part: parts[raw.position.offset]! })
    const records = parts.map((_, offset) => recordAt(offset))
    const first = await intakeOver(async (handler) => {
      await handler.assigned([{ ...partition, startOffset: 0 }], 1)
      await handler.records({ partition, epoch: 1, from: 0, records: records.slice(0, 3), lag: 1 })
      await handler.revoked([partition], 1)
    }, inParts)
    const committed = first.commits.at(-1)!
    expect(committed).toEqual({ ...partition, offset: 1, written: [{ from: 2, to: 3 }] })

    const { written } = committed as AssignedPartition
    const next = await intakeOver(async (handler) => {
      await handler.assigned([{ ...partition, startOffset: 1, written: written! }], 1)
      await handler.records({ partition, epoch: 1, from: 1, records: records.slice(1), lag: 0 })
    }, inParts)
    const judged = next.items.flatMap((item) => (item.kind === 'message' ? [item.message] : []))
    expect(judged.map(({ id, partial }) => ({ id, partial }))).toEqual([{ id: '1', partial: false }])
  })

  it('does not treat a pause of its own process as silence of a partition', async () => {
    vi.useFakeTimers({ now: NOW })
    let ran = 0
    const running = { now: () => ran, stop: () => {} }
    const inParts = (raw: RawRecord): SmsRecord => {
      const { offset } = raw.position
      return { ...decode(raw), id: `m${offset}`, part: { ref: 'a', index: offset + 1, count: 2 } }
    }
    const { items } = await intakeOver(
      async (handler) => {
        await handler.assigned([{ ...partition, startOffset: 0 }], 1)
        await handler.records({ partition, epoch: 1, from: 0, records: [recordAt(0)], lag: 0 })
        for (let second = 0; second < 30; second++) {
          ran += 100
          await vi.advanceTimersByTimeAsync(1_000)
        }
        await handler.records({ partition, epoch: 1, from: 1, records: [recordAt(1)], lag: 0 })
      },
      inParts,
      undefined,
      running,
    )
    vi.useRealTimers()
    expect(items).toMatchObject([{ message: { partial: false, origins: [{ id: 'm0' }, { id: 'm1' }] } }])
  })

  describe('while what the records of a partition need is not there', () => {
    const other = { topic: 't', partition: 1 }
    const run = (offset: number, at = partition, lag = 0) => ({
      ...{ partition: at, epoch: 1, from: offset, lag },
      records: [recordAt(offset, NOW, at)],
    })
    /** Partition 0 waits until it is answered with true, or false: that it is never there. */
    function awaited() {
      let answer = (_ready: boolean) => {}
      const answered = new Promise<boolean>((resolve) => {
        answer = resolve
      })
      let known = false
      const prepare: Prepare = ([first]) => known || first!.position.partition === 1 || answered
      return {
        prepare: prepare,
        answer(ready: boolean) {
          known = ready
          answer(ready)
        },
      }
    }
    const offsetsOf = (items: readonly Intaken[], at: number) =>
      items.flatMap((item) =>
        item.kind === 'message' && item.message.position.partition === at
          ? [item.message.position.offset]
          : [],
      )

    it('takes in those of the others, and reads no more of it than was fetched', async () => {
      const { prepare, answer } = awaited()
      const { items, commits, ended } = await intakeOver(
        async (handler) => {
          await handler.assigned([partition, other], 1)
          await handler.records(run(0, partition, 1))
          await handler.records(run(1))
          const full = handler.full!(partition)
          expect(full).toBeInstanceOf(Promise)
          expect(handler.full!(other)).toBeUndefined()
          await handler.records(run(0, other))
          answer(true)
          await full
          expect(handler.full!(partition)).toBeUndefined()
          await handler.records(run(2))
        },
        decode,
        prepare,
      )
      expect(ended).toBeUndefined()
      expect(offsetsOf(items, 1)).toEqual([0])
      expect(offsetsOf(items, 0)).toEqual([0, 1, 2])
      expect(commits.findLast((at) => at.partition === 0)).toEqual({ ...partition, offset: 3 })
    })

    it('leaves them to the next owner when the partition is given up', async () => {
      const { prepare, answer } = awaited()
      const { items, commits } = await intakeOver(
        async (handler) => {
          await handler.assigned([partition], 1)
          await handler.records(run(0))
          const full = handler.full!(partition)
          await handler.revoked([partition], 1)
          await full
          await handler.assigned([partition], 2)
          answer(true)
          await handler.records({ ...run(0), epoch: 2 })
        },
        decode,
        prepare,
      )
      expect(items.map(({ epoch }) => epoch)).toEqual([2])
      expect(commits).toEqual([{ ...partition, offset: 1 }])
    })

    it('leaves them alone when it never will be', async () => {
      const { prepare, answer } = awaited()
      const { items, commits, ended } = await intakeOver(
        async (handler) => {
          await handler.assigned([partition, other], 1)
          await handler.records(run(0, other))
          await handler.records(run(0))
          answer(false)
          await handler.full!(partition)
          await handler.records(run(1))
        },
        decode,
        prepare,
      )
      expect(ended).toBeUndefined()
      expect(offsetsOf(items, 0)).toEqual([])
      expect(commits.filter((at) => at.partition === 0)).toEqual([])
    })

    it('ends when work fails on what had waited', async () => {
      const { prepare, answer } = awaited()
      const { ended } = await intakeOver(
        async (handler) => {
          await handler.assigned([{ ...partition, startOffset: 0 }], 1)
          await handler.records(run(0))
          // A gap that nothing explains.
          await handler.records(run(5))
          answer(true)
          await handler.full!(partition)
        },
        decode,
        prepare,
      )
      expect(ended).toMatchObject({ code: 'OFFSET_GAP' })
    })
  })
})

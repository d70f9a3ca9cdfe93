import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { messageAlert } from '../../../src/detection/alerts/message-alert.ts'
import { alertRecord } from '../../../src/domain/alert-record.ts'
import type { Mode } from '../../../src/domain/decision.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import type { Position, RawRecord, SmsRecord } from '../../../src/domain/message.ts'
import {
  type AssignedPartition,
  type Channel,
  exactClock,
  type OutputRecord,
  type PartitionWrite,
  type Source,
  type SourceHandler,
  type Transactions,
} from '../../../src/domain/ports.ts'
import { SinkRefused } from '../../../src/domain/sink-refused.ts'
import type { Decoded } from '../../../src/pipeline/decode.ts'
import { Intake } from '../../../src/pipeline/intake.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'
import { until } from '../../helpers/recording-handler.ts'
import { ALERT_OPTIONS, message } from '../../helpers/state-fixtures.ts'

const NOW = 1_800_000_000_000
const partition = { topic: 't', partition: 0 }

/** A record whose value is its id; `<ref>.<index>of<count>` is a part. */
function recordAt(offset: number, id = String(offset)): RawRecord {
  return { position: { ...partition, offset }, timestamp: NOW, value: Buffer.from(id) }
}

/** Ids with commas between them are items. */
function decode(raw: RawRecord): Decoded {
  const ids = String(raw.value).split(',')
  const items = ids.map((id, index) => ({
    ...one({ ...raw, value: Buffer.from(id) }),
    ...(ids.length > 1 ? { item: { index, of: ids.length } } : {}),
  }))
  return items.length > 1 ? { items } : items[0]!
}

function one({ value, timestamp: ts }: RawRecord): SmsRecord {
  const id = String(value)
  const [, ref, index, count] = /^(\w+)\.(\d+)of(\d+)$/.exec(id) ?? []
  const part = ref === undefined ? {} : { part: { ref, index: Number(index), count: Number(count) } }
  return { value, id, ts, from: '1069', to: '138', text: 'a', blocked: false, ...part }
}

/** Writes of the intake, as they are committed; `refuses` says which records are not taken. */
class RecordedTransactions implements Transactions {
  readonly committed: PartitionWrite[] = []
  readonly #refuses: (record: OutputRecord) => boolean
  readonly #lostAt: number

  constructor({
    refuses = () => false,
    lostAt = Number.POSITIVE_INFINITY,
  }: { refuses?: (record: OutputRecord) => boolean; lostAt?: number } = {}) {
    this.#refuses = refuses
    this.#lostAt = lostAt
  }

  async write(write: PartitionWrite): Promise<void> {
    if (this.committed.length >= this.#lostAt) throw new SigwatchError('TRANSACTION_LOST', 'another instance')
    const refused = write.records.flatMap((record, index) =>
      this.#refuses(record) ? [{ index, record, channel: record.channel, reason: 'too large' }] : [],
    )
    if (refused.length > 0) throw new SinkRefused(refused)
    this.committed.push(write)
  }

  get values(): string[] {
    return this.committed.flatMap(({ records }) => records.map(({ value }) => String(value)))
  }
}

/** Writes of partition 0 are not answered until all are. */
class HangingTransactions extends RecordedTransactions {
  answer: () => void = () => {}
  readonly #answered = new Promise<void>((resolve) => {
    this.answer = resolve
  })

  override async write(write: PartitionWrite, signal?: AbortSignal): Promise<void> {
    const given = new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))
    if (write.partition.partition === 0) await Promise.race([this.#answered, given])
    signal?.throwIfAborted()
    await super.write(write)
  }

  /** Records that are written of a partition. */
  count(of: number): number {
    return this.committed
      .filter((write) => write.partition.partition === of)
      .reduce((sum, { records }) => sum + records.length, 0)
  }
}

type OutputsOf = (value: string, origin: Position) => readonly OutputRecord[]

const oneOf =
  (channel: Channel): OutputsOf =>
  (value, origin) => [{ channel, key: null, value, origin }]

/** Runs an intake that writes these outputs for each record in these transactions. */
async function intakeOver(
  transactions: RecordedTransactions,
  read: (handler: SourceHandler) => Promise<void>,
  outputsOf = oneOf('verdicts'),
) {
  const seen = { plain: [] as OutputRecord[], commits: 0, rejoins: 0, events: [] as Event[] }
  const source: Source = {
    run: read,
    commit: async () => void seen.commits++,
    rejoin: () => void seen.rejoins++,
    stop: async () => {},
    unready: () => [],
  }
  const intake = new Intake({
    source,
    transactions,
    sink: {
      has: () => true,
      write: async (records) => void seen.plain.push(...records),
      close: async () => {},
      unready: () => [],
    },
    decode,
    join: new JoinParts(),
    process: async (items, write) => {
      const outputs = items.flatMap((item): OutputRecord[] =>
        item.kind === 'rejected'
          ? [item.output]
          : item.message.origins.flatMap(({ value, position }) => outputsOf(String(value), position)),
      )
      await write([{ channel: 'versions', key: 'v', value: 'v' }, ...outputs])
    },
    clock: exactClock(() => NOW),
    emit: (event) => seen.events.push(event),
    limits: { maxRecords: 4, maxBytes: 1e6, maxAge: 1, maxInFlight: 100 },
    partClock: 'append',
    signal: new AbortController().signal,
  })
  const ended = await intake.run().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { ...seen, ended }
}

const assigned = (handler: SourceHandler, more: Partial<AssignedPartition>, epoch = 1) =>
  handler.assigned([{ ...partition, startOffset: 0, ...more }], epoch)
const run = (handler: SourceHandler, records: readonly RawRecord[], epoch = 1) => {
  const { topic, partition, offset } = records[0]!.position
  return handler.records({ partition: { topic, partition }, epoch, from: offset, records, lag: 0 })
}
/** So many records of a partition from an offset on, each of so many bytes. */
const recordsOf = (partition: number, count: number, { from = 0, bytes = 1 } = {}) =>
  Array.from({ length: count }, (_, i) => {
    const { position, ...record } = recordAt(from + i, 'x'.repeat(bytes))
    return { ...record, position: { ...position, partition } }
  })
const settled = () => new Promise((resolve) => setTimeout(resolve, 300))

describe('an intake that writes in transactions', () => {
  it('writes what comes of one record at once, when its parts have come', async () => {
    const transactions = new RecordedTransactions()
    await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      await run(handler, [recordAt(0, 'a,b.1of2'), recordAt(1, 'c')])
      await settled()
      expect(transactions.values).toEqual(['c'])
      expect(transactions.committed.at(-1)!.reached).toEqual({ offset: 0, written: [{ from: 1, to: 2 }] })
      await run(handler, [recordAt(2, 'd,b.2of2')])
      await settled()
    })
    expect(transactions.values.sort()).toEqual(['a', 'b.1of2', 'b.2of2', 'c', 'd'])
    expect(transactions.committed.map(({ reached }) => reached.offset)).toEqual([0, 3])
  })

  it('says behind a part that waits what is written, and passes it over in the next assignment', async () => {
    const transactions = new RecordedTransactions()
    const first = await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      await run(handler, [recordAt(0), recordAt(1, 'a.1of2'), recordAt(2), recordAt(3)])
      await settled()
      await handler.revoked([partition], 1)
    })
    expect(first).toMatchObject({ ended: undefined, commits: 0 })
    expect(transactions.values).toEqual(['0', '2', '3'])
    const { reached } = transactions.committed.at(-1)!
    expect(reached).toEqual({ offset: 1, written: [{ from: 2, to: 4 }] })

    await intakeOver(transactions, async (handler) => {
      await assigned(handler, { startOffset: reached.offset, written: reached.written })
      await run(handler, [
        recordAt(1, 'a.1of2'),
        recordAt(2),
        recordAt(3),
        recordAt(4),
        recordAt(5, 'a.2of2'),
      ])
      await settled()
    })
    expect(transactions.values).toEqual(['0', '2', '3', '4', 'a.1of2', 'a.2of2'])
    expect(transactions.committed.at(-1)!.reached).toEqual({ offset: 6, written: [] })
  })

  it('writes what follows from no record outside of transactions', async () => {
    const transactions = new RecordedTransactions()
    const { plain } = await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      await run(handler, [recordAt(0)])
    })
    expect(plain.map(({ channel }) => channel)).toEqual(['versions'])
    expect(transactions.values).toEqual(['0'])
  })

  it('seeks a record that is refused by halves, cuts it until it is taken, and loses no other', async () => {
    const transactions = new RecordedTransactions({ refuses: ({ value }) => (value?.length ?? 0) > 20_000 })
    const long = 'x'.repeat(100_000)
    const records = [recordAt(0), recordAt(1), recordAt(2, long), recordAt(3)]
    await intakeOver(
      transactions,
      async (handler) => {
        await assigned(handler, {})
        await run(handler, records)
      },
      oneOf('deadLetters'),
    )
    expect(transactions.values.map((value) => value.length)).toEqual([1, 1, 16_000, 1])
    const cut = transactions.committed.flatMap((write) => write.records)[2]!
    expect(cut.headers).toEqual({ 'sigwatch-truncated': '100000' })
    expect(transactions.committed.at(-1)!.reached.offset).toBe(4)
  })

  it('takes texts from the alert that is refused, and from no other of the message', async () => {
    const transactions = new RecordedTransactions({
      refuses: ({ channel, value }) => channel === 'shadowAlerts' && String(value).includes('evil.top'),
    })
    const provenance = { model: 'm@1', policy: 'p', registry: 'r' }
    const evidence = { link: 'http://evil.top/' }
    const alertOf = (mode: Mode, origin: Position): OutputRecord => ({
      ...alertRecord(
        messageAlert(
          message({ id: mode, text: 'see evil.top' }),
          [{ code: 'FORGED_BRAND', score: 1, action: 'block', mode, weight: 1, evidence }],
          { provenance, mode, degraded: false, late: false },
          ALERT_OPTIONS,
        ),
      ),
      origin,
    })
    await intakeOver(
      transactions,
      async (handler) => {
        await assigned(handler, {})
        await run(handler, [recordAt(0)])
      },
      (_value, origin) => [alertOf('enforce', origin), alertOf('shadow', origin)],
    )
    const [enforced, shadow] = transactions.values.map((value) => JSON.parse(value).data.message.text)
    expect([enforced, shadow]).toEqual(['see evil.top', ''])
  })

  it('leaves out the record that is refused, though another of its message is larger', async () => {
    const transactions = new RecordedTransactions({ refuses: ({ value }) => String(value) === 'small' })
    await intakeOver(
      transactions,
      async (handler) => {
        await assigned(handler, {})
        await run(handler, [recordAt(0)])
      },
      (_value, origin) =>
        ['small', 'a larger one'].map((value) => ({ channel: 'verdicts', key: null, value, origin })),
    )
    expect(transactions.values).toEqual(['a larger one'])
  })

  it('leaves out and reports what cannot be made smaller', async () => {
    const transactions = new RecordedTransactions({ refuses: ({ value }) => String(value) === '1' })
    const { events } = await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      await run(handler, [recordAt(0), recordAt(1), recordAt(2)])
    })
    expect(transactions.values).toEqual(['0', '2'])
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'outputs_refused', channel: 'verdicts', count: 1 }),
    )
    expect(transactions.committed.at(-1)!.reached.offset).toBe(3)
  })

  it('is reassigned when another instance writes for the partition, and does not exit', async () => {
    const transactions = new RecordedTransactions({ lostAt: 1 })
    const { rejoins, ended } = await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      await run(handler, [recordAt(0)])
      await settled()
      await run(handler, [recordAt(1)])
      await settled()
      await handler.revoked([partition], 1)
    })
    expect([rejoins, ended]).toEqual([1, undefined])
    expect(transactions.values).toEqual(['0'])
  })

  it('writes nothing of an assignment that has ended', async () => {
    const transactions = new RecordedTransactions()
    await intakeOver(transactions, async (handler) => {
      await assigned(handler, {})
      // Worked on, and waits for its turn behind the first.
      await run(handler, [recordAt(0)])
      await new Promise((resolve) => setTimeout(resolve, 30))
      await run(handler, [recordAt(1)])
      await new Promise((resolve) => setTimeout(resolve, 30))
      await assigned(handler, { startOffset: 1 }, 2)
      await run(handler, [recordAt(1)], 2)
      await settled()
    })
    expect(transactions.values).toEqual(['0', '1'])
    expect(transactions.committed.map(({ epoch }) => epoch)).toEqual([1, 2])
  })

  describe('of two partitions, one of which the brokers do not answer', () => {
    const other = { ...partition, partition: 1 }
    const both = (handler: SourceHandler, epoch = 1) =>
      handler.assigned(
        [partition, other].map((id) => ({ ...id, startOffset: 0 })),
        epoch,
      )
    const unready = (handler: SourceHandler) => (handler as Intake).unready()

    it('goes on with the other, says which waits, and goes on with it when it is answered', async () => {
      const transactions = new HangingTransactions()
      const { ended } = await intakeOver(transactions, async (handler) => {
        await both(handler)
        // More than may be in flight of all.
        for (let from = 0; from < 300; from += 50) {
          await run(handler, recordsOf(0, 50, { from }))
          await run(handler, recordsOf(1, 50, { from }))
          await setImmediate()
        }
        await until(() => transactions.count(1) === 300)
        expect(transactions.count(0)).toBe(0)
        await until(() => unready(handler).length > 0)
        expect(unready(handler)).toEqual([
          expect.stringMatching(/^kafka transactions: t\/0 waits, a write has not been answered for \d s$/),
        ])
        // What is in flight of it is bounded as well.
        expect((handler as Intake).inFlight).toBeLessThan(110)
        transactions.answer()
        await until(() => transactions.count(0) === 300)
        expect(unready(handler)).toEqual([])
      })
      expect(ended).toBeUndefined()
    })

    it('does not block callers that add more of it, and reports that it is full', async () => {
      const transactions = new HangingTransactions()
      const { ended } = await intakeOver(transactions, async (handler) => {
        await both(handler)
        await run(handler, recordsOf(1, 1))
        await run(handler, recordsOf(0, 200))
        await until(() => (handler as Intake).inFlight >= 200)
        const more = run(handler, recordsOf(0, 200, { from: 200, bytes: 5_000 }))
        // Others are let in all the time.
        let last = 1
        const others = setInterval(() => void run(handler, recordsOf(1, 1, { from: last++ })), 1)
        await more
        clearInterval(others)
        const readOn = handler.full!(partition)
        expect(readOn).toBeInstanceOf(Promise)
        expect(handler.full!(other)).toBeUndefined()
        transactions.answer()
        await readOn
        await until(() => transactions.count(0) === 400 && transactions.count(1) === last)
      })
      expect(ended).toBeUndefined()
    })

    it('takes the partition up again in the next assignment', async () => {
      const transactions = new HangingTransactions()
      const { ended } = await intakeOver(transactions, async (handler) => {
        await both(handler)
        await run(handler, recordsOf(0, 300))
        await run(handler, recordsOf(1, 50))
        await until(() => transactions.count(1) === 50)
        await both(handler, 2)
        transactions.answer()
        await run(handler, recordsOf(0, 300), 2)
        await until(() => transactions.count(0) === 300)
        await handler.revoked([partition, other], 2)
        expect((handler as Intake).inFlight).toBe(0)
      })
      expect(ended).toBeUndefined()
    })
  })
})

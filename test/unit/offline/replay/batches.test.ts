import { describe, expect, it } from 'vitest'
import { type Batch, Batches } from '../../../../src/offline/replay/batches.ts'
import { decode } from '../../../../src/pipeline/decode.ts'

const AT = Date.UTC(2026, 10, 11, 4)
const LIMITS = { futureReject: 300_000, maxRecordBytes: 64_000 }

function batchesOf(from: 'topic' | 'files', maxRecords = 100) {
  return new Batches({
    topics: ['t'],
    from,
    decode: (raw) => decode(raw, LIMITS),
    partWait: 10_000,
    batch: { maxRecords, maxBytes: 1_000_000 },
  })
}

function ordered(id: string, offset: number, ts: number, turn = 0, part?: object) {
  const sms = { id, ts, from: '10690200001', to: '17002130007', text: '您好', ...(part ? { part } : {}) }
  return {
    turn,
    record: {
      topic: 0,
      partition: 0,
      offset,
      timestamp: ts,
      eventTime: ts,
      compared: true,
      value: Buffer.from(JSON.stringify(sms)),
      verdict: Buffer.alloc(0),
    },
  }
}

const idsOf = (batches: readonly Batch[]) =>
  batches.map(({ items }) => items.map(({ message }) => message.origins.map(({ id }) => id).join('+')))

describe('Batches', () => {
  it('ends a batch with its bucket of event time, and at its limit', () => {
    const batches = batchesOf('topic', 2)
    const records = [
      ordered('a', 0, AT),
      ordered('b', 1, AT + 1),
      ordered('c', 2, AT + 2),
      ordered('d', 3, AT + 10_000),
    ]
    const done = [...records.flatMap((record) => batches.add(record)), ...batches.end()]
    expect(idsOf(done)).toEqual([['a', 'b'], ['c'], ['d']])
    expect(done.map(({ next }) => next)).toEqual([2, 3, 4])
  })

  it('ends a batch where the run before ended one, and counts what comes out of its order by its id', () => {
    const batches = batchesOf('topic')
    const records = [ordered('b', 1, AT, 7), ordered('a', 0, AT, 8), ordered('c', 2, AT, 8)]
    const done = [...records.flatMap((record) => batches.add(record)), ...batches.end()]
    expect(idsOf(done)).toEqual([['b'], ['a', 'c']])
    expect(done.flatMap(({ items }) => items.map(({ message }) => message.byDeadline))).toEqual([
      false,
      true,
      false,
    ])
  })

  it('joins parts, and tells which records wait for further ones', () => {
    const batches = batchesOf('topic')
    const part = (index: number) => ({ ref: 'r', index, count: 2 })
    expect(batches.add(ordered('p1', 0, AT, 0, part(1)))).toEqual([])
    batches.add(ordered('a', 1, AT + 1))
    const [first] = batches.cut()
    expect(idsOf([first!])).toEqual([['a']])
    expect(first!.open).toEqual([0])
    batches.add(ordered('p2', 2, AT + 2, 0, part(2)))
    const [batch] = batches.end()
    expect(idsOf([batch!])).toEqual([['p1+p2']])
    expect([...batch!.fed.values()].map(({ index }) => index)).toEqual([0, 2])
    expect(batch!.open).toEqual([])
  })

  it('judges the parts that were judged together: others had not come', () => {
    const batches = batchesOf('topic')
    const part = (index: number) => ({ ref: 'r', index, count: 2 })
    const done = [
      ...batches.add(ordered('p1', 0, AT, 5, part(1))),
      ...batches.add(ordered('p2', 1, AT + 1, 6, part(2))),
      ...batches.end(),
    ]
    expect(idsOf(done)).toEqual([['p1'], ['p2']])
    expect(done.every(({ items }) => items[0]!.message.partial)).toBe(true)
  })

  it('numbers the lines of files again, so that each is counted', () => {
    const batches = batchesOf('files')
    const records = [ordered('late', 9, AT), ordered('later', 3, AT + 1)]
    const done = [...records.flatMap((record) => batches.add(record)), ...batches.end()]
    expect(done.flatMap(({ items }) => items.map(({ message }) => message.position.offset))).toEqual([0, 1])
  })
})

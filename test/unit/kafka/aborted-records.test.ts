import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FetchedPartition, hideAborted } from '../../../src/kafka/aborted-records.ts'

const [ABORT, COMMIT] = [Buffer.from([0, 0, 0, 0]), Buffer.from([0, 0, 0, 1])]

interface Logged {
  readonly producerId: string
  readonly kind: 'record' | 'abort' | 'commit'
}

/** A log of three producers, whose transactions all end. */
const log = fc
  .array(
    fc.record({
      producerId: fc.constantFrom('1', '2', '3'),
      end: fc.constantFrom(undefined, 'abort', 'commit'),
    }),
    {
      maxLength: 80,
    },
  )
  .map((steps): Logged[] => {
    const open = new Set<string>()
    const entries: Logged[] = []
    for (const { producerId, end } of steps) {
      if (end !== undefined && open.delete(producerId)) entries.push({ producerId, kind: end as 'abort' })
      else {
        open.add(producerId)
        entries.push({ producerId, kind: 'record' })
      }
    }
    for (const producerId of open) entries.push({ producerId, kind: 'abort' })
    return entries
  })

/** What a broker answers from an offset on: transactions that reach behind it and were aborted, as they ended. */
function fetched(entries: readonly Logged[], from: number): FetchedPartition {
  const begun = new Map<string, number>()
  const aborted: { producerId: string; firstOffset: string }[] = []
  for (const [offset, { producerId, kind }] of entries.entries()) {
    if (kind === 'record') {
      if (!begun.has(producerId)) begun.set(producerId, offset)
      continue
    }
    if (kind === 'abort' && offset >= from)
      aborted.push({ producerId, firstOffset: String(begun.get(producerId)) })
    begun.delete(producerId)
  }
  const messages = entries.map(({ producerId, kind }, offset) => ({
    offset: String(offset),
    key: kind === 'record' ? null : kind === 'abort' ? ABORT : COMMIT,
    isControlRecord: kind !== 'record',
    batchContext: { producerId, inTransaction: true },
  }))
  return { abortedTransactions: aborted, messages: messages.slice(from) }
}

/** Offsets of records whose transaction was committed. */
function committedFrom(entries: readonly Logged[], from: number): number[] {
  return entries.flatMap(({ producerId, kind }, offset) => {
    if (kind !== 'record' || offset < from) return []
    const end = entries
      .slice(offset)
      .find((entry) => entry.producerId === producerId && entry.kind !== 'record')
    return end!.kind === 'commit' ? [offset] : []
  })
}

it('readers see what is committed and nothing else, wherever they begin', () => {
  fc.assert(
    fc.property(log, fc.nat(60), (entries, start) => {
      const from = Math.min(start, entries.length)
      const partition = fetched(entries, from)
      hideAborted(partition)
      const seen = partition.messages.flatMap(({ offset, isControlRecord }) =>
        isControlRecord ? [] : [Number(offset)],
      )
      expect(seen).toEqual(committedFrom(entries, from))
      expect(partition.abortedTransactions).toEqual([])
    }),
    { numRuns: 300 },
  )
})

it('a log without transactions is left as it is', () => {
  const messages = [{ offset: '0', key: null, isControlRecord: false }]
  const partition = { messages, abortedTransactions: [] }
  hideAborted(partition)
  expect(partition).toEqual({ messages, abortedTransactions: [] })
})

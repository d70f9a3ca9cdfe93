import type { Observations } from '../../domain/feature-store.ts'
import { isSamePartition, partitionKey } from '../../domain/ports.ts'
import { BUCKET_MS, HOUR } from '../../domain/time.ts'
import type { NewestTimes } from '../newest-times.ts'

const EARLIEST = Date.UTC(2000, 0, 1)

/** Throws on observations that no message can have: a defect of the caller, found before anything is counted. */
export function checkBatch(batch: readonly Observations[]): void {
  for (const o of batch) {
    if (!Number.isSafeInteger(o.position.offset) || o.position.offset < 0) fail('offset', o.position.offset)
    if (!Number.isSafeInteger(o.position.partition) || o.position.partition < 0) {
      fail('partition', o.position.partition)
    }
    if (!Number.isSafeInteger(o.ts) || o.ts < EARLIEST) fail('ts', o.ts)
    for (const r of o.rates) {
      if (r.group !== 'commercial' && r.group !== 'notice' && r.group !== 'fraud') fail('group', r.group)
      if (Number.isNaN(r.reportFrom)) fail('reportFrom', r.reportFrom)
    }
    for (const m of o.members) if (!(m.window > 0 && Number.isSafeInteger(m.window))) fail('window', m.window)
    for (const t of o.tallies) if (!(t.window > 1 && Number.isSafeInteger(t.window))) fail('window', t.window)
  }
}

/**
 * The end of the chunk of a batch that starts at `from`, of about `size` observations. Observations of one record stay
 * in one chunk, as they are counted by its offset.
 */
export function endOfChunk(batch: readonly Observations[], from: number, size: number): number {
  let to = Math.min(batch.length, from + size)
  for (; to < batch.length; to++) {
    const [a, b] = [batch[to - 1]!.position, batch[to]!.position]
    if (a.offset !== b.offset || !isSamePartition(a, b)) break
  }
  return to
}

function fail(what: string, value: unknown): never {
  throw new TypeError(`features: ${what} of an observation is ${String(value)}`)
}

/**
 * The first event time of a store: the lowest of its first batch, ignoring times more than an hour below the median, so
 * that a single wrong timestamp does not make the store look old.
 */
export function firstEventTime(batch: readonly Observations[]): number {
  const times = batch.map((o) => o.ts).sort((a, b) => a - b)
  const median = times[(times.length - 1) >> 1]!
  const first = times.find((ts) => ts >= median - HOUR) ?? median
  return Math.floor(first / BUCKET_MS) * BUCKET_MS
}

/** The newest event time of the partitions of a batch that two records support. */
export function newestTime(batch: readonly Observations[], times: NewestTimes): number {
  let newest = 0
  let last: Observations['position'] | undefined
  for (const { position } of batch) {
    // Consecutive records mostly share a partition.
    if (last && isSamePartition(position, last)) continue
    last = position
    newest = Math.max(newest, times.of(partitionKey(position)))
  }
  return newest
}

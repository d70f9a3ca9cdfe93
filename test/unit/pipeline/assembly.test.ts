import { describe, expect, it } from 'vitest'
import { BUCKET_MS } from '../../../src/domain/time.ts'
import type { Arrived } from '../../../src/pipeline/admission.ts'
import { Assembly } from '../../../src/pipeline/assembly.ts'
import { Checkpoint } from '../../../src/pipeline/checkpoint.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'

const NOW = 1_800_000_000_000

/** Gathers runs of records, given as partition, bucket and count; returns the batches as buckets. */
function gathered(...runs: readonly (readonly [partition: number, bucket: number, count: number])[]) {
  const batches: number[][] = [[]]
  const checkpoint = new Checkpoint()
  checkpoint.begin(1)
  const assembly = new Assembly({
    join: new JoinParts(),
    batcher: {
      add: ({ eventTime }: Intaken) => batches.at(-1)!.push((eventTime - NOW) / BUCKET_MS),
      flush: () => void (batches.at(-1)!.length > 0 && batches.push([])),
      together: (add) => add(),
    },
    checkpoint,
    partitions: { isRead: () => true, workedUpTo: () => {} },
    emit: () => {},
    partClock: 'append',
  })
  assembly.begin()
  const offsets = new Map<number, number>()
  for (const [partition, bucket, count] of runs) {
    const id = { topic: 't', partition }
    const first = offsets.get(partition) ?? 0
    if (first === 0) checkpoint.assign(id, 0)
    offsets.set(partition, first + count)
    assembly.take(
      id,
      Array.from({ length: count }, (_, i) => arrived(partition, bucket, first + i)),
    )
  }
  return batches
}

function arrived(partition: number, bucket: number, offset: number): Arrived {
  const eventTime = NOW + bucket * BUCKET_MS
  const value = Buffer.from('{}')
  const record = { value, id: `${partition}-${offset}`, ts: eventTime, from: '1069', to: '138', text: 'a' }
  const raw = { position: { topic: 't', partition, offset }, timestamp: eventTime, value }
  return { raw, from: offset, record: { ...record, blocked: false }, eventTime, bucket, bytes: 2 } as Arrived
}

describe('Assembly', () => {
  it('ends a batch with its bucket of event time', () => {
    expect(gathered([0, 1, 2], [1, 1, 1], [0, 2, 1])).toEqual([[1, 1, 1], [2]])
  })

  it('keeps a batch in the order of buckets when a partition comes late, as a replay judges it', () => {
    const batches = gathered([0, 1, 1], [0, 2, 2], [1, 1, 2], [0, 2, 1])
    expect(batches).toEqual([[1], [2, 2], [1, 1, 2]])
  })
})

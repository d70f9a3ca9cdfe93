import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'

export interface RewindOptions {
  readonly kafka: Pick<KafkaConnection, 'committed' | 'setOffsets'>
  readonly groupId: string
  readonly topics: readonly string[]
  /** Reads the offsets in the database, by partition. */
  readonly archived: () => Promise<ReadonlyMap<string, number>>
  readonly emit: Emit
  readonly signal: AbortSignal
  /** How long members of the group are waited for, ms. */
  readonly within?: number
}

/** Longer than the sessions of processes that were killed. */
const WITHIN = 60_000
const PAUSE = 1_000
const AHEAD = 'is ahead of the database, which was restored or recreated'

/** Offsets to set. */
type Ahead = readonly (PartitionId & { readonly offset: number })[]

/**
 * Moves the group's offsets back to those in the database if they are ahead of it, which happens after the database was
 * recreated or restored from a backup. Waits a minute for the group to be empty, then rejects with ARCHIVE_REFUSED: other
 * archive processes are running and would have to be stopped.
 */
export async function rewind(options: RewindOptions): Promise<void> {
  const { kafka, groupId, emit, signal, within = WITHIN } = options
  const deadline = performance.now() + within
  for (let attempt = 0; ; attempt++) {
    const ahead = await aheadOf(options)
    if (ahead.length === 0 || (await kafka.setOffsets(groupId, ahead))) return
    if (performance.now() > deadline) {
      const message = `the consumer group ${groupId} ${AHEAD}: stop every archive process, then start one`
      throw new SigwatchError('ARCHIVE_REFUSED', message)
    }
    if (attempt === 0)
      emit({
        name: 'warning',
        message: `the consumer group ${groupId} ${AHEAD}, and has members: waiting up to a minute for their end`,
      })
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) throw new SigwatchError('ARCHIVE_UNREACHABLE', 'stopped while the group had members')
  }
}

/** Running processes write to the database before they commit, so commits are read first. */
async function aheadOf({ kafka, groupId, topics, archived }: RewindOptions): Promise<Ahead> {
  const commits = new Map<string, Awaited<ReturnType<KafkaConnection['committed']>>>()
  for (const topic of topics) commits.set(topic, await kafka.committed(groupId, topic))
  const reached = await archived()
  return [...commits].flatMap(([topic, committed]) =>
    [...committed].flatMap(([partition, offset]) => {
      const next = reached.get(partitionKey({ topic, partition })) ?? 0
      return offset !== undefined && offset > next ? [{ topic, partition, offset: next }] : []
    }),
  )
}

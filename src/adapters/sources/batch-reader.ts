import type { Position } from '../../domain/message.ts'
import { type PartitionId, partitionKey, type SourceHandler } from '../../domain/ports.ts'
import type { EachBatchPayload } from '../kafka/client.ts'
import { type Heartbeat, startHeartbeat } from '../kafka/heartbeat.ts'
import { slicesOf } from '../kafka/records/slices.ts'
import type { Assignment } from './assignment.ts'
import type { MemberOptions } from './member-options.ts'

export interface ReaderParts {
  readonly options: Pick<MemberOptions, 'connection' | 'emit' | 'heartbeatInterval' | 'chunk' | 'appended'>
  readonly handler: SourceHandler
  readonly assignment: () => Assignment | undefined
  /** Resolves when partitions that are being given up are released. */
  readonly released: () => Promise<void>
  readonly seek: (position: Position) => void
  readonly restart: (reason: unknown) => void
  readonly failed: (error: unknown) => void
  readonly progressed: () => void
  readonly stopping: AbortSignal
}

/** Used instead of a time while a batch is decoded or waits for memory, and not for the handler. */
const DECODING = Number.POSITIVE_INFINITY

/** Payload of END_BATCH_PROCESS for a batch without records for readers. */
interface EmptyBatch extends PartitionId {
  readonly firstOffset: string | null
  readonly lastOffset: string
  readonly offsetLag: string
}

/** Delivers the batches of one consumer in slices, if they continue what was read before. */
export class BatchReader {
  readonly #parts: ReaderParts
  /** Start of the handler's last slice, by batch in progress. */
  readonly #handling = new Map<Heartbeat, number>()
  /** Consecutive batches that did not continue, by partition. */
  readonly #apart = new Map<string, number>()

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  handling(): readonly number[] {
    return [...this.#handling.values()]
  }

  /**
   * Delivers one batch. Never throws: the client would reread the batch and restart in an endless loop. Offsets that
   * are not resolved are left to the next fetch or the next owner.
   */
  async read(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, pause } = payload
    const assignment = this.#parts.assignment()
    if (!assignment?.holds(batch)) return
    const beat = startHeartbeat(heartbeat, this.#parts.options.heartbeatInterval)
    this.#handling.set(beat, performance.now())
    try {
      if (assignment.preparing && (await beat.during(assignment.ready)) === 'lost') return
      if (this.#isOver(assignment)) {
        // Otherwise the unread rest would be fetched over and over while the partitions are settled.
        await beat.during(this.#parts.released())
        return
      }
      const { topic, partition } = batch
      const continuation = assignment.continuation(batch)
      if (continuation.kind === 'continues') {
        this.#apart.delete(partitionKey(batch))
        await this.#deliver(payload, assignment, continuation, beat)
      } else if (continuation.kind !== 'unknown')
        await beat.during(this.#goBack(assignment, batch, continuation))
      if (this.#isOver(assignment)) await beat.during(this.#parts.released())
      const full = this.#parts.handler.full?.({ topic, partition })
      if (full) void full.then(pause())
    } catch (error) {
      this.#parts.failed(error)
    } finally {
      beat.end()
      this.#handling.delete(beat)
      this.#parts.progressed()
    }
  }

  /** The client skipped a batch without records for readers. */
  passOver({ topic, partition, firstOffset, lastOffset, offsetLag }: EmptyBatch): void {
    const assignment = this.#parts.assignment()
    const id = { topic, partition }
    if (!assignment?.holds(id) || this.#isOver(assignment)) return
    if (assignment.passOver(id, firstOffset === null ? null : Number(firstOffset), Number(lastOffset)))
      this.#parts.handler.skipped?.(id, Math.max(0, Number(offsetLag)))
    else this.#parts.seek({ ...id, offset: assignment.position(id)! })
  }

  #isOver(assignment: Assignment): boolean {
    return assignment.ending || assignment !== this.#parts.assignment() || this.#parts.stopping.aborted
  }

  async #deliver(
    { batch, resolveOffset, isRunning, isStale }: EachBatchPayload,
    assignment: Assignment,
    { from, position }: { readonly from: number; readonly position: number },
    beat: Heartbeat,
  ): Promise<void> {
    const { topic, partition } = batch
    const { epoch } = assignment
    const { connection, chunk: size } = this.#parts.options
    const { maxHeaders, memory } = connection.decoding
    const end = Number(batch.highWatermark)
    const id = { topic, partition }
    let handedOver = from
    this.#handling.set(beat, DECODING)
    for await (const slice of slicesOf(batch.messages, id, { from: position, size, maxHeaders, memory })) {
      const continues = assignment.handedOver(batch) === handedOver
      if (this.#isOver(assignment) || !continues || !isRunning() || isStale()) return
      const { records, isLast } = slice
      // Control records may follow the last record.
      const next = isLast ? Number(batch.lastOffset()) + 1 : slice.next
      if (records.length > 0) {
        const lag = Math.max(0, end - next)
        const run = { partition: id, epoch, from: handedOver, records, lag }
        const last = records.at(-1)!
        if (last.timestampType === 'LogAppendTime') this.#parts.options.appended?.(last.timestamp)
        handedOver = last.position.offset + 1
        // Before waiting: whatever the outcome, these records must not be handed over again.
        assignment.advance(batch, next, handedOver)
        this.#handling.set(beat, performance.now())
        if ((await beat.during(this.#parts.handler.records(run))) === 'lost') return
        // If the partition was given up or reassigned meanwhile, the client has another position.
        if (this.#isOver(assignment)) return
        this.#handling.set(beat, DECODING)
        this.#parts.progressed()
      } else assignment.advance(batch, Math.max(position, next), handedOver)
      resolveOffset(String(next - 1))
    }
  }

  /**
   * The batch does not continue, usually because it was fetched before the assignment. On the second in a row, the log
   * itself is checked: retention may have removed its start, or it may have been recreated.
   */
  async #goBack(
    assignment: Assignment,
    { topic, partition }: PartitionId,
    { kind, position }: { readonly kind: 'ahead' | 'short'; readonly position: number },
  ): Promise<void> {
    const { connection, emit } = this.#parts.options
    const key = partitionKey({ topic, partition })
    const times = (this.#apart.get(key) ?? 0) + 1
    this.#apart.set(key, times)
    let offset = position
    if (times > 1 || kind === 'short') {
      const [bounds] = await connection.boundsOf([{ topic, partition }])
      if (this.#isOver(assignment) || assignment.position({ topic, partition }) !== position) return
      if (bounds && bounds.endOffset < position) {
        emit({ name: 'log_restarted', topic, partition })
        assignment.abandon({ topic, partition })
        this.#parts.restart(new Error(`${key} ends at ${bounds.endOffset}, but was read up to ${position}`))
        return
      }
      if (bounds && bounds.startOffset > position) {
        emit({ name: 'records_expired', topic, partition, count: bounds.startOffset - position })
        offset = bounds.startOffset
        assignment.place({ topic, partition, offset })
      }
    }
    this.#parts.seek({ topic, partition, offset })
  }
}

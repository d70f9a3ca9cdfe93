import type { Emit } from '../domain/events.ts'
import type { Clock, OutputRecord, Sink } from '../domain/ports.ts'
import { writeReporting } from '../domain/sink-refused.ts'
import { reportAlertLatency } from './alert-latency.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Intaken } from './outputs.ts'

export interface WriterParts {
  readonly sink: Sink
  readonly checkpoint: Checkpoint
  readonly clock: Clock
  readonly emit: Emit
  /** Whether to measure the time from the broker's append to the acknowledgement. */
  readonly timed: boolean
  readonly signal: AbortSignal
}

/** Maximum number of batches that the sink has not acknowledged yet. */
const MAX_WRITES = 4

/** Writes the outputs of batches, several at a time, and settles their records when the sink has acknowledged them. */
export class AcknowledgedWriter {
  readonly #parts: WriterParts
  #writes = 0
  #resume: (() => void) | undefined
  #failure: unknown

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** The error that stopped writing; undefined if there is none. */
  get failure(): unknown {
    return this.#failure
  }

  /** Starts the write when there is room; `done` is called with all items when the sink has acknowledged or failed. */
  async write(
    items: readonly Intaken[],
    outputs: readonly OutputRecord[],
    done: (count: number) => void,
  ): Promise<void> {
    while (this.#writes >= MAX_WRITES) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
    this.#writes++
    void this.#send(items, outputs).finally(() => {
      this.#writes--
      this.#resume?.()
      done(items.length)
    })
  }

  async #send(items: readonly Intaken[], outputs: readonly OutputRecord[]): Promise<void> {
    const { sink, emit, signal } = this.#parts
    const began = performance.now()
    try {
      if (outputs.length > 0) await writeReporting(sink, outputs, emit, signal)
    } catch (error) {
      this.#failure ??= error
      return
    }
    emit({ name: 'stage_timed', stage: 'sink', seconds: (performance.now() - began) / 1000 })
    this.#settle(items)
    if (this.#parts.timed) reportAlertLatency(items, outputs, this.#parts)
  }

  #settle(items: readonly Intaken[]): void {
    const { checkpoint } = this.#parts
    for (const item of items) {
      if (item.kind === 'rejected') checkpoint.settle(item.position, item.epoch)
      else for (const origin of item.message.origins) checkpoint.settle(origin.position, item.epoch)
    }
  }
}

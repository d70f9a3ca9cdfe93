import { setTimeout as sleep } from 'node:timers/promises'
import type { RawRecord } from '../../src/domain/message.ts'
import type { AssignedPartition, PartitionId, RecordRun, SourceHandler } from '../../src/domain/ports.ts'

/** Records what a source delivers, in call order. */
export class RecordingHandler implements SourceHandler {
  readonly taken: RawRecord[] = []
  readonly lags: (number | undefined)[] = []
  readonly held = new Set<string>()
  readonly calls: string[] = []
  readonly assignments: (readonly AssignedPartition[])[] = []
  /** Records delivered before their partition was assigned or after it was revoked. */
  readonly strays: RawRecord[] = []
  readonly #delay: number
  /** Awaited by every call of `records`. */
  gate: Promise<void> | undefined
  /** Called with every accepted batch. */
  onRecords: ((batch: readonly RawRecord[]) => void | Promise<void>) | undefined
  onRevoked: (() => void | Promise<void>) | undefined
  inCall = 0
  maxInCall = 0

  constructor({ delay = 0 } = {}) {
    this.#delay = delay
  }

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    this.calls.push('assigned')
    this.assignments.push(partitions)
    await sleep(this.#delay)
    for (const p of partitions) this.held.add(`${p.topic}/${p.partition}`)
  }

  async revoked(partitions: readonly PartitionId[]): Promise<void> {
    this.calls.push('revoked')
    await this.onRevoked?.()
    for (const p of partitions) this.held.delete(`${p.topic}/${p.partition}`)
  }

  async records({ records: batch, lag }: RecordRun): Promise<void> {
    this.calls.push('records')
    this.inCall++
    this.maxInCall = Math.max(this.maxInCall, this.inCall)
    const { topic, partition } = batch[0]!.position
    if (!this.held.has(`${topic}/${partition}`)) this.strays.push(...batch)
    await this.gate
    this.taken.push(...batch)
    this.lags.push(lag)
    this.inCall--
    await this.onRecords?.(batch)
  }

  skipped(_partition: PartitionId, lag: number): void {
    this.lags.push(lag)
  }

  get values(): string[] {
    return this.taken.map((r) => r.value.toString())
  }

  /** Resolves when at least `n` records have arrived; rejects after `within` ms. */
  async count(n: number, within = 30_000): Promise<void> {
    await until(
      () => this.taken.length >= n,
      within,
      () => `${this.taken.length} of ${n} records`,
    )
  }
}

/**
 * Resolves when the condition holds; rejects after `within` ms with the message of `state`. Polls slow conditions less often, so
 * that polling does not delay what it waits for.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  within = 30_000,
  state: () => string = () => 'still not',
): Promise<void> {
  const deadline = Date.now() + within
  for (;;) {
    const asked = Date.now()
    if (await condition()) return
    const now = Date.now()
    if (now > deadline) throw new Error(`after ${within} ms: ${state()}`)
    await sleep(Math.min(Math.max(5, 2 * (now - asked)), 200))
  }
}

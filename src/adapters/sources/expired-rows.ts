import { type PartitionId, partitionKey } from '../../domain/ports.ts'

export interface ExpiredRowsOptions {
  /** Offset up to which an earlier reader had applied a partition, if one is known. */
  readonly appliedBefore?: (partition: PartitionId) => number | undefined
  /** Called with the offsets, `to` excluded, that were removed before they were applied. */
  readonly onExpired?: (
    partition: PartitionId,
    removed: { readonly from: number; readonly to: number },
  ) => void
}

/** Reports rows that retention removed from a topic before they were applied, each once. */
export class ExpiredRows {
  readonly #options: ExpiredRowsOptions
  /** Removed rows before these offsets have been reported. */
  readonly #reported = new Map<string, number>()
  /** The topic was recreated: offsets of an earlier reader do not apply to it. */
  #isNew = false

  constructor(options: ExpiredRowsOptions) {
    this.#options = options
  }

  /** `startOffset`: the first offset of the log; `appliedHere`: rows before it were applied by this reader. */
  look(partition: PartitionId, startOffset: number, appliedHere = 0): void {
    const { appliedBefore, onExpired } = this.#options
    const key = partitionKey(partition)
    const applied = Math.max((this.#isNew ? undefined : appliedBefore?.(partition)) ?? 0, appliedHere)
    const known = Math.max(applied, this.#reported.get(key) ?? 0)
    if (applied === 0 || startOffset <= known) return
    this.#reported.set(key, startOffset)
    onExpired?.(partition, { from: known, to: startOffset })
  }

  startOver(): void {
    this.#reported.clear()
    this.#isNew = true
  }
}

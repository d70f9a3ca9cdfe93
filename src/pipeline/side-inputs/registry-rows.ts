import type { TableRow } from '../../adapters/sources/table.ts'
import { applyRow, type RegistryChange } from '../../detection/registry/load.ts'
import type { RegistryHolder } from '../../detection/versions/registry-holder.ts'
import { codeOf } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { jsonOf } from '../../domain/json.ts'

/** Time over which changes of the registry topic are collected before the registry is swapped, ms. */
const SWAP_AFTER = 500

export type Refuse = (row: TableRow, message: string) => void

export interface RegistryRowsOptions {
  readonly registry: Pick<RegistryHolder, 'apply' | 'announce'>
  readonly adopt: () => Promise<void>
  readonly emit: Emit
}

/** Rows of the registry topic: collected, and activated together once the topic has been read to its end. */
export class RegistryRows {
  readonly #options: RegistryRowsOptions
  readonly #changes: RegistryChange[] = []
  #swapping: NodeJS.Timeout | undefined
  #complete = false

  constructor(options: RegistryRowsOptions) {
    this.#options = options
  }

  take(rows: readonly TableRow[], refuse: Refuse): void {
    for (const row of rows) {
      const change = registryChange(row)
      if (typeof change === 'string') refuse(row, change)
      else this.#changes.push(change)
    }
    if (this.#complete) this.#swapping ??= setTimeout(() => this.#swap(), SWAP_AFTER)
    else this.#options.registry.apply(this.#changes.splice(0))
  }

  complete(): void {
    this.#complete = true
    this.#swap()
  }

  stop(): void {
    clearTimeout(this.#swapping)
  }

  #swap(): void {
    const { registry, adopt, emit } = this.#options
    this.#swapping = undefined
    registry.apply(this.#changes.splice(0))
    registry.announce()
    adopt().catch((error: unknown) => emit({ name: 'warning', message: codeOf(error) }))
  }
}

/** The change made by a row of the registry topic, or what is wrong with it, without its content. */
export function registryChange(
  row: Pick<TableRow, 'value'> & { key: string | null },
): RegistryChange | string {
  const value = row.value && jsonOf(row.value)
  return value === undefined ? 'is not valid JSON' : applyRow(row.key, value)
}

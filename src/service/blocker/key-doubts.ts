import type { BlockTable } from '../../detection/blocking/block-table.ts'
import type { Emit } from '../../domain/events.ts'
import { MINUTE } from '../../domain/time.ts'

/** Detects that the token keys of this blocker are not those of the service: states on recipients do not match then. */
export class KeyDoubts {
  readonly #table: Pick<BlockTable, 'unknownKeys' | 'contradicted'>
  readonly #emit: Emit
  #unknown: ReadonlyMap<string, number> = new Map()
  #reported = ''
  #contradicted = 0
  #contradictedAt = Number.NEGATIVE_INFINITY

  constructor(table: Pick<BlockTable, 'unknownKeys' | 'contradicted'>, emit: Emit) {
    this.#table = table
    this.#emit = emit
  }

  /** Call it regularly with the brokers' time, epoch ms. Returns the number of states under unknown keys. */
  look(now: number): number {
    const { contradicted } = this.#table
    this.#unknown = this.#table.unknownKeys(now)
    const states = [...this.#unknown.values()].reduce((sum, n) => sum + n, 0)
    const keys = this.#keys()
    if (keys !== this.#reported && keys !== '') this.#emit({ name: 'token_keys_unknown', keys, states })
    this.#reported = keys
    if (contradicted > this.#contradicted) {
      this.#emit({ name: 'token_keys_differ', messages: contradicted - this.#contradicted })
      this.#contradicted = contradicted
      this.#contradictedAt = performance.now()
    }
    return states
  }

  notes(): readonly string[] {
    const notes: string[] = []
    if (this.#unknown.size > 0)
      notes.push(
        `states on recipients have tokens of a key that is not configured (${this.#keys()}): without a verdict every message is reviewed; add the key to privacy.tokenKey or privacy.previousTokenKeys`,
      )
    if (performance.now() - this.#contradictedAt < MINUTE)
      notes.push(
        'verdicts name states on recipients with other tokens than this blocker makes: its privacy.tokenKey, or the form of its numbers, is not that of the service',
      )
    return notes
  }

  #keys(): string {
    return [...this.#unknown.keys()].sort().join(', ')
  }
}

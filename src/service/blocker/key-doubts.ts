import type { BlockTable } from '../../detection/blocking/block-table.ts'
import type { Emit } from '../../domain/events.ts'
import { MINUTE } from '../../domain/time.ts'

const DIFFER =
  'verdicts name states on recipients with other tokens than this blocker makes: its privacy.tokenKey, or the form of its numbers, is not that of the service'

/** Detects that the token keys of this blocker are not those of the service: states on recipients do not match then. */
export class KeyDoubts {
  readonly #table: Pick<BlockTable, 'unknownKeys' | 'contradicted'>
  readonly #emit: Emit
  #keys = ''
  #contradicted = 0
  #contradictedAt = Number.NEGATIVE_INFINITY

  constructor(table: Pick<BlockTable, 'unknownKeys' | 'contradicted'>, emit: Emit) {
    this.#table = table
    this.#emit = emit
  }

  /** Call it regularly with the brokers' time, epoch ms. Returns the number of states under unknown keys. */
  look(now: number): number {
    const unknown = this.#table.unknownKeys(now)
    const states = [...unknown.values()].reduce((sum, n) => sum + n, 0)
    const keys = [...unknown.keys()].sort().join(', ')
    if (keys !== this.#keys && keys !== '') this.#emit({ name: 'token_keys_unknown', keys, states })
    this.#keys = keys
    const messages = this.#table.contradicted - this.#contradicted
    this.#contradicted += messages
    if (messages > 0) this.#contradictedAt = performance.now()
    if (messages > 0) this.#emit({ name: 'token_keys_differ', messages })
    return states
  }

  notes(): readonly string[] {
    const unknown = `states on recipients use a token key that is not configured (${this.#keys}): without a verdict every message is reviewed; add the key to privacy.tokenKey or privacy.previousTokenKeys`
    const differ = performance.now() - this.#contradictedAt < MINUTE
    return [...(this.#keys === '' ? [] : [unknown]), ...(differ ? [DIFFER] : [])]
  }
}

import type { Problem } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { Policy } from '../../domain/policy.ts'
import { loadPolicy, readPolicy } from '../policy/load.ts'
import { changeFaults } from './named-change.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/** The policy in force, swapped whole when its file changes. */
export class PolicyHolder {
  readonly #file: string | undefined
  readonly #emit: Emit
  #current: Policy

  /** Loads the operator's policy over the shipped one; throws InvalidInput when the file is wrong. */
  constructor(file: string | undefined, emit: Emit) {
    this.#file = file
    this.#emit = emit
    this.#current = loadPolicy(file)
    emit({ name: 'policy_loaded', hash: this.#current.hash })
  }

  get current(): Policy {
    return this.#current
  }

  /** Reads the file again; a bad one is refused with the reason and the old one stays. */
  reload(): Reload {
    const { policy: next, problems } = readPolicy(this.#file)
    if (!next) {
      this.#emit({ name: 'reload_refused', what: 'policy', reason: refusal(problems) })
      return 'refused'
    }
    if (next.hash === this.#current.hash) return 'same'
    const faults = this.#changeFaults(next)
    if (faults.length > 0) {
      this.#emit({ name: 'reload_refused', what: 'policy', reason: refusal(faults) })
      return 'refused'
    }
    this.#current = next
    this.#emit({ name: 'policy_loaded', hash: next.hash })
    return 'swapped'
  }

  /** To require no change any more is a change too. */
  #changeFaults({ change, requireChange }: Policy): readonly Problem[] {
    const before = this.#current
    if (!requireChange && !before.requireChange) return []
    return changeFaults(this.#file ?? 'policy', change, before)
  }
}

import type { Emit } from '../domain/events.ts'
import type { Policy } from '../domain/policy.ts'
import { loadPolicy, readPolicy } from '../policy/load.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/** The policy in force, swapped whole when its file changes. */
export interface PolicyHolder {
  current(): Policy
  /** Reads the file anew; a bad one is refused with the reason and the old one stays. */
  reload(): Reload
}

/** Loads the operator's policy over the shipped one; throws InvalidInput when the file is wrong. */
export function openPolicy(file: string | undefined, emit: Emit): PolicyHolder {
  let policy = loadPolicy(file)
  emit({ name: 'policy_loaded', hash: policy.hash })
  return {
    current: () => policy,
    reload() {
      const { policy: next, problems } = readPolicy(file)
      if (!next) {
        emit({ name: 'reload_refused', what: 'policy', reason: refusal(problems) })
        return 'refused'
      }
      if (next.hash === policy.hash) return 'same'
      policy = next
      emit({ name: 'policy_loaded', hash: policy.hash })
      return 'swapped'
    },
  }
}

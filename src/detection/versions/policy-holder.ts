import { InvalidInput, type Problem } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { OwnRules, Policy } from '../../domain/policy.ts'
import { loadOwnRules, readOwnRules } from '../detectors/own-rules/read.ts'
import { combinePolicy, type PolicyReading, readPolicy } from '../policy/load.ts'
import { changeFaults } from './named-change.ts'
import { type Reload, refusal } from './reload-outcome.ts'

/**
 * The current policy and the operator's own rules, replaced as a whole when a file changes. A faulty file leaves that part
 * unchanged; so do new rules that lack a code named by the policy.
 */
export class PolicyHolder {
  readonly #file: string | undefined
  readonly #rulesFile: string | undefined
  readonly #emit: Emit
  #current: Policy
  /** The current policy as parsed; undefined: the shipped one. */
  #document: PolicyReading['document']
  /** Whether something was refused in this reload. */
  #isRefused = false

  /** Loads the operator's policy over the shipped one, and own rules; throws InvalidInput if a file is faulty. */
  constructor(file: string | undefined, emit: Emit, rulesFile?: string) {
    this.#file = file
    this.#rulesFile = rulesFile
    this.#emit = emit
    const own = rulesFile === undefined ? undefined : loadOwnRules(rulesFile)
    const { policy, document, problems } = readPolicy(file, own)
    if (!policy) throw new InvalidInput('POLICY_INVALID', problems)
    const faults = own && policy.requireChange ? changeFaults(rulesFile!, own.change) : []
    if (faults.length > 0) throw new InvalidInput('RULES_INVALID', faults)
    this.#current = policy
    this.#document = document
    this.#announce()
  }

  get current(): Policy {
    return this.#current
  }

  /** Reloads the files; a faulty one is refused with the reason and the old one stays. */
  reload(): Reload {
    const before = this.#current
    this.#isRefused = false
    const rules = this.#nextRules()
    const reading = this.#nextPolicy(rules === 'refused' ? before.own : rules)
    const next = reading?.policy
    if (!reading || !next) return 'refused'
    if (next.hash === before.hash && next.own?.hash === before.own?.hash)
      return this.#isRefused ? 'refused' : 'same'
    this.#current = next
    this.#document = reading.document
    this.#announce(before)
    return 'swapped'
  }

  #nextRules(): OwnRules | undefined | 'refused' {
    const file = this.#rulesFile
    if (file === undefined) return undefined
    const { own: before, requireChange } = this.#current
    const { rules, problems } = readOwnRules(file)
    if (!rules) return this.#refuse('rules', problems)
    if (rules.hash === before?.hash) return before
    const faults = requireChange ? changeFaults(file, rules.change, before) : []
    return faults.length > 0 ? this.#refuse('rules', faults) : rules
  }

  /** The policy to combine with these rules, or with the current ones; undefined: both stay. */
  #nextPolicy(own: OwnRules | undefined): PolicyReading | undefined {
    const { own: before } = this.#current
    const reading = readPolicy(this.#file, own)
    if (!reading.policy && own !== before && readPolicy(this.#file, before).policy) {
      this.#refuse('rules', reading.problems, (why) => lacking(this.#rulesFile!, why))
      return this.#nextPolicy(before)
    }
    const problems = reading.policy ? this.#changeFaults(reading.policy) : reading.problems
    if (problems.length === 0) return reading
    this.#refuse('policy', problems)
    if (own === before) return undefined
    const kept = combinePolicy(this.#document, own)
    if (kept.policy) return kept
    this.#refuse('rules', kept.problems, (why) => lacking(this.#rulesFile!, why))
    return undefined
  }

  /** Dropping `requireChange` is itself a change. */
  #changeFaults({ hash, change, requireChange }: Policy): readonly Problem[] {
    const before = this.#current
    if (hash === before.hash || (!requireChange && !before.requireChange)) return []
    return changeFaults(this.#file ?? 'policy', change, before)
  }

  #refuse(what: 'policy' | 'rules', problems: readonly Problem[], say = (why: string) => why): 'refused' {
    this.#isRefused = true
    this.#emit({ name: 'reload_refused', what, reason: say(refusal(problems)) })
    return 'refused'
  }

  #announce(before?: Policy): void {
    const { hash, own } = this.#current
    if (hash !== before?.hash) this.#emit({ name: 'policy_loaded', hash })
    if (own && own.hash !== before?.own?.hash)
      this.#emit({ name: 'rules_loaded', hash: own.hash, rules: own.codes.size })
  }
}

/** Message for rules that lack a code named by the policy. */
function lacking(rulesFile: string, why: string): string {
  return `${rulesFile}: the policy names what it lacks: ${why}; put both back at once, or take it out of the policy first`
}

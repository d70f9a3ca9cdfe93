import { BoundedCache } from '../domain/bounded-cache.ts'
import { portName } from '../domain/counted-name.ts'
import type { MemberObservation, RateObservation } from '../domain/feature-store.ts'
import { COUNTED_FROM, portPrefix } from '../domain/port-prefix.ts'
import { RecentCounts } from '../domain/recent-counts.ts'
import { HOUR, MINUTE } from '../domain/time.ts'
import { ESCALATION } from '../stores/states/escalation.ts'

/** Maximum number of unregistered names that one port may introduce per hour of event time. */
const NAMES_AN_HOUR = 256
const ENTITIES_A_MINUTE = 240
/** Maximum number of escalation targets among them per hour: each may become an open state, copied to every instance. */
const TARGETS_AN_HOUR = 256
/** Budget of all ports with the same prefix, as a multiple of that of one port: for senders that use random extensions. */
const PREFIX_SHARE = 8
/** Maximum number of ports per prefix and hour that are counted separately although they have sent little. */
const PORTS_AN_HOUR = 512
/**
 * Maximum number of messages per hour, from numbers with the same prefix that are not counted separately, that are
 * checked for being sent to strangers.
 */
const FANOUTS_AN_HOUR = 4096
/** Entities and ports that are remembered, up to twice as many; forgotten ones count as new. */
const REMEMBERED = 100_000

/** Entities introduced by a port, or by all ports with the same prefix. */
interface Budget {
  hour: number
  names: number
  targets: number
  ports: number
  fanouts: number
  minute: number
  entities: number
}

/** The cost of a new entity; `share` is the multiple of one port's budget that applies. */
interface Cost {
  readonly isSpent: (budget: Budget, share: number) => boolean
  readonly spend: (budget: Budget) => void
}

const NAME: Cost = {
  isSpent: (budget, share) => budget.names >= NAMES_AN_HOUR * share,
  spend: (budget) => budget.names++,
}
const ENTITY: Cost = {
  isSpent: (budget, share) => budget.entities >= ENTITIES_A_MINUTE * share,
  spend: (budget) => budget.entities++,
}
const TARGET: Cost = {
  isSpent: (budget, share) => ENTITY.isSpent(budget, share) || budget.targets >= TARGETS_AN_HOUR * share,
  spend(budget) {
    budget.entities++
    budget.targets++
  },
}

function newBudget(): Budget {
  return { hour: 0, names: 0, targets: 0, ports: 0, fanouts: 0, minute: 0, entities: 0 }
}

/**
 * Limits the entities that the store keeps for one port. Above the limit, senders with ever new names, or extensions
 * of a port, are counted under their port only. Admitted entities stay admitted; registered names are always
 * admitted. The limits apply by event time and per instance.
 */
export class EntityGate {
  /** Admitted entities, each with a count of 1. */
  readonly #known = new RecentCounts(REMEMBERED)
  /** Number of messages of ports that are not counted separately. */
  readonly #waiting = new RecentCounts(REMEMBERED)
  readonly #budgets = new BoundedCache<Budget>(REMEMBERED)
  #refused = 0

  takeRefused(): number {
    const refused = this.#refused
    this.#refused = 0
    return refused
  }

  /** Whether the port may be counted under the name. */
  name(port: string, name: string, ts: number): boolean {
    return this.#admit(`name:${name}@${port}`, port, ts, NAME)
  }

  /** Whether the port may be counted for an entity derived from its texts or targets. */
  entity(port: string, { entity }: Pick<MemberObservation | RateObservation, 'entity'>, ts: number): boolean {
    return this.#admit(entity, port, ts, entity.startsWith(ESCALATION) ? TARGET : ENTITY)
  }

  /**
   * Whether the port is counted separately. Each prefix may introduce some ports that have sent little; beyond that, a
   * sender is counted under the prefix until it has sent enough messages.
   */
  port(port: string, ts: number): boolean {
    const prefix = portPrefix(port)
    if (prefix === undefined) return true
    const key = portName(port)
    if (this.#known.get(key) > 0) return true
    const shared = this.#budgetOf(prefix, ts)
    if (shared.ports < PORTS_AN_HOUR) shared.ports++
    else {
      const messages = this.#waiting.get(port) + 1
      if (messages < COUNTED_FROM) {
        this.#waiting.set(port, messages)
        this.#refused++
        return false
      }
    }
    this.#known.set(key, 1)
    return true
  }

  /** Whether a text of a private number is checked for being sent to a stranger. */
  fanout(number: string, ts: number): boolean {
    const prefix = portPrefix(number)
    if (prefix === undefined || this.#known.get(portName(number)) > 0) return true
    if (this.#budgetOf(prefix, ts).fanouts++ < FANOUTS_AN_HOUR) return true
    this.#refused++
    return false
  }

  #admit(key: string, port: string, ts: number, { isSpent, spend }: Cost): boolean {
    if (this.#known.get(key) > 0) return true
    const own = this.#budgetOf(port, ts)
    const prefix = portPrefix(port)
    const shared = prefix === undefined ? undefined : this.#budgetOf(prefix, ts)
    if (isSpent(own, 1) || (shared && isSpent(shared, PREFIX_SHARE))) {
      this.#refused++
      return false
    }
    spend(own)
    if (shared) spend(shared)
    this.#known.set(key, 1)
    return true
  }

  #budgetOf(port: string, ts: number): Budget {
    const [hour, minute] = [Math.floor(ts / HOUR), Math.floor(ts / MINUTE)]
    const budget = this.#budgets.get(port, newBudget)
    if (hour > budget.hour) Object.assign(budget, { hour, names: 0, targets: 0, ports: 0, fanouts: 0 })
    if (minute > budget.minute) Object.assign(budget, { minute, entities: 0 })
    return budget
  }
}

import type { MemberObservation, RateObservation } from '../domain/feature-store.ts'
import { COUNTED_FROM, portPrefix } from '../domain/port-prefix.ts'
import { HOUR, MINUTE } from '../domain/time.ts'
import { ESCALATION } from '../stores/states/escalation.ts'

/** Names that the registry does not know which one port may bring up in an hour of event time. */
const NAMES_AN_HOUR = 256
/** Further entities (bands of templates, targets of escalations) that one port may bring up in a minute. */
const ENTITIES_A_MINUTE = 240
/** Targets of escalations among them in an hour: each may become an open state, of which every instance has a copy. */
const TARGETS_AN_HOUR = 256
/** Ports that begin alike have together this many times what one has: for senders that use random extensions of one port. */
const PREFIX_SHARE = 8
/** Ports that begin alike and are counted by themselves although they have sent little, in an hour. */
const PORTS_AN_HOUR = 512
/**
 * Messages in an hour from numbers that begin alike and are not counted by themselves, of which it is found out whether they
 * go to strangers.
 */
const FANOUTS_AN_HOUR = 4096
/** Entities and ports that are remembered, twice over; who is forgotten is new again. */
const REMEMBERED = 100_000

/** What a port, or all ports that begin alike, have brought up. */
interface Budget {
  hour: number
  names: number
  targets: number
  ports: number
  fanouts: number
  minute: number
  entities: number
}

/** What something new costs; `share`: how many times the budget of one port it is asked of. */
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

/** The last entries of a map, between `most` and twice as many: the older half goes when the newer is full. */
class Recent<V> {
  readonly #most: number
  #newer = new Map<string, V>()
  #older = new Map<string, V>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): V | undefined {
    const value = this.#newer.get(key)
    if (value !== undefined) return value
    const old = this.#older.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    this.#newer.set(key, value)
    if (this.#newer.size < this.#most) return
    this.#older = this.#newer
    this.#newer = new Map()
  }
}

/**
 * Bounds what one port can make the store keep: a sender that uses a new random name each time is counted under the
 * port alone from some number on, and so is one that does so from ever new extensions of a port. What was let in stays in; names of the registry are never held back. By event time and
 * for one instance, which reads a part of the partitions.
 */
export class EntityGate {
  readonly #known = new Recent<true>(REMEMBERED)
  readonly #ports = new Recent<Budget>(REMEMBERED)
  /** Messages of ports that are not counted by themselves. */
  readonly #waiting = new Recent<number>(REMEMBERED)
  #refused = 0

  /** What was held back since this was last asked. */
  takeRefused(): number {
    const refused = this.#refused
    this.#refused = 0
    return refused
  }

  /** Whether the port may be counted under the name. */
  name(port: string, name: string, ts: number): boolean {
    return this.#admit(`name:${name}@${port}`, port, ts, NAME)
  }

  /** Whether the port may be counted for an entity that is made of its texts or targets. */
  entity(port: string, { entity }: Pick<MemberObservation | RateObservation, 'entity'>, ts: number): boolean {
    return this.#admit(entity, port, ts, entity.startsWith(ESCALATION) ? TARGET : ENTITY)
  }

  /**
   * Whether the port is counted by itself: those that begin alike may bring up some that have sent little; beyond them
   * a sender is counted under the prefix until its messages are worth a count of its own.
   */
  port(port: string, ts: number): boolean {
    const prefix = portPrefix(port)
    if (prefix === undefined) return true
    const key = `port:${port}`
    if (this.#known.get(key)) return true
    const shared = this.#budgetOf(prefix, ts)
    if (shared.ports < PORTS_AN_HOUR) shared.ports++
    else {
      const messages = (this.#waiting.get(port) ?? 0) + 1
      if (messages < COUNTED_FROM) {
        this.#waiting.set(port, messages)
        this.#refused++
        return false
      }
    }
    this.#known.set(key, true)
    return true
  }

  /** Whether it is found out of a text of a private number whether it goes to a stranger. */
  fanout(number: string, ts: number): boolean {
    const prefix = portPrefix(number)
    if (prefix === undefined || this.#known.get(`port:${number}`)) return true
    if (this.#budgetOf(prefix, ts).fanouts++ < FANOUTS_AN_HOUR) return true
    this.#refused++
    return false
  }

  #admit(key: string, port: string, ts: number, { isSpent, spend }: Cost): boolean {
    if (this.#known.get(key)) return true
    const own = this.#budgetOf(port, ts)
    const prefix = portPrefix(port)
    const shared = prefix === undefined ? undefined : this.#budgetOf(prefix, ts)
    if (isSpent(own, 1) || (shared && isSpent(shared, PREFIX_SHARE))) {
      this.#refused++
      return false
    }
    spend(own)
    if (shared) spend(shared)
    this.#known.set(key, true)
    return true
  }

  #budgetOf(port: string, ts: number): Budget {
    const [hour, minute] = [Math.floor(ts / HOUR), Math.floor(ts / MINUTE)]
    let budget = this.#ports.get(port)
    if (budget === undefined) {
      budget = { hour, names: 0, targets: 0, ports: 0, fanouts: 0, minute, entities: 0 }
      this.#ports.set(port, budget)
    }
    if (hour > budget.hour) Object.assign(budget, { hour, names: 0, targets: 0, ports: 0, fanouts: 0 })
    if (minute > budget.minute) Object.assign(budget, { minute, entities: 0 })
    return budget
  }
}

/** Wrong tokens in a row that a network may try, and the time after which one is forgotten, ms. */
const OF_NETWORK = { most: 5, forgets: 30_000 }
/** The same for all networks together. */
const OF_ALL = { most: 50, forgets: 5_000 }
/** Maximum number of networks remembered; those that failed longest ago are dropped. */
const MOST_NETWORKS = 10_000

/** Number of failures at a monotonic time, ms. */
interface Level {
  readonly failures: number
  readonly at: number
}

const NONE: Level = { failures: 0, at: 0 }

function failuresAt({ failures, at }: Level, now: number, forgets: number): number {
  return Math.max(0, failures - (now - at) / forgets)
}

/**
 * Leaky buckets for failed logins: one per network against guessing, and one for all networks. While that one is full, a
 * network has one attempt instead of five. A network without failures can always log in, so that attackers cannot lock out
 * others. Memory is bounded. Times are monotonic, ms.
 */
export class LoginLimits {
  readonly #networks = new Map<string, Level>()
  #all = NONE

  /** How long attempts from this network are still refused, ms; 0 if one is allowed. */
  wait(network: string, now: number): number {
    const failures = failuresAt(this.#networks.get(network) ?? NONE, now, OF_NETWORK.forgets)
    const most = this.#isSpent(now) ? 1 : OF_NETWORK.most
    return Math.max(0, failures + 1 - most) * OF_NETWORK.forgets
  }

  /** Counts a wrong token. Returns false while there are too many from all networks to record each. */
  failed(network: string, now: number): boolean {
    const noted = !this.#isSpent(now)
    const before = this.#networks.get(network) ?? NONE
    this.#networks.delete(network)
    const [oldest] = this.#networks.size >= MOST_NETWORKS ? this.#networks.keys() : []
    if (oldest !== undefined) this.#networks.delete(oldest)
    this.#networks.set(network, { failures: failuresAt(before, now, OF_NETWORK.forgets) + 1, at: now })
    if (noted) this.#all = { failures: failuresAt(this.#all, now, OF_ALL.forgets) + 1, at: now }
    return noted
  }

  #isSpent(now: number): boolean {
    return failuresAt(this.#all, now, OF_ALL.forgets) > OF_ALL.most - 1
  }
}

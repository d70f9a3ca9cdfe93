/** Wrong tokens that one network may give in a row, and the time in which one of them is forgotten, ms. */
const OF_NETWORK = { most: 5, forgets: 30_000 }
/** The same for all networks together. */
const OF_ALL = { most: 50, forgets: 5_000 }
/** Networks that are remembered; of more, those that failed longest ago are forgotten. */
const MOST_NETWORKS = 10_000

/** Failures that are not forgotten yet, at a monotonic time, ms. */
interface Level {
  readonly failures: number
  readonly at: number
}

const NONE: Level = { failures: 0, at: 0 }

function failuresAt({ failures, at }: Level, now: number, forgets: number): number {
  return Math.max(0, failures - (now - at) / forgets)
}

/**
 * Token buckets of wrong logins: one a network, which ends guessing, and one for all. While that is spent a network
 * has one attempt instead of five; one that has not failed is always looked at, so that guessers lock out no one else.
 * Memory is bounded. Times are monotonic, ms.
 */
export class LoginLimits {
  readonly #networks = new Map<string, Level>()
  #all = NONE

  /** How long an attempt from this network is not looked at, ms; 0: it is. */
  wait(network: string, now: number): number {
    const failures = failuresAt(this.#networks.get(network) ?? NONE, now, OF_NETWORK.forgets)
    const most = this.#isSpent(now) ? 1 : OF_NETWORK.most
    return Math.max(0, failures + 1 - most) * OF_NETWORK.forgets
  }

  /** Counts a wrong token. False while so many come from everywhere that they are not noted one by one. */
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

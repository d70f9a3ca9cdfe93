/**
 * A seeded random number generator (sfc32): the same seed gives the same stream on every machine. Retraining reproduces the
 * shipped weights only with this stream; the simulator has its own for the same reason.
 */
export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** Integer from 0 to below `n`. */
  below(n: number): number
  /** Integer from `low` to `high`, inclusive. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

/** Seeds the state by splitting the integer into four words; any integer works. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed
  let b = Math.imul(seed ^ 0x243f6a88, 0x85ebca6b)
  let c = Math.imul(seed ^ 0xb7e15162, 0xc2b2ae35)
  let d = 1
  const step = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 16; i++) step()
  const below = (n: number) => Math.floor(step() * n)
  return {
    next: step,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => step() < probability,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
  }
}

/** Fisher-Yates shuffle, in place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = items[i] as T
    items[i] = items[j] as T
    items[j] = held
  }
  return items
}

/** Event time is divided into slots of two minutes, thirty per hour: an hour is a bit mask. */
export const SLOTS_AN_HOUR = 30

/** Minimum number of empty slots that may be an absence: a fifth of an hour. */
const SHORTEST = 6
/** The same if the previous pace is unknown. */
const SHORTEST_UNKNOWN = SLOTS_AN_HOUR
/** Maximum number of non-empty slots that determine the pace. */
const PACE_SLOTS = 16
/** Negative logarithm of the probability of a run at the previous pace that counts as an absence: one in four hundred. */
const RARE = 6

export type Run = readonly [from: number, to: number]

export class FedSlots {
  /** The very first slot: nothing before it is an absence. */
  first = Number.POSITIVE_INFINITY
  newest = Number.NEGATIVE_INFINITY
  /** By hour since the epoch. */
  readonly #masks = new Map<number, number>()
  #scanned: { readonly runs: readonly Run[]; readonly last: readonly number[] } | undefined

  get isEmpty(): boolean {
    return this.#masks.size === 0
  }

  mask(hour: number): number {
    return this.#masks.get(hour) ?? 0
  }

  /** Adds slots of an hour; returns false if all are known. */
  add(hour: number, added: number): boolean {
    const mask = this.mask(hour) | added
    if (mask === this.#masks.get(hour)) return false
    this.#masks.set(hour, mask)
    this.began(hour * SLOTS_AN_HOUR + 31 - Math.clz32(mask & -mask))
    this.newest = Math.max(this.newest, hour * SLOTS_AN_HOUR + 31 - Math.clz32(mask))
    this.#scanned = undefined
    return true
  }

  /** Moves the first slot back to this one if it is earlier. */
  began(slot: number): void {
    if (slot < this.first) this.#scanned = undefined
    this.first = Math.min(this.first, slot)
  }

  forget(before: number): void {
    for (const hour of this.#masks.keys()) if (hour < before) this.#masks.delete(hour)
    this.#scanned = undefined
  }

  /** Absences between two slots; the second may be after all known slots. */
  absences(oldest: number, newest: number): readonly Run[] {
    this.#scanned ??= this.#scan(Math.max(this.first, oldest))
    const { runs, last } = this.#scanned
    const next = Math.max(this.newest + 1, oldest)
    return isAbsence(last, next, newest) ? [...runs, [next, newest]] : runs
  }

  /** Absences from a slot on, and the last non-empty slots after them. */
  #scan(start: number) {
    const runs: Run[] = []
    let last: number[] = []
    let next = start
    for (const [hour, mask] of [...this.#masks].sort(([a], [b]) => a - b)) {
      for (let at = 0; at < SLOTS_AN_HOUR; at++) {
        const slot = hour * SLOTS_AN_HOUR + at
        if (((mask >> at) & 1) === 0 || slot < next) continue
        if (isAbsence(last, next, slot)) {
          runs.push([next, slot])
          // The pace after an absence may be different.
          last = []
        }
        last.push(slot)
        if (last.length > PACE_SLOTS) last.shift()
        next = slot + 1
      }
    }
    return { runs, last }
  }
}

/** Whether empty slots are unlikely to be chance at the pace of the last non-empty ones. */
function isAbsence(last: readonly number[], from: number, to: number): boolean {
  const length = to - from
  if (last.length === 0) return length >= SHORTEST_UNKNOWN
  return length >= SHORTEST && last.length * Math.log1p(length / (from - last[0]!)) >= RARE
}

/** Event time is looked at in slots of two minutes, thirty an hour: an hour is the bits of a mask. */
export const SLOTS_AN_HOUR = 30
const FULL = 2 ** SLOTS_AN_HOUR - 1

/** Slots without a message from which on they may be an absence: a fifth of an hour. */
const SHORTEST = 6
/** The same where nothing is known of the pace before. */
const SHORTEST_UNKNOWN = SLOTS_AN_HOUR
/** Slots with a message that an absence would have had at the pace before it: by chance one in hundreds has none. */
const EXPECTED = 6
/** Slots that a pace is taken from, at least. */
const PACE_SLOTS = 8

/** From its first slot on, up to the one after its last. */
export type Run = readonly [from: number, to: number]

/** Slots in which something had a message, and the absences between them. */
export class FedSlots {
  /** The first slot ever: what lies before is no absence. */
  first = Number.POSITIVE_INFINITY
  newest = Number.NEGATIVE_INFINITY
  /** By hour since the epoch. */
  readonly #masks = new Map<number, number>()
  #runs: readonly Run[] | undefined

  get isEmpty(): boolean {
    return this.#masks.size === 0
  }

  mask(hour: number): number {
    return this.#masks.get(hour) ?? 0
  }

  /** Adds slots of an hour; false: all are known. */
  add(hour: number, added: number): boolean {
    const mask = this.mask(hour) | added
    if (mask === this.#masks.get(hour)) return false
    this.#masks.set(hour, mask)
    this.began(hour * SLOTS_AN_HOUR + 31 - Math.clz32(mask & -mask))
    this.newest = Math.max(this.newest, hour * SLOTS_AN_HOUR + 31 - Math.clz32(mask))
    this.#runs = undefined
    return true
  }

  /** Notes a slot that the first is not after. */
  began(slot: number): void {
    if (slot < this.first) this.#runs = undefined
    this.first = Math.min(this.first, slot)
  }

  forget(before: number): void {
    for (const hour of this.#masks.keys()) if (hour < before) this.#masks.delete(hour)
    this.#runs = undefined
  }

  /** Absences between two slots, of which the second may lie after all that is known. */
  absences(oldest: number, newest: number): readonly Run[] {
    this.#runs ??= this.#between(Math.max(this.first, oldest))
    const last = Math.max(this.newest + 1, oldest)
    const since = this.#runs.at(-1)?.[1] ?? oldest
    return this.#isAbsence(last, newest, since) ? [...this.#runs, [last, newest]] : this.#runs
  }

  #between(start: number): Run[] {
    const runs: Run[] = []
    let [next, since] = [start, start]
    for (const [hour, mask] of [...this.#masks].sort(([a], [b]) => a - b)) {
      const from = hour * SLOTS_AN_HOUR
      const end = from + SLOTS_AN_HOUR
      if (mask === FULL && next === from) next = end
      for (let slot = Math.max(from, next); slot < end; slot++) {
        if (!this.#has(slot)) continue
        if (this.#isAbsence(next, slot, since)) {
          runs.push([next, slot])
          since = slot
        }
        next = slot + 1
      }
    }
    return runs
  }

  #has(slot: number): boolean {
    return ((this.mask(Math.floor(slot / SLOTS_AN_HOUR)) >> (slot % SLOTS_AN_HOUR)) & 1) === 1
  }

  /** Whether so many slots without a message are more than the pace before them explains; `since`: where it began. */
  #isAbsence(from: number, to: number, since: number): boolean {
    const length = to - from
    if (length < SHORTEST) return false
    const start = Math.max(since, this.first, from - SLOTS_AN_HOUR)
    if (start >= from) return length >= SHORTEST_UNKNOWN
    let fed = 0
    for (let slot = start; slot < from; slot++) if (this.#has(slot)) fed++
    return length * fed >= EXPECTED * Math.max(from - start, PACE_SLOTS)
  }
}

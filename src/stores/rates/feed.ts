import type { Observations } from '../../domain/feature-store.ts'
import { hash32 } from '../../domain/hash32.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { partitionKey } from '../../domain/ports.ts'
import { HOUR, MINUTE } from '../../domain/time.ts'
import type { NewestTimes } from '../newest-times.ts'
import { FedSlots, SLOTS_AN_HOUR } from './fed-slots.ts'
import { LIMITS } from './layout.ts'

const SLOT = HOUR / SLOTS_AN_HOUR

export interface Absences {
  /** The partition as stored in a baseline; 0 for the whole feed. */
  readonly home: number
  /** Flat, three numbers per run in ascending order: first minute, minute after the last, absent share. */
  readonly runs: readonly number[]
}

/** Absent minutes between `from` and `to`; if only part of the feed was absent, that share of them. */
export function absentMinutes({ runs }: Absences, from: number, to: number): number {
  let sum = 0
  for (let i = 0; i < runs.length; i += 3) {
    const overlap = Math.min(runs[i + 1]!, to) - Math.max(runs[i]!, from)
    if (overlap > 0) sum += overlap * runs[i + 2]!
  }
  return sum
}

/**
 * When each partition of the input had messages, in event time, for the hours that a baseline may still fold. A gap
 * longer than the partition's pace explains means that the feed was absent: what was sent then is unknown, not zero.
 * Slots are a set, so rereading and order do not matter.
 */
export class Feed {
  readonly #partitions = new Map<string, FedSlots>()
  readonly #whole = new FedSlots()
  /** Absences by partition, undefined for all; cleared when something is added. */
  readonly #absences = new Map<string | undefined, Absences>()
  /** Hours of partitions changed by `see`, by partition, until they are taken. */
  readonly news = new Map<string, Set<number>>()
  oldest = 0
  lastAdded = Number.NaN
  #lastKey = ''
  #lastSlot = -1

  /** Records messages, and their times in `times`; complaints count no message and are skipped. */
  see(batch: readonly Observations[], times: NewestTimes): void {
    for (const { position, ts, rates, sent } of batch) {
      const key = partitionKey(position)
      const eventTime = times.observe(key, position.offset, ts)
      if (rates.length + sent.length > 0) this.#see(key, ts, eventTime)
    }
  }

  /** `eventTime` is that of the partition, which a single wrong `ts` does not move. */
  #see(key: string, ts: number, eventTime: number): void {
    const slot = Math.floor(ts / SLOT)
    if (slot === this.#lastSlot && key === this.#lastKey) return
    this.#lastKey = key
    this.#lastSlot = slot
    this.#forget(Math.floor(eventTime / HOUR) - LIMITS.missingHours)
    const hour = Math.floor(ts / HOUR)
    if (!this.add(key, hour, 1 << (slot % SLOTS_AN_HOUR))) return
    this.lastAdded = slot
    getOrInsert(this.news, key, () => new Set()).add(hour)
  }

  /** Adds slots of a partition; returns false if they are known or too old. */
  add(key: string, hour: number, mask: number): boolean {
    if (hour < this.oldest || !this.of(key).add(hour, mask)) return false
    this.#whole.add(hour, mask)
    this.#absences.clear()
    return true
  }

  /** Moves the first slot of a partition back to this one if it is earlier. */
  began(key: string, slot: number): void {
    for (const slots of [this.of(key), this.#whole]) slots.began(slot)
    this.#absences.clear()
  }

  of(key: string): FedSlots {
    return getOrInsert(this.#partitions, key, () => new FedSlots())
  }

  #forget(before: number): void {
    if (!(before > this.oldest)) return
    this.oldest = before
    this.#absences.clear()
    for (const slots of [this.#whole, ...this.#partitions.values()]) slots.forget(before)
    for (const hours of this.news.values()) for (const hour of hours) if (hour < before) hours.delete(hour)
  }

  /** Absences of a partition; undefined for the whole feed, in which all partitions have equal shares. */
  absences(key: string | undefined): Absences {
    return getOrInsert(this.#absences, key, () => {
      const known = key === undefined ? undefined : this.#partitions.get(key)
      const parts = known ? [known] : [...this.#partitions.values()].filter(({ isEmpty }) => !isEmpty)
      return { home: known ? hash32(key!) || 1 : 0, runs: this.#runsOf(parts) }
    })
  }

  #runsOf(parts: readonly FedSlots[]): number[] {
    // Changes at a slot: the number of absent partitions, and whether the whole feed is absent.
    const steps = new Map<number, { parts: number; whole: number }>()
    for (const of of [this.#whole, ...parts]) {
      const counted = of === this.#whole ? 'whole' : 'parts'
      for (const [from, to] of of.absences(this.oldest * SLOTS_AN_HOUR, this.#whole.newest)) {
        getOrInsert(steps, from, () => ({ parts: 0, whole: 0 }))[counted]++
        getOrInsert(steps, to, () => ({ parts: 0, whole: 0 }))[counted]--
      }
    }
    const edges = [...steps].sort(([a], [b]) => a - b)
    const runs: number[] = []
    const absent = { parts: 0, whole: 0 }
    for (const [i, [slot, step]] of edges.entries()) {
      absent.parts += step.parts
      absent.whole += step.whole
      const share = absent.whole > 0 ? 1 : absent.parts / parts.length
      if (share > 0) runs.push((slot * SLOT) / MINUTE, (edges[i + 1]![0] * SLOT) / MINUTE, share)
    }
    return runs
  }

  /** Known share of a span of event time, ms, in which the feed was present. */
  share(from: number, to: number): number {
    const absent = absentMinutes(this.absences(undefined), from / MINUTE, to / MINUTE)
    return 1 - absent / Math.max((to - from) / MINUTE, 1)
  }
}

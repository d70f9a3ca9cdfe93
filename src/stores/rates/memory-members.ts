import type { MemberReading } from '../../domain/feature-store.ts'
import { getOrInsert } from '../../domain/maps.ts'
import type { MemberDelta } from './deltas.ts'
import { LIMITS, MEMBER_CAP } from './layout.ts'

interface MemberState {
  newest: number
  window: number
  readonly members: Map<string, { count: number; last: number }>
  /** Names beyond the cap by half-window bucket, the current and the previous one. */
  overflow: Map<number, Set<string>>
  /** Number of names dropped beyond the cap, in this half-window and the previous one: they still count in the total. */
  dropped: { half: number; now: number; before: number }
}

/** Maximum number of names kept beyond the cap: this is exact here and an estimate on Redis. */
const OVERFLOW_CAP = 4096

/** Member sets in memory, as stored by `count.lua`. */
export class MemoryMembers {
  readonly #sets = new Map<string, MemberState>()

  apply(delta: MemberDelta, counting: boolean, readings: MemberReading[]): void {
    const { entity, window, reportFrom, minCount } = delta
    let state = this.#sets.get(entity)
    let newest = state?.newest ?? Number.NEGATIVE_INFINITY
    if (counting) for (const { count, last } of delta.members) if (count > 0) newest = Math.max(newest, last)
    if (newest === Number.NEGATIVE_INFINITY) return
    state ??= {
      newest,
      window,
      members: new Map(),
      overflow: new Map(),
      dropped: { half: 0, now: 0, before: 0 },
    }
    this.#sets.set(entity, state)
    state.newest = newest
    state.window = window
    const touched: string[] = []
    if (counting) {
      for (const { name, count, last } of delta.members) {
        if (count === 0 || last < newest - window) continue
        touched.push(name)
        const old = state.members.get(name)
        if (old === undefined) state.members.set(name, { count, last })
        else {
          old.count = last - old.last <= window ? old.count + count : count
          if (last > old.last) old.last = last
        }
      }
    }

    const { size } = state.members
    if (
      size <= MEMBER_CAP &&
      (reportFrom === Number.POSITIVE_INFINITY || size < Math.min(reportFrom, MEMBER_CAP))
    )
      return

    for (const [name, { last }] of state.members) if (last < newest - window) state.members.delete(name)
    const kept = [...state.members].sort(
      ([a, x], [b, y]) => x.last - y.last || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    const distinct = kept.length >= MEMBER_CAP ? overflow(state, kept.length, touched) : undefined
    const dropped = droppedAt(state)
    for (const [name, member] of kept.splice(0, Math.max(kept.length - MEMBER_CAP, 0))) {
      state.members.delete(name)
      dropped.now += member.count
    }
    if (reportFrom === Number.POSITIVE_INFINITY) return

    const qualifying = kept.filter(([, { count }]) => count >= minCount)
    let count = qualifying.length
    if (distinct !== undefined) count = Math.max(count, Math.floor((distinct * count) / MEMBER_CAP + 0.5))
    if (count < reportFrom) return
    readings.push({
      entity,
      members: qualifying.map(([name]) => name),
      count,
      total: kept.reduce((sum, [, member]) => sum + member.count, dropped.now + dropped.before),
    })
  }

  /** Drops sets whose window is empty from this event time on, ms. */
  forget(eventTime: number): void {
    for (const [entity, { newest, window }] of this.#sets) {
      if (newest + window + LIMITS.memberSlack * 1000 < eventTime) this.#sets.delete(entity)
    }
  }
}

/** The dropped counts, advanced to the half-window of the newest event. */
function droppedAt(state: MemberState): MemberState['dropped'] {
  const half = Math.floor(state.newest / (state.window / 2))
  const { dropped } = state
  if (dropped.half !== half) {
    state.dropped = { half, now: 0, before: dropped.half === half - 1 ? dropped.now : 0 }
  }
  return state.dropped
}

/** Records names beyond the cap; returns the number seen in this and the previous half of the window, if any. */
function overflow(state: MemberState, size: number, touched: readonly string[]): number | undefined {
  const half = Math.floor(state.newest / (state.window / 2))
  for (const old of state.overflow.keys()) if (old < half - 1) state.overflow.delete(old)
  const live = state.overflow.size > 0
  if (size <= MEMBER_CAP && !live) return undefined
  const current = getOrInsert(state.overflow, half, () => new Set())
  const names = live ? touched : state.members.keys()
  for (const name of names) if (current.size < OVERFLOW_CAP) current.add(name)
  const before = state.overflow.get(half - 1)
  let distinct = current.size
  if (before) for (const name of before) if (!current.has(name)) distinct++
  return distinct
}

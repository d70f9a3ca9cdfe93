import type { OffsetRange, Reached } from '../domain/ports.ts'

interface Range extends OffsetRange {
  to: number
}

/** Offsets and when, by the monotonic clock, ms, they were taken in, one a second at most. */
interface Mark {
  readonly offset: number
  readonly at: number
}

const MARK_EVERY = 1_000

/**
 * What is taken in and what is settled of one partition, as ranges: as long as one record waits, everything behind it is
 * held in as few ranges as there are holes, however many records settle meanwhile. Offsets that are no records (`take`
 * explains them) count as settled together with the record behind them.
 */
export class OffsetTrack {
  /** Where it began, and everything before which is settled since; undefined: nothing was taken in. */
  #start: number | undefined
  #next: number | undefined
  /** The offset behind the last that was taken in. */
  #end: number | undefined
  /** Settled beyond `#next`: ascending, apart from one another. */
  readonly #settled: Range[]
  /** Records behind offsets that are none: to the first of these. */
  readonly #gaps = new Map<number, number>()
  /** Records taken in and not yet settled. */
  #pending = 0
  #marks: Mark[] = []

  /** `settled`: what was settled before, also of what is still to be taken in; ascending, apart from one another. */
  constructor(settled: readonly OffsetRange[] = []) {
    this.#settled = settled.map((range) => ({ ...range }))
  }

  /** The next offset to read, everything up to which is settled; undefined: nothing was settled yet. */
  get next(): number | undefined {
    return this.#next === this.#start ? undefined : this.#next
  }

  /** What is settled behind `next`, as it is now. */
  get written(): OffsetRange[] {
    return this.#settled.map((range) => ({ ...range }))
  }

  /** What is settled when these offsets are too: everything before `offset`, and the ranges behind it. Changes nothing. */
  reachedWith(offsets: Iterable<number>): Reached | undefined {
    const copy = new OffsetTrack(this.#settled)
    copy.#next = this.#next
    copy.#end = this.#end
    for (const [offset, from] of this.#gaps) copy.#gaps.set(offset, from)
    for (const offset of offsets) copy.settle(offset)
    return copy.#next === undefined ? undefined : { offset: copy.#next, written: copy.#settled }
  }

  /** The offset behind the last that was taken in. */
  get end(): number | undefined {
    return this.#end
  }

  /** Since when, by the monotonic clock, ms, the oldest record that is not settled has waited, to a second; undefined: none. */
  get pendingSince(): number | undefined {
    return this.#pending > 0 ? this.#marks[0]?.at : undefined
  }

  /**
   * Offsets are taken in ascending order; what lies between `from` and the offset is no record. False: it was settled
   * before.
   */
  take(offset: number, from: number, now: number): boolean {
    if (this.#next === undefined) {
      this.#start = from
      this.#pass(from)
    }
    this.#end = offset + 1
    if (this.#isSettled(offset)) {
      this.#reachBack(offset, from)
      return false
    }
    if (from < offset) this.#gaps.set(offset, this.#unsettledFrom(from, this.#after(offset)))
    this.#pending++
    const last = this.#marks.at(-1)
    if (this.#pending === 1) this.#marks = [{ offset, at: now }]
    else if (!last || now - last.at >= MARK_EVERY) this.#marks.push({ offset, at: now })
    return true
  }

  /** An offset that is settled already, or was never taken in, is ignored. */
  settle(offset: number): void {
    if (this.#next === undefined || this.#end === undefined || offset < this.#next || offset >= this.#end)
      return
    const at = this.#after(offset)
    if (at > 0 && offset < this.#settled[at - 1]!.to) return
    const from = this.#gaps.get(offset) ?? offset
    this.#gaps.delete(offset)
    this.#pending--
    if (from === this.#next) this.#pass(offset + 1)
    else this.#insert(at, from, offset + 1)
  }

  #isSettled(offset: number): boolean {
    if (this.#settled.length === 0) return offset < this.#next!
    const at = this.#after(offset)
    return offset < this.#next! || (at > 0 && offset < this.#settled[at - 1]!.to)
  }

  /** What lies between `from` and an offset that is settled is no record, and so settled with it. */
  #reachBack(offset: number, from: number): void {
    const at = this.#after(offset) - 1
    const range = this.#settled[at]
    if (offset < this.#next! || range === undefined || range.from <= from) return
    const begin = this.#unsettledFrom(from, at)
    this.#settled.splice(at, 1)
    if (begin === this.#next) this.#pass(range.to)
    else this.#insert(at, begin, range.to)
  }

  /** `from`, or where what is settled before it ends: in the first so many ranges, or from the start on. */
  #unsettledFrom(from: number, ranges: number): number {
    return Math.max(from, this.#next!, this.#settled[ranges - 1]?.to ?? 0)
  }

  /** How many ranges begin at or before the offset. */
  #after(offset: number): number {
    const ranges = this.#settled
    // Records settle nearly in order: mostly the last one.
    if (ranges.length === 0 || offset >= ranges.at(-1)!.from) return ranges.length
    let low = 0
    let high = ranges.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (ranges[middle]!.from <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(at: number, from: number, to: number): void {
    const before = this.#settled[at - 1]
    const behind = this.#settled[at]
    if (before?.to === from) {
      before.to = to
      if (behind?.from === to) {
        before.to = behind.to
        this.#settled.splice(at, 1)
      }
    } else if (behind?.from === to) this.#settled[at] = { from, to: behind.to }
    else this.#settled.splice(at, 0, { from, to })
  }

  #pass(to: number): void {
    this.#next = to
    for (let first = this.#settled[0]; first && first.from <= this.#next; first = this.#settled[0]) {
      this.#next = Math.max(this.#next, first.to)
      this.#settled.shift()
    }
    let passed = 0
    while (passed + 1 < this.#marks.length && this.#marks[passed + 1]!.offset <= this.#next) passed++
    if (passed > 0) this.#marks = this.#marks.slice(passed)
  }
}

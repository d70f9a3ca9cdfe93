import type { OffsetRange, Reached } from '../domain/ports.ts'

interface Range extends OffsetRange {
  to: number
}

/** An offset and the monotonic time it was taken at, ms; at most one per second. */
interface Mark {
  readonly offset: number
  readonly at: number
}

const MARK_EVERY = 1_000

/**
 * Taken and settled offsets of one partition, as ranges. While one record is unsettled, those behind it take one range
 * per gap, however many are settled. Offsets without records (`take` explains them) are settled together with the
 * following record.
 */
export class OffsetTrack {
  /** The start, and the next offset, before which everything is settled; undefined until something is taken. */
  #start: number | undefined
  #next: number | undefined
  #end: number | undefined
  /** Settled ranges beyond `#next`: ascending, not adjacent. */
  readonly #settled: Range[]
  /** Records preceded by offsets without records, with the first of these. */
  readonly #gaps = new Map<number, number>()
  #pending = 0
  #marks: Mark[] = []

  /** `settled` lists ranges settled earlier, including offsets still to be taken: ascending, not adjacent. */
  constructor(settled: readonly OffsetRange[] = []) {
    this.#settled = settled.map((range) => ({ ...range }))
  }

  /** The next offset to read, before which everything is settled; undefined if nothing was settled yet. */
  get next(): number | undefined {
    return this.#next === this.#start ? undefined : this.#next
  }

  /** A copy of the ranges settled behind `next`. */
  get written(): OffsetRange[] {
    return this.#settled.map((range) => ({ ...range }))
  }

  /** What would be settled together with these offsets: everything before `offset`, and the ranges behind it. Changes nothing. */
  reachedWith(offsets: Iterable<number>): Reached | undefined {
    const copy = new OffsetTrack(this.#settled)
    copy.#next = this.#next
    copy.#end = this.#end
    for (const [offset, from] of this.#gaps) copy.#gaps.set(offset, from)
    for (const offset of offsets) copy.settle(offset)
    return copy.#next === undefined ? undefined : { offset: copy.#next, written: copy.#settled }
  }

  get end(): number | undefined {
    return this.#end
  }

  /** Monotonic time since which the oldest unsettled record has waited, ms, accurate to a second; undefined if there is none. */
  get pendingSince(): number | undefined {
    return this.#pending > 0 ? this.#marks[0]?.at : undefined
  }

  /** Takes an offset, in ascending order; there are no records between `from` and it. Returns false if it was settled earlier. */
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

  /** Ignores offsets that are settled already or were never taken. */
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

  /** There are no records between `from` and a settled offset, so they are settled with it. */
  #reachBack(offset: number, from: number): void {
    const at = this.#after(offset) - 1
    const range = this.#settled[at]
    if (offset < this.#next! || range === undefined || range.from <= from) return
    const begin = this.#unsettledFrom(from, at)
    this.#settled.splice(at, 1)
    if (begin === this.#next) this.#pass(range.to)
    else this.#insert(at, begin, range.to)
  }

  /** The later of `from` and the end of the settled part before it: the first `ranges` ranges, or the start. */
  #unsettledFrom(from: number, ranges: number): number {
    return Math.max(from, this.#next!, this.#settled[ranges - 1]?.to ?? 0)
  }

  /** Number of ranges that start at or before the offset. */
  #after(offset: number): number {
    const ranges = this.#settled
    // Records are settled almost in order: it is usually the last range.
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

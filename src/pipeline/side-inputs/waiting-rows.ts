import type { Position } from '../../domain/message.ts'
import type { Complaint, Feedback, Reply } from './rows.ts'

export type SideRow = (
  | { readonly input: 'replies'; readonly row: Reply }
  | { readonly input: 'complaints'; readonly row: Complaint }
  | { readonly input: 'feedback'; readonly row: Feedback }
) & {
  readonly position: Position
  /** Called when it has taken effect, or was skipped for good. */
  readonly applied?: () => void
  /** It was written before this instance started: its subject was known then and may be lost. */
  readonly isOfBefore?: boolean
}

/** Maximum number of replies sent to the ledger together. */
const TOGETHER = 100

/** Rows in `ts` order; they may arrive in any order. */
export class WaitingRows {
  /** Sorted by `ts` from `#head` on, after `#sort`. */
  #queue: SideRow[] = []
  #head = 0
  #sorted = true
  /** No complaint or feedback is before this index. */
  #next = 0
  /** Latest `ts` of the undoing rows, by the name they undo. */
  readonly #undoneAt = new Map<string, number>()

  get size(): number {
    return this.#queue.length - this.#head
  }

  add(rows: Iterable<SideRow>): void {
    // Pushed one by one: a file of complaints has more rows than a call can take arguments.
    for (const row of rows) {
      this.#queue.push(row)
      this.#sorted = false
      if (row.input !== 'feedback' || row.row.undo === undefined) continue
      const { undo, ts } = row.row
      this.#undoneAt.set(undo, Math.max(ts, this.#undoneAt.get(undo) ?? ts))
    }
  }

  /** When feedback with one of these names and the time `ts` is undone by the rows received; undefined if it is not. */
  undoneAt(names: readonly (string | undefined)[], ts: number): number | undefined {
    const times = names.map((name) => (name === undefined ? undefined : this.#undoneAt.get(name)))
    return times.find((time) => time !== undefined && time >= ts)
  }

  /** `ts` of the next complaint or feedback, ms; Infinity if none waits. */
  get dueAt(): number {
    this.#sort()
    this.#next = Math.max(this.#next, this.#head)
    while (this.#queue[this.#next]?.input === 'replies') this.#next++
    return this.#queue[this.#next]?.row.ts ?? Number.POSITIVE_INFINITY
  }

  /**
   * Removes and returns the next rows up to an event time that may be applied together: replies, which are independent,
   * or a single other row.
   */
  takeDue(eventTime: number): readonly SideRow[] {
    this.#sort()
    const isDue = (item: SideRow | undefined) => item !== undefined && item.row.ts <= eventTime
    let to = this.#head
    while (to - this.#head < TOGETHER && isDue(this.#queue[to]) && this.#queue[to]!.input === 'replies') to++
    if (to === this.#head && isDue(this.#queue[to])) to++
    const due = this.#queue.slice(this.#head, to)
    this.#head = to
    if (this.#head === this.#queue.length) this.#reset([])
    return due
  }

  /** Removes and returns the feedback of a span of time, wherever it is in the queue. */
  takeFeedback(after: number, until: number): readonly SideRow[] {
    this.#sort()
    const taken = new Set<SideRow>()
    for (let i = this.#head; i < this.#queue.length && this.#queue[i]!.row.ts <= until; i++) {
      const item = this.#queue[i]!
      if (item.input === 'feedback' && item.row.ts > after) taken.add(item)
    }
    if (taken.size > 0) this.#reset(this.#queue.slice(this.#head).filter((item) => !taken.has(item)))
    return [...taken]
  }

  /** The replies among the next `most` rows up to a time; they stay in the queue. */
  repliesUntil(time: number, most: number): Extract<SideRow, { input: 'replies' }>[] {
    this.#sort()
    const found: Extract<SideRow, { input: 'replies' }>[] = []
    const end = Math.min(this.#queue.length, this.#head + most)
    for (let i = this.#head; i < end && this.#queue[i]!.row.ts <= time; i++) {
      const item = this.#queue[i]!
      if (item.input === 'replies') found.push(item)
    }
    return found
  }

  #sort(): void {
    if (!this.#sorted) this.#reset(this.#queue.slice(this.#head).sort((a, b) => a.row.ts - b.row.ts))
  }

  #reset(queue: SideRow[]): void {
    this.#queue = queue
    this.#head = 0
    this.#next = 0
    this.#sorted = true
  }
}

import { getOrInsert } from '../../domain/maps.ts'
import { type Clock, type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { DueMinute, SenderCount, SenderMinutes } from '../../domain/sender-minutes.ts'
import { MINUTE } from '../../domain/time.ts'
import { NewestTimes } from '../newest-times.ts'
import {
  countField,
  enterpriseField,
  enterpriseOf,
  isDue,
  KEPT,
  type MinuteState,
  SENDER_CAP,
  sendersOf,
} from './layout.ts'

interface Minute {
  state: MinuteState
  readonly fields: Map<string, string>
  /** Monotonic time, ms. */
  at: number
}

/** Statistics of a single process: a service without Redis. They are not persisted. */
export class MemorySenderMinutes implements SenderMinutes {
  readonly #minutes = new Map<number, Minute>()
  readonly #offsets = new Map<string, number>()
  /** Monotonic time at which each key was counted, ms. */
  readonly #once = new Map<string, number>()
  readonly #newest = new NewestTimes()
  readonly #clock: Clock

  constructor(clock: Clock = { now: Date.now }) {
    this.#clock = clock
  }

  async count(batch: readonly SenderCount[]): Promise<void> {
    const now = this.#clock.now()
    const reached = new Map<string, number>()
    for (const one of batch) {
      const key = partitionKey(one.position)
      this.#newest.observe(key, one.position.offset, one.minute * MINUTE)
      if (one.once !== undefined) {
        if (this.#once.has(one.once)) continue
        this.#once.set(one.once, performance.now())
      } else {
        const { offset } = one.position
        if (offset <= (this.#offsets.get(key) ?? -1)) continue
        reached.set(key, Math.max(offset, reached.get(key) ?? -1))
      }
      if (one.minute * MINUTE >= this.#newest.of(key) - KEPT) this.#add(one, now)
    }
    for (const [key, offset] of reached) this.#offsets.set(key, offset)
    this.#forget()
  }

  async reset(partitions: readonly PartitionId[]): Promise<void> {
    for (const partition of partitions) this.#offsets.delete(partitionKey(partition))
  }

  async due(watermark: number | undefined, now: number): Promise<readonly DueMinute[]> {
    return [...this.#minutes]
      .filter(([minute, { state }]) => isDue(minute, [state], watermark, now))
      .sort(([a], [b]) => a - b)
      .map(([minute, { state, fields }]) => ({ minute, senders: sendersOf([fields]), mark: state.version }))
  }

  async written(minutes: readonly DueMinute[], now: number): Promise<void> {
    for (const { minute, mark } of minutes) {
      const known = this.#minutes.get(minute)
      if (known) known.state = { ...known.state, written: { version: mark as number, at: now } }
    }
    this.#forget()
  }

  #add(one: SenderCount, now: number): void {
    const minute = getOrInsert(this.#minutes, one.minute, () => ({
      state: { version: 0, touched: now },
      fields: new Map(),
      at: 0,
    }))
    const { state, fields } = minute
    const field = countField(one)
    if (!fields.has(field) && fields.size >= SENDER_CAP) return
    fields.set(field, String(Number(fields.get(field) ?? 0) + 1))
    const sp = enterpriseOf(one)
    if (sp !== undefined) fields.set(enterpriseField(one), sp)
    minute.state = { ...state, version: state.version + 1, touched: now }
    minute.at = performance.now()
  }

  #forget(): void {
    const before = performance.now() - KEPT
    for (const [minute, { at }] of this.#minutes) if (at < before) this.#minutes.delete(minute)
    for (const [key, at] of this.#once) if (at < before) this.#once.delete(key)
  }
}

import type { AlertedMessage, Allowance } from '../../domain/allowance.ts'
import { type Clock, partitionKey } from '../../domain/ports.ts'
import type {
  GivenFeedback,
  OutboxEntry,
  PartitionProgress,
  PartitionReport,
  SideOffset,
  StateRecord,
  StateStore,
} from '../../domain/state-store.ts'
import { DAY } from '../../domain/time.ts'
import { OWNERLESS_AFTER, watermarkOf } from './watermark.ts'

export interface MemoryStateStoreOptions {
  /** Measures leases and ages: it must not jump. */
  readonly clock: Clock
  /** Retention of closed states, ms of event time. */
  readonly keepClosed?: number
}

const PURGE_EVERY = 256
/** Maximum number of alerts on messages that are remembered. */
const MAX_ALERTED = 100_000
/** No other instance can own a partition of this store: one without reports was revoked. */
const FORGET_AFTER = 2 * OWNERLESS_AFTER

/**
 * States of a single process: embedded mode, or a service without Redis. They are lost with the process; open states
 * then expire at their readers by `expiresAt`.
 */
export class MemoryStateStore implements StateStore {
  readonly #clock: Clock
  readonly #keepClosed: number
  readonly #states = new Map<string, StateRecord>()
  readonly #openIds = new Set<string>()
  readonly #outbox = new Map<string, { readonly entry: OutboxEntry; readonly at: number }>()
  readonly #suppressions = new Map<string, number>()
  readonly #allowances = new Map<string, Allowance>()
  readonly #given = new Map<string, GivenFeedback>()
  readonly given = {
    keep: async (given: GivenFeedback) => void this.#given.set(given.id, given),
    get: async (id: string) => this.#given.get(id),
    all: async () => [...this.#given.values()],
  }
  /** Oldest first. */
  readonly #alerted = new Map<string, AlertedMessage>()
  readonly #leases = new Map<string, { holder: string; until: number }>()
  readonly #partitions = new Map<string, PartitionReport & { eventTime: number; at: number }>()
  readonly #sideOffsets = new Map<string, SideOffset>()
  readonly #attempts = new Map<string, number>()
  readonly #listeners: ((state: StateRecord) => void)[] = []
  #latest = Number.NEGATIVE_INFINITY
  #puts = 0

  constructor({ clock, keepClosed = DAY }: MemoryStateStoreOptions) {
    this.#clock = clock
    this.#keepClosed = keepClosed
  }

  async get(ids: readonly string[]) {
    return ids.map((id) => this.#states.get(id))
  }

  async put(next: StateRecord, expected: number, event?: OutboxEntry) {
    if ((this.#states.get(next.id)?.version ?? 0) !== expected) return false
    if (next.open && (this.#suppressions.get(next.id) ?? 0) > next.lastSeenAt) return false
    this.#states.set(next.id, next)
    if (next.open) this.#openIds.add(next.id)
    else this.#openIds.delete(next.id)
    if (event) this.#outbox.set(event.id, { entry: event, at: this.#clock.now() })
    this.#latest = Math.max(this.#latest, next.lastEventAt)
    if (++this.#puts % PURGE_EVERY === 0) this.#purge()
    for (const listener of this.#listeners) listener(next)
    return true
  }

  async versions() {
    return new Map([...this.#openIds].map((id) => [id, this.#states.get(id)!.version]))
  }

  async open() {
    return [...this.#openIds].map((id) => this.#states.get(id)!)
  }

  async suppress(id: string, until: number) {
    this.#suppressions.set(id, until)
  }

  async suppressed(ids: readonly string[]) {
    return ids.map((id) => this.#suppressions.get(id))
  }

  async allow(allowance: Allowance) {
    this.#allowances.set(allowance.id, allowance)
  }

  async allowances() {
    return [...this.#allowances.values()]
  }

  async check() {
    return { made: 0, putBack: 0 }
  }

  takePutDown() {
    return []
  }

  async rememberAlerted(messages: readonly AlertedMessage[]) {
    for (const message of messages) this.#alerted.set(message.id, message)
    if (this.#alerted.size <= MAX_ALERTED) return
    for (const id of this.#alerted.keys()) {
      this.#alerted.delete(id)
      if (this.#alerted.size <= MAX_ALERTED) break
    }
  }

  async alerted(messageId: string) {
    return this.#alerted.get(messageId)
  }

  subscribe(listener: (state: StateRecord) => void) {
    this.#listeners.push(listener)
  }

  async pending(olderThanMs: number) {
    const before = this.#clock.now() - olderThanMs
    return [...this.#outbox.values()].filter(({ at }) => at <= before).map(({ entry }) => entry)
  }

  async acknowledge(entryIds: readonly string[]) {
    for (const id of entryIds) this.#outbox.delete(id)
  }

  async lease(name: string, holder: string, ttlMs: number) {
    const now = this.#clock.now()
    const held = this.#leases.get(name)
    if (held && held.holder !== holder && held.until > now) return false
    this.#leases.set(name, { holder, until: now + ttlMs })
    return true
  }

  async reportProgress(progress: readonly PartitionReport[]) {
    const at = this.#clock.now()
    for (const p of progress) {
      const key = partitionKey(p)
      const eventTime = p.eventTime ?? this.#partitions.get(key)?.eventTime
      if (eventTime !== undefined) this.#partitions.set(key, { ...p, eventTime, at })
    }
  }

  async reportSideOffsets(offsets: readonly SideOffset[]) {
    for (const offset of offsets) {
      const held = this.#sideOffsets.get(partitionKey(offset))
      const isNewer =
        !held ||
        offset.timestamp > held.timestamp ||
        (offset.timestamp === held.timestamp && offset.offset > held.offset)
      if (isNewer) this.#sideOffsets.set(partitionKey(offset), offset)
    }
  }

  async sideOffsets() {
    return [...this.#sideOffsets.values()]
  }

  async watermark() {
    return watermarkOf(await this.progress())
  }

  async progress() {
    const now = this.#clock.now()
    const out: PartitionProgress[] = []
    for (const [key, { at, ...p }] of this.#partitions) {
      if (now - at >= FORGET_AFTER) this.#partitions.delete(key)
      else out.push({ ...p, ownerless: now - at >= OWNERLESS_AFTER })
    }
    return out
  }

  async countAttempt(work: string) {
    const count = (this.#attempts.get(work) ?? 0) + 1
    this.#attempts.set(work, count)
    return count
  }

  async forgetAttempt(work: string) {
    this.#attempts.delete(work)
  }

  unready() {
    return []
  }

  async close() {}

  #purge() {
    const before = this.#latest - this.#keepClosed
    for (const [id, state] of this.#states) {
      if (!state.open && (state.clearedAt ?? state.lastEventAt) < before) this.#states.delete(id)
    }
    for (const [id, until] of this.#suppressions) if (until < this.#latest) this.#suppressions.delete(id)
    for (const [id, { until }] of this.#allowances) if (until < this.#latest) this.#allowances.delete(id)
    for (const [id, { until }] of this.#given) if (until + DAY < this.#latest) this.#given.delete(id)
  }
}

import {
  type Clock,
  type OutboxEntry,
  type PartitionProgress,
  type PartitionReport,
  partitionKey,
  type SideOffset,
  type StateRecord,
  type StateStore,
} from '../domain/ports.ts'
import { OWNERLESS_AFTER, watermarkOf } from './watermark.ts'

export interface MemoryStateStoreOptions {
  readonly clock: Clock
  /** How long a closed state is kept, ms of event time. */
  readonly keepClosed?: number
}

const DAY = 86_400_000
const PURGE_EVERY = 256
/** No other instance can own a partition of this store: one that nobody reports was revoked. */
const FORGET_AFTER = 2 * OWNERLESS_AFTER

/**
 * States of one process: for the embedded mode, and for a service without Redis. What it holds is lost with the
 * process; open states then lapse at their readers by `expiresAt`.
 */
export function createMemoryStateStore(options: MemoryStateStoreOptions): StateStore {
  const { clock, keepClosed = DAY } = options
  const states = new Map<string, StateRecord>()
  const openIds = new Set<string>()
  const outbox = new Map<string, OutboxEntry>()
  const suppressions = new Map<string, number>()
  const leases = new Map<string, { holder: string; until: number }>()
  const partitions = new Map<string, PartitionReport & { eventTime: number; at: number }>()
  const sideOffsets = new Map<string, SideOffset>()
  const listeners: ((state: StateRecord) => void)[] = []
  let latest = Number.NEGATIVE_INFINITY
  let puts = 0

  function purge() {
    for (const [id, state] of states) {
      if (!state.open && (state.clearedAt ?? state.lastEventAt) < latest - keepClosed) states.delete(id)
    }
    for (const [id, until] of suppressions) if (until < latest) suppressions.delete(id)
  }

  function currentProgress(): PartitionProgress[] {
    const now = clock.now()
    const out: PartitionProgress[] = []
    for (const [key, { at, ...p }] of partitions) {
      if (now - at >= FORGET_AFTER) partitions.delete(key)
      else out.push({ ...p, ownerless: now - at >= OWNERLESS_AFTER })
    }
    return out
  }

  return {
    async get(ids) {
      return ids.map((id) => states.get(id))
    },
    async put(next, expected, event) {
      if ((states.get(next.id)?.version ?? 0) !== expected) return false
      if (next.open && (suppressions.get(next.id) ?? 0) > next.lastSeenAt) return false
      states.set(next.id, next)
      if (next.open) openIds.add(next.id)
      else openIds.delete(next.id)
      if (event) outbox.set(event.id, event)
      latest = Math.max(latest, next.lastEventAt)
      if (++puts % PURGE_EVERY === 0) purge()
      for (const listener of listeners) listener(next)
      return true
    },
    async versions() {
      return new Map([...openIds].map((id) => [id, states.get(id)!.version]))
    },
    async open() {
      return [...openIds].map((id) => states.get(id)!)
    },
    async suppress(id, until) {
      suppressions.set(id, until)
    },
    async suppressed(ids) {
      return ids.map((id) => suppressions.get(id))
    },
    subscribe(listener) {
      listeners.push(listener)
    },
    async pending(olderThanMs) {
      const before = clock.now() - olderThanMs
      return [...outbox.values()].filter((entry) => entry.at <= before)
    },
    async acknowledge(entryIds) {
      for (const id of entryIds) outbox.delete(id)
    },
    async lease(name, holder, ttlMs) {
      const now = clock.now()
      const held = leases.get(name)
      if (held && held.holder !== holder && held.until > now) return false
      leases.set(name, { holder, until: now + ttlMs })
      return true
    },
    async reportProgress(progress) {
      const at = clock.now()
      for (const p of progress) {
        const eventTime = p.eventTime ?? partitions.get(partitionKey(p))?.eventTime
        if (eventTime !== undefined) partitions.set(partitionKey(p), { ...p, eventTime, at })
      }
    },
    async reportSideOffsets(offsets) {
      for (const offset of offsets) {
        const held = sideOffsets.get(partitionKey(offset))
        const isNewer =
          !held ||
          offset.timestamp > held.timestamp ||
          (offset.timestamp === held.timestamp && offset.offset > held.offset)
        if (isNewer) sideOffsets.set(partitionKey(offset), offset)
      }
    },
    async sideOffsets() {
      return [...sideOffsets.values()]
    },
    async watermark() {
      return watermarkOf(currentProgress())
    },
    async progress() {
      return currentProgress()
    },
    unready: () => [],
    async close() {},
  }
}

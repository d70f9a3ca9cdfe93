import type { PartitionProgress } from '../../domain/state-store.ts'

/** Time without a report after which a partition counts as having no owner, ms of wall clock. */
export const OWNERLESS_AFTER = 30_000

/**
 * Event time that every partition has passed. A partition with lag or without an owner holds it back; an idle one does
 * not. If all are idle, everything was read and the highest event time is returned. Undefined without partitions.
 */
export function watermarkOf(partitions: readonly PartitionProgress[]): number | undefined {
  let lowest: number | undefined
  let highest: number | undefined
  for (const p of partitions) {
    if (highest === undefined || p.eventTime > highest) highest = p.eventTime
    if (p.standing === 'idle' && !p.ownerless) continue
    if (lowest === undefined || p.eventTime < lowest) lowest = p.eventTime
  }
  return lowest ?? highest
}

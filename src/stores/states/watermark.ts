import type { PartitionProgress } from '../../domain/state-store.ts'

/** Without a report for this long a partition counts as without an owner, ms of wall clock. */
export const OWNERLESS_AFTER = 30_000

/**
 * Event time that every partition has passed. A partition with lag or without an owner holds it back; an idle one
 * does not. When all are idle nothing is left to read: the highest event time stands. Undefined without partitions.
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

import { DAY } from '../../domain/time.ts'

/** Tables partitioned by day (UTC). */
export const DAILY = [
  'alert',
  'verdict',
  'sender_minute',
  'feedback',
  'feedback_result',
  'enforcement',
  'complaint',
] as const
export type DailyTable = (typeof DAILY)[number]

/** Start of the day of a time, epoch ms. */
export function dayOf(ts: number): number {
  return Math.floor(ts / DAY) * DAY
}

/** `alert_20261126` */
export function partitionName(table: DailyTable, day: number): string {
  return `${table}_${isoDay(day).replaceAll('-', '')}`
}

/** The day of a partition from its name, epoch ms; Infinity if the name has none. */
export function dayOfPartition(name: string): number {
  const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
  return year === undefined
    ? Number.POSITIVE_INFINITY
    : Date.UTC(Number(year), Number(month) - 1, Number(day))
}

/** `2026-11-26` */
export function isoDay(day: number): string {
  return new Date(day).toISOString().slice(0, 10)
}

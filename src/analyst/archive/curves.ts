import { LABELS, type Label } from '../../domain/labels.ts'
import { BEIJING, DAY, HOUR, MINUTE } from '../../domain/time.ts'
import type { Ask } from './ask.ts'

/** A period divided into equal steps; it starts and ends on a step boundary. Times and lengths in ms. */
export interface Steps {
  readonly from: number
  readonly to: number
  readonly step: number
}

const ZONE = BEIJING * MINUTE
const LENGTHS = [
  [3 * HOUR, MINUTE],
  [30 * HOUR, 10 * MINUTE],
  [8 * DAY, HOUR],
] as const

/**
 * Chooses the steps to display a period, from a minute to a day; days start at midnight in China. `least`: resolution of the
 * queried sums.
 */
export function stepsOf(from: number, to: number, least = MINUTE): Steps {
  const wanted = LENGTHS.find(([span]) => to - from <= span)?.[1] ?? DAY
  const step = Math.max(wanted, least)
  const before = (ms: number) => Math.floor((ms + ZONE) / step) * step - ZONE
  return { from: before(from), to: before(to - 1) + step, step }
}

/** Start times of the steps, epoch ms. */
export function startsOf({ from, to, step }: Steps): number[] {
  return Array.from({ length: Math.round((to - from) / step) }, (_, i) => from + i * step)
}

/** Messages sent per step; null if they were not counted. */
export interface SentCurve {
  readonly labels: Readonly<Record<Label, readonly (number | null)[]>>
  readonly total: readonly (number | null)[]
  /** Steps in which messages were not counted because Redis did not answer. */
  readonly uncounted: readonly number[]
  /** Usual number of commercial messages; null if unknown. */
  readonly usual: readonly (number | null)[]
}

/** Number of alerts per step by code; '' is the sum over all codes. */
export type AlertCurve = ReadonlyMap<string, readonly number[]>

/** Index of the step of a row; $1 is the start and $3 the step length. */
export const PLACE = 'floor(extract(epoch FROM ts - $1::timestamptz)::float8 * 1000 / $3::float8)::int'
const IN_TIME = 'ts >= $1 AND ts < $2'
const SUMS = ['total', ...LABELS].map((name) => `sum(${name})::int8 AS ${name}`).join(', ')

type SentRow = Readonly<Record<Label | 'total' | 'place', number>> & { readonly usual: number | null }

/** Messages in total, or of a signature, port or enterprise. Steps below an hour exist for the total only. */
export async function sentCurve(
  ask: Ask,
  steps: Steps,
  { kind, name }: { readonly kind: string; readonly name: string } = { kind: 'all', name: '' },
): Promise<SentCurve> {
  const isFine = steps.step < HOUR
  const [rows, gaps] = await Promise.all([
    ask<SentRow>(
      `SELECT ${PLACE} AS place, ${SUMS}, ${isFine ? 'NULL' : 'sum(usual) * 60'} AS usual
        FROM ${isFine ? 'sent_minute' : 'sent_hour'} WHERE ${IN_TIME} ${isFine ? '' : 'AND kind = $4 AND name = $5'} GROUP BY place`,
      [...timesOf(steps), ...(isFine ? [] : [kind, name])],
    ),
    ask<Pick<SentRow, 'place'>>(
      `SELECT DISTINCT ${PLACE} AS place FROM uncounted_minute WHERE ${IN_TIME} ORDER BY 1`,
      timesOf(steps),
    ),
  ])
  const at = new Map(rows.map((row) => [row.place, row]))
  const starts = startsOf(steps)
  const uncounted = gaps.map(({ place }) => place)
  const of = (label: Label | 'total') =>
    starts.map((_, i) => at.get(i)?.[label] ?? (uncounted.includes(i) ? null : 0))
  return {
    labels: Object.fromEntries(LABELS.map((label) => [label, of(label)])) as Record<Label, (number | null)[]>,
    ...{ total: of('total'), uncounted },
    usual: starts.map((_, i) => at.get(i)?.usual ?? null),
  }
}

/** Alerts in total (by minute), or of a thing (by hour). */
export async function alertCurve(
  ask: Ask,
  steps: Steps,
  thing?: { readonly kind: string; readonly name: string },
): Promise<AlertCurve> {
  const isFine = steps.step < HOUR && !thing
  const { kind, name } = thing ?? { kind: 'all', name: '' }
  const rows = await ask<{ place: number; code: string; n: number }>(
    isFine
      ? `SELECT ${PLACE} AS place, code, sum(n)::int AS n FROM alert_minute WHERE ${IN_TIME} GROUP BY 1, 2`
      : `SELECT ${PLACE} AS place, part AS code, sum(n)::int AS n FROM thing_hour WHERE ${IN_TIME} AND kind = $4 AND name = $5 GROUP BY 1, 2`,
    [...timesOf(steps), ...(isFine ? [] : [kind, name])],
  )
  return curvesIn(rows, startsOf(steps).length)
}

/** One list per code, the code with the most alerts first. */
export function curvesIn(
  rows: readonly { readonly place: number; readonly code: string; readonly n: number }[],
  length: number,
): AlertCurve {
  const curves = new Map<string, number[]>()
  for (const { place, code, n } of rows) {
    const curve = curves.get(code) ?? Array.from({ length }, () => 0)
    if (place >= 0 && place < length) curve[place] = (curve[place] ?? 0) + n
    curves.set(code, curve)
  }
  return new Map([...curves].sort(([, a], [, b]) => sumOf(b) - sumOf(a)))
}

export function sumOf(curve: readonly (number | null)[]): number {
  return curve.reduce<number>((all, n) => all + (n ?? 0), 0)
}

export function timesOf({ from, to, step }: Steps): [Date, Date, number] {
  return [new Date(from), new Date(to), step]
}

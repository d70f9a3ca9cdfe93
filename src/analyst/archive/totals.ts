import { EARLIEST_TIME } from '../../domain/time.ts'
import type { Ask } from './ask.ts'

/** Counts of a time, and of the time of the same length before it. */
export interface Total {
  readonly name: 'alerts' | 'blocked' | 'recipients' | 'complaints' | 'judged'
  readonly now: number
  readonly before: number
}

/** Alerts that were raised in each of the parts of a time, the first one first. */
export interface Totals {
  readonly totals: readonly Total[]
  readonly curve: readonly number[]
}

const PARTS = 48

const TOTALS = `WITH a AS (
    SELECT ts >= $1 AS is_now, action, to_token FROM alert
    WHERE ts >= $3 AND ts < $2 AND type = 'raised' AND mode = 'enforce'
  )
  SELECT 'alerts' AS name, count(*) FILTER (WHERE is_now)::int AS now, count(*) FILTER (WHERE NOT is_now)::int AS before FROM a
  UNION ALL SELECT 'blocked', count(*) FILTER (WHERE is_now AND action = 'block')::int, count(*) FILTER (WHERE NOT is_now AND action = 'block')::int FROM a
  UNION ALL SELECT 'recipients', count(DISTINCT to_token) FILTER (WHERE is_now)::int, count(DISTINCT to_token) FILTER (WHERE NOT is_now)::int FROM a
  UNION ALL SELECT 'complaints', count(*) FILTER (WHERE ts >= $1)::int, count(*) FILTER (WHERE ts < $1)::int FROM complaint WHERE ts >= $3 AND ts < $2
  UNION ALL SELECT 'judged', count(*) FILTER (WHERE ts >= $1)::int, count(*) FILTER (WHERE ts < $1)::int FROM feedback
    WHERE ts >= $3 AND ts < $2 AND verdict IN ('confirmed', 'false_positive')`

const CURVE = `SELECT width_bucket(extract(epoch FROM ts)::float8, $3::float8, $4::float8, ${PARTS}) AS part, count(*)::int AS n FROM alert
  WHERE ts >= $1 AND ts < $2 AND type = 'raised' AND mode = 'enforce' GROUP BY part`

/** Totals of a time (epoch ms) against those before it, and its curve. */
export async function totalsOf(ask: Ask, from: number, to: number): Promise<Totals> {
  const [start, end] = [new Date(from), new Date(to)]
  const [totals, parts] = await Promise.all([
    ask<Total>(TOTALS, [start, end, new Date(Math.max(EARLIEST_TIME, 2 * from - to))]),
    ask<{ part: number; n: number }>(CURVE, [start, end, from / 1000, to / 1000]),
  ])
  const curve = Array.from({ length: PARTS }, (_, i) => parts.find(({ part }) => part === i + 1)?.n ?? 0)
  return { totals, curve }
}

import { EARLIEST_TIME } from '../../domain/time.ts'
import type { Ask } from './ask.ts'
import { type QueuedCase, SUMS } from './case-queue.ts'
import { type Example, withTexts } from './case-texts.ts'
import { IN_HOURS, stands } from './questions.ts'

/** Counts of a period and of the preceding period of the same length; `uncounted`: minutes in which messages were not counted. */
export interface Total {
  readonly name: 'messages' | 'alerts' | 'blocked' | 'complaints' | 'judged' | 'uncounted'
  readonly now: number
  readonly before: number
}

/** Sums over `$1` to `$2`, and over `$3` to `$1`. */
const of = (name: Total['name'], sum: string, from: string) =>
  `SELECT '${name}' AS name, coalesce(sum(${sum}) FILTER (WHERE ts >= $1), 0)::int8 AS now, coalesce(sum(${sum}) FILTER (WHERE ts < $1), 0)::int8 AS before FROM ${from}`
const IN_BOTH = 'WHERE ts >= $3 AND ts < $2'
const TOTALS = [
  of('messages', 'total', `sent_minute ${IN_BOTH}`),
  of('uncounted', '1', `uncounted_minute ${IN_BOTH}`),
  of('alerts', 'n', `alert_minute ${IN_BOTH} AND code = ''`),
  of('blocked', 'blocked', `alert_minute ${IN_BOTH} AND code = ''`),
  of('complaints', 'n', `complaint_hour ${IN_BOTH}`),
  of(
    'judged',
    '1',
    `feedback f ${IN_BOTH} AND verdict IN ('confirmed', 'false_positive') AND ${stands('$3')}`,
  ),
].join(' UNION ALL ')

/** Totals of a period (epoch ms) and of the one before; complaints by whole hours. */
export function totalsOf(ask: Ask, from: number, to: number): Promise<Total[]> {
  return ask<Total>(TOTALS, [new Date(from), new Date(to), new Date(Math.max(EARLIEST_TIME, 2 * from - to))])
}

/** One of the cases in the queue with the highest worth. */
export type WorstCase = Pick<QueuedCase, 'id' | 'grouped_by' | 'name' | 'alerts' | 'worth' | 'text' | 'total'>

export interface NewDomain {
  readonly host: string
  readonly first_at: Date
  readonly alerts: number
  readonly brands: readonly string[] | null
  readonly alert_id: string | null
  readonly total: number
}

export interface OpenState {
  readonly target_kind: string
  readonly target_id: string
  readonly action: string
  readonly codes: readonly string[]
  readonly raised_at: Date
  readonly alert_id: string
  readonly total: number
}

/** Newest data in the archive; null if there is none. */
export interface Delay {
  readonly newest_alert: Date | null
  readonly newest_minute: Date | null
  /** Since when changed sums have been waiting; null if none are. */
  readonly waiting: Date | null
}

/** Brands are looked up for the domains shown only. */
const NEW_DOMAINS = `WITH shown AS (
    SELECT name, first_at, total, alerts, alert_id
    FROM (SELECT name, first_at, count(*) OVER ()::int AS total FROM thing WHERE kind = 'domain' AND first_at >= $1 AND first_at < $2) new
      CROSS JOIN LATERAL (SELECT sum(n)::int AS alerts, (array_agg(ids[1] ORDER BY ts DESC))[1] AS alert_id FROM thing_hour
        WHERE kind = 'domain' AND name = new.name AND part = '' AND ${IN_HOURS}) counted
    WHERE alerts > 0 ORDER BY alerts DESC, first_at DESC LIMIT 10)
  SELECT name AS host, first_at, total, alerts, alert_id,
    (SELECT array_agg(DISTINCT b.name) FROM thing_hour b WHERE b.kind = 'forged' AND b.part = 'host:' || shown.name
      AND b.ts >= date_trunc('hour', first_at, 'UTC') AND b.ts < first_at + interval '1 hour') AS brands
  FROM shown ORDER BY alerts DESC, first_at DESC`

export function newDomains(ask: Ask, from: number, to: number): Promise<NewDomain[]> {
  return ask(NEW_DOMAINS, [new Date(from), new Date(to)])
}

/** States without events for seven days are left out, because their end may have been missed. */
const OPEN_STATES = `SELECT target_kind, target_id, action, codes, raised_at, alert_id, count(*) OVER ()::int AS total FROM state_episode
  WHERE cleared_at IS NULL AND mode = 'enforce' AND last_at > now() - interval '7 days'
  ORDER BY array_position(ARRAY['block', 'throttle', 'review', 'observe'], action), raised_at DESC LIMIT 10`

export function openStates(ask: Ask): Promise<OpenState[]> {
  return ask(OPEN_STATES, [])
}

export async function delayOf(ask: Ask): Promise<Delay> {
  const [row] = await ask<Delay>(
    `SELECT (SELECT max(ts) FROM alert_minute) AS newest_alert, (SELECT max(ts) FROM sent_minute) AS newest_minute,
      (SELECT min(at) FROM rollup_due) AS waiting`,
    [],
  )
  return row!
}

/** Number of the worst cases that are shown, and of cases compared first; twice as many are each time. */
const WORST = 5
const COMPARED = 50

/** Cases with alerts of a day that need a finding, by the most that they can be worth. */
const COMPARE = `WITH candidate AS (
    SELECT c.id, c.grouped_by, c.name, greatest(s.recipients, 1) * s.harm AS most, count(*) OVER ()::int AS total
    FROM ${SUMS} AND s.is_open AND s.last_at > now() - interval '1 day' WHERE c.status <> 'waiting' ORDER BY most DESC, id LIMIT $2 OFFSET $1
  )
  SELECT candidate.*, day.alerts, day.worth, day.example_id, day.last_at::text AS example_ts FROM candidate CROSS JOIN LATERAL (
      SELECT count(*)::int AS alerts, (array_agg(a.alert_id ORDER BY a.ts DESC))[1] AS example_id, max(a.ts) AS last_at,
        greatest(count(DISTINCT a.to_token), 1) * avg(a.certainty) * max(a.harm) AS worth
      FROM review_case part JOIN queued_alert a ON a.case_id = part.id
      WHERE coalesce(part.merged_into, part.id) = candidate.id AND a.ts > now() - interval '1 day' AND a.is_open) day
  WHERE day.alerts > 0 ORDER BY most DESC, candidate.id`

/**
 * The cases worth most by their alerts of a day. Sums are of seven days, so they bound what a case can be worth, and cases are
 * compared until no other can be worth more.
 */
export async function worstCases(ask: Ask): Promise<WorstCase[]> {
  let worst: (Omit<WorstCase, 'text'> & Example & { readonly most: number })[] = []
  for (let from = 0, n = COMPARED; ; from += n, n *= 2) {
    const found = await ask<(typeof worst)[number]>(COMPARE, [from, n])
    worst = [...worst, ...found].sort((a, b) => b.worth - a.worth || (a.id < b.id ? -1 : 1)).slice(0, WORST)
    const bound = found.at(-1)?.most ?? 0
    if (found.length < n || (worst.length === WORST && worst.at(-1)!.worth >= bound)) break
  }
  return withTexts(ask, worst)
}

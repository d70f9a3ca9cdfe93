import { randomUUID } from 'node:crypto'
import { redactText } from '../../text/redact.ts'
import type { Ask } from './ask.ts'

export const QUEUE_VIEWS = ['open', 'mine', 'due', 'waiting', 'done'] as const
export type QueueView = (typeof QUEUE_VIEWS)[number]

/** A case of the queue with its alerts of the last seven days that no finding settled; of one that is done, all of them. */
export interface QueuedCase {
  readonly id: string
  readonly grouped_by: string
  readonly name: string
  readonly standing: string
  readonly owner: string | null
  readonly status: string
  readonly finding: string | null
  readonly done_by: string | null
  readonly done_at: Date | null
  readonly batch: string | null
  readonly due_at: Date | null
  readonly is_overdue: boolean
  readonly alerts: number
  readonly recipients: number
  readonly senders: number
  readonly certainty: number
  readonly harm: number
  /** Recipients × certainty × harm. */
  readonly worth: number
  readonly first_at: Date
  readonly last_at: Date
  /** Of its newest alert; masked. */
  readonly text: string | null
  readonly codes: readonly string[] | null
  readonly alert_id: string
  /** Cases of the view. */
  readonly total: number
}

/** Cases on a page. */
export const QUEUE_PAGE = 50

/** What of a view a case is shown for; `$1`: who asks. */
const VIEWS: Readonly<Record<QueueView, string>> = {
  open: "(c.status = 'open' OR a.ts > c.settled_until)",
  mine: "c.owner = $1 AND (c.status <> 'done' OR a.ts > c.settled_until)",
  due: "c.due_at IS NOT NULL AND (c.status <> 'done' OR a.ts > c.settled_until)",
  waiting: "c.status = 'waiting'",
  done: "c.status = 'done'",
}
/** Of the case that the alert was filed under: a finding settles what is merged too. */
const UNSETTLED = '(own.settled_until IS NULL OR a.ts > own.settled_until)'
/** Alerts with the case that they count to. */
const OF_CASE = `case_alert a JOIN review_case own ON own.id = a.case_id
  JOIN review_case c ON c.id = coalesce(own.merged_into, own.id)`
/** A case with what is merged into it. */
const PARTS = 'SELECT id FROM review_case WHERE id = $1 OR merged_into = $1'
const OVERDUE = 'coalesce(c.due_at < now(), false)'

const COLUMNS =
  'c.id, c.grouped_by, c.name, c.standing, c.owner, c.status, c.finding, c.done_by, c.done_at, c.batch, c.due_at'
const SUMS = `${OVERDUE} AS is_overdue, count(*)::int AS alerts, count(DISTINCT a.to_token)::int AS recipients, count(DISTINCT a.sender)::int AS senders,
  avg(a.certainty)::float8 AS certainty, max(a.harm)::float8 AS harm, min(a.ts) AS first_at, max(a.ts) AS last_at,
  greatest(count(DISTINCT a.to_token), 1) * avg(a.certainty) * max(a.harm) AS worth, (array_agg(a.alert_id ORDER BY a.ts DESC))[1] AS alert_id`
const BY_WORTH = 'is_overdue DESC, worth DESC'
/** The lists cost what the alerts of the time do; their texts are looked up for the page alone. */
const listed = (where: string, page: string, order = BY_WORTH) => `WITH found AS (
    SELECT ${COLUMNS}, ${SUMS}, count(*) OVER ()::int AS total FROM ${OF_CASE}
    WHERE a.ts > now() - interval '7 days' AND ${where} GROUP BY c.id ${page}
  )
  SELECT found.*, alert.codes, coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', event #>> '{data,reasons,0,detail}') AS text
  FROM found LEFT JOIN alert ON alert.id = found.alert_id AND alert.ts >= found.first_at AND alert.ts <= found.last_at
  ORDER BY ${order}, found.id`

/** The cases of a view, overdue ones first and then by worth, those with a time by that; from the n-th on. */
export function queueOf(
  ask: Ask,
  view: QueueView,
  who: string,
  skip = 0,
  most = QUEUE_PAGE,
): Promise<QueuedCase[]> {
  const settled = view === 'done' ? 'true' : UNSETTLED
  const order = view === 'due' ? 'due_at' : BY_WORTH
  const page = `ORDER BY ${order}, id LIMIT ${most} OFFSET $2`
  return ask(listed(`$1::text IS NOT NULL AND ${VIEWS[view]} AND ${settled}`, page, order), [who, skip])
}

export async function queuedCase(ask: Ask, id: string): Promise<QueuedCase | undefined> {
  const [open] = await ask<QueuedCase>(listed(`c.id = $1 AND ${UNSETTLED}`, ''), [id])
  const [found] = open ? [open] : await ask<QueuedCase>(listed('c.id = $1', ''), [id])
  return found
}

/** Who sent what of a case, the most first; `codes` and `text` of one alert of each. */
export interface CaseSender {
  readonly sender: string
  readonly alerts: number
  readonly recipients: number
  readonly codes: readonly string[] | null
  readonly text: string | null
}

export interface CaseEvent {
  readonly at: Date
  readonly who: string
  readonly what: string
  readonly text: string
}

export function sendersOf(ask: Ask, id: string): Promise<CaseSender[]> {
  return ask(
    `WITH said AS (
      SELECT a.sender, count(*)::int AS alerts, count(DISTINCT to_token)::int AS recipients, min(a.ts) AS first_at, max(a.ts) AS last_at,
        (array_agg(alert_id ORDER BY a.ts DESC))[1] AS alert_id
      FROM ${OF_CASE} WHERE c.id = $1 AND (c.status = 'done' OR ${UNSETTLED})
      GROUP BY a.sender ORDER BY alerts DESC, a.sender LIMIT 100)
    SELECT said.sender, said.alerts, said.recipients, alert.codes,
      coalesce(event #>> '{data,message,text}', event #>> '{data,reasons,0,detail}') AS text
    FROM said LEFT JOIN alert ON alert.id = said.alert_id AND alert.ts >= said.first_at AND alert.ts <= said.last_at
    ORDER BY said.alerts DESC, said.sender`,
    [id],
  )
}

export function eventsOf(ask: Ask, id: string): Promise<CaseEvent[]> {
  return ask(
    `SELECT at, who, what, text FROM case_event WHERE case_id IN (${PARTS}) ORDER BY at DESC LIMIT 200`,
    [id],
  )
}

/** What can be judged of a case: its messages and states that no finding settled, each once. */
export function subjectsOf(
  ask: Ask,
  id: string,
): Promise<{ readonly message_id: string | null; readonly state_id: string | null }[]> {
  return ask(
    `SELECT DISTINCT CASE WHEN a.state_id IS NULL THEN a.message_id END AS message_id, a.state_id FROM ${OF_CASE} WHERE c.id = $1 AND ${UNSETTLED} AND coalesce(a.state_id, a.message_id) IS NOT NULL`,
    [id],
  )
}

/** What became of the rows of a batch: how many of each outcome, with one reason of those that were refused. */
export function outcomesOf(
  ask: Ask,
  batch: string,
): Promise<{ readonly outcome: string; readonly count: number; readonly why: string | null }[]> {
  return ask(
    'SELECT outcome, count(DISTINCT feedback_id)::int AS count, max(why) AS why FROM feedback_result WHERE batch = $1 GROUP BY outcome ORDER BY 1',
    [batch],
  )
}

const NOTED = 'INSERT INTO case_event (case_id, who, what, text) VALUES ($1, $2, $3, $4)'

export async function noteOnCase(
  change: Ask,
  [id, who, what, text = '']: readonly [id: string, who: string, what: string, text?: string],
): Promise<void> {
  await change(NOTED, [id, who, what, redactText(text)])
}

/** Gives a case to a person, or to none; a case that is done stays so. */
export async function assignCase(change: Ask, id: string, owner: string | null): Promise<void> {
  await change('UPDATE review_case SET owner = $2 WHERE id = $1', [id, owner])
}

export async function setStatus(change: Ask, id: string, status: 'open' | 'waiting'): Promise<void> {
  await change(
    `UPDATE review_case SET status = $2 WHERE id = $1 AND (status <> 'done'
      OR EXISTS (SELECT FROM case_alert a WHERE a.case_id = $1 AND a.ts > settled_until))`,
    [id, status],
  )
}

/** After a finding: what is confirmed stays settled for a day, what was allowed or released should not come again at all. */
const SETTLED_FOR = { confirmed: '1 day', false_positive: '5 minutes', release: '5 minutes' } as const
export type Finding = keyof typeof SETTLED_FOR

/** Settles a case; false: somebody else has done so meanwhile. */
export async function settleCase(
  change: Ask,
  {
    id,
    finding,
    by,
    batch,
  }: { readonly id: string; readonly finding: Finding; readonly by: string; readonly batch: string },
): Promise<boolean> {
  const done = await change<{ readonly id: string }>(
    `UPDATE review_case SET status = 'done', finding = $2, done_by = $3, done_at = now(), batch = $4,
      settled_until = now() + interval '${SETTLED_FOR[finding]}'
      WHERE (id = $1 AND merged_into IS NULL OR merged_into = $1) AND (status <> 'done' OR settled_until < now()
        OR EXISTS (SELECT FROM case_alert a WHERE a.case_id = review_case.id AND a.ts > settled_until)) RETURNING id`,
    [id, finding, by, batch],
  )
  return done.some(({ id: own }) => own === id)
}

/** Opens the case of a batch again, whose feedback is taken back. */
export async function reopenCase(change: Ask, batch: string): Promise<void> {
  await change(
    `UPDATE review_case SET status = 'open', finding = NULL, done_by = NULL, done_at = NULL, settled_until = NULL, batch = NULL
      WHERE batch = $1`,
    [batch],
  )
}

/** The newest finding of a person that can be undone. */
export async function lastFinding(
  ask: Ask,
  who: string,
): Promise<{ readonly id: string; readonly batch: string } | undefined> {
  const [last] = await ask<{ readonly id: string; readonly batch: string }>(
    "SELECT id, batch FROM review_case WHERE done_by = $1 AND batch IS NOT NULL AND done_at > now() - interval '1 day' ORDER BY done_at DESC, merged_into IS NOT NULL LIMIT 1",
    [who],
  )
  return last
}

/**
 * Makes senders of a case a case of their own, their later alerts too. Resolves with its id; undefined: none of them was there,
 * as where somebody else has just split them off.
 */
export async function splitCase(
  change: Ask,
  id: string,
  senders: readonly string[],
): Promise<string | undefined> {
  const [moved] = await change<{ id: string }>(
    `WITH moved AS (
        UPDATE case_alert SET case_id = $2 WHERE case_id IN (${PARTS}) AND sender = ANY ($3) RETURNING sender
      ), made AS (
        INSERT INTO review_case (id, grouped_by, name, standing) SELECT $2, 'sender', $4, standing FROM review_case
        WHERE id = $1 AND EXISTS (SELECT FROM moved) RETURNING id
      ), routed AS (
        INSERT INTO case_route (from_case, sender, to_case) SELECT part.id, sender, made.id
        FROM made, (${PARTS}) part, (SELECT DISTINCT sender FROM moved) s
        ON CONFLICT (from_case, sender) DO UPDATE SET to_case = excluded.to_case
      )
      SELECT id FROM made`,
    [id, randomUUID(), senders, senders.join(', ').slice(0, 200)],
  )
  return moved?.id
}

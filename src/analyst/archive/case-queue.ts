import { redactText } from '../../text/redact.ts'
import type { Ask } from './ask.ts'
import { gravestFirst } from './case-features.ts'
import { isTakenBack, unsettled } from './case-outcomes.ts'
import { type GivenRow, KEEP, keptValues } from './given-feedback.ts'

export const QUEUE_VIEWS = ['open', 'mine', 'due', 'waiting', 'done'] as const
export type QueueView = (typeof QUEUE_VIEWS)[number]

/** A case of the queue with its alerts of the last seven days that need a finding; for a case that is done, with all of them. */
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
  /** Number of alerts since the finding. */
  readonly since: number
  /** Number of messages and states the alerts are about, which a finding applies to. */
  readonly subjects: number
  readonly recipients: number
  readonly senders: number
  /** Some senders are masked, and a mask can stand for several of them. */
  readonly has_masks: boolean
  readonly certainty: number
  readonly harm: number
  /** Recipients × certainty × harm. */
  readonly worth: number
  readonly first_at: Date
  readonly last_at: Date
  /** Text of the first of its most harmful message alerts; masked. */
  readonly text: string | null
  /** Codes of its enforced alerts, most severe first. */
  readonly codes: readonly string[] | null
  /** The newest alert. */
  readonly alert_id: string
  /** Number of cases in the view. */
  readonly total: number
}

/** Cases per page. */
export const QUEUE_PAGE = 50

/** Condition for a case to be in a view; `$1` is the user. */
const VIEWS: Readonly<Record<QueueView, string>> = {
  open: "c.status <> 'waiting'",
  mine: 'c.owner = $1',
  due: 'c.due_at IS NOT NULL',
  waiting: "c.status = 'waiting'",
  done: "c.status = 'done'",
}
export const UNSETTLED = unsettled('own')
/** Alerts joined with the case they count towards. */
export const OF_CASE = `case_alert a JOIN review_case own ON own.id = a.case_id
  JOIN review_case c ON c.id = coalesce(own.merged_into, own.id)`
/** Ids of a case and of those merged into it. */
export const PARTS = 'SELECT id FROM review_case WHERE id = $1 OR merged_into = $1'
/** Whether a row of `review_case` has alerts that need a finding. */
export const HAS_UNSETTLED = `EXISTS (SELECT FROM case_alert a WHERE a.case_id = review_case.id AND ${unsettled('review_case')})`
const OVERDUE = 'coalesce(c.due_at < now(), false)'

/** The example shown for a group of alerts. It does not change as more arrive. */
const exampleOf = (alert: string) =>
  `(array_agg(${alert}.alert_id ORDER BY ${alert}.message_id IS NULL, ${alert}.harm DESC, ${alert}.ts, ${alert}.alert_id))[1] AS example_id`
/** The text of an alert `example`. */
const TEXT =
  "coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', event #>> '{data,reasons,0,detail}') AS text"
/** Codes of alerts `a` by `id`, most frequent first: those in force, or all if none is. */
const codesBy = (id: string, where: string) => `coded AS (
    SELECT id, coalesce(array_agg(code ORDER BY n DESC, code) FILTER (WHERE in_force), array_agg(code ORDER BY n DESC, code)) AS codes
    FROM (SELECT ${id} AS id, code, bool_or(alert.mode = 'enforce') AS in_force, count(*) AS n FROM ${OF_CASE}
      JOIN alert ON alert.id = a.alert_id AND alert.ts = a.ts CROSS JOIN unnest(alert.codes) code
      WHERE ${where} GROUP BY 1, 2) counted GROUP BY id)`

const COLUMNS =
  'c.id, c.grouped_by, c.name, c.standing, c.owner, c.status, c.finding, c.done_by, c.done_at, c.batch, c.due_at'
const SUMS = `${OVERDUE} AS is_overdue, count(*)::int AS alerts, count(*) FILTER (WHERE a.ts > c.done_at)::int AS since,
  count(DISTINCT coalesce(a.state_id, a.message_id))::int AS subjects, count(DISTINCT a.to_token)::int AS recipients, count(DISTINCT a.sender)::int AS senders, bool_or(strpos(a.sender, '*') > 0) AS has_masks,
  avg(a.certainty)::float8 AS certainty, max(a.harm)::float8 AS harm, min(a.ts) AS first_at, max(a.ts) AS last_at,
  greatest(count(DISTINCT a.to_token), 1) * avg(a.certainty) * max(a.harm) AS worth, (array_agg(a.alert_id ORDER BY a.ts DESC, a.alert_id))[1] AS alert_id,
  ${exampleOf('a')}`
const BY_WORTH = 'is_overdue DESC, worth DESC'
/** The cost depends on the number of alerts in the period; texts and codes are looked up for the page only. */
const listed = (where: string, page: string, order = BY_WORTH) => `WITH found AS (
    SELECT ${COLUMNS}, ${SUMS}, count(*) OVER ()::int AS total FROM ${OF_CASE}
    WHERE a.ts > now() - interval '7 days' AND ${where} GROUP BY c.id ${page}
  ), ${codesBy('c.id', `c.id IN (SELECT id FROM found) AND a.ts > now() - interval '7 days' AND ${where}`)}
  SELECT found.*, coded.codes, ${TEXT} FROM found LEFT JOIN coded USING (id)
    LEFT JOIN alert example ON example.id = found.example_id AND example.ts >= found.first_at AND example.ts <= found.last_at
  ORDER BY ${order}, found.id`

async function casesOf(ask: Ask, sql: string, values: readonly unknown[]): Promise<QueuedCase[]> {
  const found = await ask<QueuedCase>(sql, values)
  return found.map((one) => ({ ...one, codes: one.codes && gravestFirst(one.codes) }))
}

/** Cases of a view from offset `skip` on: overdue ones first, then by worth; the view `due` by due time. */
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
  return casesOf(ask, listed(`$1::text IS NOT NULL AND ${VIEWS[view]} AND ${settled}`, page, order), [
    who,
    skip,
  ])
}

/** A case, and whether it has alerts that need a finding. If so, only those are included. */
export async function queuedCase(
  ask: Ask,
  id: string,
): Promise<(QueuedCase & { readonly isOpen: boolean }) | undefined> {
  const [open] = await casesOf(ask, listed(`c.id = $1 AND ${UNSETTLED}`, ''), [id])
  const [found] = open ? [open] : await casesOf(ask, listed('c.id = $1', ''), [id])
  return found && { ...found, isOpen: open !== undefined }
}

/** Senders of a case with the most alerts first; `text` is from one alert of each. */
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

/** `isOpen` restricts the result to alerts that need a finding. */
export async function sendersOf(
  ask: Ask,
  { id, isOpen }: { readonly id: string; readonly isOpen: boolean },
): Promise<CaseSender[]> {
  const where = `c.id = $1 AND a.ts > now() - interval '7 days' AND ${isOpen ? UNSETTLED : 'true'}`
  const found = await ask<CaseSender>(
    `WITH said AS (
      SELECT a.sender, count(*)::int AS alerts, count(DISTINCT to_token)::int AS recipients, min(a.ts) AS first_at, max(a.ts) AS last_at,
        ${exampleOf('a')}
      FROM ${OF_CASE} WHERE ${where} GROUP BY a.sender ORDER BY alerts DESC, a.sender LIMIT 100), ${codesBy('a.sender', where)}
    SELECT said.sender, said.alerts, said.recipients, coded.codes, ${TEXT} FROM said LEFT JOIN coded ON coded.id = said.sender
      LEFT JOIN alert example ON example.id = said.example_id AND example.ts >= said.first_at AND example.ts <= said.last_at
    ORDER BY said.alerts DESC, said.sender`,
    [id],
  )
  return found.map((one) => ({ ...one, codes: one.codes && gravestFirst(one.codes) }))
}

/** The history of a case, newest first, including undos made outside the desk. */
export function eventsOf(ask: Ask, id: string): Promise<CaseEvent[]> {
  return ask(
    `SELECT at, who, what, text FROM case_event WHERE case_id IN (${PARTS})
      UNION SELECT u.ts, u.by, 'undid', '' FROM review_case c JOIN feedback u ON u.undo = c.batch
        WHERE c.id = $1 AND NOT EXISTS (SELECT FROM given_feedback g WHERE g.feedback_id = u.feedback_id)
      ORDER BY at DESC LIMIT 200`,
    [id],
  )
}

/** A message or state that can be judged. */
export interface CaseSubject {
  readonly message_id: string | null
  readonly state_id: string | null
}

/** Messages and states of a case that need a finding, each once; `until` limits them to alerts up to that time, epoch ms. */
export function subjectsOf(ask: Ask, id: string, until?: number): Promise<CaseSubject[]> {
  return ask(
    `SELECT DISTINCT CASE WHEN a.state_id IS NULL THEN a.message_id END AS message_id, a.state_id FROM ${OF_CASE}
      WHERE c.id = $1 AND a.ts > now() - interval '7 days' AND ${UNSETTLED} AND coalesce(a.state_id, a.message_id) IS NOT NULL
        AND ($2::timestamptz IS NULL OR date_trunc('milliseconds', a.ts) <= $2)`,
    [id, until === undefined ? null : new Date(until)],
  )
}

const NOTED = 'INSERT INTO case_event (case_id, who, what, text) VALUES ($1, $2, $3, $4)'

export async function noteOnCase(
  change: Ask,
  [id, who, what, text = '']: readonly [id: string, who: string, what: string, text?: string],
): Promise<void> {
  await change(NOTED, [id, who, what, redactText(text)])
}

/** Assigns a case to an analyst, or to none with null. Its status does not change. */
export async function assignCase(change: Ask, id: string, owner: string | null): Promise<void> {
  await change('UPDATE review_case SET owner = $2 WHERE id = $1', [id, owner])
}

export async function setStatus(change: Ask, id: string, status: 'open' | 'waiting'): Promise<void> {
  await change(
    `UPDATE review_case SET status = $2 WHERE id = $1 AND (status <> 'done' OR ${HAS_UNSETTLED})`,
    [id, status],
  )
}

/** How long a finding covers new alerts: allowed or released ones should not recur, so only briefly. */
const SETTLED_FOR = { confirmed: '1 day', false_positive: '5 minutes', release: '5 minutes' } as const
export type Finding = keyof typeof SETTLED_FOR

/** A finding on a case. Alerts after `until` (epoch ms) need a new one immediately. */
interface Settlement {
  readonly id: string
  readonly finding: Finding
  readonly by: string
  readonly batch: string
  readonly until?: number | undefined
}

/** Settles a case and stores the feedback rows of its finding. Returns false, storing none, if it is already settled. */
export async function settleCase(
  change: Ask,
  { id, finding, by, batch, until }: Settlement,
  rows: readonly GivenRow[],
): Promise<boolean> {
  const done = await change<{ readonly id: string }>(
    `WITH settled AS (UPDATE review_case SET status = 'done', finding = $4, done_by = $5, done_at = now(), batch = $6,
        settled_until = coalesce($7::timestamptz + interval '999 microseconds', now() + interval '${SETTLED_FOR[finding]}')
        WHERE (id = $3 AND merged_into IS NULL OR merged_into = $3) AND (status <> 'done' OR ${HAS_UNSETTLED}) RETURNING id
      ), kept AS (${KEEP} WHERE EXISTS (SELECT FROM settled WHERE id = $3)
      ), noted AS (INSERT INTO case_event (case_id, who, what, text) SELECT id, $5, 'judged', $4 FROM settled WHERE id = $3)
      SELECT id FROM settled`,
    [...keptValues(rows), id, finding, by, batch, until === undefined ? null : new Date(until)],
  )
  return done.some(({ id: own }) => own === id)
}

/** Makes alerts after the finding need a new one. */
export async function reopenSince(change: Ask, id: string): Promise<void> {
  await change(
    'UPDATE review_case SET settled_until = least(settled_until, done_at) WHERE (id = $1 OR merged_into = $1) AND done_at IS NOT NULL',
    [id],
  )
}

/** The case that a row of `review_case` counts to now. */
const SHOWN_AS = 'coalesce(merged_into, id)'

/** Reopens the cases of an undone batch. Resolves with the ids of the cases that show its alerts now. */
export async function reopenCase(change: Ask, batch: string): Promise<readonly string[]> {
  const opened = await change<{ id: string }>(
    `UPDATE review_case SET status = 'open', finding = NULL, done_by = NULL, done_at = NULL, settled_until = NULL, batch = NULL
      WHERE batch = $1 RETURNING ${SHOWN_AS} AS id`,
    [batch],
  )
  return [...new Set(opened.map(({ id }) => id))]
}

/** Records that feedback was undone: a whole batch, which reopens its cases, or the judgement on one message or state. */
export async function noteUndone(
  change: Ask,
  { batch, who, isWhole }: { readonly batch: string; readonly who: string; readonly isWhole: boolean },
): Promise<readonly string[]> {
  const ids = isWhole
    ? await reopenCase(change, batch)
    : (
        await change<{ id: string }>(`SELECT DISTINCT ${SHOWN_AS} AS id FROM review_case WHERE batch = $1`, [
          batch,
        ])
      ).map(({ id }) => id)
  for (const id of ids) await noteOnCase(change, [id, who, isWhole ? 'undid' : 'undidOne'])
  return ids
}

/** A finding on a case that can be undone. */
export interface LastFinding {
  readonly id: string
  readonly batch: string
  readonly grouped_by: string
  readonly name: string
}

/** The newest finding of a user that can be undone, or that of `batch` if it can be. */
export async function lastFinding(ask: Ask, who: string, batch?: string): Promise<LastFinding | undefined> {
  const [last] = await ask<LastFinding>(
    `SELECT id, batch, grouped_by, name FROM review_case WHERE done_by = $1 AND batch IS NOT NULL
        AND ($2::text IS NULL OR batch = $2) AND done_at > now() - interval '1 day' AND NOT ${isTakenBack('batch')}
      ORDER BY done_at DESC, merged_into IS NOT NULL LIMIT 1`,
    [who, batch ?? null],
  )
  return last
}

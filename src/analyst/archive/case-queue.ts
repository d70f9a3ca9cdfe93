import { redactText } from '../../text/redact.ts'
import type { Ask } from './ask.ts'
import { gravestFirst } from './case-features.ts'
import { isTakenBack, unsettled } from './case-outcomes.ts'
import { type Example, withTexts } from './case-texts.ts'
import { type GivenRow, KEEP, keptValues } from './given-feedback.ts'

export const QUEUE_VIEWS = ['open', 'mine', 'due', 'waiting', 'done'] as const
export type QueueView = (typeof QUEUE_VIEWS)[number]

/** A case of the queue with its alerts of the last seven days that need a finding; for a case without any, with all of them. */
export interface QueuedCase {
  readonly id: string
  /** Whether it has alerts that need a finding. */
  readonly isOpen: boolean
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
  /** How many of them are states. */
  readonly states: number
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
/** Ids of a case and of those merged into it. */
export const PARTS = 'SELECT id FROM review_case WHERE id = $1 OR merged_into = $1'
/** Whether a row of `review_case` has alerts that need a finding. Not from `queued_alert`: an update must see the row it waited for. */
export const HAS_UNSETTLED = `EXISTS (SELECT FROM case_alert a WHERE a.case_id = review_case.id AND ${unsettled('review_case')})`

/** Codes of sums `s` by their counts, most frequent first: those in force, or all if none is. */
const CODES = `(SELECT coalesce(array_agg(key ORDER BY value::int DESC, key) FILTER (WHERE s.forced ? key),
  array_agg(key ORDER BY value::int DESC, key)) FROM jsonb_each_text(s.codes)) AS codes`
/** Adds the example of sums `s`, whose text is shown. */
const EXAMPLE = 's.example_id, example.ts::text AS example_ts'
const OF_EXAMPLE = 'LEFT JOIN case_alert example ON example.alert_id = s.example_id'

const COLUMNS = `c.id, c.grouped_by, c.name, c.standing, c.owner, c.status, c.finding, c.done_by, c.done_at, c.batch, c.due_at,
  s.is_open AS "isOpen", s.alerts, s.since, s.subjects, s.states, s.recipients, s.senders, s.has_masks, s.certainty / s.alerts AS certainty,
  s.harm, s.worth, s.first_at, s.last_at, s.alert_id`
/** Cases `c` with their sums `s`. */
export const SUMS =
  "case_sum s JOIN review_case c ON c.id = s.case_id AND s.last_at > now() - interval '7 days'"
const BY_WORTH = 'is_overdue DESC, worth DESC'
/** Texts and codes are looked up for the page only. */
const listed = (where: string, page: string, order = BY_WORTH) => `WITH found AS (
    SELECT c.id, s.is_open, s.worth, c.due_at, coalesce(c.due_at < now(), false) AS is_overdue, count(*) OVER ()::int AS total
    FROM ${SUMS} WHERE ${where} ${page})
  SELECT ${COLUMNS}, found.is_overdue, found.total, ${CODES}, ${EXAMPLE}
  FROM found JOIN review_case c USING (id) JOIN case_sum s ON s.case_id = c.id AND s.is_open = found.is_open ${OF_EXAMPLE}
  ORDER BY ${order}, id`

async function casesOf(ask: Ask, sql: string, values: readonly unknown[]): Promise<QueuedCase[]> {
  const found = await ask<Omit<QueuedCase, 'text'> & Example>(sql, values)
  return (await withTexts(ask, found)).map((one) => ({ ...one, codes: one.codes && gravestFirst(one.codes) }))
}

/** Cases of a view from offset `skip` on: overdue ones first, then by worth; the view `due` by due time. */
export function queueOf(
  ask: Ask,
  view: QueueView,
  who: string,
  skip = 0,
  most = QUEUE_PAGE,
): Promise<QueuedCase[]> {
  const order = view === 'due' ? 'due_at' : BY_WORTH
  const where = `$1::text IS NOT NULL AND ${view === 'done' ? 'NOT s.is_open' : 's.is_open'} AND ${VIEWS[view]}`
  return casesOf(ask, listed(where, `ORDER BY ${order}, id LIMIT ${most} OFFSET $2`, order), [who, skip])
}

/** A case. If it has alerts that need a finding, only those are included. */
export async function queuedCase(ask: Ask, id: string): Promise<QueuedCase | undefined> {
  const [found] = await casesOf(ask, listed('s.case_id = $1', 'ORDER BY s.is_open DESC LIMIT 1'), [id])
  return found
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
  const found = await ask<Omit<CaseSender, 'text'> & Example>(
    `SELECT s.sender, s.alerts, s.recipients, ${CODES}, ${EXAMPLE}
      FROM (SELECT * FROM case_sender WHERE case_id = $1 AND is_open = $2 ORDER BY alerts DESC, sender LIMIT 100) s ${OF_EXAMPLE}
      ORDER BY s.alerts DESC, s.sender`,
    [id, isOpen],
  )
  return (await withTexts(ask, found)).map((one) => ({ ...one, codes: one.codes && gravestFirst(one.codes) }))
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
    `SELECT DISTINCT CASE WHEN a.state_id IS NULL THEN a.message_id END AS message_id, a.state_id
      FROM case_sum s JOIN queued_alert a ON a.case_id IN (${PARTS}) AND a.ts > s.counted_from AND a.is_open
      WHERE s.case_id = $1 AND s.is_open AND a.subject IS NOT NULL AND ($2::timestamptz IS NULL OR date_trunc('milliseconds', a.ts) <= $2)`,
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

/** Assigns a case to an analyst if it has no owner, or still the one to take it from. Returns whether it is theirs. */
export async function takeCase(change: Ask, id: string, who: string, from: string | null): Promise<boolean> {
  const taken = await change(
    `WITH before AS (SELECT owner FROM review_case WHERE id = $1 FOR UPDATE),
      taken AS (UPDATE review_case c SET owner = $2 FROM before
        WHERE c.id = $1 AND (before.owner IS NULL OR before.owner IN ($2, $3)) RETURNING before.owner),
      noted AS (INSERT INTO case_event (case_id, who, what, text)
        SELECT $1, $2, CASE WHEN owner IS NULL THEN 'took' ELSE 'tookOver' END, coalesce(owner, '')
          FROM taken WHERE owner IS DISTINCT FROM $2)
      SELECT owner FROM taken`,
    [id, who, from],
  )
  return taken.length > 0
}

/** Leaves a case of an analyst without owner. Returns whether it was theirs. */
export async function giveBackCase(change: Ask, id: string, who: string): Promise<boolean> {
  const given = await change(
    'UPDATE review_case SET owner = NULL WHERE id = $1 AND owner = $2 RETURNING id',
    [id, who],
  )
  return given.length > 0
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

/** A finding on a case, with a comment and the address for the access log. Alerts after `until` (epoch ms) need a new one immediately. */
interface Settlement {
  readonly id: string
  readonly finding: Finding
  readonly by: string
  readonly batch: string
  readonly until?: number | undefined
  readonly note?: string | undefined
  readonly address?: string | undefined
}

/** Settles a case, notes it there and in the access log, and stores the feedback rows of its finding, all or nothing. Returns false, storing none, if it is already settled. */
export async function settleCase(
  change: Ask,
  { id, finding, by, batch, until, note, address }: Settlement,
  rows: readonly GivenRow[],
): Promise<boolean> {
  const done = await change<{ readonly id: string }>(
    `WITH settled AS (UPDATE review_case SET status = 'done', finding = $4, done_by = $5, done_at = now(), batch = $6,
        settled_until = coalesce($7::timestamptz + interval '999 microseconds', now() + interval '${SETTLED_FOR[finding]}')
        WHERE (id = $3 AND merged_into IS NULL OR merged_into = $3) AND (status <> 'done' OR ${HAS_UNSETTLED}) RETURNING id
      ), kept AS (${KEEP} WHERE EXISTS (SELECT FROM settled WHERE id = $3)
      ), noted AS (INSERT INTO case_event (case_id, who, what, text) SELECT id, $5, said.what, said.text
        FROM settled, (VALUES ('judged', $4::text), ('commented', $8)) AS said (what, text) WHERE id = $3 AND said.text <> ''
      ), logged AS (INSERT INTO access_log (who, what, subject, address) SELECT $5, 'feedback', id || ': ' || $4, $9 FROM settled WHERE id = $3)
      SELECT id FROM settled`,
    [
      ...[...keptValues(rows), id, finding, by, batch],
      ...[until === undefined ? null : new Date(until), redactText(note ?? ''), address ?? null],
    ],
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
export type LastFinding = Pick<QueuedCase, 'id' | 'grouped_by' | 'name'> & { readonly batch: string }

/** The newest finding of a user that can be undone, or that of `batch` if it can be. */
export async function lastFinding(ask: Ask, who: string, batch?: string): Promise<LastFinding | undefined> {
  const [last] = await ask<LastFinding>(
    `SELECT id, batch, grouped_by, name FROM review_case WHERE done_by = $1 AND batch IS NOT NULL
        AND ($2::text IS NULL OR batch = $2) AND done_at > now() - interval '1 day' AND NOT ${isTakenBack('review_case.batch')}
      ORDER BY done_at DESC, merged_into IS NOT NULL LIMIT 1`,
    [who, batch ?? null],
  )
  return last
}

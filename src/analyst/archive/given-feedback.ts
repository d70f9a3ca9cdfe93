import { redactText } from '../../text/redact.ts'
import type { Ask } from './ask.ts'

/** A row of `sms.feedback` written by the desk; it has a `feedbackId`. Times are epoch ms. */
export interface GivenRow {
  readonly feedbackId: string
  readonly stateId?: string
  readonly messageId?: string
  readonly target?: string
  readonly verdict?: string
  readonly codes?: readonly string[]
  readonly label?: string
  readonly until?: number
  readonly by: string
  readonly note?: string
  readonly batch?: string
  readonly undo?: string
  readonly ts: number
}

/** Status of feedback as known to the archive; `unknown` if the service's results are not archived. */
export type Standing = 'unsent' | 'waiting' | 'unknown' | 'applied' | 'refused' | 'undoing' | 'undone'

export interface StoredFeedback {
  readonly ts: Date
  readonly verdict: string
  readonly by: string
  readonly note: string | null
  readonly until: Date | null
  /** null if it cannot be undone by its id. */
  readonly id?: string | null
  readonly batch?: string | null
  readonly codes?: readonly string[] | null
  readonly label?: string | null
  readonly target?: string | null
  readonly standing?: Standing
  /** The service's reason for refusing it. */
  readonly why?: string | null
}

/** Stores the rows `$1` with their notes `$2`. */
export const KEEP = `INSERT INTO given_feedback (feedback_id, ts, state_id, message_id, target, codes, verdict, until, by, note, batch, undo, label, "row")
  SELECT r ->> 'feedbackId', to_timestamp((r ->> 'ts')::float8 / 1000), r ->> 'stateId', r ->> 'messageId', r ->> 'target',
    CASE WHEN r ? 'codes' THEN ARRAY(SELECT jsonb_array_elements_text(r -> 'codes')) END, coalesce(r ->> 'verdict', 'undo'),
    to_timestamp((r ->> 'until')::float8 / 1000), r ->> 'by', said.note, r ->> 'batch', r ->> 'undo', r ->> 'label', r
  FROM unnest($1::jsonb[], $2::text[]) AS said (r, note)`

/** The values of `KEEP`. */
export function keptValues(rows: readonly GivenRow[]): readonly unknown[] {
  const notes = rows.map(({ note }) => (note === undefined ? null : redactText(note)))
  return [rows.map((row) => JSON.stringify(row)), notes]
}

/** Stores rows until they are written to the topic. */
export async function keepGiven(change: Ask, rows: readonly GivenRow[]): Promise<true> {
  await change(`${KEEP} ON CONFLICT DO NOTHING`, keptValues(rows))
  return true
}

/** Rows not written yet, oldest first and undos last. Rows older than the lifetime of feedback are left out. */
export async function unsentRows(ask: Ask, most: number): Promise<GivenRow[]> {
  const found = await ask<{ row: GivenRow }>(
    `SELECT "row" FROM given_feedback WHERE "row" IS NOT NULL AND ts > now() - interval '30 days'
      ORDER BY undo IS NOT NULL, ts, feedback_id LIMIT $1`,
    [most],
  )
  return found.map(({ row }) => row)
}

export async function markSent(change: Ask, ids: readonly string[]): Promise<void> {
  await change('UPDATE given_feedback SET "row" = NULL WHERE feedback_id = ANY ($1)', [ids])
}

const COLUMNS = 'ts, verdict, by, note, until, feedback_id AS id, batch, codes, label, target'

/** Status of a row `said` (with `id`, `batch`, `ts` and `is_sent`) after undos and the service's results. `$4`: topic of results. */
const STANDING = `CASE
    WHEN answer.outcome = 'undone' OR undo.outcome = 'undone' THEN 'undone'
    WHEN undo.is_asked AND coalesce(undo.outcome, '') <> 'refused' THEN 'undoing'
    WHEN answer.outcome IS NOT NULL THEN answer.outcome
    WHEN NOT said.is_sent THEN 'unsent'
    WHEN EXISTS (SELECT FROM input_offset WHERE topic = $4) THEN 'waiting' ELSE 'unknown' END`

const JUDGEMENTS = `WITH said AS (
    SELECT ${COLUMNS}, true AS is_sent FROM feedback
      WHERE undo IS NULL AND (message_id = $1 OR state_id = $2 OR target = ANY ($3))
    UNION ALL SELECT ${COLUMNS}, "row" IS NULL FROM given_feedback g
      WHERE undo IS NULL AND (message_id = $1 OR state_id = $2 OR target = ANY ($3))
        AND NOT EXISTS (SELECT FROM feedback f WHERE f.feedback_id = g.feedback_id)
  )
  SELECT said.*, ${STANDING} AS standing, answer.why FROM said
    LEFT JOIN LATERAL (SELECT outcome, why FROM feedback_result r WHERE r.feedback_id = said.id ORDER BY ts DESC LIMIT 1) answer ON true
    LEFT JOIN LATERAL (
      SELECT true AS is_asked, max(r.outcome) AS outcome FROM (
        SELECT feedback_id FROM feedback u WHERE u.undo IN (said.id, said.batch) AND u.ts >= said.ts
        UNION SELECT feedback_id FROM given_feedback u WHERE u.undo IN (said.id, said.batch) AND u.ts >= said.ts) u
      LEFT JOIN feedback_result r ON r.feedback_id = u.feedback_id HAVING count(*) > 0) undo ON true
  ORDER BY said.ts, said.id`

/** Judgements on a message, a state or targets with their status, oldest first. `answers`: topic of feedback results. */
export function judgementsOf(
  ask: Ask,
  about: { readonly message: string; readonly state: string; readonly targets: readonly string[] },
  answers: string,
): Promise<StoredFeedback[]> {
  return ask(JUDGEMENTS, [about.message, about.state, about.targets, answers])
}

import type { Ask } from './ask.ts'
import type { Standing } from './given-feedback.ts'

/** The queue shows alerts of the last seven days, so feedback on them is not older. */
const RECENT = "now() - interval '8 days'"

/** Ids of feedback and batches that were undone on any page, unless the service refused the undo. */
const TAKEN_BACK = `SELECT u.undo, bool_or(r.outcome IS NOT NULL) AS is_answered FROM (
      SELECT feedback_id, undo FROM given_feedback WHERE undo IS NOT NULL AND ts > ${RECENT}
      UNION SELECT feedback_id, undo FROM feedback WHERE undo IS NOT NULL AND ts > ${RECENT}) u
    LEFT JOIN feedback_result r ON r.feedback_id = u.feedback_id
    WHERE r.outcome IS DISTINCT FROM 'refused' GROUP BY u.undo`

/** Whether a batch was undone as a whole. */
export const isTakenBack = (batch: string) =>
  `EXISTS (SELECT FROM fallen_judgement f WHERE f.batch = ${batch} AND f.subject = '')`

/**
 * Whether an alert `a` needs a finding, as in `queued_alert`. `own` is the case it was filed under: a finding on a case settles
 * the cases merged into it, too.
 */
export const unsettled = (own: string) =>
  `(${own}.settled_until IS NULL OR a.ts > ${own}.settled_until OR EXISTS (SELECT FROM fallen_judgement f
    WHERE f.batch = ${own}.batch AND f.subject IN ('', coalesce(a.state_id, a.message_id))))`

/** Number of rows of a batch by status, with one of the reasons for refusals. */
export interface BatchOutcome {
  readonly batch: string
  readonly standing: Standing
  readonly count: number
  readonly why: string | null
}

/** The outcomes of batches. `answers`: topic of feedback results. */
export function outcomesOf(ask: Ask, batches: readonly string[], answers: string): Promise<BatchOutcome[]> {
  if (batches.length === 0) return Promise.resolve([])
  return ask(
    `WITH taken AS MATERIALIZED (${TAKEN_BACK}), said AS MATERIALIZED (
      SELECT batch, feedback_id, "row" IS NULL AS is_sent FROM given_feedback
      WHERE batch = ANY ($1) AND undo IS NULL AND ts > ${RECENT}
    ), answer AS (
      SELECT DISTINCT ON (feedback_id) feedback_id, outcome, r.why FROM said JOIN feedback_result r USING (feedback_id)
      ORDER BY feedback_id, r.ts DESC
    )
    SELECT said.batch, CASE
        WHEN answer.outcome = 'undone' OR one.is_answered OR whole.is_answered THEN 'undone'
        WHEN one.undo IS NOT NULL OR whole.undo IS NOT NULL THEN 'undoing'
        WHEN answer.outcome IS NOT NULL THEN answer.outcome
        WHEN NOT is_sent THEN 'unsent'
        WHEN EXISTS (SELECT FROM input_offset WHERE topic = $2) THEN 'waiting' ELSE 'unknown' END AS standing,
      count(*)::int AS count, max(answer.why) FILTER (WHERE answer.outcome = 'refused') AS why
    FROM said LEFT JOIN answer USING (feedback_id) LEFT JOIN taken one ON one.undo = said.feedback_id
      LEFT JOIN taken whole ON whole.undo = said.batch
    GROUP BY 1, 2 ORDER BY 1, 2`,
    [batches, answers],
  )
}

/** Number of messages and states judged in a batch. */
export async function judgedWith(ask: Ask, batch: string): Promise<number> {
  const [row] = await ask<{ n: number }>(
    'SELECT count(*)::int AS n FROM given_feedback WHERE batch = $1 AND undo IS NULL AND coalesce(state_id, message_id) IS NOT NULL',
    [batch],
  )
  return row!.n
}

import { randomUUID } from 'node:crypto'
import type { Ask } from './ask.ts'
import { HAS_UNSETTLED, PARTS, type QueuedCase } from './case-queue.ts'

/** A case that was merged into another. */
export type MergedCase = Pick<QueuedCase, 'id' | 'grouped_by' | 'name'>

/** Moves what was merged into $1 while $1 was merged itself, which the statement of neither merge saw. */
const FOLLOW = `UPDATE review_case c SET merged_path = c.merged_path || now.merged_into, merged_into = now.merged_into
  FROM review_case now WHERE now.id = $1 AND now.merged_into IS NOT NULL AND c.merged_into = $1`

/**
 * Merges a case, and those merged into it, into another one: its present and future alerts count towards the other. Returns
 * the case, or undefined if either does not exist, is done, or is already merged.
 */
export async function mergeCases(change: Ask, from: string, into: string): Promise<MergedCase | undefined> {
  const merged = await change<MergedCase>(
    `WITH both_open AS (
        SELECT id FROM review_case WHERE id IN ($1, $2) AND merged_into IS NULL AND (status <> 'done' OR ${HAS_UNSETTLED})
        ORDER BY id FOR UPDATE)
      UPDATE review_case SET merged_path = merged_path || $2::text, merged_into = $2
        WHERE (id = $1 OR merged_into = $1) AND $1 <> $2 AND (SELECT count(*) FROM both_open) = 2
        RETURNING id, grouped_by, name`,
    [from, into],
  )
  if (merged.length > 0) for (const id of [from, into]) await change(FOLLOW, [id])
  return merged.find(({ id }) => id === from)
}

/** Undoes a merge; cases that were merged into this one before stay with it. Returns false if the case was not merged. */
export async function unmergeCase(change: Ask, id: string): Promise<boolean> {
  const path = "CASE WHEN id = $1 THEN '{}' ELSE merged_path[1:array_position(merged_path, $1)] END"
  const parted = await change(
    `UPDATE review_case SET merged_path = ${path}, merged_into = CASE WHEN id = $1 THEN NULL ELSE $1 END
      WHERE (id = $1 AND merged_into IS NOT NULL) OR ($1 = ANY (merged_path) AND merged_into <> $1) RETURNING id`,
    [id],
  )
  return parted.length > 0
}

/** The case that a case counts as: the one it was merged into, or itself. */
export async function caseNow(ask: Ask, id: string): Promise<string> {
  const [found] = await ask<{ id: string }>(
    'SELECT coalesce(merged_into, id) AS id FROM review_case WHERE id = $1',
    [id],
  )
  return found?.id ?? id
}

export function mergedInto(ask: Ask, id: string): Promise<MergedCase[]> {
  return ask('SELECT id, grouped_by, name FROM review_case WHERE merged_into = $1 ORDER BY name, id', [id])
}

/** Sets the due time of a case, epoch ms; null removes it. */
export async function setDue(change: Ask, id: string, due: number | null): Promise<void> {
  await change('UPDATE review_case SET due_at = $2 WHERE id = $1', [id, due === null ? null : new Date(due)])
}

/**
 * Moves senders of a case, and their future alerts, into a case of their own. Resolves with its id, or undefined if none of
 * them is in the case, for example because another analyst has just split them off.
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

import { hashOf } from '../../domain/hash.ts'
import type { Feedback } from './rows.ts'

/** Identifies a row in its answer and in an undo: its own id, or a hash of its content. */
export function feedbackIdOf(row: Feedback): string {
  const { feedbackId, stateId, messageId, target, undo, verdict, by, ts, until } = row
  if (feedbackId !== undefined) return feedbackId
  const about = stateId ?? messageId ?? undo ?? `${target!.kind}:${target!.id}`
  return hashOf(about, verdict, by, ts, until, row.note ?? '')
}

/** Stable when a row is read again; distinct when a `feedbackId` is reused at another time. */
export function givenIdOf(row: Feedback): string {
  return hashOf(feedbackIdOf(row), row.ts)
}

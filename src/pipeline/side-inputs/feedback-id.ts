import { hashOf } from '../../domain/hash.ts'
import type { Feedback } from './rows.ts'

/** What names a row in its answer and in an undo: its own id, or the hash of what it says. */
export function feedbackIdOf(row: Feedback): string {
  const { feedbackId, stateId, messageId, target, undo, verdict, by, ts, until } = row
  if (feedbackId !== undefined) return feedbackId
  const about = stateId ?? messageId ?? undo ?? `${target!.kind}:${target!.id}`
  return hashOf(about, verdict, by, ts, until, row.note ?? '')
}

/** A row that is read again has the same, one that reuses a `feedbackId` at another time has its own. */
export function givenIdOf(row: Feedback): string {
  return hashOf(feedbackIdOf(row), row.ts)
}

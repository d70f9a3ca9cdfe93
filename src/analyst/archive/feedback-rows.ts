import { iso } from '../../domain/time.ts'
import { feedbackIdOf } from '../../pipeline/side-inputs/feedback-id.ts'
import { readSideRow } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { redactText } from '../../text/redact.ts'
import type { Fields } from './fields.ts'

const maybeTime = (f: Fields, name: string) => (f.record[name] == null ? null : iso(f.time(name)))

/** The row for an analyst's feedback; the note is redacted. */
export function feedbackRow(f: Fields) {
  const ts = f.time('ts')
  const { codes } = f.record
  const note = f.maybe('note')
  const undo = f.maybe('undo')
  const read = readSideRow('feedback', f.record, canonicalNumber)
  return {
    table: 'feedback' as const,
    ts,
    row: {
      id: f.contentId,
      ts: iso(ts),
      state_id: f.maybe('stateId'),
      message_id: f.maybe('messageId'),
      target: f.maybe('target'),
      codes: Array.isArray(codes) ? codes.map(String) : null,
      verdict: undo === null ? f.text('verdict') : 'undo',
      until: maybeTime(f, 'until'),
      by: f.text('by'),
      note: note === null ? null : redactText(note),
      // The id by which the service refers to it in its result.
      feedback_id: 'row' in read ? feedbackIdOf(read.row) : f.maybe('feedbackId'),
      batch: f.maybe('batch'),
      undo,
      label: f.maybe('label'),
    },
  }
}

/** The row for the service's result on feedback. */
export function feedbackResultRow(f: Fields) {
  const ts = f.time('at')
  const { states } = f.record
  return {
    table: 'feedback_result' as const,
    ts,
    row: {
      feedback_id: f.text('feedbackId'),
      ts: iso(ts),
      batch: f.maybe('batch'),
      outcome: f.text('outcome'),
      why: f.maybe('why'),
      states: Array.isArray(states) ? states.map(String) : [],
      until: maybeTime(f, 'until'),
    },
  }
}

import { REFUSALS } from '../../domain/archive-events.ts'
import { LABELS } from '../../domain/labels.ts'
import { counter, gauge } from './metric-spec.ts'

export const DEADLINE_STANDINGS = ['due', 'overdue', 'unknown'] as const

/** Metrics of `sigwatch archive`. */
export const ARCHIVE_METRICS = {
  sigwatch_archived_rows_total: counter('Rows that the archive wrote.'),
  sigwatch_archive_past_retention_total: counter(
    'Records that the archive left out, as they are past its retention.',
  ),
  sigwatch_archive_refused_total: counter(
    'Records that the archive could not place: unfit: no record of its topic; database: PostgreSQL refuses it; ahead: its time is ahead of the clock; day: its day could not be made. The last two are placed later.',
    { reason: REFUSALS },
  ),
  sigwatch_archive_refused_rows: gauge('Rows that the archive keeps aside until they can be placed.'),
  sigwatch_archive_expired_total: counter('Days that the archive dropped, as they are past its retention.'),
  sigwatch_archive_expiry_held: gauge(
    'Days that are past the retention by a clock that no other confirms, and that the archive has not dropped.',
  ),
  sigwatch_archive_ddl_deferred_total: counter(
    'Times that the archive could not make or drop a day, because another session held a lock on it.',
    { what: ['make', 'drop'] },
  ),
  sigwatch_complaint_deadlines: gauge(
    'Deadlines of unanswered complaints, as `complaints deadlines` computed them last: due: two working days are left at most; unknown: complaints whose deadlines it has not computed. Of the archive.',
    { standing: DEADLINE_STANDINGS },
  ),
  sigwatch_complaint_deadlines_computed_timestamp_seconds: gauge(
    'When `complaints deadlines` computed the deadlines that are kept; 0: none are. Of the archive.',
  ),
  sigwatch_model_score_drift: gauge(
    'Population stability index of the scores of the last day, of the model that labelled last: card: against held-out texts on its card; week: against the same day of the week before. Above 0.25 it is other traffic. Of the archive.',
    { label: LABELS, against: ['card', 'week'] },
  ),
} as const

import { REFUSALS } from '../../domain/archive-events.ts'
import { LABELS } from '../../domain/labels.ts'
import { counter, gauge } from './metric-spec.ts'

export const DEADLINE_STANDINGS = ['due', 'overdue', 'unknown'] as const

export const ARCHIVE_METRICS = {
  sigwatch_archived_rows_total: counter('Rows written.'),
  sigwatch_archive_past_retention_total: counter('Records skipped as past the retention.'),
  sigwatch_archive_erased_total: counter(
    'Records left out because their person was erased, or because they use the id of an erased message again. Erased complaints are not counted.',
  ),
  sigwatch_archive_refused_total: counter(
    'Records not archived. `unfit`: no record of its topic; `database`: refused by PostgreSQL; `ahead`: its time is ahead of the clock; `day`: its partition could not be created. The last two are archived later.',
    { reason: REFUSALS },
  ),
  sigwatch_archive_refused_rows: gauge('Rows kept aside to be archived later.'),
  sigwatch_archive_expired_total: counter('Days dropped as past the retention.'),
  sigwatch_archive_expiry_held: gauge(
    'Days past the retention that are kept, because no other clock confirms the time.',
  ),
  sigwatch_archive_ddl_deferred_total: counter(
    'Days whose partition another session kept from being created or dropped.',
    { what: ['make', 'drop'] },
  ),
  sigwatch_complaint_deadlines: gauge(
    'Deadlines of unanswered complaints at the last `complaints deadlines`. `due`: at most two working days left; `unknown`: not computed.',
    { standing: DEADLINE_STANDINGS },
  ),
  sigwatch_complaint_deadlines_computed_timestamp_seconds: gauge(
    'Time of the last `complaints deadlines` (Unix time); 0: never.',
  ),
  sigwatch_model_score_drift: gauge(
    'Population stability index of the scores of the last day. `card`: against the held-out texts of the model card; `week`: against the same weekday a week earlier. Above 0.25 the traffic has changed.',
    { label: LABELS, against: ['card', 'week'] },
  ),
} as const

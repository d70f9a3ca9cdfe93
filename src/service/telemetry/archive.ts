import { DEADLINE_STANDINGS } from './archive-metrics.ts'
import { type Reports, TEN_SECONDS } from './report.ts'

/** Expiring more days than this in one run is unusual: it happens after a standstill or when the retention was lowered. */
const DAYS_OF_A_LATE_HOUR = 3

const LOGINS = {
  accepted: 'a login at the desk',
  refused: 'a login at the desk was refused',
  limited: 'logins at the desk were refused after too many failures',
  unavailable: 'the login provider of the desk does not answer',
} as const

/** Reports on the archive, its complaints and access to it. */
export const ARCHIVE_REPORTS = {
  archive_migrating: { line: { level: 'info', message: 'migrating the tables of the archive' } },
  archive_migrated: { line: { level: 'info', message: 'the tables of the archive have been migrated' } },
  archive_migration_waits: {
    line: {
      level: 'warn',
      message:
        'the migration of the archive waits for another PostgreSQL session that migrates or holds a lock',
    },
  },
  archived: {
    line: { level: 'debug', message: 'archived' },
    measure: (m, { rows, past, erased }) => {
      m.sigwatch_archived_rows_total.inc(rows)
      m.sigwatch_archive_past_retention_total.inc(past)
      m.sigwatch_archive_erased_total.inc(erased)
    },
  },
  archive_refused: {
    line: { level: 'warn', message: 'records cannot be archived', every: TEN_SECONDS },
    measure: (m, { kinds }) => {
      for (const [reason, n] of Object.entries(kinds)) m.sigwatch_archive_refused_total.inc({ reason }, n)
    },
  },
  archive_refused_rows: { measure: (m, { rows }) => m.sigwatch_archive_refused_rows.set(rows) },
  archive_placed: { line: { level: 'info', message: 'rows that had been refused are now archived' } },
  archive_expired: {
    line: {
      level: 'info',
      warns: ({ days }) => days > DAYS_OF_A_LATE_HOUR,
      message: 'days past their retention were dropped from the archive',
    },
    measure: (m, { days }) => m.sigwatch_archive_expired_total.inc(days),
  },
  archive_expiry_held: {
    line: {
      level: 'debug',
      warns: ({ days }) => days > 0,
      message:
        'days past their retention were kept because the clocks differ: correct the clocks, or run `sigwatch archive --expire-now`',
    },
    measure: (m, { days }) => m.sigwatch_archive_expiry_held.set(days),
  },
  archive_ddl_deferred: {
    line: {
      level: 'info',
      message: 'creating or dropping days is postponed: another session holds a lock on them',
    },
    measure: (m, { what, count }) => m.sigwatch_archive_ddl_deferred_total.inc({ what }, count),
  },
  complaint_deadlines: {
    measure: (m, e) => {
      for (const standing of DEADLINE_STANDINGS) m.sigwatch_complaint_deadlines.set({ standing }, e[standing])
      m.sigwatch_complaint_deadlines_computed_timestamp_seconds.set(e.computedAt / 1000)
    },
  },
  score_drift: {
    measure: (m, { drifts }) => {
      m.sigwatch_model_score_drift.reset()
      for (const { label, against, psi } of drifts) m.sigwatch_model_score_drift.set({ label, against }, psi)
    },
  },
  desk_login: {
    line: {
      level: 'warn',
      message: ({ outcome }) => LOGINS[outcome],
      every: TEN_SECONDS,
      key: ({ outcome, address }) => (outcome === 'limited' ? outcome : `${outcome} ${address}`),
    },
    measure: (m, { outcome }) => m.sigwatch_desk_logins_total.inc({ outcome }),
  },
  score_drift_unknown: {
    line: { level: 'warn', message: 'the drift of the scores cannot be computed' },
    measure: (m) => m.sigwatch_model_score_drift.reset(),
  },
} satisfies Partial<Reports>

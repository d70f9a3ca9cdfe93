import { DEADLINE_STANDINGS } from './metrics.ts'
import type { ReportsOf } from './report.ts'

const TEN_SECONDS = 10_000

/** What becomes of the archive, of the complaints in it, and of who wants to see it. */
export const ARCHIVE_REPORTS: ReportsOf<
  | 'archived'
  | 'archive_refused'
  | 'archive_expired'
  | 'complaint_deadlines'
  | 'score_drift'
  | 'score_drift_unknown'
  | 'desk_login'
> = {
  archived: { line: { level: 'debug', message: 'archived' } },
  archive_refused: {
    line: { level: 'warn', message: 'records cannot be archived', every: TEN_SECONDS },
  },
  archive_expired: {
    line: { level: 'info', message: 'days past the retention were dropped from the archive' },
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
      message: ({ outcome }) =>
        outcome === 'accepted' ? 'a login at the desk' : 'wrong tokens at the desk: logins were refused',
      every: TEN_SECONDS,
      key: ({ outcome, address }) => (outcome === 'limited' ? outcome : `${outcome} ${address}`),
    },
    measure: (m, { outcome }) => m.sigwatch_desk_logins_total.inc({ outcome }),
  },
  score_drift_unknown: {
    line: { level: 'warn', message: 'the drift of the scores cannot be computed' },
    measure: (m) => m.sigwatch_model_score_drift.reset(),
  },
}

import { type Reports, TEN_SECONDS } from './report.ts'

export const NOTIFY_REPORTS = {
  notices_posted: {
    measure: (m, { posted }) => m.sigwatch_notices_posted_total.inc(posted),
  },
  notices_open: {
    measure: (m, { open }) => m.sigwatch_notices_open.set(open),
  },
  notices_refused: {
    line: { level: 'warn', message: 'an Alertmanager does not accept alerts', every: TEN_SECONDS },
    measure: (m) => m.sigwatch_notices_refused_total.inc(),
  },
  alerts_unread: {
    line: { level: 'warn', message: 'records that are not alerts were skipped', every: TEN_SECONDS },
    measure: (m, { count }) => m.sigwatch_notify_unread_total.inc(count),
  },
} satisfies Partial<Reports>

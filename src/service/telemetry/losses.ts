import type { Reports } from './report.ts'

/** Reports on data lost by Redis and its recovery. */
export const LOSS_REPORTS = {
  counts_lost: {
    line: {
      level: 'error',
      message: 'Redis lost counts: windows are incomplete until they fill again',
    },
    measure: (m, e) => m.sigwatch_counts_lost_total.inc({ how: e.how }),
  },
  ledger_lost: {
    line: { level: 'error', message: 'Redis lost consents and refusals: they are being read again' },
    measure: (m) => m.sigwatch_ledger_losses_total.inc(),
  },
  ledger_restored: { line: { level: 'info', message: 'consents and refusals have been read again' } },
  feedback_put_back: {
    line: { level: 'error', message: 'Redis lost feedback: releases and allowances were put back' },
    measure: (m) => m.sigwatch_feedback_losses_total.inc(),
  },
  ledger_moved: {
    line: { level: 'info', message: 'ledger rows of an earlier version were moved to their new keys' },
  },
} satisfies Partial<Reports>

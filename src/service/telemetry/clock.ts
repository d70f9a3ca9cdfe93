import { MINUTE } from '../../domain/time.ts'
import { CLOCK_REFERENCES } from '../../domain/trusted-clock.ts'
import type { Reports } from './report.ts'

/** Reports on how the clocks of host, servers and producers differ. */
export const CLOCK_REPORTS = {
  clock_ahead: {
    line: {
      level: 'warn',
      message: 'records have timestamps ahead of the clock of this host',
      every: MINUTE,
    },
    measure(m, e) {
      m.sigwatch_clock_ahead_records_total.inc(e.records)
      m.sigwatch_clock_ahead_seconds.set(e.seconds)
    },
  },
  clocks_compared: {
    measure(m, { skews, odd }) {
      m.sigwatch_clock_odd.set({ clock: 'host' }, odd.includes('host') ? 1 : 0)
      for (const reference of CLOCK_REFERENCES) {
        const skew = skews[reference]
        if (skew === undefined) continue
        m.sigwatch_clock_skew_seconds.set({ reference }, skew)
        m.sigwatch_clock_odd.set({ clock: reference }, odd.includes(reference) ? 1 : 0)
      }
    },
  },
  clock_skewed: {
    line: {
      level: 'warn',
      message: ({ reference, odd }) =>
        odd === 'unknown'
          ? `the clocks of this host and of ${reference} differ: set both by NTP`
          : `the clock of ${odd === 'host' ? 'this host' : odd} is wrong: set it by NTP`,
    },
  },
  clock_agrees: {
    line: {
      level: 'info',
      message: ({ reference }) => `the clock agrees with ${reference}`,
    },
  },
  clock_alone: {
    line: {
      level: 'warn',
      message:
        'no server confirms the time: nothing is expired by the clock; configure Redis, or set message.timestamp.type=LogAppendTime on the output topics',
    },
  },
  input_lag: {
    measure(m, { topic, seconds, records }) {
      m.sigwatch_input_lag_seconds.set({ topic }, seconds)
      if (records > 0) m.sigwatch_lagging_records_total.inc({ topic }, records)
    },
  },
} satisfies Partial<Reports>

import { type Reports, TEN_SECONDS } from './report.ts'

export const BLOCKING_REPORTS = {
  decided: {
    measure(m, { status, counts, undecided, seconds }) {
      m.sigwatch_blocker_decide_seconds.observe({ status }, seconds)
      m.sigwatch_blocker_undecided_total.inc(undecided)
      for (const [action, n] of Object.entries(counts)) m.sigwatch_blocker_decisions_total.inc({ action }, n)
    },
  },
  decide_failed: {
    line: { level: 'error', message: 'a message could not be decided', every: TEN_SECONDS },
    measure: (m) => m.sigwatch_failures_total.inc({ error: 'INTERNAL' }),
  },
  block_table_read: { line: { level: 'info', message: 'the block table has been read' } },
  blocking_records: {
    line: {
      level: 'debug',
      warns: ({ unread }) => unread > 0,
      message: ({ unread }) => (unread > 0 ? 'records that cannot be read were skipped' : 'records read'),
      every: TEN_SECONDS,
      key: ({ topic, unread }) => `${topic} ${unread > 0}`,
    },
    measure(m, { topic, records, unread }) {
      m.sigwatch_blocker_records_total.inc({ topic, outcome: 'taken' }, records - unread)
      m.sigwatch_blocker_records_total.inc({ topic, outcome: 'unreadable' }, unread)
    },
  },
  blocking_standing: {
    measure(m, { states, underUnknownKeys, held, forgotten, silence, isApart, isFailing, failure }) {
      m.sigwatch_blocker_states.set(states)
      m.sigwatch_blocker_unknown_key_states.set(underUnknownKeys)
      for (const [what, n] of Object.entries(held)) m.sigwatch_blocker_held.set({ what }, n)
      m.sigwatch_blocker_forgotten_states.set(forgotten)
      for (const [of, seconds] of Object.entries(silence))
        m.sigwatch_blocker_silence_seconds.set({ of }, seconds)
      m.sigwatch_blocker_throttles_apart.set(isApart ? 1 : 0)
      m.sigwatch_blocker_failing.set({ failure }, isFailing ? 1 : 0)
    },
  },
  blocking_failing: {
    line: {
      level: 'error',
      message: ({ failure }) =>
        failure === 'open'
          ? 'the block table cannot be used: messages pass'
          : 'the block table cannot be used: messages are blocked',
    },
  },
  blocking_resumed: { line: { level: 'info', message: 'the block table is used again' } },
  throttles_apart: {
    line: {
      level: 'warn',
      message: 'each blocker counts throttles on its own: together they let more messages pass',
      every: TEN_SECONDS,
    },
    measure: (m) => m.sigwatch_blocker_throttles_apart.set(1),
  },
  throttles_shared: {
    line: { level: 'info', message: 'throttles are counted across all blockers again' },
    measure: (m) => m.sigwatch_blocker_throttles_apart.set(0),
  },
  token_keys_unknown: {
    line: {
      level: 'warn',
      message:
        'states on recipients use a token key that is not configured here: their messages are only reviewed',
    },
  },
  token_keys_differ: {
    line: {
      level: 'warn',
      message: 'this blocker has other token keys than the service: states on recipients do not match',
      every: TEN_SECONDS,
    },
    measure: (m, { messages }) => m.sigwatch_blocker_token_mismatches_total.inc(messages),
  },
  enforcements_written: {
    measure(m, { written, dropped }) {
      m.sigwatch_blocker_enforcements_total.inc({ outcome: 'written' }, written)
      m.sigwatch_blocker_enforcements_total.inc({ outcome: 'dropped' }, dropped)
    },
  },
  enforcements_wait: {
    line: {
      level: 'warn',
      message: 'no broker accepts the enforcement records: they wait',
      every: TEN_SECONDS,
    },
  },
} satisfies Partial<Reports>

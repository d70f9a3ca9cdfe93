import { FOLLOWED } from '../../domain/blocking-events.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { counter, gauge, histogram } from './metric-spec.ts'

const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

export const BLOCKING_METRICS = {
  sigwatch_blocker_decisions_total: counter('Messages answered, by action.', {
    action: ['pass', ...ACTIONS.filter((action) => action !== 'none')],
  }),
  sigwatch_blocker_undecided_total: counter('Messages answered by `blocker.failure`.'),
  sigwatch_blocker_decide_seconds: histogram('Time to answer `/v1/decide`.', SECONDS, {
    status: ['200', '400', '401', '403', '413', '429', '500', '503'],
  }),
  sigwatch_blocker_records_total: counter('Records read.', {
    topic: FOLLOWED,
    outcome: ['taken', 'unreadable'],
  }),
  sigwatch_blocker_states: gauge('States in force in the table.'),
  sigwatch_blocker_unknown_key_states: gauge(
    'States in force on recipients under a token key that is not configured.',
  ),
  sigwatch_blocker_token_mismatches_total: counter(
    'Messages whose verdict names a state on a recipient that their own token does not match.',
  ),
  sigwatch_blocker_held: gauge('Entries in memory.', {
    what: ['states', 'messages', 'verdicts'],
  }),
  sigwatch_blocker_forgotten_states: gauge(
    'States in force dropped since the start, because the table was full.',
  ),
  sigwatch_blocker_silence_seconds: gauge('Time since a broker answered, and since a record came.', {
    of: ['brokers', 'records'],
  }),
  sigwatch_blocker_failing: gauge('1 while it cannot decide by its table, else 0.', {
    failure: ['open', 'closed'],
  }),
  sigwatch_blocker_throttles_apart: gauge('1 while it counts shared throttles alone.'),
  sigwatch_blocker_enforcements_total: counter('Rows for `sms.enforcements`.', {
    outcome: ['written', 'dropped'],
  }),
} as const

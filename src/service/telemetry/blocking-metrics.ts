import { FOLLOWED } from '../../domain/blocking-events.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { counter, gauge, histogram } from './metric-spec.ts'

const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** Metrics of `sigwatch blocker`. */
export const BLOCKING_METRICS = {
  sigwatch_blocker_decisions_total: counter('Messages that the blocker answered, by what it told to do.', {
    action: ['pass', ...ACTIONS.filter((action) => action !== 'none')],
  }),
  sigwatch_blocker_undecided_total: counter(
    'Messages that it answered by `blocker.failure`, because its table was not read, the brokers were silent or it failed.',
  ),
  sigwatch_blocker_decide_seconds: histogram(
    'Time of a request for decisions, from its head to its answer.',
    SECONDS,
    { status: ['200', '400', '401', '403', '413', '429', '500', '503'] },
  ),
  sigwatch_blocker_records_total: counter('Records of the topics that the blocker follows.', {
    topic: FOLLOWED,
    outcome: ['taken', 'unreadable'],
  }),
  sigwatch_blocker_states: gauge('States in force in the table of the blocker.'),
  sigwatch_blocker_unknown_key_states: gauge(
    'States in force on recipients whose tokens are of a key that is not configured.',
  ),
  sigwatch_blocker_token_mismatches_total: counter(
    'Messages whose verdict names a state on a recipient that their own token does not match.',
  ),
  sigwatch_blocker_held: gauge('What the blocker holds in memory.', {
    what: ['states', 'messages', 'verdicts'],
  }),
  sigwatch_blocker_forgotten_states: gauge(
    'States that were in force and that the blocker let go since its start, as it held as many as it may.',
  ),
  sigwatch_blocker_silence_seconds: gauge(
    'How long no broker has answered the blocker, and how long no record has come.',
    { of: ['brokers', 'records'] },
  ),
  sigwatch_blocker_failing: gauge('1 while the blocker cannot decide by its table, else 0.', {
    failure: ['open', 'closed'],
  }),
  sigwatch_blocker_throttles_apart: gauge(
    '1 while the blocker counts throttles for itself although they should be counted over all blockers.',
  ),
  sigwatch_blocker_enforcements_total: counter('What the blocker wrote back of what it kept.', {
    outcome: ['written', 'dropped'],
  }),
} as const

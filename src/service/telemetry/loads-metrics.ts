import { LOADABLE } from '../../domain/events.ts'
import { counter, gauge } from './metric-spec.ts'

/** Metrics of what is loaded at the start and again while running, and of token keys. */
export const LOADS_METRICS = {
  sigwatch_policy_info: gauge('Constant 1 for the policy in use.', { hash: 'hash in use' }),
  sigwatch_rules_info: gauge('Constant 1 for the own rules in use; none where there are none.', {
    hash: 'hash in use',
  }),
  sigwatch_token_key_conflicts: gauge(
    'Ids of token keys under which another instance of the deployment has another key.',
  ),
  sigwatch_setting_conflicts: gauge(
    'Settings that have to be the same on all instances of the deployment and differ from another one.',
  ),
  sigwatch_registry_info: gauge('Constant 1 for the registry in use.', { hash: 'hash in use' }),
  sigwatch_registry_entries: gauge('Entries of the registry in use.', {
    kind: ['brands', 'signatures', 'ports'],
  }),
  sigwatch_loads_total: counter('Loads at start and while running.', {
    what: LOADABLE,
    outcome: ['accepted', 'refused'],
  }),
}

import { LOADABLE } from '../../domain/events.ts'
import { counter, gauge } from './metric-spec.ts'

/** Metrics of what is loaded at the start and again while running, and of token keys. */
export const LOADS_METRICS = {
  sigwatch_policy_info: gauge('Constant 1.', { hash: 'hash in use' }),
  sigwatch_rules_info: gauge('Constant 1; absent without own rules.', {
    hash: 'hash in use',
  }),
  sigwatch_token_key_conflicts: gauge('Ids of token keys that have another key on another instance.'),
  sigwatch_setting_conflicts: gauge('Settings that must be the same on all instances and differ on another.'),
  sigwatch_registry_info: gauge('Constant 1.', { hash: 'hash in use' }),
  sigwatch_registry_entries: gauge('Entries of the registry.', {
    kind: ['brands', 'signatures', 'ports'],
  }),
  sigwatch_loads_total: counter('Loads at the start and while running.', {
    what: LOADABLE,
    outcome: ['accepted', 'refused'],
  }),
}

import { type Reports, TEN_SECONDS } from './report.ts'

/** Reports on files that are loaded at startup and reloaded later. */
export const LOAD_REPORTS = {
  model_loaded: {
    line: { level: 'info', message: 'model loaded' },
    measure(m, e) {
      m.sigwatch_model_info.reset()
      m.sigwatch_model_info.set({ model: e.id, backend: e.backend }, 1)
      m.sigwatch_loads_total.inc({ what: 'model', outcome: 'accepted' })
    },
  },
  policy_loaded: {
    line: { level: 'info', message: 'policy loaded' },
    measure(m, e) {
      m.sigwatch_policy_info.reset()
      m.sigwatch_policy_info.set({ hash: e.hash }, 1)
      m.sigwatch_loads_total.inc({ what: 'policy', outcome: 'accepted' })
    },
  },
  rules_loaded: {
    line: { level: 'info', message: 'own rules loaded' },
    measure(m, e) {
      m.sigwatch_rules_info.reset()
      m.sigwatch_rules_info.set({ hash: e.hash }, 1)
      m.sigwatch_loads_total.inc({ what: 'rules', outcome: 'accepted' })
    },
  },
  registry_loaded: {
    line: { level: 'info', message: 'registry loaded', every: TEN_SECONDS },
    measure(m, e) {
      m.sigwatch_registry_info.reset()
      m.sigwatch_registry_info.set({ hash: e.hash }, 1)
      for (const kind of ['brands', 'signatures', 'ports'] as const)
        m.sigwatch_registry_entries.set({ kind }, e[kind])
      m.sigwatch_loads_total.inc({ what: 'registry', outcome: 'accepted' })
    },
  },
  tokens_loaded: {
    line: { level: 'info', message: 'HTTP tokens loaded' },
    measure: (m) => m.sigwatch_loads_total.inc({ what: 'tokens', outcome: 'accepted' }),
  },
  reload_refused: {
    line: { level: 'error', message: 'new version refused: the old one stays in use' },
    measure: (m, e) => m.sigwatch_loads_total.inc({ what: e.what, outcome: 'refused' }),
  },
  token_keys_conflict: {
    line: {
      level: 'error',
      message:
        'another instance has a different token key under the same id: tokens of a recipient differ between instances',
    },
    measure: (m, { count }) => m.sigwatch_token_key_conflicts.set(count),
  },
  token_keys_agree: {
    line: { level: 'info', message: 'all instances have the same token keys again' },
    measure: (m) => m.sigwatch_token_key_conflicts.set(0),
  },
  settings_conflict: {
    line: {
      level: 'warn',
      message: 'another instance has different values of settings that must be the same on all instances',
    },
    measure: (m, { count }) => m.sigwatch_setting_conflicts.set(count),
  },
  settings_agree: {
    line: { level: 'info', message: 'all instances have the same settings again' },
    measure: (m) => m.sigwatch_setting_conflicts.set(0),
  },
  reload_unchanged: {
    line: { level: 'info', message: 'policy, own rules, registry and model are unchanged' },
  },
} satisfies Partial<Reports>

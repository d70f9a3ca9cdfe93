import { type Reports, TEN_SECONDS } from './report.ts'

export const SHADOW_REPORTS = {
  shadow_loaded: {
    line: { level: 'info', message: 'shadow model loaded' },
    measure(m, e) {
      m.sigwatch_shadow_model_info.reset()
      m.sigwatch_shadow_model_info.set({ model: e.id }, 1)
      m.sigwatch_shadow_model_up.set(1)
    },
  },
  shadow_compared: {
    measure(m, e) {
      for (const { live, shadow, messages } of e.pairs)
        m.sigwatch_shadow_model_messages_total.inc({ live, shadow }, messages)
    },
  },
  shadow_skipped: { measure: (m, e) => m.sigwatch_shadow_model_skipped_total.inc(e.messages) },
  shadow_failed: {
    line: {
      level: 'warn',
      message: 'the shadow model is not running; the live model is not affected',
      every: TEN_SECONDS,
    },
    measure(m, e) {
      if (e.how !== 'show') m.sigwatch_shadow_model_up.set(0)
      m.sigwatch_shadow_model_failures_total.inc({ how: e.how })
    },
  },
} satisfies Partial<Reports>

import { MINUTE } from '../../domain/time.ts'
import { type Reports, TEN_SECONDS } from './report.ts'

const LEFT_OUT = {
  recipients: 'records have more recipients than the map reads; see split',
  udh: 'user data headers were removed',
  udh_as_text: 'texts begin with a user data header that is read as text; see udh: true',
  tenant: 'records have no tenant where the map looks for it; their messages are judged without one',
}

/** Reports on the reading of records and side rows. */
export const INPUT_REPORTS = {
  tenant_counted: {
    measure(m, { tenant, messages, alerts }) {
      m.sigwatch_tenant_messages_total.inc({ tenant }, messages)
      m.sigwatch_tenant_alerts_total.inc({ tenant }, alerts)
    },
  },
  dead_lettered: {
    line: {
      level: 'warn',
      message: 'records became dead letters; their header sigwatch-detail says why',
      every: TEN_SECONDS,
      key: (e) => e.error,
    },
    measure: (m, e) => m.sigwatch_dead_letters_total.inc({ error: e.error }, e.count),
  },
  mapping_left_out: {
    line: {
      level: 'debug',
      warns: (e) => e.reason !== 'udh',
      message: (e) => LEFT_OUT[e.reason],
      every: MINUTE,
      key: (e) => e.reason,
    },
    measure: (m, e) => m.sigwatch_mapping_left_out_total.inc({ reason: e.reason }, e.count),
  },
  side_input_rows: {
    line: { level: 'debug', message: 'rows of a side input read' },
    measure(m, e) {
      m.sigwatch_side_input_rows_total.inc({ input: e.input, outcome: 'accepted' }, e.accepted)
      m.sigwatch_side_input_rows_total.inc({ input: e.input, outcome: 'refused' }, e.refused)
    },
  },
} satisfies Partial<Reports>

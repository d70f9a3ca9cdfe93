import { ERRORS } from '../domain/errors.ts'
import type { Event } from '../domain/events.ts'
import type { LogFields, LogLevel } from './log.ts'
import { type Metrics, STATE_CODES } from './metrics.ts'

type EventName = Event['name']
type EventOf<N extends EventName> = Extract<Event, { readonly name: N }>

/** What an event becomes. */
export interface Report<E> {
  readonly line?: {
    readonly level: LogLevel
    /** What the line says; the fields of the event follow it. */
    readonly message: string | ((event: E) => string)
    /** Fields beside those of the event. */
    readonly extra?: (event: E) => LogFields
    /** At most one line in this many ms for the same key; the next says how many were left out. */
    readonly every?: number
    readonly key?: (event: E) => string
  }
  readonly measure?: (metrics: Metrics, event: E, deployment: string) => void
}

const TEN_SECONDS = 10_000
const MINUTE = 60_000

function each<K extends string>(
  counts: Readonly<Partial<Record<K, number>>>,
  use: (key: K, count: number) => void,
): void {
  for (const key in counts) {
    const count = counts[key]
    if (count !== undefined) use(key, count)
  }
}

/** Every event with its log line and its metrics. The type makes it complete. */
export const REPORTS: { readonly [N in EventName]: Report<EventOf<N>> } = {
  batch_processed: {
    line: { level: 'debug', message: 'batch processed' },
    measure(m, e) {
      m.sigwatch_batches_total.inc()
      m.sigwatch_records_total.inc(e.records)
      m.sigwatch_input_bytes_total.inc(e.bytes)
      m.sigwatch_messages_total.inc({ disposition: 'accepted' }, e.messages - e.blocked)
      m.sigwatch_messages_total.inc({ disposition: 'blocked' }, e.blocked)
      m.sigwatch_partial_messages_total.inc(e.partial)
      m.sigwatch_joined_parts_total.inc(e.joinedParts)
      m.sigwatch_consumer_stalled_seconds.set(0)
    },
  },
  stage_timed: {
    measure: (m, e) => m.sigwatch_stage_seconds.observe({ stage: e.stage }, e.seconds),
  },
  labels_counted: {
    measure: (m, e) => each(e.counts, (label, n) => m.sigwatch_labelled_messages_total.inc({ label }, n)),
  },
  codes_counted: {
    measure: (m, e) => each(e.counts, (code, n) => m.sigwatch_findings_total.inc({ code, mode: e.mode }, n)),
  },
  alerts_emitted: {
    measure(m, { type, code, action, mode, count }) {
      const change = type.slice(type.lastIndexOf('.') + 1)
      m.sigwatch_alert_reasons_total.inc({ type: change, code, action, mode }, count)
    },
  },
  verdicts_counted: {
    measure: (m, e) => each(e.counts, (action, n) => m.sigwatch_verdicts_total.inc({ action }, n)),
  },
  dead_lettered: {
    line: { level: 'warn', message: 'dead letters', every: TEN_SECONDS, key: (e) => e.error },
    measure: (m, e) => m.sigwatch_dead_letters_total.inc({ error: e.error }, e.count),
  },
  alert_latency: {
    measure(m, e) {
      for (const seconds of e.seconds) m.sigwatch_alert_latency_seconds.observe(seconds)
    },
  },
  partition_progress: {
    measure(m, { topic, partition, lag, eventTime }) {
      const labels = { topic, partition: String(partition) }
      if (lag !== undefined) m.sigwatch_consumer_lag_records.set(labels, lag)
      if (Number.isFinite(eventTime)) m.sigwatch_partition_event_time_seconds.set(labels, eventTime / 1000)
    },
  },
  watermark_moved: {
    measure(m, e) {
      if (Number.isFinite(e.eventTime)) m.sigwatch_watermark_seconds.set(e.eventTime / 1000)
    },
  },
  watermark_held: {
    line: { level: 'debug', message: 'watermark held back' },
    measure(m, e) {
      m.sigwatch_watermark_held_partitions.set({ reason: 'lagging' }, e.lagging)
      m.sigwatch_watermark_held_partitions.set({ reason: 'ownerless' }, e.ownerless)
    },
  },
  states_open: {
    measure(m, e) {
      for (const code of STATE_CODES) m.sigwatch_states_open.set({ code }, e.counts[code] ?? 0)
    },
  },
  outbox_pending: { measure: (m, e) => m.sigwatch_outbox_pending.set(e.count) },
  features_degraded: {
    line: { level: 'warn', message: 'rates cannot be counted: going on without them', every: TEN_SECONDS },
    measure: (m) => m.sigwatch_features_degraded.set(1),
  },
  features_recovered: {
    line: { level: 'info', message: 'rates are counted again' },
    measure(m, e) {
      m.sigwatch_features_degraded.set(0)
      m.sigwatch_features_degraded_seconds_total.inc(e.seconds)
    },
  },
  counting_reset: {
    line: { level: 'error', message: 'the log of a partition was made anew: counting begins again' },
    measure: (m) => m.sigwatch_counting_resets_total.inc(),
  },
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
  reload_refused: {
    line: { level: 'error', message: 'new version refused: the old one stays in use' },
    measure: (m, e) => m.sigwatch_loads_total.inc({ what: e.what, outcome: 'refused' }),
  },
  side_input_rows: {
    line: { level: 'debug', message: 'rows of a side input' },
    measure(m, e) {
      m.sigwatch_side_input_rows_total.inc({ input: e.input, outcome: 'accepted' }, e.accepted)
      m.sigwatch_side_input_rows_total.inc({ input: e.input, outcome: 'refused' }, e.refused)
    },
  },
  partitions_assigned: {
    line: { level: 'info', message: 'partitions assigned' },
    measure(m, e) {
      m.sigwatch_rebalances_total.inc({ change: 'assigned' })
      m.sigwatch_assigned_partitions.inc(e.count)
    },
  },
  partitions_revoked: {
    line: { level: 'info', message: 'partitions revoked' },
    measure(m, e) {
      m.sigwatch_rebalances_total.inc({ change: 'revoked' })
      m.sigwatch_assigned_partitions.dec(e.count)
      // Series of partitions that others read now would stay for ever; what is still ours comes back with its progress.
      m.sigwatch_consumer_lag_records.reset()
      m.sigwatch_partition_event_time_seconds.reset()
    },
  },
  consumer_stalled: {
    line: { level: 'error', message: 'work waits and nothing goes on' },
    measure: (m, e) => m.sigwatch_consumer_stalled_seconds.set(e.seconds),
  },
  consumer_resumed: {
    line: { level: 'info', message: 'work goes on again' },
    measure: (m) => m.sigwatch_consumer_stalled_seconds.set(0),
  },
  connection_lost: {
    line: { level: 'warn', message: 'connection lost', every: TEN_SECONDS, key: (e) => e.service },
    measure(m, e) {
      m.sigwatch_connection_up.set({ service: e.service }, 0)
      m.sigwatch_connection_losses_total.inc({ service: e.service })
    },
  },
  connection_restored: {
    line: { level: 'info', message: 'connection restored', every: TEN_SECONDS, key: (e) => e.service },
    measure: (m, e) => m.sigwatch_connection_up.set({ service: e.service }, 1),
  },
  warning: {
    line: { level: 'warn', message: (e) => e.message, every: MINUTE, key: (e) => e.message },
  },
  started: {
    line: { level: 'info', message: 'started' },
    measure: (m, e, deployment) =>
      m.sigwatch_build_info.set({ version: e.version, mode: e.mode, deployment }, 1),
  },
  stopping: { line: { level: 'info', message: 'stopping' } },
  stopped: { line: { level: 'info', message: 'stopped' } },
  failed: {
    line: { level: 'fatal', message: 'failed', extra: (e) => ({ remedy: ERRORS[e.code].remedy }) },
    measure: (m, e) => m.sigwatch_failures_total.inc({ error: e.code }),
  },
}

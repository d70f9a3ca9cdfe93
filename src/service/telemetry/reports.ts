import { CODES_OF_STATES } from '../../detection/detectors/all.ts'
import type { AlertType } from '../../domain/alert.ts'
import { ERRORS } from '../../domain/errors.ts'
import { MINUTE } from '../../domain/time.ts'
import { ARCHIVE_REPORTS } from './archive.ts'
import { BLOCKING_REPORTS } from './blocking.ts'
import { CLOCK_REPORTS } from './clock.ts'
import { codeLabel, countOwnStates } from './code-label.ts'
import { CONNECTION_REPORTS } from './connections.ts'
import { INPUT_REPORTS } from './inputs.ts'
import { LOAD_REPORTS } from './loads.ts'
import { LOSS_REPORTS } from './losses.ts'
import { NOTIFY_REPORTS } from './notify.ts'
import { type Reports, TEN_SECONDS } from './report.ts'
import { SHADOW_REPORTS } from './shadow.ts'

function each<K extends string>(
  counts: Readonly<Partial<Record<K, number>>>,
  use: (key: K, count: number) => void,
): void {
  for (const key in counts) {
    const count = counts[key]
    if (count !== undefined) use(key, count)
  }
}

/** `sigwatch.alert.raised` becomes `raised` in metrics. */
function changeOf(type: AlertType): string {
  return type.slice(type.lastIndexOf('.') + 1)
}

/** Log line and metrics of every event. The type ensures that none is missing. */
export const REPORTS: Reports = {
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
    },
  },
  stage_timed: {
    measure: (m, e) => m.sigwatch_stage_seconds.observe({ stage: e.stage }, e.seconds),
  },
  texts_read: {
    measure(m, e) {
      m.sigwatch_text_cache_lookups_total.inc({ result: 'hit' }, e.hits)
      m.sigwatch_text_cache_lookups_total.inc({ result: 'miss' }, e.misses)
      m.sigwatch_text_cache_entries.set(e.entries)
    },
  },
  labels_counted: {
    measure: (m, e) => each(e.counts, (label, n) => m.sigwatch_labelled_messages_total.inc({ label }, n)),
  },
  codes_counted: {
    measure: (m, e) =>
      each(e.counts, (code, n) =>
        m.sigwatch_findings_total.inc({ code: codeLabel(m, code), mode: e.mode }, n),
      ),
  },
  alerts_emitted: {
    measure(m, { type, code, action, mode, count }) {
      const labels = { type: changeOf(type), code: codeLabel(m, code), action, mode }
      m.sigwatch_alert_reasons_total.inc(labels, count)
    },
  },
  alerts_counted: {
    measure(m, { type, action, mode, count }) {
      m.sigwatch_alerts_total.inc({ type: changeOf(type), action, mode }, count)
    },
  },
  messages_decided: {
    measure: (m, e) => each(e.counts, (action, n) => m.sigwatch_decided_messages_total.inc({ action }, n)),
  },
  verdicts_counted: {
    measure: (m, e) => each(e.counts, (action, n) => m.sigwatch_verdicts_total.inc({ action }, n)),
  },
  checked: {
    measure(m, { status, records, seconds }) {
      m.sigwatch_check_seconds.observe({ status }, seconds)
      m.sigwatch_checked_records_total.inc(records)
    },
  },
  extracted: {
    measure(m, { status, texts, seconds }) {
      m.sigwatch_extract_seconds.observe({ status }, seconds)
      m.sigwatch_extracted_texts_total.inc(texts)
    },
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
    line: { level: 'debug', message: 'partitions hold the watermark back' },
    measure(m, e) {
      m.sigwatch_watermark_held_partitions.set({ reason: 'lagging' }, e.lagging)
      m.sigwatch_watermark_held_partitions.set({ reason: 'ownerless' }, e.ownerless)
    },
  },
  states_open: {
    measure(m, e) {
      for (const code of CODES_OF_STATES) m.sigwatch_states_open.set({ code }, e.counts[code] ?? 0)
      countOwnStates(m, e.counts)
    },
  },
  outbox_pending: { measure: (m, e) => m.sigwatch_outbox_pending.set(e.count) },
  features_degraded: {
    line: {
      level: 'warn',
      message: 'Redis did not do all of its work: continuing without it',
      every: TEN_SECONDS,
    },
    measure(m, e) {
      m.sigwatch_features_degraded.set(1)
      m.sigwatch_uncounted_messages_total.inc(e.messages)
    },
  },
  entities_held_back: {
    line: {
      level: 'warn',
      message: 'a port has too many names, templates or targets: only the port is counted',
      every: TEN_SECONDS,
    },
    measure: (m, e) => m.sigwatch_held_back_entities_total.inc(e.count),
  },
  ...ARCHIVE_REPORTS,
  ...BLOCKING_REPORTS,
  ...NOTIFY_REPORTS,
  backlog_waits: { line: { level: 'warn', message: 'a backlog waits for Redis' } },
  backlog_waiting: {},
  ...INPUT_REPORTS,
  ...LOSS_REPORTS,
  redis_evicts: {
    line: {
      level: 'warn',
      message:
        'Redis evicts keys when its memory is full (maxmemory-policy): counts and refusals can be lost',
    },
    measure: (m) => m.sigwatch_redis_evicts.set(1),
  },
  redis_evictions_ended: {
    line: {
      level: 'info',
      message: 'Redis no longer evicts keys; if any were evicted, refusals are read again',
    },
    measure: (m) => m.sigwatch_redis_evicts.set(0),
  },
  redis_refused: {
    line: { level: 'error', message: 'a script failed in Redis', every: TEN_SECONDS },
    measure: (m) => m.sigwatch_redis_refusals_total.inc(),
  },
  features_recovered: {
    line: { level: 'info', message: 'Redis does all of its work again' },
    measure(m, e) {
      m.sigwatch_features_degraded.set(0)
      m.sigwatch_features_degraded_seconds_total.inc(e.seconds)
    },
  },
  counting_reset: {
    line: { level: 'error', message: 'the log of a partition was recreated: counting starts over' },
    measure: (m) => m.sigwatch_counting_resets_total.inc(),
  },
  ...CLOCK_REPORTS,
  oldest_uncommitted: { measure: (m, e) => m.sigwatch_oldest_uncommitted_seconds.set(e.seconds) },
  log_restarted: {
    line: {
      level: 'error',
      message:
        'the log of a partition was recreated, or ends before the position already read: reading starts over',
    },
    measure: (m) => m.sigwatch_log_restarts_total.inc(),
  },
  records_expired: {
    line: { level: 'error', message: 'retention deleted records before they were read' },
    measure: (m, e) => m.sigwatch_expired_records_total.inc(e.count),
  },
  ...SHADOW_REPORTS,
  ...LOAD_REPORTS,
  outputs_refused: {
    line: {
      level: 'error',
      message: 'a topic permanently refuses output records: they are lost',
      every: TEN_SECONDS,
      key: (e) => e.channel,
    },
    measure: (m, e) => m.sigwatch_outputs_refused_total.inc({ channel: e.channel }, e.count),
  },
  feedback_applied: {
    line: { level: 'info', message: 'feedback took effect' },
    measure(m, e) {
      m.sigwatch_feedback_total.inc({ verdict: e.verdict, outcome: 'applied' })
      if (e.verdict !== 'confirmed' && e.verdict !== 'false_positive') return
      for (const code of e.codes)
        m.sigwatch_judged_alerts_total.inc({ code: codeLabel(m, code), verdict: e.verdict })
    },
  },
  feedback_refused: {
    line: {
      level: 'info',
      warns: ({ restored }) => !restored,
      message: ({ names, restored }) =>
        `feedback on a ${names}${restored ? ', given before the start,' : ''} was refused`,
    },
    measure: (m, e) => m.sigwatch_feedback_total.inc({ verdict: e.verdict, outcome: 'refused' }),
  },
  allowances_held: { measure: (m, e) => m.sigwatch_allowances.set(e.count) },
  states_capped: {
    line: {
      level: 'warn',
      message: 'a sender has too many open states: no more are raised for it',
      every: TEN_SECONDS,
    },
    measure: (m, e) => m.sigwatch_capped_total.inc({ what: 'states' }, e.count),
  },
  alerts_capped: {
    line: {
      level: 'warn',
      message: 'a sender has too many alerts: its other messages get only verdicts',
      every: TEN_SECONDS,
    },
    measure: (m, e) => m.sigwatch_capped_total.inc({ what: 'alerts' }, e.count),
  },
  topic_found: { line: { level: 'info', message: 'the topic now exists: reading it' } },
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
      // Otherwise series of partitions that moved to other instances would never go away; those kept return with their next
      // progress.
      m.sigwatch_consumer_lag_records.reset()
      m.sigwatch_partition_event_time_seconds.reset()
    },
  },
  consumer_stalled: {
    line: { level: 'error', message: 'work is waiting, but nothing progresses', every: TEN_SECONDS },
    measure: (m, e) => m.sigwatch_consumer_stalled_seconds.set(e.seconds),
  },
  consumer_resumed: {
    line: { level: 'info', message: 'work progresses again' },
    measure: (m) => m.sigwatch_consumer_stalled_seconds.set(0),
  },
  ...CONNECTION_REPORTS,
  warning: {
    line: {
      level: 'warn',
      message: (e) => e.message,
      every: MINUTE,
      key: (e) => e.message,
    },
  },
  started: {
    line: { level: 'info', message: 'started' },
    measure: (m, e, deployment) =>
      m.sigwatch_build_info.set(
        { version: e.version, commit: e.commit ?? 'unknown', mode: e.mode, deployment },
        1,
      ),
  },
  nothing_reloaded: { line: { level: 'info', message: 'SIGHUP: this command reloads nothing' } },
  stopping: { line: { level: 'info', message: 'stopping' } },
  stopped: { line: { level: 'info', message: 'stopped' } },
  failed: {
    line: { level: 'fatal', message: 'failed', extra: (e) => ({ remedy: ERRORS[e.code].remedy }) },
    measure: (m, e) => m.sigwatch_failures_total.inc({ error: e.code }),
  },
}

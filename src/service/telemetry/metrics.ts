import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { CODES_OF_STATES } from '../../detection/detectors/all.ts'
import { CODE_NAMES } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { ERRORS } from '../../domain/errors.ts'
import { FEEDBACK_VERDICTS, TIMED_STAGES } from '../../domain/events.ts'
import { LEFT_OUT_REASONS, SIDE_INPUTS } from '../../domain/input-events.ts'
import { LABELS } from '../../domain/labels.ts'
import { CHANNELS } from '../../domain/ports.ts'
import { CLOCK_REFERENCES } from '../../domain/trusted-clock.ts'
import { ARCHIVE_METRICS } from './archive-metrics.ts'
import { BLOCKING_METRICS } from './blocking-metrics.ts'
import { LOADS_METRICS } from './loads-metrics.ts'
import { counter, gauge, histogram, type MetricSpec } from './metric-spec.ts'
import { NOTIFY_METRICS } from './notify-metrics.ts'

export const ALERT_TYPES = ['raised', 'updated', 'cleared'] as const
const MODES = ['enforce', 'shadow'] as const
const STRONG_ACTIONS = ACTIONS.filter((action) => action !== 'none')
const SERVICES = ['kafka', 'redis', 'postgres', 'schema-registry'] as const

const BATCH_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** Every metric of sigwatch, one per fact. docs/metrics.md is generated from this table. */
export const METRICS = {
  sigwatch_build_info: gauge('Constant 1.', {
    version: 'version',
    commit: 'commit of the build',
    mode: ['service', 'embedded', 'archive', 'desk', 'blocker', 'notify'],
    deployment: '`deployment` of the configuration',
  }),
  sigwatch_records_total: counter('Input records processed, dead letters included.'),
  sigwatch_input_bytes_total: counter('Bytes of input records.'),
  sigwatch_messages_total: counter('Messages scored; joined parts count as one.', {
    disposition: ['accepted', 'blocked'],
  }),
  sigwatch_tenant_messages_total: counter('Messages of records with a tenant.', {
    tenant: 'one that the policy names, else `other`',
  }),
  sigwatch_tenant_alerts_total: counter('Message alerts on records with a tenant.', {
    tenant: 'one that the policy names, else `other`',
  }),
  sigwatch_joined_parts_total: counter('Input records that were parts of a joined message.'),
  sigwatch_partial_messages_total: counter('Messages scored without all of their parts.'),
  sigwatch_batches_total: counter('Batches processed.'),
  sigwatch_stage_seconds: histogram('Time of a batch in each stage.', BATCH_SECONDS, { stage: TIMED_STAGES }),
  sigwatch_text_cache_lookups_total: counter(
    'Lookups of texts before scoring. Hit: known, or different only in free numbers.',
    { result: ['hit', 'miss'] },
  ),
  sigwatch_text_cache_entries: gauge('Texts with scores in the cache.'),
  sigwatch_labelled_messages_total: counter('Messages by label of the text model.', { label: LABELS }),
  sigwatch_findings_total: counter('Findings on messages, also those without action.', {
    code: CODE_NAMES,
    mode: MODES,
  }),
  sigwatch_alert_reasons_total: counter(
    'Alerts by code, once for each of their reasons.',
    { type: ALERT_TYPES, code: CODE_NAMES, action: STRONG_ACTIONS, mode: MODES },
    false,
  ),
  sigwatch_alerts_total: counter('Alerts by action.', {
    type: ALERT_TYPES,
    action: STRONG_ACTIONS,
    mode: MODES,
  }),
  sigwatch_decided_messages_total: counter(
    'Accepted messages by action, from their own reasons and open states.',
    { action: ['pass', ...STRONG_ACTIONS] },
  ),
  sigwatch_verdicts_total: counter('Verdicts written, by action.', {
    action: ['pass', ...STRONG_ACTIONS],
  }),
  sigwatch_check_seconds: histogram('Time to answer `/v1/check`.', BATCH_SECONDS, {
    status: ['200', '400', '401', '413', '429', '500', '503'],
  }),
  sigwatch_checked_records_total: counter('Records judged by `/v1/check`; counted nowhere else.'),
  sigwatch_extract_seconds: histogram('Time to answer `/v1/extract`.', BATCH_SECONDS, {
    status: ['200', '400', '401', '403', '413', '429', '500', '503'],
  }),
  sigwatch_extracted_texts_total: counter('Texts read by `/v1/extract`.'),
  sigwatch_dead_letters_total: counter('Dead letters.', {
    error: Object.keys(ERRORS).filter((code) => /^(?:RECORD_|MAPPING$|INTERNAL$)/.test(code)),
  }),
  sigwatch_mapping_left_out_total: counter(
    'Records that a map did not read entirely: further recipients, a user data header (cut off, or read as text), a missing tenant.',
    { reason: LEFT_OUT_REASONS },
  ),
  sigwatch_alert_latency_seconds: histogram(
    'From the append of a message at the broker to the acknowledgement of its alert.',
    LATENCY_SECONDS,
  ),
  sigwatch_consumer_lag_records: gauge('Records still to be read.', {
    topic: 'input topic',
    partition: 'assigned partition',
  }),
  sigwatch_partition_event_time_seconds: gauge('Event time of a partition (Unix time).', {
    topic: 'input topic',
    partition: 'assigned partition',
  }),
  sigwatch_watermark_seconds: gauge('Event time that every partition has passed (Unix time).'),
  sigwatch_watermark_held_partitions: gauge(
    'Partitions that hold back the watermark: behind the others, or read by no instance.',
    {
      reason: ['lagging', 'ownerless'],
    },
  ),
  sigwatch_assigned_partitions: gauge('Input partitions that the instance reads.'),
  sigwatch_rebalances_total: counter('Assignments and revocations of partitions.', {
    change: ['assigned', 'revoked'],
  }),
  sigwatch_consumer_stalled_seconds: gauge('Time since work last progressed; 0 while it does.'),
  sigwatch_states_open: gauge('Open states of the deployment; the same on every instance.', {
    code: CODES_OF_STATES,
  }),
  sigwatch_outbox_pending: gauge('State events that wait for acknowledgement.'),
  sigwatch_features_degraded: gauge(
    '1 from a batch that Redis did not complete (uncounted, or states unchanged) to one that it did, or to 30 s of answers without work.',
  ),
  sigwatch_features_degraded_seconds_total: counter(
    'Time that `sigwatch_features_degraded` was 1, added when it ends.',
  ),
  sigwatch_uncounted_messages_total: counter('Messages judged without rates, because Redis did not answer.'),
  sigwatch_held_back_entities_total: counter(
    'Names, templates and targets not counted, because their port has too many.',
  ),
  ...ARCHIVE_METRICS,
  ...BLOCKING_METRICS,
  ...NOTIFY_METRICS,
  sigwatch_counts_lost_total: counter('Losses of counts in Redis.', {
    how: ['emptied', 'older', 'evicted'],
  }),
  sigwatch_ledger_losses_total: counter('Losses of consents and refusals in Redis; they are read again.'),
  sigwatch_feedback_losses_total: counter('Losses of releases and allowances in Redis; they are put back.'),
  sigwatch_redis_evicts: gauge('1 while `maxmemory-policy` of Redis is one that drops keys.'),
  sigwatch_redis_refusals_total: counter('Calls that Redis refused.'),
  sigwatch_counting_resets_total: counter('Partitions whose log was recreated: their counting began again.'),
  sigwatch_clock_ahead_records_total: counter(
    'Records with a Kafka timestamp more than 5 s ahead of the instance.',
  ),
  sigwatch_clock_ahead_seconds: gauge('How far the newest of these was ahead.'),
  sigwatch_clock_skew_seconds: gauge(
    'How far the clock of the host is ahead of a reference; negative: behind. For brokers that were only read from, 0 unless the host is behind.',
    { reference: CLOCK_REFERENCES },
  ),
  sigwatch_clock_odd: gauge('1 for a clock that differs from the majority by more than `clock.maxSkew`.', {
    clock: ['host', ...CLOCK_REFERENCES],
  }),
  sigwatch_input_lag_seconds: gauge('How far event time is behind Kafka timestamps; negative: ahead.', {
    topic: 'input topic',
  }),
  sigwatch_lagging_records_total: counter(
    'Records with a `ts` more than 5 minutes behind their Kafka timestamp.',
    { topic: 'input topic' },
  ),
  sigwatch_oldest_uncommitted_seconds: gauge('Time that the oldest uncommitted record has waited.'),
  sigwatch_log_restarts_total: counter(
    'Partitions read from the start, because their log was recreated or shortened.',
  ),
  sigwatch_expired_records_total: counter('Records deleted by retention before they were read.'),
  sigwatch_model_info: gauge('Constant 1.', {
    model: 'name@version',
    backend: ['native', 'wasm', 'cpu'],
  }),
  sigwatch_shadow_model_info: gauge('Constant 1.', {
    model: 'name@version',
  }),
  sigwatch_shadow_model_up: gauge('1 while the shadow model works, else 0; absent if none is configured.'),
  sigwatch_shadow_model_messages_total: counter('Messages by label of the live and of the shadow model.', {
    live: LABELS,
    shadow: LABELS,
  }),
  sigwatch_shadow_model_skipped_total: counter(
    'Messages that the shadow model did not score: busy, starting or failed.',
  ),
  sigwatch_shadow_model_failures_total: counter('Failures of the shadow model.', {
    how: ['load', 'crash', 'timeout', 'show'],
  }),
  ...LOADS_METRICS,
  sigwatch_side_input_rows_total: counter('Rows of side inputs.', {
    input: SIDE_INPUTS,
    outcome: ['accepted', 'refused'],
  }),
  sigwatch_feedback_total: counter('Rows of feedback.', {
    verdict: FEEDBACK_VERDICTS,
    outcome: ['applied', 'refused'],
  }),
  sigwatch_judged_alerts_total: counter('Judged alerts by code. The share confirmed is its precision.', {
    code: CODE_NAMES,
    verdict: ['confirmed', 'false_positive'],
  }),
  sigwatch_allowances: gauge(
    'Feedback in force that silences codes (`release`, `exempt`, `false_positive`).',
  ),
  sigwatch_outputs_refused_total: counter(
    'Output records that a topic refuses for good, such as too large ones. They are lost.',
    { channel: CHANNELS },
  ),
  sigwatch_capped_total: counter('States and alerts left out, because a sender had too many.', {
    what: ['states', 'alerts'],
  }),
  sigwatch_connection_up: gauge('1 while the servers answer, else 0; absent if not configured.', {
    service: SERVICES,
  }),
  sigwatch_connection_losses_total: counter('Lost connections.', { service: SERVICES }),
  sigwatch_certificates_refused: gauge(
    '1 while certificates on disk cannot be used; the earlier ones stay in use.',
    { service: SERVICES },
  ),
  sigwatch_desk_logins_total: counter(
    'Logins at the desk. `limited`: too many wrong tokens came before; `unavailable`: the login provider did not answer.',
    { outcome: ['accepted', 'refused', 'limited', 'unavailable'] },
  ),
  sigwatch_failures_total: counter('Failures that end a process or a part of it, or are a defect.', {
    error: Object.keys(ERRORS),
  }),
} as const satisfies Record<string, MetricSpec>

export type MetricName = keyof typeof METRICS
type LabelOf<N extends MetricName> = keyof (typeof METRICS)[N]['labels'] & string
type Instrument<N extends MetricName> = (typeof METRICS)[N]['type'] extends 'counter'
  ? Counter<LabelOf<N>>
  : (typeof METRICS)[N]['type'] extends 'gauge'
    ? Gauge<LabelOf<N>>
    : Histogram<LabelOf<N>>
export type Metrics = { readonly [N in MetricName]: Instrument<N> }

/** Creates the metrics of the table in a new registry, together with those of the process (`process_*`, `nodejs_*`). */
export function createMetrics(options: { readonly process?: boolean } = {}): {
  readonly metrics: Metrics
  readonly registry: Registry
} {
  const registry = new Registry()
  if (options.process ?? true) collectDefaultMetrics({ register: registry })
  const entries = (Object.entries(METRICS) as [MetricName, MetricSpec][]).map(
    ([name, spec]) => [name, instrument(name, spec, registry)] as const,
  )
  const metrics = Object.fromEntries(entries) as unknown as Metrics
  startAlertSeries(metrics)
  return { metrics, registry }
}

function instrument(name: string, spec: MetricSpec, registry: Registry): Counter | Gauge | Histogram {
  const common = { name, help: spec.help, labelNames: Object.keys(spec.labels), registers: [registry] }
  if (spec.type === 'histogram') {
    const made = new Histogram({ ...common, buckets: [...(spec.buckets ?? [])] })
    for (const labels of combinations(spec.labels)) made.zero(labels)
    return made
  }
  if (spec.type === 'gauge') return new Gauge(common)
  const made = new Counter(common)
  if (spec.zero) for (const labels of combinations(spec.labels)) made.inc(labels, 0)
  return made
}

/** Every combination of the labels whose values are listed. */
function combinations(labels: MetricSpec['labels']): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (sets, [name, values]) =>
      typeof values === 'string'
        ? sets
        : sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value }))),
    [{}],
  )
}

/** Creates the series that can occur: every code can be raised, but only states are updated and cleared. */
function startAlertSeries(metrics: Metrics): void {
  const reasons = metrics.sigwatch_alert_reasons_total
  for (const action of STRONG_ACTIONS) {
    for (const code of CODE_NAMES) reasons.inc({ type: 'raised', code, action, mode: 'enforce' }, 0)
    for (const code of CODES_OF_STATES)
      for (const type of ['updated', 'cleared'] as const)
        reasons.inc({ type, code, action, mode: 'enforce' }, 0)
  }
}

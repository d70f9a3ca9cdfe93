import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { CODES_OF_STATES } from '../../detection/detectors/all.ts'
import { CODE_NAMES } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { ERRORS } from '../../domain/errors.ts'
import { FEEDBACK_VERDICTS, TIMED_STAGES } from '../../domain/events.ts'
import { LEFT_OUT_REASONS, SIDE_INPUTS } from '../../domain/input-events.ts'
import { LABELS } from '../../domain/labels.ts'
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
    version: 'version of sigwatch',
    commit: 'commit that it was built from',
    mode: ['service', 'embedded', 'archive', 'desk', 'blocker', 'notify'],
    deployment: 'name of the installation',
  }),
  sigwatch_records_total: counter('Input records worked on, with those that became dead letters.'),
  sigwatch_input_bytes_total: counter('Bytes of the input records.'),
  sigwatch_messages_total: counter('Messages scored; the joined parts of one SMS are one message.', {
    disposition: ['accepted', 'blocked'],
  }),
  sigwatch_tenant_messages_total: counter('Messages of records that name a tenant.', {
    tenant: 'tenant that the policy has rules for, else `other`',
  }),
  sigwatch_tenant_alerts_total: counter('Alerts on messages of records that name a tenant.', {
    tenant: 'tenant that the policy has rules for, else `other`',
  }),
  sigwatch_joined_parts_total: counter('Input records that were joined with others into one message.'),
  sigwatch_partial_messages_total: counter('Messages scored without all of their parts.'),
  sigwatch_batches_total: counter('Batches worked on.'),
  sigwatch_stage_seconds: histogram('Time of one batch in a stage.', BATCH_SECONDS, { stage: TIMED_STAGES }),
  sigwatch_text_cache_lookups_total: counter(
    'Texts that were looked up before they are read and scored. A hit is known, or differs from a known text in free numbers alone: nothing but these is read.',
    { result: ['hit', 'miss'] },
  ),
  sigwatch_text_cache_entries: gauge('Texts whose reading and scores are kept, one of those that are alike.'),
  sigwatch_labelled_messages_total: counter('Messages by the label of the text model.', { label: LABELS }),
  sigwatch_findings_total: counter(
    'Findings on messages, also those without action. Here and elsewhere the first 100 codes of own rules (`OP_…`) that are counted have series of their own, the others are `OP_OTHER`.',
    {
      code: CODE_NAMES,
      mode: MODES,
    },
  ),
  sigwatch_alert_reasons_total: counter(
    'Alerts by reason code: an alert with several reasons counts once under each.',
    { type: ALERT_TYPES, code: CODE_NAMES, action: STRONG_ACTIONS, mode: MODES },
    false,
  ),
  sigwatch_alerts_total: counter('Alerts by what they ask for; an alert counts once, whatever its reasons.', {
    type: ALERT_TYPES,
    action: STRONG_ACTIONS,
    mode: MODES,
  }),
  sigwatch_decided_messages_total: counter(
    'Accepted messages by the action that is asked for, by their own reasons or by open states.',
    { action: ['pass', ...STRONG_ACTIONS] },
  ),
  sigwatch_verdicts_total: counter('Verdicts; none when no topic or file for them is configured.', {
    action: ['pass', ...STRONG_ACTIONS],
  }),
  sigwatch_check_seconds: histogram(
    'Time of a request for verdicts over HTTP, from its head to its answer.',
    BATCH_SECONDS,
    { status: ['200', '400', '401', '413', '429', '500', '503'] },
  ),
  sigwatch_checked_records_total: counter('Records that were answered over HTTP; they count nowhere else.'),
  sigwatch_extract_seconds: histogram(
    'Time of a request for what texts hold over HTTP, from its head to its answer.',
    BATCH_SECONDS,
    { status: ['200', '400', '401', '403', '413', '429', '500', '503'] },
  ),
  sigwatch_extracted_texts_total: counter('Texts that were read for blocking services over HTTP.'),
  sigwatch_dead_letters_total: counter('Input records that became dead letters.', {
    error: Object.keys(ERRORS).filter((code) => /^(?:RECORD_|MAPPING$|INTERNAL$)/.test(code)),
  }),
  sigwatch_mapping_left_out_total: counter(
    'What a map leaves out of records: recipients after the one that it reads, and user data headers, cut off or read as text.',
    { reason: LEFT_OUT_REASONS },
  ),
  sigwatch_alert_latency_seconds: histogram(
    "From the broker's append of a message to the acknowledgement of its alert.",
    LATENCY_SECONDS,
  ),
  sigwatch_consumer_lag_records: gauge('Records of an assigned partition still to be read.', {
    topic: 'input topic',
    partition: 'assigned partition',
  }),
  sigwatch_partition_event_time_seconds: gauge('Event time of an assigned partition, Unix time.', {
    topic: 'input topic',
    partition: 'assigned partition',
  }),
  sigwatch_watermark_seconds: gauge('Event time that every partition has passed, Unix time.'),
  sigwatch_watermark_held_partitions: gauge('Partitions that hold the watermark back.', {
    reason: ['lagging', 'ownerless'],
  }),
  sigwatch_assigned_partitions: gauge('Input partitions that this instance reads.'),
  sigwatch_rebalances_total: counter('Changes of the assignment.', { change: ['assigned', 'revoked'] }),
  sigwatch_consumer_stalled_seconds: gauge(
    'How long work has waited without progress; 0 while it progresses.',
  ),
  sigwatch_states_open: gauge('Open states of the deployment, the same on every instance.', {
    code: CODES_OF_STATES,
  }),
  sigwatch_outbox_pending: gauge('Events of states that wait for their acknowledgement.'),
  sigwatch_features_degraded: gauge(
    '1 from a batch that Redis left undone in part (it was not counted, or changed no state) to one that it did as a whole, or until it has answered for half a minute while nothing was to be worked on.',
  ),
  sigwatch_features_degraded_seconds_total: counter(
    'Time that sigwatch_features_degraded was 1, counted when it is over.',
  ),
  sigwatch_uncounted_messages_total: counter(
    'Messages that were judged without all of their rates, because a part of Redis did not answer.',
  ),
  sigwatch_held_back_entities_total: counter(
    'Names, templates and targets that were not counted by themselves, as their ports had brought up too many.',
  ),
  ...ARCHIVE_METRICS,
  ...BLOCKING_METRICS,
  ...NOTIFY_METRICS,
  sigwatch_counts_lost_total: counter('Times that Redis was found to have lost what was counted.', {
    how: ['emptied', 'older'],
  }),
  sigwatch_ledger_losses_total: counter(
    'Times that Redis was found to have lost consents and refusals, which were read again then.',
  ),
  sigwatch_feedback_losses_total: counter(
    'Times that Redis was found to have lost releases and allowances of feedback, which were put back then.',
  ),
  sigwatch_redis_evicts: gauge(
    '1 while Redis is set to drop keys when its memory is full, which falsifies counts.',
  ),
  sigwatch_redis_refusals_total: counter('Calls that Redis understood and could not do.'),
  sigwatch_counting_resets_total: counter(
    'Partitions whose log was recreated, so that counting began again.',
  ),
  sigwatch_clock_ahead_records_total: counter(
    'Records whose Kafka timestamp lay more than 5 s ahead of the clock of the instance.',
  ),
  sigwatch_clock_ahead_seconds: gauge('How far the last of them lay ahead.'),
  sigwatch_clock_skew_seconds: gauge(
    'How far the clock of the host is ahead of that of a reference; negative: behind. Of brokers that were only read from, 0 unless the host is behind.',
    { reference: CLOCK_REFERENCES },
  ),
  sigwatch_clock_odd: gauge(
    '1 for a clock that the majority of the clocks disagrees with by more than clock.maxSkew.',
    { clock: ['host', ...CLOCK_REFERENCES] },
  ),
  sigwatch_input_lag_seconds: gauge(
    'How far the event time of the records lies behind their Kafka timestamps; negative: ahead.',
    { topic: 'input topic' },
  ),
  sigwatch_lagging_records_total: counter(
    'Records whose `ts` lay more than 5 minutes behind their Kafka timestamp.',
    { topic: 'input topic' },
  ),
  sigwatch_oldest_uncommitted_seconds: gauge(
    'How long the oldest record that was taken in waits for its commit.',
  ),
  sigwatch_log_restarts_total: counter('Partitions whose log ended before what was read of it.'),
  sigwatch_expired_records_total: counter('Records that retention took before they were read.'),
  sigwatch_model_info: gauge('Constant 1 for the model in use.', {
    model: 'name@version in use',
    backend: ['native', 'wasm', 'cpu'],
  }),
  sigwatch_shadow_model_info: gauge('Constant 1 for the model in shadow.', {
    model: 'name@version in shadow',
  }),
  sigwatch_shadow_model_up: gauge(
    '1 while the model in shadow serves, else 0; none where none is configured.',
  ),
  sigwatch_shadow_model_messages_total: counter(
    'Messages by the label of the live model and that of the model in shadow.',
    { live: LABELS, shadow: LABELS },
  ),
  sigwatch_shadow_model_skipped_total: counter(
    'Messages that the model in shadow was not shown or did not answer, because it was busy, starting or out.',
  ),
  sigwatch_shadow_model_failures_total: counter(
    'Failures of the model in shadow; the live model is not affected.',
    {
      how: ['load', 'crash', 'timeout', 'show'],
    },
  ),
  ...LOADS_METRICS,
  sigwatch_side_input_rows_total: counter('Rows of side inputs.', {
    input: SIDE_INPUTS,
    outcome: ['accepted', 'refused'],
  }),
  sigwatch_feedback_total: counter('Words of analysts.', {
    verdict: FEEDBACK_VERDICTS,
    outcome: ['applied', 'refused'],
  }),
  sigwatch_judged_alerts_total: counter(
    "Codes of alerts that analysts judged: what was confirmed of both is a code's precision.",
    { code: CODE_NAMES, verdict: ['confirmed', 'false_positive'] },
  ),
  sigwatch_allowances: gauge("Analysts' feedback in force by which codes ask for nothing."),
  sigwatch_capped_total: counter('States not raised and alerts not sent, because one sender had too many.', {
    what: ['states', 'alerts'],
  }),
  sigwatch_connection_up: gauge(
    '1 while the servers answer, else 0; none where the service is not configured.',
    { service: SERVICES },
  ),
  sigwatch_connection_losses_total: counter('Losses of connection.', { service: SERVICES }),
  sigwatch_certificates_refused: gauge(
    '1 while the certificates on disk cannot be used and those in memory stay in use.',
    { service: SERVICES },
  ),
  sigwatch_desk_logins_total: counter(
    'Attempts to log in at the desk. limited: not looked at, or not noted one by one, as too many wrong tokens came before. unavailable: the login provider did not answer.',
    { outcome: ['accepted', 'refused', 'limited', 'unavailable'] },
  ),
  sigwatch_failures_total: counter('Failures that end the process or are a defect.', {
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

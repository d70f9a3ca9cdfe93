import { counter, gauge } from './metric-spec.ts'

/** Metrics of `sigwatch notify`. */
export const NOTIFY_METRICS = {
  sigwatch_notices_posted_total: counter('Alerts posted to Alertmanagers, each time that they are.'),
  sigwatch_notices_open: gauge('Open states and rules that hold, as they were posted last.'),
  sigwatch_notices_refused_total: counter('Posts that an Alertmanager did not take.'),
  sigwatch_notify_unread_total: counter(
    'Records of the topic of alerts that `sigwatch notify` could not read.',
  ),
}

import { counter, gauge } from './metric-spec.ts'

export const NOTIFY_METRICS = {
  sigwatch_notices_posted_total: counter('Alerts posted to Alertmanagers, repeats included.'),
  sigwatch_notices_open: gauge('Open states and firing rules at the last post.'),
  sigwatch_notices_refused_total: counter('Posts that an Alertmanager refused.'),
  sigwatch_notify_unread_total: counter('Records of the topic of alerts that cannot be read.'),
}

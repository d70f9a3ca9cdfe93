import type { Alert } from './alert.ts'
import type { OutputRecord } from './ports.ts'

/** An alert as a record for its output channel, with the headers used for routing. */
export function alertRecord(alert: Alert): OutputRecord {
  return {
    channel: alert.data.mode === 'shadow' ? 'shadowAlerts' : 'alerts',
    key: alert.subject,
    value: JSON.stringify(alert),
    headers: {
      'content-type': 'application/cloudevents+json',
      ce_id: alert.id,
      ce_type: alert.type,
      ce_source: alert.source,
      'sigwatch-action': alert.data.action,
    },
  }
}

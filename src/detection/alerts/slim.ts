import type { Alert } from '../../domain/alert.ts'

/**
 * The alert without the parts for human readers: texts, samples, contacts and evidence. Keeps what a blocking service needs. For
 * a sink that refused the full alert for its size.
 */
export function slimAlert(alert: Alert): Alert {
  const { samples: _samples, contacts: _contacts, message, reasons, ...data } = alert.data
  const bare = reasons.map((reason) => ({ ...reason, evidence: {} }))
  if (!message) return { ...alert, data: { ...data, reasons: bare } }
  const truncated = message.truncated ?? [...message.text].length
  return { ...alert, data: { ...data, reasons: bare, message: { ...message, text: '', truncated } } }
}

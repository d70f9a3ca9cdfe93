import type { Alert } from '../../domain/alert.ts'

/**
 * The alert without what only helps a reader to judge it: texts, samples, contacts and evidence. What a blocking
 * service acts on stays. For a sink that refused the whole for its size.
 */
export function slimAlert(alert: Alert): Alert {
  const { samples: _samples, contacts: _contacts, message, reasons, ...data } = alert.data
  const bare = reasons.map((reason) => ({ ...reason, evidence: {} }))
  if (!message) return { ...alert, data: { ...data, reasons: bare } }
  const truncated = message.truncated ?? [...message.text].length
  return { ...alert, data: { ...data, reasons: bare, message: { ...message, text: '', truncated } } }
}

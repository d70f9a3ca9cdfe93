import type { Alert, DecidedBy } from '../../domain/alert.ts'
import type { Mode, Reason } from '../../domain/decision.ts'
import { strongest } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { messageAlertId } from '../../domain/hash.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { lagBehind } from '../../domain/time.ts'
import { ALERT_SCHEMA, type AlertOptions, combinedScore, severityOf, sourceOf } from './alert-options.ts'
import { contactsInClear, showContacts, showEvidence, showMessage } from './show.ts'

/** Validity of a message alert from the message's time, or from its record's timestamp if the gateway lags, ms. */
const MESSAGE_VALIDITY = 15 * 60_000

export interface MessageAlertContext {
  readonly provenance: DecidedBy
  readonly mode: Mode
  /** Whether the rates of the message could not be counted or the ledgers not be queried. */
  readonly degraded: boolean
  readonly late: boolean
}

export function messageAlert(
  message: AnalysedMessage,
  reasons: readonly Reason[],
  { provenance, mode, degraded, late }: MessageAlertContext,
  options: AlertOptions,
): Alert {
  const action = strongest(reasons)
  const score = combinedScore(reasons)
  const clear = contactsInClear(action, options.senderContacts)
  const time = new Date(message.ts).toISOString()
  const lag = lagBehind(message.receivedAt, message.ts, options.maxLag ?? 0)
  return {
    specversion: '1.0',
    id: messageAlertId(options.deployment, message.id, mode),
    source: sourceOf(options),
    time,
    type: 'sigwatch.alert.raised',
    subject: `message:${message.id}`,
    datacontenttype: 'application/json',
    dataschema: ALERT_SCHEMA,
    data: {
      action,
      mode,
      severity: severityOf(action, score),
      score,
      label: message.label,
      reasons: reasons.map((reason) => {
        const evidence = showEvidence(reason.evidence, clear, message.to)
        // Describe the shown evidence, so that the sentence reveals no more.
        const { detail, rule } = options.describe({ code: reason.code, evidence })
        return {
          code: reason.code,
          score: reason.score,
          action: reason.action,
          detail,
          ...(rule === undefined ? {} : { rule }),
          evidence,
        }
      }),
      target: { kind: 'message', id: message.id },
      ...given({ tenant: message.record.tenant }),
      message: showMessage(message, clear),
      contacts: showContacts([message], clear),
      ...(degraded ? { degraded } : {}),
      ...(late ? { late } : {}),
      validFrom: time,
      expiresAt: new Date(message.ts + lag + MESSAGE_VALIDITY).toISOString(),
      provenance: { ...provenance, ...message.origins[0]!.position },
    },
  }
}

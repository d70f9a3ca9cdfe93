import type { Alert, AlertData, AlertType, Block, ClearCause, Provenance } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import type { Finding, Match, Signal } from '../domain/decision.ts'
import { stateAlertId } from '../domain/hash.ts'
import { COMMERCIAL } from '../domain/labels.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { OutboxEntry, StateRecord } from '../domain/ports.ts'
import { ALERT_SCHEMA, combinedScore, severityOf } from '../stages/decide.ts'
import {
  contactsInClear,
  type SenderContacts,
  showContacts,
  showEvidence,
  showMessage,
  showSample,
} from '../stages/show.ts'
import type { StateCore } from './lifecycle.ts'

/** Messages shown beside the one that tipped a state. */
export const MAX_SAMPLES = 5

/** States about commercial traffic of a signature: blocking them must not stop its one-time passwords. */
const MARKETING_CODES: ReadonlySet<Code> = new Set(['MARKETING_BURST', 'COMPLAINT_SPIKE'])

export interface StateAlertOptions {
  readonly deployment: string
  /** `source` of events when it is not `/sigwatch/<deployment>`. */
  readonly source?: string
  /** Sentence and rule of a finding, in the configured language. */
  readonly describe: (finding: Finding) => { readonly detail: string; readonly rule?: string }
  readonly senderContacts: SenderContacts
}

/** What an event of a state tells beside the state. */
export interface StateEvidence {
  readonly signal: Signal
  readonly weight: number
  /** The message that tipped it; absent: the last one shown is repeated. */
  readonly message?: AnalysedMessage | undefined
  readonly samples: readonly AnalysedMessage[]
  readonly provenance: Provenance
  readonly limit?: { readonly perMinute: number } | undefined
  readonly degraded: boolean
  readonly late: boolean
}

const iso = (ms: number) => new Date(ms).toISOString()

/** The signal's match, narrowed to commercial messages where it is about commercial traffic. */
export function matchOf(signal: Signal): Match {
  return MARKETING_CODES.has(signal.code) && !signal.match.labels
    ? { ...signal.match, labels: COMMERCIAL }
    : signal.match
}

/** The event that raises or updates a state. `previous` is the last event of the same state, if any. */
export function stateAlert(
  core: StateCore,
  type: 'raised' | 'updated',
  evidence: StateEvidence,
  options: StateAlertOptions,
  previous?: Alert,
): Alert {
  const { signal, message } = evidence
  const clear = contactsInClear(core.action, options.senderContacts)
  const score = combinedScore([{ weight: evidence.weight, score: signal.score }])
  const described = options.describe(signal)
  const shown = message
    ? {
        label: message.label,
        message: showMessage(message, clear),
        samples: evidence.samples
          .filter((sample) => sample.id !== message.id)
          .slice(0, MAX_SAMPLES)
          .map((sample) => showSample(sample, clear)),
        contacts: showContacts([message, ...evidence.samples], clear),
      }
    : repeated(previous?.data)
  return {
    specversion: '1.0',
    id: stateAlertId(core.id, core.episode, core.revision),
    source: options.source ?? `/sigwatch/${options.deployment}`,
    time: iso(core.lastEventAt),
    type: `sigwatch.alert.${type}`,
    subject: `${core.target.kind}:${core.target.id}`,
    datacontenttype: 'application/json',
    dataschema: ALERT_SCHEMA,
    data: {
      action: core.action,
      ...(core.action === 'throttle' && evidence.limit && { limit: evidence.limit }),
      mode: core.enforced ? 'enforce' : 'shadow',
      severity: severityOf(core.action, score),
      score,
      reasons: [
        {
          code: signal.code,
          score: signal.score,
          action: core.action,
          detail: described.detail,
          ...(described.rule !== undefined && { rule: described.rule }),
          evidence: showEvidence(signal.evidence, clear, message?.to),
        },
      ],
      target: core.target,
      match: core.match,
      state: { id: core.id, episode: core.episode, revision: core.revision },
      ...shown,
      ...(evidence.degraded && { degraded: true }),
      ...(evidence.late && { late: true }),
      validFrom: iso(core.raisedAt),
      expiresAt: iso(core.expiresAt),
      provenance: evidence.provenance,
    },
  }
}

function repeated(data: AlertData | undefined): Partial<AlertData> {
  if (!data) return {}
  const { label, message, samples, contacts } = data
  return {
    ...(label && { label }),
    ...(message && { message }),
    ...(samples && { samples }),
    ...(contacts && { contacts }),
  }
}

/** The next event of a state that no signal caused: a renewal repeats the last one whole. */
export function renewedAlert(core: StateCore, last: Alert): Alert {
  return follow(core, last, 'sigwatch.alert.updated', last.data)
}

/** The event that ends a state. It shows no messages: the events before it did. */
export function clearedAlert(core: StateCore, last: Alert, cause: ClearCause): Alert {
  const { message: _message, samples: _samples, contacts: _contacts, ...data } = last.data
  return follow(core, last, 'sigwatch.alert.cleared', data, cause)
}

function follow(core: StateCore, last: Alert, type: AlertType, data: AlertData, cause?: ClearCause): Alert {
  const { episode, revision, id } = core
  return {
    ...last,
    id: stateAlertId(id, episode, revision),
    time: iso(core.lastEventAt),
    type,
    data: {
      ...data,
      state: { id, episode, revision, ...(cause && { cause }) },
      expiresAt: iso(core.expiresAt),
    },
  }
}

/** Row of the block table for an open enforced state; null (a tombstone) for any other. */
export function blockRow(state: StateRecord): string | null {
  if (!state.open || !state.enforced) return null
  const { limit } = state.alert.data
  const block: Block = {
    state: state.id,
    match: state.match,
    action: state.action,
    ...(limit && { limit }),
    expiresAt: iso(state.expiresAt),
    code: state.code,
    alertId: state.alert.id,
  }
  return JSON.stringify(block)
}

/** What goes out for a change of a state. `wasEnforced`: the block table holds a row of it. */
export function outboxEntry(state: StateRecord, wasEnforced: boolean, now: number): OutboxEntry {
  const row = blockRow(state)
  return {
    id: state.alert.id,
    alert: state.alert,
    shadow: state.alert.data.mode === 'shadow',
    at: now,
    ...((row !== null || wasEnforced) && { block: { key: state.id, value: row } }),
  }
}

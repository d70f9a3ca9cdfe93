import type { Alert, AlertData, AlertType, Block, ClearCause, Provenance } from '../../domain/alert.ts'
import { type Action, reaches, type Signal } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { stateAlertId } from '../../domain/hash.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { expiryOf, type StateCore } from '../../domain/state.ts'
import type { OutboxEntry, StateRecord } from '../../domain/state-store.ts'
import { iso } from '../../domain/time.ts'
import { redactText } from '../../text/redact.ts'
import { ALERT_SCHEMA, type AlertOptions, combinedScore, severityOf, sourceOf } from './alert-options.ts'
import { contactsInClear, showContacts, showEvidence, showMessage, showSample } from './show.ts'

/** Messages shown besides the one that triggered a state. */
export const MAX_SAMPLES = 5

export interface StateAlertContext {
  readonly signal: Signal
  readonly weight: number
  /** The message that triggered it; absent: the last one shown is repeated. */
  readonly message?: AnalysedMessage | undefined
  readonly samples: readonly AnalysedMessage[]
  readonly provenance: Provenance
  readonly limit?: { readonly perMinute: number } | undefined
  readonly degraded: boolean
  readonly late: boolean
}

export interface Feedback {
  readonly by: string
  readonly note?: string
  /** Event time until which the code is suppressed, epoch ms. */
  readonly until: number
}

/** The event that raises or updates a state. `previous` is the last event of the same state, if any. */
export function stateAlert(
  core: StateCore,
  type: 'raised' | 'updated',
  context: StateAlertContext,
  options: AlertOptions,
  previous?: Alert,
): Alert {
  const { signal, message } = context
  const clear = contactsInClear(core.action, options.senderContacts)
  const score = combinedScore([{ weight: context.weight, score: signal.score }])
  const shownEvidence = showEvidence(signal.evidence, clear, message?.to)
  const described = options.describe({ code: signal.code, evidence: shownEvidence })
  const shown = message ? shownOf(message, context.samples, clear) : repeated(previous?.data)
  return {
    specversion: '1.0',
    id: stateAlertId(core.id, core.episode, core.revision),
    source: sourceOf(options),
    time: iso(core.lastEventAt),
    type: `sigwatch.alert.${type}`,
    subject: `${core.target.kind}:${core.target.id}`,
    datacontenttype: 'application/json',
    dataschema: ALERT_SCHEMA,
    data: {
      action: core.action,
      ...given({ limit: core.action === 'throttle' && context.limit ? context.limit : undefined }),
      mode: core.enforced ? 'enforce' : 'shadow',
      severity: severityOf(core.action, score),
      score,
      reasons: [
        {
          code: signal.code,
          score: signal.score,
          action: core.action,
          detail: described.detail,
          ...given({ rule: described.rule }),
          evidence: shownEvidence,
        },
      ],
      target: core.target,
      match: core.match,
      state: { id: core.id, episode: core.episode, revision: core.revision },
      ...shown,
      ...given({ degraded: context.degraded || undefined, late: context.late || undefined }),
      validFrom: type === 'updated' && previous ? previous.data.validFrom : iso(message?.ts ?? core.raisedAt),
      expiresAt: iso(expiryOf(core)),
      provenance: context.provenance,
    },
  }
}

function shownOf(
  message: AnalysedMessage,
  samples: readonly AnalysedMessage[],
  clear: boolean,
): Partial<AlertData> {
  const all = [message, ...samples]
  const others = samples.filter(({ id }) => id !== message.id).slice(0, MAX_SAMPLES)
  return {
    label: message.label,
    message: showMessage(message, clear),
    samples: others.map((sample) => showSample(sample, clear)),
    contacts: showContacts(all, clear),
    ...given({ tenant: tenantOf(all) }),
  }
}

/** The common tenant of the messages; undefined if they differ. */
function tenantOf([first, ...others]: readonly AnalysedMessage[]): string | undefined {
  const tenant = first?.record.tenant
  return others.every(({ record }) => record.tenant === tenant) ? tenant : undefined
}

function repeated(data: AlertData | undefined): Partial<AlertData> {
  if (!data) return {}
  const { label, message, samples, contacts, tenant } = data
  return given({ tenant, label, message, samples, contacts })
}

/** Limit of remembered message ids per episode. */
const MAX_SHOWN = 64

/** Ids of the messages shown by the events of an episode: `before` plus this alert. */
export function shownIds({ data }: Alert, before: readonly string[] = []): readonly string[] {
  const now = [...(data.samples ?? []), ...(data.message ? [data.message] : [])].map(({ id }) => id)
  return [...before.filter((id) => !now.includes(id)), ...now].slice(-MAX_SHOWN)
}

/** The next event of a state without a new signal: a renewal repeats the last event. */
export function renewedAlert(core: StateCore, last: Alert): Alert {
  return follow(core, last, 'sigwatch.alert.updated', last.data)
}

/** The event that ends a state. It contains no messages; earlier events did. */
export function clearedAlert(core: StateCore, last: Alert, cause: ClearCause, feedback?: Feedback): Alert {
  const { message: _message, samples: _samples, contacts: _contacts, ...data } = last.data
  const cleared = feedback ? { ...data, feedback: feedbackOf(feedback) } : data
  return follow(core, last, 'sigwatch.alert.cleared', cleared, cause)
}

function feedbackOf({ by, note, until }: Feedback): NonNullable<AlertData['feedback']> {
  return { by, ...given({ note: note === undefined ? undefined : redactText(note) }), until: iso(until) }
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
      state: { id, episode, revision, ...given({ cause }) },
      expiresAt: iso(expiryOf(core)),
    },
  }
}

/** Whether a state belongs in the block table: open, enforced, and its action is `least` or stronger. */
function inBlockTable(state: StateRecord, least: Action): boolean {
  return state.open && state.enforced && reaches(state.action, least)
}

/** Whether the table may hold a row, possibly from an earlier version or a time with a weaker `blocks.minAction`. */
function mayHaveRow(state: StateRecord | undefined): boolean {
  return state?.open === true && state.enforced && state.rowless !== state.version
}

/** The block table row of a state; null (a tombstone) if it no longer belongs there. */
export function blockRow(state: StateRecord, least: Action): string | null {
  if (!inBlockTable(state, least)) return null
  const { limit, validFrom } = state.alert.data
  const block: Block = {
    state: state.id,
    episode: state.episode,
    revision: state.revision,
    match: state.match,
    action: state.action,
    ...given({ limit }),
    validFrom,
    expiresAt: iso(expiryOf(state)),
    code: state.code,
    alertId: state.alert.id,
  }
  return JSON.stringify(block)
}

/** The outbox entry for a state change at `now`, epoch ms. `wasThere`: the block table may hold a row of the state. */
export function outboxEntry(
  state: StateRecord,
  wasThere: boolean,
  now: number,
  blocksFrom: Action,
): OutboxEntry {
  const row = blockRow(state, blocksFrom)
  return {
    id: state.alert.id,
    alert: state.alert,
    shadow: state.alert.data.mode === 'shadow',
    at: now,
    ...given({ block: row !== null || wasThere ? { key: state.id, value: row } : undefined }),
  }
}

/** A state change for the store, including what is known of its row, and its outbox entry at `now`, epoch ms. */
export function changeOf(
  { next: { rowless: _, ...next }, isEvent }: { readonly next: StateRecord; readonly isEvent: boolean },
  current: StateRecord | undefined,
  now: number,
  blocksFrom: Action,
): { readonly next: StateRecord; readonly entry: OutboxEntry | undefined } {
  const had = mayHaveRow(current)
  const has = isEvent ? inBlockTable(next, blocksFrom) : had
  return {
    next: has ? next : { ...next, rowless: next.version },
    entry: isEvent ? outboxEntry(next, had, now, blocksFrom) : undefined,
  }
}

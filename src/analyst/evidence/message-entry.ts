import { showFrom } from '../../detection/alerts/show.ts'
import type { ExtractedMessage } from '../../detection/classify.ts'
import type { Alert, Verdict } from '../../domain/alert.ts'
import { given } from '../../domain/given.ts'
import type { Registry } from '../../domain/registry.ts'
import { iso } from '../../domain/time.ts'
import { type Consents, type FoundConsent, standingAt } from './consents.ts'
import { alertVersions, type Decided, type StateStory, type Versions } from './decisions.ts'
import { type RegistryEntry, registryEntry, submitterOf } from './filings.ts'
import type { Fit } from './match.ts'
import { type Showing, type ShownRecipient, showRecipient, showText } from './showing.ts'
import type { Lacks } from './words.ts'

export interface ConsentEntry {
  readonly standing: 'in' | 'out' | 'default' | 'none'
  readonly changes: readonly (Omit<FoundConsent, 'ts'> & { readonly at: string; readonly after: boolean })[]
  readonly replies: readonly { readonly at: string; readonly text: string; readonly refuses: boolean }[]
}

export interface MessageEntry extends ShownRecipient {
  readonly id: string
  readonly at: string
  readonly from: string
  readonly signature?: string
  readonly sp?: string
  /** Source of `sp`: the message's record, a filing or the port's row in the registry. */
  readonly spBy?: 'record' | 'filing' | 'port'
  readonly carrier?: string
  readonly province?: string
  readonly template?: string
  readonly submission?: string
  readonly disposition: 'accepted' | 'blocked'
  readonly text: string
  readonly partial: boolean
  readonly records: readonly {
    readonly id: string
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }[]
  readonly fit: Fit
  readonly registry?: RegistryEntry
  readonly consent: ConsentEntry
  readonly verdict?: Omit<Verdict, 'ext' | 'id'>
  readonly alerts: readonly AlertEntry[]
  readonly states: readonly StateStory[]
  /** Versions it was judged with; `around`: inferred from the alerts before and after it, which agree. */
  readonly versions?: Versions & { readonly by: 'alert' | 'state' | 'around' }
}

export interface AlertEntry {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly mode: string
  readonly score: number
  readonly reasons: readonly { readonly code: string; readonly detail: string; readonly rule?: string }[]
}

/** Builds the entry of one message. Gaps are reported through `lacks`. */
export function messageEntry(
  message: ExtractedMessage,
  fit: Fit,
  decided: Decided,
  consents: Consents,
  { registry, showing }: { readonly registry?: Registry; readonly showing: Showing },
  lacks: Lacks,
): MessageEntry {
  const versions = versionsOf(decided)
  reportGaps(message, decided, versions, lacks)
  const filed = registry && registryEntry(message, registry, versions, lacks)
  const consent = consentEntry(message, consents, showing)
  if (consents.changes.length === 0) lacks('noConsent', { message: message.id })
  else if (
    consent.standing === 'in' &&
    !consents.changes.some(({ state, proof }) => state === 'in' && proof)
  ) {
    lacks('noProof', { message: message.id })
  }
  const submitter = submitterOf(message, filed)
  if (!submitter.sp) lacks('noSp', { message: message.id })

  const { record, signature } = message
  const [first] = decided.verdicts
  return {
    id: message.id,
    at: iso(message.ts),
    from: showFrom(message.from, showing.clear || showing.senderContacts === 'clear'),
    ...given({ signature: signature?.name }),
    ...submitter,
    ...given({
      carrier: record.carrier,
      province: record.province,
      template: record.template,
      submission: record.submission,
    }),
    ...showRecipient(message.to, showing),
    disposition: record.blocked ? 'blocked' : 'accepted',
    text: showText(message.text, message.otp, showing),
    partial: message.partial,
    records: message.origins.map(({ id, position }) => ({ id, ...position })),
    fit,
    ...given({ registry: filed }),
    consent,
    ...given({ verdict: first ? verdictEntry(first) : undefined }),
    alerts: decided.alerts.map(alertEntry),
    states: decided.states,
    ...given({ versions: versions || undefined }),
  }
}

/** Reports gaps in the message itself and in the decisions about it. */
function reportGaps(
  message: ExtractedMessage,
  decided: Decided,
  versions: MessageEntry['versions'],
  lacks: Lacks,
): void {
  const about = { message: message.id }
  if (message.partial) lacks('partial', about)
  if (!message.signature) lacks('noSignature', about)
  if (decided.verdicts.length === 0) lacks('noVerdict', about)
  if (decided.alerts.length === 0 && !decided.states.some(({ because }) => because === 'shown')) {
    lacks('noAlert', about)
  }
  if (!versions) lacks('noVersions', about)
  for (const state of decided.verdicts[0]?.states ?? []) {
    if (!decided.states.some((story) => story.state === state)) lacks('noState', { ...about, state })
  }
  if (decided.toToken !== undefined && decided.toToken !== message.toToken) lacks('otherToken', about)
}

export function alertEntry({ id, time, data }: Alert): AlertEntry {
  return {
    id,
    at: time,
    action: data.action,
    mode: data.mode,
    score: data.score,
    reasons: data.reasons.map(({ code, detail, rule }) => ({ code, detail, ...given({ rule }) })),
  }
}

function verdictEntry({ ext: _ext, id: _id, ...verdict }: Verdict): Omit<Verdict, 'ext' | 'id'> {
  return verdict
}

function versionsOf({ alerts, states, before, after }: Decided): MessageEntry['versions'] {
  const own = alerts.find(({ data }) => data.mode === 'enforce') ?? alerts[0]
  if (own) return { ...alertVersions(own), by: 'alert' }
  const event = states.find(({ because }) => because === 'shown')?.events[0]
  if (event) return { ...event.versions, by: 'state' }
  const same =
    before &&
    after &&
    (['model', 'policy', 'registry', 'rules'] as const).every(
      (what) => before.versions[what] === after.versions[what],
    )
  return same ? { ...before.versions, by: 'around' } : undefined
}

function consentEntry(
  message: ExtractedMessage,
  { changes, replies }: Consents,
  showing: Showing,
): ConsentEntry {
  return {
    standing: standingAt(changes, message.ts),
    changes: changes.map(({ ts, ...change }) => ({ ...change, at: iso(ts), after: ts > message.ts })),
    replies: replies.map(({ ts, text, refuses }) => ({
      at: iso(ts),
      text: showText(text, false, showing),
      refuses,
    })),
  }
}

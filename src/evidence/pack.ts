import type { Verdict } from '../domain/alert.ts'
import type { Registry } from '../domain/registry.ts'
import type { Tokenise } from '../domain/token.ts'
import type { ExtractedMessage } from '../stages/classify.ts'
import { redactText } from '../stages/redact.ts'
import { maskRecipient, type SenderContacts, showFrom } from '../stages/show.ts'
import { type Calendar, type Deadline, deadlinesOf, localTime, uncoveredYears } from './calendar.ts'
import type { FoundComplaint, FoundMessages, Input, SourceReading } from './collect.ts'
import { type Consents, type FoundConsent, standingAt } from './consents.ts'
import type { Decided, StateStory, Versions } from './decisions.ts'
import { type RegistryEvidence, registryEvidence, submitterOf } from './filings.ts'
import type { Fit } from './match.ts'
import { given, iso } from './members.ts'
import { buildTimeline, type TimelineEntry } from './timeline.ts'
import type { Lacks, Say, Slots, Word } from './words.ts'

/** How personal data is shown. */
export interface Showing {
  /** Everything as it is: for the regulator. */
  readonly clear: boolean
  readonly senderContacts: SenderContacts
  readonly tokenise: Tokenise
}

export interface PackInput {
  readonly version: string
  readonly deployment: string
  /** Wall clock, epoch ms. */
  readonly now: number
  readonly found: FoundComplaint
  /** As the operator says it, epoch ms. */
  readonly receivedAt?: number
  readonly window: { readonly from: number; readonly to: number }
  readonly messages: FoundMessages
  readonly decided: readonly Decided[]
  readonly consents: readonly Consents[]
  /** Absent: none was given. */
  readonly registry?: Registry
  readonly calendar: Calendar
  readonly readings: readonly SourceReading[]
  /** Kinds of rows for which there was neither a file nor a topic. */
  readonly absent: readonly Input[]
  readonly showing: Showing
  readonly say: Say
}

/** A recipient as it may be shown. */
interface ShownRecipient {
  /** In clear, or masked; absent: an opaque id, or none given. */
  readonly to?: string
  readonly toToken?: string
}

export interface ConsentEvidence {
  readonly standing: 'in' | 'out' | 'default' | 'none'
  readonly changes: readonly (Omit<FoundConsent, 'ts'> & { readonly at: string; readonly after: boolean })[]
  readonly replies: readonly { readonly at: string; readonly text: string; readonly refuses: boolean }[]
}

export interface MessageEvidence extends ShownRecipient {
  readonly id: string
  readonly at: string
  readonly from: string
  readonly signature?: string
  readonly sp?: string
  /** `record`: the message names its enterprise; else what the registry knows. */
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
  readonly registry?: RegistryEvidence
  readonly consent: ConsentEvidence
  readonly verdict?: Omit<Verdict, 'ext' | 'id'>
  readonly alerts: readonly AlertEvidence[]
  readonly states: readonly StateStory[]
  /** With which it was judged; `around`: by the alerts next to it, which agree. */
  readonly versions?: Versions & { readonly by: 'alert' | 'state' | 'around' }
}

export interface AlertEvidence {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly mode: string
  readonly score: number
  readonly reasons: readonly { readonly code: string; readonly detail: string; readonly rule?: string }[]
}

/** The pack: everything that is known of a complaint. Its JSON is this, its Markdown says the same to people. */
export interface Pack {
  readonly version: string
  readonly deployment: string
  readonly madeAt: string
  readonly clear: boolean
  readonly complaint: ShownRecipient & {
    readonly id: string
    readonly at: string
    readonly receivedAt: string
    readonly source: string
    readonly category?: string
    readonly from?: string
    readonly signature?: string
    readonly text?: string
  }
  readonly deadlines: readonly (Pick<Deadline, 'name' | 'days' | 'from' | 'date'> & {
    readonly endsAt: string
  })[]
  readonly calendar: { readonly file?: string; readonly zone: number }
  readonly window: { readonly from: string; readonly to: string }
  /** How many messages fitted; the closest are listed. */
  readonly matched: number
  readonly messages: readonly MessageEvidence[]
  readonly timeline: readonly TimelineEntry[]
  readonly missing: readonly { readonly what: Word; readonly detail: string }[]
  readonly sources: readonly {
    readonly input: Input
    readonly name: string
    readonly records: number
    readonly unreadable: number
    readonly beginsAt?: string
  }[]
}

/** Puts together what was found, and says what was not. */
export function buildPack(input: PackInput): Pack {
  const { found, messages, calendar, showing, readings, say } = input
  const { complaint } = found
  const missing: { what: Word; detail: string }[] = []
  const lacks = (what: Word, slots: Slots = {}) => missing.push({ what, detail: say(what, slots) })

  if (complaint.to === undefined) lacks('noTo')
  if (complaint.from === undefined && complaint.signature === undefined) lacks('noSender')
  if (complaint.text === undefined) lacks('noText')
  if (found.repeats > 0) lacks('repeats', { count: found.repeats })
  const receivedAt = input.receivedAt ?? found.appendedAt ?? complaint.ts
  if (input.receivedAt === undefined && found.appendedAt === undefined) lacks('assumedReceived')

  const { from, to } = input.window
  const { kept, matched, others } = messages
  if (kept.length === 0)
    lacks('noneMatched', { from: localTime(calendar, from), to: localTime(calendar, to), others })
  if (matched > kept.length) lacks('moreMatched', { count: matched - kept.length, max: kept.length })
  for (const what of input.absent) lacks('noSource', { input: what })
  if (!input.registry) lacks('noRegistry')
  for (const { name, unreadable, beginsAt } of readings) {
    if (beginsAt !== undefined) lacks('beginsLate', { name, at: localTime(calendar, beginsAt) })
    if (unreadable > 0) lacks('unreadableRows', { name, count: unreadable })
  }

  const shown = kept.map(({ message, fit }, i) =>
    messageEvidence(message, fit, input.decided[i]!, input.consents[i]!, input, lacks),
  )

  const deadlines = deadlinesOf(calendar, { ts: complaint.ts, receivedAt, source: complaint.source })
  const uncovered = uncoveredYears(calendar, deadlines)
  if (calendar.file === undefined) lacks('noCalendar')
  else if (uncovered.length > 0) lacks('uncovered', { years: uncovered.join(', ') })

  return {
    version: input.version,
    deployment: input.deployment,
    madeAt: iso(input.now),
    clear: showing.clear,
    complaint: {
      id: complaint.id!,
      at: iso(complaint.ts),
      receivedAt: iso(receivedAt),
      source: complaint.source,
      ...given({ category: complaint.category, from: complaint.from, signature: complaint.signature }),
      ...(complaint.to === undefined ? {} : showRecipient(complaint.to, showing)),
      ...(complaint.text === undefined ? {} : { text: showText(complaint.text, false, showing) }),
    },
    deadlines: deadlines.map(({ name, days, from, date, endsAt }) => ({
      name,
      days,
      from,
      date,
      endsAt: iso(endsAt),
    })),
    calendar: { ...given({ file: calendar.file }), zone: calendar.zone },
    window: { from: iso(from), to: iso(to) },
    matched,
    messages: shown,
    timeline: buildTimeline({ complaint, receivedAt, deadlines, messages: shown }, say),
    missing,
    sources: readings.map(({ input: kind, name, records, unreadable, beginsAt }) => ({
      input: kind,
      name,
      records,
      unreadable,
      ...(beginsAt === undefined ? {} : { beginsAt: iso(beginsAt) }),
    })),
  }
}

function messageEvidence(
  message: ExtractedMessage,
  fit: Fit,
  decided: Decided,
  consents: Consents,
  { registry, showing }: PackInput,
  lacks: Lacks,
): MessageEvidence {
  const { record, signature } = message
  const about = { message: message.id }
  const versions = versionsOf(decided)
  if (message.partial) lacks('partial', about)
  if (!signature) lacks('noSignature', about)
  if (decided.verdicts.length === 0) lacks('noVerdict', about)
  if (decided.alerts.length === 0 && !decided.states.some(({ because }) => because === 'shown')) {
    lacks('noAlert', about)
  }
  if (!versions) lacks('noVersions', about)
  for (const state of decided.verdicts[0]?.states ?? []) {
    if (!decided.states.some((story) => story.state === state)) lacks('noState', { ...about, state })
  }
  if (decided.toToken !== undefined && decided.toToken !== message.toToken) lacks('otherToken', about)

  const filed = registry && registryEvidence(message, registry, versions, lacks)
  const consent = consentEvidence(message, consents, showing)
  if (consents.changes.length === 0) lacks('noConsent', about)
  else if (
    consent.standing === 'in' &&
    !consents.changes.some(({ state, proof }) => state === 'in' && proof)
  ) {
    lacks('noProof', about)
  }
  const submitter = submitterOf(message, filed)
  if (!submitter.sp) lacks('noSp', about)

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
    ...(filed ? { registry: filed } : {}),
    consent,
    ...(first ? { verdict: verdictEvidence(first) } : {}),
    alerts: decided.alerts.map(({ id, time, data }) => ({
      id,
      at: time,
      action: data.action,
      mode: data.mode,
      score: data.score,
      reasons: data.reasons.map(({ code, detail, rule }) => ({ code, detail, ...given({ rule }) })),
    })),
    states: decided.states,
    ...(versions ? { versions } : {}),
  }
}

function verdictEvidence({ ext: _ext, id: _id, ...verdict }: Verdict): Omit<Verdict, 'ext' | 'id'> {
  return verdict
}

function showRecipient(to: string, { clear, tokenise }: Showing): ShownRecipient {
  // A token that came in stands for itself.
  const toToken = to.includes('.') ? to : tokenise(to)
  const shown = clear ? to : maskRecipient(to)
  return { ...given({ to: shown }), toToken }
}

function showText(text: string, otp: boolean, { clear }: Showing): string {
  return clear ? text : redactText(text, otp)
}

function versionsOf({ alerts, states, before, after }: Decided): MessageEvidence['versions'] {
  const own = alerts.find(({ data }) => data.mode === 'enforce') ?? alerts[0]
  if (own) {
    const { model, policy, registry } = own.data.provenance
    return { model, policy, registry, by: 'alert' }
  }
  const event = states.find(({ because }) => because === 'shown')?.events[0]
  if (event) return { ...event.versions, by: 'state' }
  const same =
    before &&
    after &&
    (['model', 'policy', 'registry'] as const).every((what) => before.versions[what] === after.versions[what])
  return same ? { ...before.versions, by: 'around' } : undefined
}

function consentEvidence(
  message: ExtractedMessage,
  { changes, replies }: Consents,
  showing: Showing,
): ConsentEvidence {
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

import type { Alert } from '../../domain/alert.ts'
import { given } from '../../domain/given.ts'
import type { Registry } from '../../domain/registry.ts'
import { iso } from '../../domain/time.ts'
import { type Calendar, type Deadline, deadlinesOf, localTime, uncoveredYears } from '../words/calendar.ts'
import type { FoundComplaint, FoundMessages, Input, SourceReading } from './collect.ts'
import type { Consents } from './consents.ts'
import { alertVersions, type Decided, type Versions } from './decisions.ts'
import { type AlertEntry, alertEntry, type MessageEntry, messageEntry } from './message-entry.ts'
import { type Showing, type ShownRecipient, showRecipient, showText } from './showing.ts'
import type { Subject } from './subject.ts'
import { buildTimeline, type TimelineEntry } from './timeline.ts'
import type { Lacks, Say, Word } from './words.ts'

export interface PackInput {
  readonly version: string
  readonly deployment: string
  /** Wall clock, epoch ms. */
  readonly now: number
  readonly subject: Subject
  readonly found?: FoundComplaint
  readonly alert?: Alert
  /** When the complaint was received, as given by the operator, epoch ms. */
  readonly receivedAt?: number
  readonly window: { readonly from: number; readonly to: number }
  readonly messages: FoundMessages
  readonly decided: readonly Decided[]
  readonly consents: readonly Consents[]
  /** Absent if none was given. */
  readonly registry?: Registry
  readonly calendar: Calendar
  readonly readings: readonly SourceReading[]
  /** Kinds of rows without a file or topic. */
  readonly absent: readonly Input[]
  readonly showing: Showing
  readonly say: Say
}

/** The pack: everything known about a complaint, a message or an alert. This is its JSON; the Markdown has the same content. */
export interface Pack {
  readonly version: string
  readonly deployment: string
  readonly madeAt: string
  readonly clear: boolean
  readonly subject: Subject
  /** Present in a pack about a complaint. */
  readonly complaint?: ShownRecipient & {
    readonly id: string
    readonly at: string
    readonly receivedAt: string
    readonly source: string
    readonly category?: string
    readonly from?: string
    readonly signature?: string
    readonly text?: string
  }
  /** Present in a pack about an alert. */
  readonly alert?: SubjectAlert
  /** Empty without a complaint. */
  readonly deadlines: readonly (Pick<Deadline, 'name' | 'days' | 'from' | 'date'> & {
    readonly endsAt: string
  })[]
  readonly calendar: { readonly file?: string; readonly zone: number }
  readonly window: { readonly from: string; readonly to: string }
  /** Number of matching messages; only the closest are listed. */
  readonly matched: number
  readonly messages: readonly MessageEntry[]
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

export interface SubjectAlert extends AlertEntry {
  readonly type: Alert['type']
  readonly target: Alert['data']['target']
  readonly state?: string
  readonly versions: Versions
}

/** Builds the pack from the findings, including what was not found. */
export function buildPack(input: PackInput): Pack {
  const { subject, found, alert, messages, showing, readings, say } = input
  const missing: { what: Word; detail: string }[] = []
  const lacks: Lacks = (what, slots = {}) => missing.push({ what, detail: say(what, slots) })
  if (found) reportComplaintGaps(found, input, lacks)
  reportGaps(input, lacks)

  const shown = messages.kept.map(({ message, fit }, i) =>
    messageEntry(message, fit, input.decided[i]!, input.consents[i]!, input, lacks),
  )

  const complained = found && complainedOf(found, input)
  const deadlines = complained ? complaintDeadlines(complained, input.calendar, lacks) : []
  return {
    version: input.version,
    deployment: input.deployment,
    madeAt: iso(input.now),
    clear: showing.clear,
    subject,
    ...given({
      complaint: complained && complaintEntry(complained, showing),
      alert: alert && subjectAlert(alert),
    }),
    deadlines: deadlines.map(({ endsAt, name, days, from, date }) => ({
      ...{ name, days, from, date },
      endsAt: iso(endsAt),
    })),
    calendar: { ...given({ file: input.calendar.file }), zone: input.calendar.zone },
    window: { from: iso(input.window.from), to: iso(input.window.to) },
    matched: messages.matched,
    messages: shown,
    timeline: buildTimeline({ ...given({ complained }), deadlines, messages: shown }, say),
    missing,
    sources: readings.map(({ input: kind, name, records, unreadable, beginsAt }) => ({
      input: kind,
      name,
      records,
      unreadable,
      ...given({ beginsAt: beginsAt === undefined ? undefined : iso(beginsAt) }),
    })),
  }
}

interface Complained {
  readonly complaint: FoundComplaint['complaint']
  readonly receivedAt: number
}

function complainedOf({ complaint, appendedAt }: FoundComplaint, { receivedAt }: PackInput): Complained {
  return { complaint, receivedAt: receivedAt ?? appendedAt ?? complaint.ts }
}

function complaintDeadlines(
  { complaint, receivedAt }: Complained,
  calendar: Calendar,
  lacks: Lacks,
): readonly Deadline[] {
  const deadlines = deadlinesOf(calendar, { ts: complaint.ts, receivedAt, source: complaint.source })
  const uncovered = uncoveredYears(calendar, deadlines)
  if (calendar.file === undefined) lacks('noCalendar')
  else if (uncovered.length > 0) lacks('uncovered', { years: uncovered.join(', ') })
  return deadlines
}

function reportComplaintGaps(found: FoundComplaint, input: PackInput, lacks: Lacks): void {
  const { complaint } = found
  if (complaint.to === undefined) lacks('noTo')
  if (complaint.from === undefined && complaint.signature === undefined) lacks('noSender')
  if (complaint.text === undefined) lacks('noText')
  if (found.repeats > 0) lacks('repeats', { count: found.repeats })
  if (input.receivedAt === undefined && found.appendedAt === undefined) lacks('assumedReceived')
}

/** Reports gaps in the messages and the sources. */
function reportGaps(input: PackInput, lacks: Lacks): void {
  const { subject, calendar, window, say } = input
  const { kept, matched, others } = input.messages
  if (kept.length === 0) {
    const [from, to] = [localTime(calendar, window.from), localTime(calendar, window.to)]
    lacks(subject.kind === 'complaint' ? 'noneMatched' : 'noneShown', { from, to, others })
  }
  if (matched > kept.length) lacks('moreMatched', { count: matched - kept.length, max: kept.length })
  for (const what of input.absent) lacks('noSource', { input: say.term('input', what) })
  if (!input.registry) lacks('noRegistry')
  for (const { name, unreadable, beginsAt } of input.readings) {
    if (beginsAt !== undefined) lacks('beginsLate', { name, at: localTime(calendar, beginsAt) })
    if (unreadable > 0) lacks('unreadableRows', { name, count: unreadable })
  }
}

function subjectAlert(alert: Alert): SubjectAlert {
  const { type, data } = alert
  const { target, state } = data
  return {
    ...alertEntry(alert),
    ...{ type, target, versions: alertVersions(alert) },
    ...given({ state: state?.id }),
  }
}

function complaintEntry(
  { complaint, receivedAt }: Complained,
  showing: Showing,
): NonNullable<Pack['complaint']> {
  return {
    id: complaint.id!,
    at: iso(complaint.ts),
    receivedAt: iso(receivedAt),
    source: complaint.source,
    ...given({ category: complaint.category, from: complaint.from, signature: complaint.signature }),
    ...(complaint.to === undefined ? {} : showRecipient(complaint.to, showing)),
    ...given({ text: complaint.text === undefined ? undefined : showText(complaint.text, false, showing) }),
  }
}

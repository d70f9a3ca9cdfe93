import { given } from '../../domain/given.ts'
import type { Registry } from '../../domain/registry.ts'
import { iso } from '../../domain/time.ts'
import { type Calendar, type Deadline, deadlinesOf, localTime, uncoveredYears } from '../words/calendar.ts'
import type { FoundComplaint, FoundMessages, Input, SourceReading } from './collect.ts'
import type { Consents } from './consents.ts'
import type { Decided } from './decisions.ts'
import { type MessageEntry, messageEntry } from './message-entry.ts'
import { type Showing, type ShownRecipient, showRecipient, showText } from './showing.ts'
import { buildTimeline, type TimelineEntry } from './timeline.ts'
import type { Lacks, Say, Word } from './words.ts'

export interface PackInput {
  readonly version: string
  readonly deployment: string
  /** Wall clock, epoch ms. */
  readonly now: number
  readonly found: FoundComplaint
  /** As given by the operator, epoch ms. */
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

/** The pack: everything known about a complaint. This is its JSON; the Markdown has the same content. */
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

/** Builds the pack from the findings, including what was not found. */
export function buildPack(input: PackInput): Pack {
  const { found, messages, calendar, showing, readings, say } = input
  const { complaint } = found
  const missing: { what: Word; detail: string }[] = []
  const lacks: Lacks = (what, slots = {}) => missing.push({ what, detail: say(what, slots) })
  const receivedAt = input.receivedAt ?? found.appendedAt ?? complaint.ts
  reportGaps(input, lacks)

  const shown = messages.kept.map(({ message, fit }, i) =>
    messageEntry(message, fit, input.decided[i]!, input.consents[i]!, input, lacks),
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
    complaint: complaintEntry(found, receivedAt, showing),
    deadlines: deadlines.map(({ endsAt, name, days, from, date }) => ({
      ...{ name, days, from, date },
      endsAt: iso(endsAt),
    })),
    calendar: { ...given({ file: calendar.file }), zone: calendar.zone },
    window: { from: iso(input.window.from), to: iso(input.window.to) },
    matched: messages.matched,
    messages: shown,
    timeline: buildTimeline({ complaint, receivedAt, deadlines, messages: shown }, say),
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

/** Reports gaps in the complaint and the sources. */
function reportGaps(input: PackInput, lacks: Lacks): void {
  const { found, calendar, window, say } = input
  const { complaint } = found
  if (complaint.to === undefined) lacks('noTo')
  if (complaint.from === undefined && complaint.signature === undefined) lacks('noSender')
  if (complaint.text === undefined) lacks('noText')
  if (found.repeats > 0) lacks('repeats', { count: found.repeats })
  if (input.receivedAt === undefined && found.appendedAt === undefined) lacks('assumedReceived')

  const { kept, matched, others } = input.messages
  if (kept.length === 0) {
    const [from, to] = [localTime(calendar, window.from), localTime(calendar, window.to)]
    lacks('noneMatched', { from, to, others })
  }
  if (matched > kept.length) lacks('moreMatched', { count: matched - kept.length, max: kept.length })
  for (const what of input.absent) lacks('noSource', { input: say.term('input', what) })
  if (!input.registry) lacks('noRegistry')
  for (const { name, unreadable, beginsAt } of input.readings) {
    if (beginsAt !== undefined) lacks('beginsLate', { name, at: localTime(calendar, beginsAt) })
    if (unreadable > 0) lacks('unreadableRows', { name, count: unreadable })
  }
}

function complaintEntry(
  { complaint }: FoundComplaint,
  receivedAt: number,
  showing: Showing,
): Pack['complaint'] {
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

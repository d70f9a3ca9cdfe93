import type { Complaint } from '../../pipeline/side-inputs/rows.ts'
import type { Deadline } from '../words/calendar.ts'
import type { MessageEntry } from './message-entry.ts'
import type { Say, Word } from './words.ts'

export interface TimelineEntry {
  readonly at: string
  readonly what: Word
  readonly text: string
}

interface Material {
  /** Absent if the pack is about a message or an alert. */
  readonly complained?: { readonly complaint: Complaint; readonly receivedAt: number }
  readonly deadlines: readonly Deadline[]
  readonly messages: readonly MessageEntry[]
}

/** Localised names of the built-in deadlines; other names are used as they are. */
const DEADLINE_NAMES: Readonly<Record<string, Word>> = { 'passed on': 'passedOn', answered: 'answered' }

export function deadlineName(name: string, say: Say): string {
  const word = DEADLINE_NAMES[name]
  return word === undefined ? name : say(word)
}

/** The requested action in the language of the pack; in shadow mode nothing is requested. */
export function actionOf(
  { mode, action }: { readonly mode: string; readonly action: string },
  say: Say,
): string {
  return mode === 'shadow' ? say('shadow') : say.term('action', action)
}

/** Builds the timeline, oldest entry first. */
export function buildTimeline({ complained, deadlines, messages }: Material, say: Say): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  const add = (at: string | number, what: Word, slots: Parameters<Say>[1] = {}) => {
    entries.push({ at: new Date(at).toISOString(), what, text: say(what, slots) })
  }
  const states = new Set<string>()
  for (const { id, at, verdict, alerts, consent, states: stories } of messages) {
    add(at, 'sent', { message: id })
    if (verdict) add(verdict.decidedAt, 'judged', { message: id, action: say.term('action', verdict.action) })
    for (const alert of alerts) {
      add(alert.at, 'alerted', {
        message: id,
        codes: say.list(alert.reasons.map(({ code }) => code)),
        action: actionOf(alert, say),
      })
    }
    for (const change of consent.changes) {
      add(
        change.at,
        change.state === 'out' ? 'refused' : change.proof === 'default' ? 'gaveDefault' : 'gaveConsent',
      )
    }
    for (const reply of consent.replies) {
      add(reply.at, reply.refuses ? 'repliedRefusing' : 'replied', { text: reply.text })
    }
    for (const { state, events } of stories) {
      if (states.has(state)) continue
      states.add(state)
      for (const event of events) {
        const target = say('target', { kind: say.term('target', event.target.kind), id: event.target.id })
        if (event.type === 'sigwatch.alert.raised') {
          add(event.time, 'stateRaised', { code: event.code, target, action: actionOf(event, say) })
        } else if (event.type === 'sigwatch.alert.cleared') {
          const cause = event.cause ? say.term('cause', event.cause) : '-'
          add(event.time, 'stateCleared', { code: event.code, target, cause })
        }
      }
    }
  }
  if (complained) {
    add(complained.complaint.ts, 'complained')
    add(complained.receivedAt, 'received')
  }
  // The last second of the day, because people name the last day of a deadline.
  for (const { name, endsAt } of deadlines) add(endsAt - 1000, 'due', { name: deadlineName(name, say) })
  return distinct(entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)))
}

/** Removes duplicates: messages under one signature share their consent rows. */
function distinct(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const seen = new Set<string>()
  return entries.filter(({ at, text }) => {
    const key = `${at} ${text}`
    return !seen.has(key) && seen.add(key)
  })
}

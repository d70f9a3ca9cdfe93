import type { Complaint } from '../registry/side-inputs.ts'
import type { Deadline } from './calendar.ts'
import type { MessageEvidence } from './pack.ts'
import type { Say, Word } from './words.ts'

export interface TimelineEntry {
  readonly at: string
  readonly what: Word
  readonly text: string
}

interface Told {
  readonly complaint: Complaint
  readonly receivedAt: number
  readonly deadlines: readonly Deadline[]
  readonly messages: readonly MessageEvidence[]
}

/** Names of the deadlines that are built in, in the language of the pack; others stay as they are. */
const DEADLINE_NAMES: Readonly<Record<string, Word>> = { 'passed on': 'passedOn', answered: 'answered' }

export function deadlineName(name: string, say: Say): string {
  const word = DEADLINE_NAMES[name]
  return word === undefined ? name : say(word)
}

/** What happened when, oldest first. */
export function buildTimeline(
  { complaint, receivedAt, deadlines, messages }: Told,
  say: Say,
): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  const add = (at: string | number, what: Word, slots: Parameters<Say>[1] = {}) => {
    entries.push({ at: new Date(at).toISOString(), what, text: say(what, slots) })
  }
  const states = new Set<string>()
  for (const { id, at, verdict, alerts, consent, states: stories } of messages) {
    add(at, 'sent', { message: id })
    if (verdict) add(verdict.decidedAt, 'judged', { message: id, action: verdict.action })
    for (const alert of alerts) {
      add(alert.at, 'alerted', {
        message: id,
        codes: alert.reasons.map(({ code }) => code).join(', '),
        action: alert.mode === 'shadow' ? say('shadow') : alert.action,
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
        const target = `${event.target.kind} ${event.target.id}`
        if (event.type === 'sigwatch.alert.raised') {
          add(event.time, 'stateRaised', {
            code: event.code,
            target,
            action: event.mode === 'shadow' ? say('shadow') : event.action,
          })
        } else if (event.type === 'sigwatch.alert.cleared') {
          add(event.time, 'stateCleared', { code: event.code, target, cause: event.cause ?? '-' })
        }
      }
    }
  }
  add(complaint.ts, 'complained')
  add(receivedAt, 'received')
  // The last second of the day, which is the one that people name.
  for (const { name, endsAt } of deadlines) add(endsAt - 1000, 'due', { name: deadlineName(name, say) })
  return distinct(entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)))
}

/** The consents of two messages under one signature are the same rows. */
function distinct(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const seen = new Set<string>()
  return entries.filter(({ at, text }) => {
    const key = `${at} ${text}`
    return !seen.has(key) && seen.add(key)
  })
}

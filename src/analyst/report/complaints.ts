import { withoutMobiles } from '../archive/mobiles.ts'
import type { Complained } from '../archive/reader.ts'
import type { ComplaintGroup, TrackedDeadline } from '../complaints/summary.ts'
import { deadlineName } from '../words/calendar.ts'
import { type Html, html } from '../words/html.ts'
import { table } from './table.ts'
import type { Speech } from './words.ts'

/** Complaints by enterprise and template, and deadlines that are near or missed. */
export interface FollowedComplaints {
  readonly groups: readonly ComplaintGroup[]
  readonly urgent: readonly TrackedDeadline[]
}

export function complaints(all: readonly Complained[] | undefined, speech: Speech): Html {
  if (!all) return html``
  const { say } = speech
  const rows = all.map(
    ({ sender, complaints: n, sent }) =>
      html`<tr><td>${withoutMobiles(sender)}</td><td class="n">${n.toLocaleString('en')}</td><td class="n">${sent ? sent.toLocaleString('en') : '–'}</td><td class="n">${sent ? Math.round((1e6 * n) / sent).toLocaleString('en') : '–'}</td></tr>`,
  )
  return html`<section><h2>${say('complaints')}</h2>${table(say('complaints'), [say('about'), say('complaints'), say('sent'), say('aMillion')], rows, speech)}</section>`
}

/** Maximum number of groups and deadlines shown. */
const MOST_CASES = 20

export function followedComplaints(known: FollowedComplaints | undefined, speech: Speech): Html {
  if (!known || known.groups.length === 0) return html``
  return html`${groupsOf(known, speech)}${deadlinesOf(known, speech)}`
}

function groupsOf({ groups }: FollowedComplaints, speech: Speech): Html {
  const { say, term } = speech
  const rows = groups
    .slice(0, MOST_CASES)
    .map(
      ({ signature, sp, template, label, complaints: n, standings }) =>
        html`<tr><td>${signature}</td><td>${sp}</td><td>${template}</td><td>${term('label', label)}</td><td class="n">${n.toLocaleString('en')}</td><td class="n">${standings['in time']}</td><td class="n">${standings.late + standings.overdue}</td></tr>`,
    )
  const headings = [
    ...[say('enterprise'), say('sp'), say('template'), say('text'), say('complaints')],
    ...[say('inTime'), say('lateAnswers')],
  ]
  return html`<section><h2>${say('byEnterprise')}</h2>${table(say('byEnterprise'), headings, rows, speech)}</section>`
}

function deadlinesOf({ urgent }: FollowedComplaints, speech: Speech): Html {
  const { say } = speech
  const shown = urgent.slice(0, MOST_CASES)
  const rows = shown.map(
    ({ complaint, deadline, standing }) =>
      html`<tr><td>${complaint.id}</td><td>${complaint.signature ?? '–'}</td><td>${deadlineName(deadline.name, speech.locale)} (${deadline.days}${complaint.received_at === null && say('fromComplaint')})</td><td class="time">${deadline.date}</td><td>${standing === 'due' || standing === 'overdue' ? say(standing) : standing}</td></tr>`,
  )
  const left = urgent.length - shown.length
  const headings = [say('complaint'), say('enterprise'), say('deadline'), say('endsOn'), say('standing')]
  return html`<section><h2>${say('endSoon')}</h2>${table(say('deadlines'), headings, rows, speech)}${left > 0 && html`<p class="dim">${say('moreDeadlines', { n: left.toLocaleString('en') })}</p>`}</section>`
}

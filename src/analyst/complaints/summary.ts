import { DisjointSets } from '../../domain/disjoint-sets.ts'
import { given } from '../../domain/given.ts'
import { addTo, mostFrequent } from '../../domain/maps.ts'
import { DAY } from '../../domain/time.ts'
import type { StoredComplaint, TimedComplaint } from '../archive/stored-complaints.ts'
import { type Calendar, type Deadline, deadlinesOf, workingDaysAfter } from '../words/calendar.ts'

export const STANDINGS = ['in time', 'late', 'running', 'due', 'overdue'] as const
/** Status of a deadline: met or missed by the answer, or still running, with at most two working days left, or over. */
export type Standing = (typeof STANDINGS)[number]

/** A deadline is `due` from this many working days before its end. */
const DUE = 2

/** Stands for an unknown signature, SP, template, label or category. */
export const NONE = '-'

export interface TrackedDeadline<C = StoredComplaint> {
  readonly complaint: C
  readonly deadline: Deadline
  readonly standing: Standing
}

/**
 * The deadlines of complaints as of `now` (epoch ms), earliest end first. If the time of receipt is unknown, deadlines that
 * start with it start with the complaint instead, and those that end with it are left out.
 */
export function tracked<C extends TimedComplaint>(
  complaints: readonly C[],
  calendar: Calendar,
  now: number,
): TrackedDeadline<C>[] {
  return complaints
    .flatMap((complaint) => {
      const { ts, received_at, source } = complaint
      const times = { ts: ts.getTime(), receivedAt: (received_at ?? ts).getTime(), source }
      return deadlinesOf(calendar, times)
        .filter(({ from }) => from === 'received' || received_at !== null)
        .map((deadline) => ({
          complaint,
          deadline,
          standing: standingOf(complaint, deadline, calendar, now),
        }))
    })
    .sort((a, b) => a.deadline.endsAt - b.deadline.endsAt)
}

/** When a deadline becomes due, epoch ms. `endsAt`: end of its last day. */
export function dueAt(calendar: Calendar, endsAt: number): number {
  let at = endsAt
  while (workingDaysAfter(calendar, at - DAY, DUE).endsAt >= endsAt) at -= DAY
  return at
}

function standingOf(
  { answered_at, received_at }: TimedComplaint,
  { from, endsAt }: Deadline,
  calendar: Calendar,
  now: number,
): Standing {
  // Deadlines from the complaint are met by its receipt, those from the receipt by the answer.
  const done = (from === 'complaint' ? received_at : answered_at)?.getTime()
  if (done !== undefined && done <= now) return done < endsAt ? 'in time' : 'late'
  if (now >= endsAt) return 'overdue'
  return workingDaysAfter(calendar, now, DUE).endsAt >= endsAt ? 'due' : 'running'
}

/** Complaints about one template of one enterprise and service provider. */
export interface ComplaintGroup {
  readonly signature: string
  readonly sp: string
  /** The smallest band of its fingerprints; `-` if no text is quoted. */
  readonly template: string
  readonly complaints: number
  /** Number of complaints whose message the archive has an alert on. */
  readonly matched: number
  /** The most frequent label from the text model; `-` if no text is quoted. */
  readonly label: string
  readonly category: string
  /** Messages under the signature in the period; undefined if unknown or without a signature. */
  readonly sent?: number
  readonly standings: Readonly<Record<Standing, number>>
}

/** Groups complaints by enterprise (signature), SP and template, largest group first. */
export function groupsOf(
  complaints: readonly StoredComplaint[],
  sent: ReadonlyMap<string, number>,
  calendar: Calendar,
  now: number,
): ComplaintGroup[] {
  const template = templatesOf(complaints)
  const groups = new Map<string, StoredComplaint[]>()
  complaints.forEach((complaint, i) => {
    const key = JSON.stringify([complaint.signature ?? NONE, complaint.sp ?? NONE, template[i]])
    addTo(groups, key, complaint)
  })
  return [...groups]
    .map(([key, members]): ComplaintGroup => {
      const [signature, sp, id] = JSON.parse(key) as [string, string, string]
      const answers = tracked(members, calendar, now).filter(({ deadline }) => deadline.from === 'received')
      const many = signature === NONE ? undefined : sent.get(signature)
      return {
        signature,
        sp,
        template: id,
        complaints: members.length,
        matched: members.filter(({ alert_id }) => alert_id !== null).length,
        label: commonest(members.map(({ label }) => label)),
        category: commonest(members.map(({ category }) => category)),
        ...given({ sent: many }),
        standings: Object.fromEntries(
          STANDINGS.map((name) => [name, answers.filter(({ standing }) => standing === name).length]),
        ) as Record<Standing, number>,
      }
    })
    .sort((a, b) => b.complaints - a.complaints || (a.signature < b.signature ? -1 : 1))
}

function commonest(values: readonly (string | null)[]): string {
  const [first] = mostFrequent(
    values.filter((value) => value !== null),
    1,
  )
  return first?.[0] ?? NONE
}

/**
 * The template of each complaint: texts that share a band, directly or transitively, have the same one. The prefix letter keeps
 * spreadsheets from reading the hex digits as a number.
 */
function templatesOf(complaints: readonly StoredComplaint[]): string[] {
  const sets = new DisjointSets<string>()
  const named = complaints.map(({ bands }) => bands.map((band, i) => `t${i}${band}`))
  for (const bands of named) for (const band of bands) sets.join(bands[0]!, band)
  return named.map(([first]) => (first === undefined ? NONE : sets.rootOf(first)))
}

import { randomUUID } from 'node:crypto'
import { given } from '../../domain/given.ts'
import { LABELS } from '../../domain/labels.ts'
import { DAY } from '../../domain/time.ts'
import type { Case } from '../archive/case.ts'
import { noteUndone } from '../archive/case-queue.ts'
import type { GivenRow } from '../archive/given-feedback.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { may, mayUndo } from './sessions.ts'
import type { Word } from './words.ts'

const VERDICTS = ['confirmed', 'false_positive', 'release'] as const
const LONGEST_DAYS = 30

/** The members that a form sets for duration, codes, label and reason; undefined if feedback cannot last that long. */
export function sharedMembers(form: URLSearchParams, ts: number) {
  const days = Number(form.get('days') ?? 1)
  const until = timeOf(form.get('until')) ?? (days >= 1 && days <= LONGEST_DAYS ? ts + days * DAY : 0)
  if (until <= ts || until > ts + LONGEST_DAYS * DAY) return undefined
  const [note, code] = ['note', 'code'].map((name) => form.get(name)?.trim() || undefined)
  const label = LABELS.find((one) => one === form.get('label'))
  return {
    until,
    ...given({ note, codes: code === undefined ? undefined : [code], label }),
  }
}

/** Writes feedback on a case from its form: a judgement, a manual block, or an undo. Rejects with USAGE for input that is not allowed. */
export async function giveOnCase(
  { form, session }: Asked,
  found: Case,
  { options, outbox, refuse }: RouteParts,
): Promise<Answer> {
  if (!outbox) return refuse({ session }, 403, 'mayRead')
  const { alert } = found
  const ts = Math.round(await outbox.now())
  const row = rowOf({ form, session }, found, ts)
  if (typeof row === 'string') return refuse({ session }, row === 'incomplete' ? 400 : 403, row)
  await outbox.give([row])
  const batch = found.feedback.find(({ id, batch }) => row.undo && [id, batch].includes(row.undo))?.batch
  if (batch)
    await noteUndone(options.archive.change, { batch, who: session.name, isWhole: batch === row.undo })
  const what = row.undo === undefined ? row.verdict! : 'undo'
  await options.archive.note(session, 'feedback', `${alert.id}: ${what}`)
  return toPage(`/case/${encodeURIComponent(alert.id)}?given`)
}

function rowOf({ form, session }: Pick<Asked, 'form' | 'session'>, found: Case, ts: number): GivenRow | Word {
  const { alert, feedback, orderTargets } = found
  const own = { by: session.name, ts, feedbackId: randomUUID() }
  const undo = form.get('undo')
  if (undo !== null) {
    const said = feedback.find(({ id, batch }) => id === undo || batch === undo)
    if (!said) return 'incomplete'
    return mayUndo(session, said) ? { undo, ...own } : 'mayNotUndo'
  }
  const shared = sharedMembers(form, ts)
  if (!shared) return 'incomplete'
  if (form.get('verdict') === 'block') {
    if (!may(session, 'block')) return 'mayNotBlock'
    const target = orderTargets.find((name) => withoutMobiles(name) === form.get('target'))
    return target === undefined || shared.note === undefined
      ? 'incomplete'
      : { target, verdict: 'block', ...given({ note: shared.note }), until: shared.until, ...own }
  }
  const verdict = VERDICTS.find((name) => name === form.get('verdict'))
  const isOfCase = alert.data.reasons.some(({ code }) => shared.codes?.includes(code) ?? true)
  if (!verdict || !isOfCase) return 'incomplete'
  const { state, message, target } = alert.data
  const subject = state ? { stateId: state.id } : { messageId: message?.id ?? target.id }
  return { ...subject, verdict, ...shared, ...own }
}

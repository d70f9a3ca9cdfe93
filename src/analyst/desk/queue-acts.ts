import { randomUUID } from 'node:crypto'
import * as merging from '../archive/case-merge.ts'
import * as queue from '../archive/case-queue.ts'
import type { GivenRow } from '../archive/given-feedback.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { sharedMembers } from './case-feedback.ts'
import { caseAt, listAt, placeFields, placeOf } from './queue-place.ts'
import { timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { may, mayUndo } from './sessions.ts'
import { beijing } from './tables.ts'

const LONGEST_COMMENT = 2000

/** Actions on cases of the queue. Reject with the errors of the archive, and with USAGE for feedback that is not allowed. */
export class QueueActs {
  readonly #parts: RouteParts

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  get #ask() {
    return this.#parts.options.archive.ask
  }

  get #change() {
    return this.#parts.options.archive.change
  }

  async act(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { form, session } = asked
    const { id } = found
    const here = toPage(caseAt(id))
    const note = (what: string, text = '') => queue.noteOnCase(this.#change, [id, session.name, what, text])
    switch (form.get('act')) {
      case 'judge':
        return this.#judge(asked, found)
      case 'undo':
        return this.#undoOf(asked, found)
      case 'take':
        return this.#take(asked, found)
      case 'give':
        if (!(await queue.giveBackCase(this.#change, id, session.name)))
          return toPage(caseAt(id, { said: 'notYourCase' }))
        await note('gave')
        return here
      case 'wait':
      case 'open': {
        const waits = form.get('act') === 'wait'
        await queue.setStatus(this.#change, id, waits ? 'waiting' : 'open')
        await note(waits ? 'waits' : 'opened')
        return here
      }
      case 'comment': {
        const text = form.get('comment')?.replaceAll('\u0000', '').trim() ?? ''
        if (text === '' || text.length > LONGEST_COMMENT) return this.#parts.refuse(asked, 400, 'incomplete')
        await note('commented', text)
        return here
      }
      case 'due': {
        const due = timeOf(form.get('due'))
        if (due === undefined && form.get('due')) return this.#parts.refuse(asked, 400, 'incomplete')
        if (due !== undefined && due < asked.now) return toPage(caseAt(id, { said: 'duePast' }))
        await merging.setDue(this.#change, id, due ?? null)
        await note('due', due === undefined ? '' : beijing(due))
        return here
      }
      case 'since':
        await queue.reopenSince(this.#change, id)
        await note('opened')
        return here
      case 'merge':
        return this.#merge(asked, found)
      case 'unmerge': {
        const other = form.get('other')?.replaceAll('\u0000', '') ?? ''
        if (!(await merging.unmergeCase(this.#change, other)))
          return toPage(caseAt(id, { said: 'cannotMerge' }))
        await note('unmerged')
        return toPage(caseAt(other))
      }
      case 'split':
        return this.#split(asked, found)
      default:
        return this.#parts.refuse(asked, 400, 'incomplete')
    }
  }

  /** Takes a case; one of a colleague only if the form names the colleague, which the page for it asks for. */
  async #take({ form, session }: Asked, { id }: queue.QueuedCase): Promise<Answer> {
    const isTaken = await queue.takeCase(this.#change, id, session.name, form.get('owner'))
    return toPage(caseAt(id, { ...placeFields(placeOf(form)), ...(!isTaken && { take: '1' }) }))
  }

  async #merge({ form, session }: Asked, { id }: queue.QueuedCase): Promise<Answer> {
    const other = form.get('other')?.replaceAll('\u0000', '') ?? ''
    if (!form.has('sure')) return toPage(caseAt(id, { merge: other }))
    const merged = await merging.mergeCases(this.#change, other, id)
    if (!merged) return toPage(caseAt(id, { said: 'cannotMerge' }))
    await queue.noteOnCase(this.#change, [id, session.name, 'merged', `${merged.grouped_by}: ${merged.name}`])
    return toPage(caseAt(id))
  }

  async #split({ form, session }: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { id, senders: all } = found
    const picked = new Set(form.getAll('sender'))
    const known = picked.size === 0 ? [] : await queue.sendersOf(this.#ask, found)
    const senders = known.map(({ sender }) => sender).filter((one) => picked.has(withoutMobiles(one)))
    const cannot = toPage(caseAt(id, { said: 'cannotSplit' }))
    if (senders.length === 0 || senders.length >= all) return cannot
    const made = await merging.splitCase(this.#change, id, senders)
    if (made === undefined) return cannot
    const named = senders.join(', ').slice(0, LONGEST_COMMENT)
    await queue.noteOnCase(this.#change, [id, session.name, 'split', named])
    return toPage(caseAt(made))
  }

  /** Gives one finding on the alerts shown: a feedback row for each message and state, in one batch. */
  async #judge(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { form, session } = asked
    const { outbox } = this.#parts
    if (!outbox) return this.#parts.refuse(asked, 403, 'mayRead')
    const finding = (['confirmed', 'false_positive'] as const).find((one) => one === form.get('verdict'))
    const ts = Math.round(await outbox.now())
    const shared = sharedMembers(form, ts)
    if (!finding || !shared) return this.#parts.refuse(asked, 400, 'incomplete')
    const target = form.get('target')
    if (target !== null && (!may(session, 'block') || target !== `${found.grouped_by}:${found.name}`))
      return this.#parts.refuse(asked, 403, 'mayNotBlock')
    if (!found.isOpen) return this.#settledBefore(asked, found)
    const seen = seenOf(form)
    const subjects = await queue.subjectsOf(this.#ask, found.id, seen?.until)
    if (seen && subjects.length !== seen.subjects)
      return toPage(caseAt(found.id, { judge: finding, said: 'changedSince' }))
    const own = { by: session.name, ts, batch: randomUUID() }
    const rows = rowsOn(subjects, { verdict: finding, ...shared, ...own })
    const order = {
      target: target ?? '',
      verdict: 'block',
      note: shared.note ?? found.id,
      until: shared.until,
    }
    if (target !== null && finding === 'confirmed') rows.push({ ...order, ...own, feedbackId: randomUUID() })
    // A false positive applies only to the alerts that were shown; later ones still need a finding.
    const until =
      finding === 'false_positive' && seen && found.subjects > seen.subjects ? seen.until : undefined
    const { address } = session
    const settled = {
      id: found.id,
      finding,
      by: session.name,
      batch: own.batch,
      until,
      note: shared.note,
      address,
    }
    if (!(await outbox.give(rows, () => queue.settleCase(this.#change, settled, rows))))
      return this.#settledBefore(asked, found)
    return toPage(listAt(placeOf(form), { settled: found.id }))
  }

  async #settledBefore({ form, session }: Asked, { id }: queue.QueuedCase): Promise<Answer> {
    const now = await queue.queuedCase(this.#ask, id)
    const said = now?.done_by === session.name ? 'settledByYou' : 'settledBefore'
    return toPage(listAt(placeOf(form), { said }))
  }

  /** Undoes the finding named in the form, or the user's last one, with all its rows; at most once. */
  async undo(asked: Asked): Promise<Answer> {
    const { form, session } = asked
    const batch = form.get('batch')?.replaceAll('\u0000', '') || undefined
    const last = await queue.lastFinding(this.#ask, session.name, batch)
    if (!last) return toPage(`/queue?said=${batch === undefined ? 'nothingToUndo' : 'undoneBefore'}`)
    if (!(await this.#takeBack(asked, last))) return toPage('/queue?said=nothingToUndo')
    return toPage(listAt({ ...placeOf(form), follows: last.id }, { undone: last.id }))
  }

  async #undoOf(asked: Asked, { id, batch, done_by }: queue.QueuedCase): Promise<Answer> {
    if (batch === null || done_by === null) return toPage(caseAt(id, { said: 'undoneBefore' }))
    if (!mayUndo(asked.session, { by: done_by })) return this.#parts.refuse(asked, 403, 'mayNotUndo')
    if (!(await this.#takeBack(asked, { id, batch }))) return this.#parts.refuse(asked, 403, 'mayRead')
    return toPage(caseAt(id, { undone: id }))
  }

  /** Returns false if feedback cannot be given. */
  async #takeBack(
    { session }: Asked,
    { id, batch }: { readonly id: string; readonly batch: string },
  ): Promise<boolean> {
    const { outbox, options } = this.#parts
    if (!outbox) return false
    const ts = Math.round(await outbox.now())
    await outbox.give([{ undo: batch, by: session.name, ts, feedbackId: randomUUID() }])
    await queue.noteUndone(this.#change, { batch, who: session.name, isWhole: true })
    await options.archive.note(session, 'feedback', `${id}: undo`)
    return true
  }
}

/**
 * The alerts that a form was shown with: the time of the latest, epoch ms, and the number of messages and states. undefined if
 * missing.
 */
function seenOf(form: URLSearchParams): { readonly until: number; readonly subjects: number } | undefined {
  const [, until, subjects] = /^(\d{13}) (\d{1,9})$/.exec(form.get('seen') ?? '') ?? []
  return until === undefined ? undefined : { until: Number(until), subjects: Number(subjects) }
}

function rowsOn(
  subjects: readonly queue.CaseSubject[],
  said: Omit<GivenRow, 'feedbackId' | 'messageId' | 'stateId'>,
): GivenRow[] {
  return subjects.map(({ message_id, state_id }) => {
    const about = state_id === null ? { messageId: message_id! } : { stateId: state_id }
    return { ...about, ...said, feedbackId: randomUUID() }
  })
}

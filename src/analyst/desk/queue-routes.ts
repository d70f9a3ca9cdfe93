import { randomUUID } from 'node:crypto'
import * as merging from '../archive/case-merge.ts'
import * as queue from '../archive/case-queue.ts'
import type { GivenRow } from '../archive/given-feedback.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { sharedMembers } from './case-feedback.ts'
import { csvAnswer } from './csv.ts'
import { messagePage } from './pages.ts'
import { pathOf, queuedCasePage, queuePage, queueTitle } from './queue-page.ts'
import { decoded, timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { may } from './sessions.ts'
import { beijing } from './tables.ts'
import type { Word } from './words.ts'

/** What may be said on a page that another one leads to, so that no address puts words on it. */
const SAID = ['settledBefore', 'undoneBatch', 'nothingToUndo', 'cannotSplit', 'cannotMerge'] as const
const LONGEST_COMMENT = 2000
const MOST_SKIPPED = 100_000
const MOST_CSV = 10_000

/** The queue of cases and its cases. */
export class QueueRoutes {
  readonly #parts: RouteParts

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  /** Rejects with errors of the archive, and with USAGE for feedback that is not allowed. */
  async page(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path } = asked
    if (path === '/queue') return isPost ? this.#failure(asked, 404, 'noPage') : this.#list(asked)
    if (path === '/queue/undo') return isPost ? this.#undo(asked) : toPage('/queue')
    const id = decoded(path.slice('/queue/'.length))
    const now = id === undefined ? undefined : await merging.caseNow(this.#ask, id)
    if (now !== undefined && now !== id && !isPost) return toPage(pathOf(now))
    const found = id === undefined ? undefined : await queue.queuedCase(this.#ask, id)
    if (!found) return this.#failure(asked, 404, 'notFound')
    return isPost ? this.#act(asked, found) : this.#case(asked, found)
  }

  get #ask() {
    return this.#parts.options.archive.ask
  }

  get #change() {
    return this.#parts.options.archive.change
  }

  #failure({ session }: Asked, status: number, word: Word): Answer {
    const { speech } = this.#parts
    return { status, body: messagePage(session, speech, speech.say(word)) }
  }

  /** What has just been done: a word, or the case that was settled. */
  async #saidOf({ query }: Asked): Promise<string | undefined> {
    const { speech } = this.#parts
    const word = SAID.find((one) => one === query.get('said'))
    if (word) return speech.say(word)
    const settled = query.get('settled')
    const found = settled ? await queue.queuedCase(this.#ask, settled.replaceAll('\u0000', '')) : undefined
    if (!found?.finding) return undefined
    const name = queueTitle(found, speech)
    return speech.say('settled', { n: found.alerts, what: speech.value(found.finding), name })
  }

  async #list(asked: Asked): Promise<Answer> {
    const { session, query } = asked
    const { options, speech } = this.#parts
    const view = queue.QUEUE_VIEWS.find((one) => one === query.get('view')) ?? 'open'
    const skip = Math.min(MOST_SKIPPED, Math.max(0, Math.trunc(Number(query.get('skip')) || 0)))
    if (!asked.isRenewal) await options.archive.note(session, 'queue', view)
    const [cases, said] = await Promise.all([
      queue.queueOf(this.#ask, view, session.name, skip),
      this.#saidOf(asked),
    ])
    if (query.has('csv')) return this.#csv(await queue.queueOf(this.#ask, view, session.name, 0, MOST_CSV))
    return { status: 200, body: queuePage(session, speech, { view, skip, cases, said }) }
  }

  #csv(cases: readonly queue.QueuedCase[]): Answer {
    const { speech } = this.#parts
    const { say } = speech
    const words = [
      'case',
      'worthOf',
      'alerts',
      'recipientsOf',
      'senders',
      'owner',
      'due',
      'first',
      'last',
      'codes',
      'message',
    ] as const
    const rows = cases.map((one) => [
      ...[queueTitle(one, speech), Math.round(one.worth), one.alerts, one.recipients, one.senders, one.owner],
      ...[
        one.due_at && beijing(one.due_at),
        beijing(one.first_at),
        beijing(one.last_at),
        one.codes?.join(' ') ?? '',
        one.text,
      ],
    ])
    return csvAnswer('cases', [words.map((word) => say(word)), ...rows])
  }

  async #case(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { session, query } = asked
    const { options, speech } = this.#parts
    await options.archive.note(session, 'queue', found.id)
    const [senders, events, subjects, outcomes, said, merged, others] = await Promise.all([
      queue.sendersOf(this.#ask, found.id),
      queue.eventsOf(this.#ask, found.id),
      queue.subjectsOf(this.#ask, found.id),
      found.batch === null ? [] : queue.outcomesOf(this.#ask, found.batch),
      this.#saidOf(asked),
      merging.mergedInto(this.#ask, found.id),
      may(session, 'judge') ? queue.queueOf(this.#ask, 'open', session.name) : [],
    ])
    const states = subjects.filter(({ state_id }) => state_id !== null).length
    const messages = subjects.length - states
    const shown = {
      found,
      merged,
      others,
      senders,
      events,
      outcomes,
      messages,
      states,
      judge: query.get('judge'),
      said,
    }
    return { status: 200, body: queuedCasePage(session, speech, shown) }
  }

  async #act(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { form, session } = asked
    const { id } = found
    const here = toPage(pathOf(id))
    const note = (what: string, text = '') => queue.noteOnCase(this.#change, [id, session.name, what, text])
    switch (form.get('act')) {
      case 'judge':
        return this.#judge(asked, found)
      case 'take':
        await queue.assignCase(this.#change, id, session.name)
        await note('took')
        return here
      case 'give':
        await queue.assignCase(this.#change, id, null)
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
        if (text === '' || text.length > LONGEST_COMMENT) return this.#failure(asked, 400, 'incomplete')
        await note('commented', text)
        return here
      }
      case 'due': {
        const due = timeOf(form.get('due'))
        if (due === undefined && form.get('due')) return this.#failure(asked, 400, 'incomplete')
        await merging.setDue(this.#change, id, due ?? null)
        await note('due', due === undefined ? '' : beijing(due))
        return here
      }
      case 'merge': {
        const other = form.get('other')?.replaceAll('\u0000', '') ?? ''
        if (!(await merging.mergeCases(this.#change, other, id)))
          return toPage(`${pathOf(id)}?said=cannotMerge`)
        const { grouped_by, name } = (await merging.mergedInto(this.#ask, id)).find(
          (one) => one.id === other,
        )!
        await note('merged', `${grouped_by}: ${name}`)
        return here
      }
      case 'unmerge': {
        const other = form.get('other')?.replaceAll('\u0000', '') ?? ''
        if (!(await merging.unmergeCase(this.#change, other))) return toPage(`${pathOf(id)}?said=cannotMerge`)
        await note('unmerged')
        return toPage(pathOf(other))
      }
      case 'split':
        return this.#split(asked, found)
      default:
        return this.#failure(asked, 400, 'incomplete')
    }
  }

  async #split({ form, session }: Asked, { id, senders: all }: queue.QueuedCase): Promise<Answer> {
    const picked = new Set(form.getAll('sender'))
    const known = picked.size === 0 ? [] : await queue.sendersOf(this.#ask, id)
    const senders = known.map(({ sender }) => sender).filter((one) => picked.has(withoutMobiles(one)))
    const here = pathOf(id)
    if (senders.length === 0 || senders.length >= all) return toPage(`${here}?said=cannotSplit`)
    const made = await queue.splitCase(this.#change, id, senders)
    if (made === undefined) return toPage(`${here}?said=cannotSplit`)
    await queue.noteOnCase(this.#change, [
      id,
      session.name,
      'split',
      senders.join(', ').slice(0, LONGEST_COMMENT),
    ])
    return toPage(pathOf(made))
  }

  /** One finding on all that is open of a case: a row of feedback for each message and state, under one batch. */
  async #judge(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { form, session } = asked
    const { outbox, options } = this.#parts
    if (!outbox) return this.#failure(asked, 403, 'mayRead')
    const finding = (['confirmed', 'false_positive'] as const).find((one) => one === form.get('verdict'))
    const ts = Math.round(await outbox.now())
    const shared = sharedMembers(form, ts)
    if (!finding || !shared) return this.#failure(asked, 400, 'incomplete')
    const target = form.get('target')
    if (target !== null && (!may(session, 'block') || target !== `${found.grouped_by}:${found.name}`))
      return this.#failure(asked, 403, 'mayNotBlock')
    const batch = randomUUID()
    const own = { by: session.name, ts, batch }
    const subjects = await queue.subjectsOf(this.#ask, found.id)
    const rows = subjects.map(({ message_id, state_id }): GivenRow => {
      const about = state_id === null ? { messageId: message_id! } : { stateId: state_id }
      return { ...about, verdict: finding, ...shared, ...own, feedbackId: randomUUID() }
    })
    const note = shared.note ?? found.id
    const order = { target: target ?? '', verdict: 'block', note, until: shared.until, ...own }
    if (target !== null && finding === 'confirmed') rows.push({ ...order, feedbackId: randomUUID() })
    const settled = { id: found.id, finding, by: session.name, batch }
    if (!(await queue.settleCase(this.#change, settled))) return toPage('/queue?said=settledBefore')
    try {
      await outbox.give(rows)
    } catch (error) {
      await queue.reopenCase(this.#change, batch)
      throw error
    }
    await queue.noteOnCase(this.#change, [found.id, session.name, 'judged', finding])
    if (shared.note) await queue.noteOnCase(this.#change, [found.id, session.name, 'commented', shared.note])
    await options.archive.note(session, 'feedback', `${found.id}: ${finding}`)
    return toPage(`/queue?settled=${encodeURIComponent(found.id)}`)
  }

  /** Takes the last finding of a person back, with all its rows. */
  async #undo({ session }: Asked): Promise<Answer> {
    const { outbox, options } = this.#parts
    const last = outbox && (await queue.lastFinding(this.#ask, session.name))
    if (!last) return toPage('/queue?said=nothingToUndo')
    const ts = Math.round(await outbox.now())
    await outbox.give([{ undo: last.batch, by: session.name, ts, feedbackId: randomUUID() }])
    await queue.reopenCase(this.#change, last.batch)
    await queue.noteOnCase(this.#change, [last.id, session.name, 'undid'])
    await options.archive.note(session, 'feedback', `${last.id}: undo`)
    return toPage('/queue?said=undoneBatch')
  }
}

import { MINUTE } from '../../domain/time.ts'
import * as merging from '../archive/case-merge.ts'
import { judgedWith, outcomesOf } from '../archive/case-outcomes.ts'
import * as queue from '../archive/case-queue.ts'
import { delayOf } from '../archive/totals.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { csvAnswer } from './csv.ts'
import { QueueActs } from './queue-acts.ts'
import { queuedCasePage } from './queue-case-page.ts'
import { findingOf, queuePage, queueTitle } from './queue-page.ts'
import { caseAt, placeOf } from './queue-place.ts'
import { decoded } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { may } from './sessions.ts'
import { beijing, codeTexts } from './tables.ts'

/** Messages that a redirect may name, so that an address cannot put other text on a page. */
const SAID = [
  ...(['settledBefore', 'settledByYou', 'changedSince', 'undoneBefore', 'nothingToUndo'] as const),
  ...(['cannotSplit', 'cannotMerge', 'mergedBefore', 'duePast', 'notYourCase'] as const),
]
const MOST_CSV = 10_000
/** Statistics are archived every minute. If the newest are older than this, the archive is behind, ms. */
const BEHIND = 3 * MINUTE

/** The queue and its cases. */
export class QueueRoutes {
  readonly #parts: RouteParts
  readonly #acts: QueueActs

  constructor(parts: RouteParts) {
    this.#parts = parts
    this.#acts = new QueueActs(parts)
  }

  /** Rejects with the errors of the archive, and with USAGE for feedback that is not allowed. */
  async page(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path } = asked
    if (path === '/queue') return isPost ? this.#parts.refuse(asked, 404, 'noPage') : this.#list(asked)
    if (path === '/queue/undo') return isPost ? this.#acts.undo(asked) : toPage('/queue')
    const id = decoded(path.slice('/queue/'.length))
    const now = id === undefined ? undefined : await merging.caseNow(this.#ask, id)
    if (now !== undefined && now !== id) return toPage(caseAt(now, isPost ? { said: 'mergedBefore' } : {}))
    const found = id === undefined ? undefined : await queue.queuedCase(this.#ask, id)
    if (!found) return this.#parts.refuse(asked, 404, 'noCase')
    return isPost ? this.#acts.act(asked, found) : this.#case(asked, found)
  }

  get #ask() {
    return this.#parts.options.archive.ask
  }

  /** The message about the action just performed: a text, or the case that was settled or reopened. */
  async #saidOf({ query }: Asked): Promise<string | undefined> {
    const { speech } = this.#parts
    const word = query.has('ended') ? 'notWritten' : SAID.find((one) => one === query.get('said'))
    if (word) return speech.say(word)
    const id = (query.get('settled') ?? query.get('undone'))?.replaceAll('\u0000', '')
    const found = id ? await queue.queuedCase(this.#ask, await merging.caseNow(this.#ask, id)) : undefined
    if (!found) return undefined
    const name = queueTitle(found, speech)
    if (query.has('undone')) return speech.say('undoneFinding', { n: found.subjects, name })
    if (found.finding === null || found.batch === null) return undefined
    const n = await judgedWith(this.#ask, found.batch)
    return speech.say('settled', { n, what: findingOf(found.finding, speech), name })
  }

  #outcomes(cases: readonly queue.QueuedCase[]) {
    const batches = cases.flatMap(({ batch }) => batch ?? [])
    return outcomesOf(this.#ask, batches, this.#parts.options.answers ?? '')
  }

  async #list(asked: Asked): Promise<Answer> {
    const { session, query } = asked
    const { options, speech } = this.#parts
    const { view, skip } = placeOf(query)
    if (!asked.isRenewal) await options.archive.note(session, 'queue', view)
    if (query.has('csv')) return this.#csv(await queue.queueOf(this.#ask, view, session.name, 0, MOST_CSV))
    const [cases, said, last, delay] = await Promise.all([
      queue.queueOf(this.#ask, view, session.name, skip),
      this.#saidOf(asked),
      queue.lastFinding(this.#ask, session.name),
      delayOf(this.#ask),
    ])
    const outcomes = await this.#outcomes(cases)
    const newest = Math.max(Number(delay.newest_alert), Number(delay.newest_minute))
    const behind = newest > 0 && newest < asked.now - BEHIND ? newest : undefined
    return {
      status: 200,
      body: queuePage(session, speech, { view, skip, cases, said, last, outcomes, behind }),
    }
  }

  #csv(cases: readonly queue.QueuedCase[]): Answer {
    const { speech } = this.#parts
    const { say, locale } = speech
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
        codeTexts(one.codes ?? [], locale),
        one.text,
      ],
    ])
    return csvAnswer('cases', [words.map((word) => say(word)), ...rows])
  }

  async #case(asked: Asked, found: queue.QueuedCase): Promise<Answer> {
    const { session, query } = asked
    const { options, speech } = this.#parts
    await options.archive.note(session, 'queue', found.id)
    const [senders, events, outcomes, said, merged, others] = await Promise.all([
      queue.sendersOf(this.#ask, found),
      queue.eventsOf(this.#ask, found.id),
      this.#outcomes([found]),
      this.#saidOf(asked),
      merging.mergedInto(this.#ask, found.id),
      may(session, 'judge') ? queue.queueOf(this.#ask, 'open', session.name) : [],
    ])
    const shown = {
      found,
      merged,
      others,
      senders,
      events,
      outcomes,
      judge: query.get('judge'),
      place: placeOf(query),
      merge: query.get('merge'),
      isAskedFor: query.has('take'),
      said,
      kept: asked.kept,
    }
    return { status: 200, body: queuedCasePage(session, speech, shown) }
  }
}

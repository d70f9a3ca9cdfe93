import { withoutMobiles } from '../archive/mobiles.ts'
import { accessLog } from './access-routes.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { giveOnCase } from './case-feedback.ts'
import { ComplaintRoutes } from './complaint-routes.ts'
import { LetterRoutes, lettersSection } from './letter-routes.ts'
import { OverviewRoutes } from './overview-routes.ts'
import { casePage, LONGEST_VALUE, messagePage, searchPage } from './pages.ts'
import { rightOfPost } from './post-rights.ts'
import { faultOf } from './query-rules.ts'
import { QueueRoutes } from './queue-routes.ts'
import { decoded, searchedFor, searchOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { SearchRoutes } from './search-routes.ts'
import { may } from './sessions.ts'
import { withCsv } from './table-csv.ts'
import { ThingRoutes } from './thing-routes.ts'

/** Ids and batch names of feedback that need no quotes in a shell. */
const UNDONE_ID = /^[\w.:][\w.:-]*$/

/** Answers requests of logged-in users. */
export class Routes {
  readonly #parts: RouteParts
  readonly #queue: QueueRoutes
  readonly #find: SearchRoutes
  readonly #letters: LetterRoutes
  readonly #overview: OverviewRoutes
  readonly #things: ThingRoutes
  readonly #complaints: ComplaintRoutes

  constructor(parts: RouteParts) {
    this.#parts = parts
    this.#queue = new QueueRoutes(parts)
    this.#find = new SearchRoutes(parts)
    this.#letters = new LetterRoutes(parts)
    this.#overview = new OverviewRoutes(parts)
    this.#things = new ThingRoutes(parts)
    this.#complaints = new ComplaintRoutes(parts)
  }

  warm(now: number): Promise<void> {
    return this.#overview.warm(now)
  }

  /** Rejects with the errors of the archive, and with USAGE for feedback that is not allowed. Denied requests are logged. */
  async page(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path, form, session } = asked
    const right = isPost ? rightOfPost(path) : 'read'
    if (right === undefined) return this.#parts.refuse(asked, 404, 'noPage')
    const answer = may(session, right)
      ? await this.#answer(asked, isPost)
      : this.#parts.refuse(asked, 403, 'mayRead')
    if (answer.status === 403) {
      const act = form.get('act') ?? form.get('verdict') ?? ''
      const what = decoded(path.replace(/^\/(?:case|queue)\//, '')) ?? ''
      await this.#parts.options.archive.note(
        session,
        'denied',
        act === '' ? what : `${what}: ${act}`.slice(0, 300),
      )
    }
    if (isPost) return answer
    return withCsv(answer, asked) ?? this.#parts.refuse(asked, 400, 'noTable')
  }

  async #answer(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path, session } = asked
    const { options, speech } = this.#parts
    const fault = isPost ? undefined : faultOf(asked, speech)
    if (fault !== undefined) return { status: 400, body: messagePage(session, speech, fault) }
    await this.#parts.brands.renew(options.archive.ask)
    if (path === '/search' && isPost) return this.#seal(asked)
    if (path === '/' && !isPost) return asked.query.has('value') ? this.#follow(asked) : this.#search(asked)
    if (path.startsWith('/found/') && !isPost) return this.#found(asked)
    if (path === '/overview' && !isPost) return this.#overview.page(asked)
    if ((path === '/access' || path === '/access.csv') && !isPost)
      return may(session, 'audit')
        ? accessLog(asked, this.#parts)
        : this.#parts.refuse(asked, 403, 'mayNotAudit')
    if ((path === '/complaints' || path === '/complaints.csv') && !isPost) return this.#complaints.page(asked)
    if (path.startsWith('/letter/')) return this.#letters.page(asked, isPost)
    if (path.startsWith('/print/') && !isPost) return this.#letters.print(asked)
    if (path === '/queue' || path.startsWith('/queue/')) return this.#queue.page(asked, isPost)
    if (path === '/find' || path.startsWith('/find/')) return this.#find.page(asked, isPost)
    if (!isPost && this.#things.serves(path)) return this.#things.page(asked)
    if (path.startsWith('/case/')) return this.#case(asked, isPost)
    return this.#parts.refuse(asked, 404, 'noPage')
  }

  async #case(asked: Asked, isPost: boolean): Promise<Answer> {
    const { session, query, now } = asked
    const { options, speech } = this.#parts
    const { archive, answers } = options
    const id = decoded(asked.path.slice('/case/'.length))
    const found = id === undefined ? undefined : await archive.case(id, answers)
    if (!found) return this.#gone(asked)
    if (isPost) return giveOnCase(asked, found, this.#parts)
    await archive.note(session, 'case', found.alert.id)
    const said = (['given', 'letter', 'ended'] as const).find((one) => query.has(one))
    const letters = await lettersSection(found, session, this.#parts)
    const token = found.alert.data.message?.toToken
    const asWhole = { field: 'token', from: 0, to: 0 } as const
    const recipientPath =
      token && this.#parts.seals.pathOf({ ...asWhole, value: token }, session, 'recipient')
    const context = { now, kept: asked.kept, ...(recipientPath && { recipientPath }) }
    return { status: 200, body: casePage(session, speech, found, { ...context, said, letters }) }
  }

  /** A page that was open when its person was erased still offers to undo feedback, which the archive does not have any more. */
  #gone(asked: Asked): Answer {
    const { speech } = this.#parts
    const id = asked.form.get('undo') ?? ''
    return UNDONE_ID.test(id)
      ? { status: 404, body: messagePage(asked.session, speech, speech.say('undoErased', { id })) }
      : this.#parts.refuse(asked, 404, 'notFound')
  }

  /** Redirects the form's search to an address that does not reveal it. */
  async #seal(asked: Asked): Promise<Answer> {
    const { form, session, now } = asked
    const search = searchOf(form, now)
    const { field, value } = search
    if (value.length > LONGEST_VALUE) return this.#parts.refuse(asked, 400, 'incomplete')
    if ((field === 'port' || field === 'token') && withoutMobiles(value) !== value) {
      await this.#parts.options.archive.note(session, 'search', searchedFor(search))
      return this.#parts.refuse(asked, 400, 'numberInFind')
    }
    return toPage(this.#parts.seals.pathOf(search, session))
  }

  /** Follows a dashboard's link, whose address must not identify a person. */
  async #follow(asked: Asked): Promise<Answer> {
    const { field, value } = searchOf(asked.query, asked.now)
    if (value !== '' && (field === 'token' || field === 'message'))
      return this.#parts.refuse(asked, 400, 'notInAddress')
    return this.#seal({ ...asked, form: asked.query })
  }

  async #found(asked: Asked): Promise<Answer> {
    const search = this.#parts.seals.open(asked.path.slice('/found/'.length), asked.session)
    return search ? this.#search(asked, search) : toPage('/')
  }

  async #search({ query, session, now, left }: Asked, asked = searchOf(query, now)): Promise<Answer> {
    const { archive } = this.#parts.options
    const { field, value, from, to } = asked
    const narrow = field !== undefined && value !== '' ? { field, value } : {}
    await archive.note(session, 'search', searchedFor(asked))
    const [found, sent] = await Promise.all([
      archive.search({ ...narrow, from, to }, left),
      field === 'signature' && value !== '' ? archive.sent(value, from, to) : undefined,
    ])
    return { status: 200, body: searchPage(session, this.#parts.speech, asked, found, sent) }
  }
}

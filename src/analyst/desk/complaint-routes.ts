import type { Client } from '../archive/database.ts'
import { complaintsNamed, complaintsOf, openTimes, sentBySignature } from '../archive/stored-complaints.ts'
import { monthSheet } from '../complaints/sheets.ts'
import {
  type ComplaintGroup,
  groupsOf,
  STANDINGS,
  type TrackedDeadline,
  tracked,
} from '../complaints/summary.ts'
import { deadlineName, localTime, monthRange, WEEKENDS_ONLY } from '../words/calendar.ts'
import { type Html, html } from '../words/html.ts'
import type { Answer, Asked } from './answers.ts'
import { page } from './layout.ts'
import type { RouteParts } from './route-parts.ts'
import { Shared } from './shared.ts'
import { table, thingLink } from './tables.ts'
import type { Word } from './words.ts'

const STANDING_WORDS: Readonly<Record<TrackedDeadline['standing'], Word>> = {
  ...{
    'in time': 'inTime',
    late: 'answeredLate',
    running: 'runningDeadlines',
    due: 'dueSoon',
    overdue: 'overdueNow',
  },
}
/** Views: running deadlines by status, or those met in time or late. */
export const COMPLAINT_VIEWS = ['open', 'due', 'overdue', 'done'] as const
const VIEW_WORDS = {
  open: 'openComplaints',
  due: 'dueSoon',
  overdue: 'overdueNow',
  done: 'passedOn',
} as const
const MOST = 500

/** Complaints with their deadlines, and the table of a month, which is up to a minute old. */
export class ComplaintRoutes {
  readonly #parts: RouteParts
  readonly #client: Pick<Client, 'query'>
  readonly #groups = new Shared<ComplaintGroup[]>()

  constructor(parts: RouteParts) {
    this.#parts = parts
    const { ask } = parts.options.archive
    this.#client = {
      query: async (sql: string, values: readonly unknown[] = []) => ({ rows: await ask(sql, values) }),
    } as never
  }

  /** Rejects with the errors of the archive. */
  async page({ path, query, session, now }: Asked): Promise<Answer> {
    const { options, speech } = this.#parts
    const { archive, calendar = WEEKENDS_ONLY } = options
    const { say, locale } = speech
    const asked = query.get('month') ?? ''
    const month = asked || localTime(calendar, now).slice(0, 7)
    const isCsv = path.endsWith('.csv')
    await archive.note(session, 'complaints', isCsv ? `CSV: ${month}` : month)
    if (isCsv) {
      const headers = { 'content-disposition': `attachment; filename="complaints-${month}.csv"` }
      const body = monthSheet(month, await this.#month(month, now), locale)
      return { status: 200, type: 'text/csv; charset=utf-8', body, headers }
    }
    const view = COMPLAINT_VIEWS.find((one) => one === query.get('view')) ?? 'open'
    const tabs = COMPLAINT_VIEWS.map(
      (one) =>
        html`<a href="/complaints?view=${one}"${one === view && asked === '' && html` aria-current="page"`}>${say(VIEW_WORDS[one])}</a>`,
    )
    const groups = asked === '' ? undefined : await this.#month(month, now)
    const body = html`<h1>${say('complaints')}</h1><nav class="tabs" aria-label="${say('complaints')}">${tabs}</nav>
${!groups && (await this.#deadlines(view, now))}
<section><h2>${say('monthTable', { month })}</h2><form class="times" method="get" action="/complaints"><label>${say('month')}<input name="month" value="${month}" pattern="20[0-9]{2}-[01][0-9]" required></label><button>${say('show')}</button></form>
${groups && (groups.length === 0 ? html`<p class="dim">${say('none')}</p>` : monthTable(groups, { options, speech }))}<p><a href="/complaints.csv?month=${month}">${say('monthCsv')}</a></p></section>`
    return { status: 200, body: page(say('complaints'), session, speech, body) }
  }

  #month(month: string, now: number): Promise<ComplaintGroup[]> {
    const { calendar = WEEKENDS_ONLY } = this.#parts.options
    const range = monthRange(month, calendar)
    return this.#groups.get(async () => {
      const all = await complaintsOf(this.#client, ...range)
      return groupsOf(all, await sentBySignature(this.#client, range, all), calendar, now)
    }, month)
  }

  /** Of all deadlines only times are read, of those that are shown the complaints. */
  async #deadlines(view: (typeof COMPLAINT_VIEWS)[number], now: number): Promise<Html> {
    const { options, speech } = this.#parts
    const { calendar = WEEKENDS_ONLY } = options
    const { say } = speech
    const all = tracked(await openTimes(this.#client), calendar, now).filter(({ standing }) => {
      const isDone = standing === 'in time' || standing === 'late'
      return view === 'open' ? !isDone : view === 'done' ? isDone : standing === view
    })
    const first = all.slice(0, MOST)
    const named = await complaintsNamed(
      this.#client,
      first.map(({ complaint }) => complaint),
    )
    const shown = first.flatMap((one) => {
      const complaint = named.get(one.complaint.id)
      return complaint ? [{ ...one, complaint }] : []
    })
    return html`<section><h2>${say(VIEW_WORDS[view])} (${all.length})</h2>${deadlineTable(shown, { options, speech })}${all.length > MOST && html`<p>${say('more', { n: all.length - MOST })}</p>`}</section>`
  }
}

type Shown = Pick<RouteParts, 'options' | 'speech'>

function deadlineTable(all: readonly TrackedDeadline[], { options, speech }: Shown): Html {
  const { say, locale } = speech
  const { calendar = WEEKENDS_ONLY } = options
  if (all.length === 0) return html`<p class="dim">${say('none')}</p>`
  const headings = (
    ['id', 'source', 'sent', 'received', 'deadline', 'endsOn', 'state', 'signature'] as const
  ).map((word) => say(word))
  const rows = all.map(
    ({ complaint: { id, source, ts, received_at, signature, alert_id }, deadline, standing }) => [
      alert_id === null ? id : html`<a href="/case/${encodeURIComponent(alert_id)}">${id}</a>`,
      ...[source, localTime(calendar, ts.getTime())],
      received_at === null ? say('notReceived') : localTime(calendar, received_at.getTime()),
      ...[`${deadlineName(deadline.name, locale)} (${deadline.days})`, deadline.date],
      html`<span class="tag${standing === 'overdue' && ' block'}">${say(STANDING_WORDS[standing])}</span>`,
      thingLink('signature', signature),
    ],
  )
  return table(say('complaints'), headings, rows)
}

function monthTable(groups: readonly ComplaintGroup[], { speech }: Shown): Html {
  const { say, term } = speech
  const headings = [
    say('signature'),
    say('sp'),
    say('textIs'),
    say('category'),
    say('complaints'),
    say('sentMessages'),
    say('aMillion'),
  ]
  const rows = groups.map(({ signature, sp, label, category, complaints, sent, standings }) => [
    thingLink('signature', signature === '-' ? undefined : signature, signature),
    thingLink('enterprise', sp === '-' ? undefined : sp, sp),
    ...[label === '-' ? label : term('label', label), term('label', category), complaints, sent ?? '–'],
    sent ? ((1e6 * complaints) / sent).toFixed(1) : '–',
    ...STANDINGS.map((name) => standings[name]),
  ])
  return table(say('complaints'), [...headings, ...STANDINGS.map((name) => say(STANDING_WORDS[name]))], rows)
}

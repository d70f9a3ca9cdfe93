import { DAY, MINUTE } from '../../domain/time.ts'
import { QUEUE_VIEWS } from '../archive/case-queue.ts'
import { ACCESS_KINDS, type Access, type AccessSearch } from '../archive/reader.ts'
import { type Html, html } from '../words/html.ts'
import type { Answer, Asked } from './answers.ts'
import { csvAnswer } from './csv.ts'
import { page, timeFields } from './layout.ts'
import { READER_WORDS } from './letter-routes.ts'
import { fieldWord } from './pages.ts'
import { VIEW_WORDS } from './queue-page.ts'
import { timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import type { Session } from './sessions.ts'
import { beijing, table, timeCell } from './tables.ts'
import { LINK_WORDS } from './thing-links.ts'
import type { Speech } from './words.ts'

const PAGE = 200
const MOST_CSV = 50_000
const MOST_SKIPPED = 1_000_000
const WEEK = 7 * DAY
const HEADINGS = ['time', 'who', 'what', 'of', 'address'] as const

/** The access log, for users with the right `audit`. Rejects with the errors of the archive. */
export async function accessLog(
  { path, query, session, now }: Asked,
  { options, speech }: RouteParts,
): Promise<Answer> {
  const { archive } = options
  const asked = accessSearchOf(query, now)
  const { who = '', what = '', address = '' } = asked
  const isCsv = path.endsWith('.csv')
  const narrowed = [who, what, address].filter((one) => one !== '').join(' ')
  await archive.note(session, 'access', isCsv ? `CSV: ${narrowed}` : narrowed)
  const found = await archive.accesses({ ...asked, most: isCsv ? MOST_CSV : PAGE + 1 })
  if (isCsv) {
    const rows = found.map((one) => [
      beijing(one.at),
      one.who,
      speech.value(one.what),
      subjectOf(one, speech),
      one.address,
    ])
    return csvAnswer('access-log', [HEADINGS.map((word) => speech.say(word)), ...rows])
  }
  return { status: 200, body: accessPage(session, speech, asked, found) }
}

/** A page of the access log. It is given one entry more than it shows if there is a next page. */
export function accessPage(
  session: Session,
  speech: Speech,
  asked: AskedAccess,
  found: readonly Access[],
): Html {
  const { say, value } = speech
  const { who = '', what = '', address = '', from, to, skip } = asked
  const headings = HEADINGS.map((word) => say(word))
  const rows = found
    .slice(0, PAGE)
    .map((one) => [timeCell(one.at), one.who, value(one.what), subjectOf(one, speech), one.address ?? '–'])
  const list =
    rows.length === 0 ? html`<p class="dim">${say('none')}</p>` : table(say('accessLog'), headings, rows)
  const range = { who, what, address, from: String(from), to: String(to) }
  const next = `/access?${new URLSearchParams({ ...range, skip: String(skip + PAGE) })}`
  const body = html`<h1>${say('whoLooked')}</h1>${filters(asked, speech)}
<section>${list}<p>${found.length > PAGE && html`<a href="${next}">${say('nextPage')}</a> · `}<a href="/access.csv?${String(new URLSearchParams(range))}">${say('csv', { n: MOST_CSV })}</a></p></section>`
  return page(say('accessLog'), session, speech, body)
}

type AskedAccess = AccessSearch & { readonly from: number; readonly to: number; readonly skip: number }

function accessSearchOf(query: URLSearchParams, now: number): AskedAccess {
  const text = (name: string) => query.get(name)?.replaceAll('\u0000', '').trim() || undefined
  return {
    ...{ who: text('who'), what: text('what'), address: text('address') },
    from: timeOf(query.get('from')) ?? now - WEEK,
    to: timeOf(query.get('to')) ?? now + MINUTE,
    skip: Math.min(MOST_SKIPPED, Math.max(0, Math.trunc(Number(query.get('skip')) || 0))),
  }
}

function filters({ who, what, address, from, to }: AskedAccess, speech: Speech): Html {
  const { say, value } = speech
  const kinds = ACCESS_KINDS.map(
    (kind) => html`<option value="${kind}"${kind === what && html` selected`}>${value(kind)}</option>`,
  )
  return html`<section aria-label="${say('search')}"><form class="times" method="get" action="/access">
<label>${say('who')}<input name="who" maxlength="64" value="${who}"></label>
<label>${say('what')}<select name="what"><option value="">${value('all')}</option>${kinds}</select></label>
<label>${say('address')}<input name="address" maxlength="64" value="${address}"></label>
${timeFields(speech, from, to)}<button class="main">${say('show')}</button></form></section>`
}

/** The subject of an entry: for searches with the name of the field, for feedback with the verdict, for letters with the reader. */
function subjectOf({ what, subject }: Access, { locale, say, value, brand }: Speech): string {
  if (locale === 'en') return subject
  const view = what === 'queue' && QUEUE_VIEWS.find((one) => one === subject)
  if (view) return say(VIEW_WORDS[view])
  const [, field = '', searched = ''] = (what === 'search' && /^(\w+): ([\s\S]*)$/.exec(subject)) || []
  const name = fieldWord(field)
  if (name) return `${say(name)}: ${searched}`
  if (what === 'search') return subject.replace(/^all(?=,|$)/, value('all'))
  const [, kind = '', thing = ''] = (what === 'thing' && /^(\w+): ([\s\S]*)$/.exec(subject)) || []
  if (isLinkKind(kind))
    return `${say(LINK_WORDS[kind])}: ${kind === 'brand' ? thing.replace(/^[^,]+/, brand) : thing}`
  const [, alert = '', reader = ''] = (what === 'letter' && /^([\s\S]*): (\w+)$/.exec(subject)) || []
  if (isReader(reader)) return `${alert}: ${say(READER_WORDS[reader])}`
  const [, id = '', word = ''] = (what === 'feedback' && /^([\s\S]*): (\w+)$/.exec(subject)) || []
  return id === '' ? value(subject) : `${id}: ${value(word)}`
}

function isLinkKind(kind: string): kind is keyof typeof LINK_WORDS {
  return Object.hasOwn(LINK_WORDS, kind)
}

function isReader(reader: string): reader is keyof typeof READER_WORDS {
  return Object.hasOwn(READER_WORDS, reader)
}

import { randomBytes } from 'node:crypto'
import {
  type After,
  afterOf,
  type SampledAlert,
  type SearchedAlert,
  sampleAlerts,
  searchAlerts,
  storedSearch,
  storeSearch,
  withSenders,
} from '../archive/alert-search.ts'
import type { Ask } from '../archive/ask.ts'
import {
  type AlertSearch,
  QUERY_FIELDS,
  readSearch,
  type SearchFault,
  SORTS,
} from '../archive/search-conditions.ts'
import { type Html, html } from '../words/html.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { csvAnswer } from './csv.ts'
import { page } from './layout.ts'
import { NumberLimits, tokenisedSearch } from './number-search.ts'
import type { RouteParts } from './route-parts.ts'
import { facets } from './search-facets.ts'
import { storedValueIn } from './search-names.ts'
import { AHEAD, SentSearches } from './sent-searches.ts'
import { may } from './sessions.ts'
import {
  actionTag,
  beijing,
  caseLink,
  codeNames,
  codeTexts,
  table,
  targetOf,
  thingLink,
  timeCell,
} from './tables.ts'
import type { Speech } from './words.ts'

const PAGE = 100
const MOST_CSV = 10_000
const LONGEST_QUERY = 500
const ID = /^[\w-]{22}$/

interface Shown {
  readonly query: string
  readonly id?: string
  readonly fault?: SearchFault
  readonly found?: readonly SearchedAlert[]
  readonly next?: After | undefined
  /** The results, or a sample of them, that the first page counts. */
  readonly counted?: readonly SampledAlert[]
}

/** The search box. A search is stored under an id, which is the address of its results. */
export class SearchRoutes {
  readonly #parts: RouteParts
  readonly #limits = new NumberLimits()
  readonly #sent = new SentSearches()

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  /** Rejects with the errors of the archive. */
  async page(asked: Asked, isPost: boolean): Promise<Answer> {
    if (isPost) return this.#store(asked)
    const rest = asked.path.slice('/find'.length).replace(/^\//, '')
    if (rest === '') return this.#show(asked, { query: '' })
    const isCsv = rest.endsWith('.csv')
    return this.#open(asked, isCsv ? rest.slice(0, -'.csv'.length) : rest, isCsv)
  }

  async #store(asked: Asked): Promise<Answer> {
    const written = (asked.form.get('q') ?? '').replaceAll('\u0000', '').trim()
    const n = written.length
    if (n > LONGEST_QUERY)
      return this.#show(asked, { query: written, fault: { fault: 'tooLong', n, most: LONGEST_QUERY } })
    const same = `${asked.session.formKey} ${written}`
    return this.#sent.once(same, performance.now(), () => this.#storeOnce(asked, written))
  }

  async #storeOnce(asked: Asked, written: string): Promise<Answer> {
    const { archive, numberTokens } = this.#parts.options
    const { session } = asked
    const { query, numbers, tokens } = tokenisedSearch(written, numberTokens ?? (() => []))
    if (numbers > 0) {
      const refused = this.#numbersRefused(asked)
      if (refused) return refused
      await archive.note(session, 'number', tokens.join(' '))
    }
    const read = this.#read(query)
    if ('fault' in read) return this.#show(asked, { query, fault: read })
    const id = randomBytes(16).toString('base64url')
    await storeSearch(archive.change, id, query, session.name)
    return toPage(`/find/${id}`)
  }

  /** The refusal of a search by number, or undefined if it is allowed, in which case it is counted. */
  #numbersRefused({ session }: Asked): Answer | undefined {
    const { options, refuse } = this.#parts
    if (!may(session, 'number')) return refuse({ session }, 403, 'mayNotNumber')
    if (!options.numberTokens) return refuse({ session }, 400, 'noNumberKey')
    const isAllowed = this.#limits.take(session.name, performance.now())
    return isAllowed ? undefined : refuse({ session }, 429, 'tooManyNumbers')
  }

  #read(query: string): AlertSearch | SearchFault {
    return readSearch(query, storedValueIn(this.#parts.speech))
  }

  async #open(asked: Asked, id: string, isCsv: boolean): Promise<Answer> {
    const { session, query: fields } = asked
    const { archive, numberTokens: tokensOf = () => [] } = this.#parts.options
    const stored = ID.test(id) ? await storedSearch(archive.ask, id) : undefined
    const read = stored && this.#read(stored.query)
    if (!stored || !read || 'fault' in read) return this.#parts.refuse(asked, 404, 'noSearch')
    await archive.note(session, 'search', isCsv ? `CSV: ${stored.query}` : stored.query)
    const to = stored.at.getTime() + AHEAD
    const ask: Ask = (sql, values) => archive.askLong(sql, values, asked.left)
    const range = { from: to - read.last, to, after: afterIn(fields, read) }
    const search = await withSenders(ask, read, range, tokensOf)
    if (isCsv) return this.#csv(await searchAlerts(ask, search, { ...range, most: MOST_CSV }))
    const found = await searchAlerts(ask, search, { ...range, most: PAGE + 1 })
    const shown = found.slice(0, PAGE)
    const next = found.length > PAGE ? afterOf(read, shown.at(-1)!) : undefined
    const isFirst = range.after === undefined
    const sampled = isFirst && next ? await sampleAlerts(ask, search, range) : []
    const counted = sampled.length > shown.length ? sampled : shown
    const { query } = stored
    return this.#show(asked, { query, id, found: shown, next, ...(isFirst ? { counted } : {}) })
  }

  #csv(found: readonly SearchedAlert[]): Answer {
    const { say, term, value, brand, locale } = this.#parts.speech
    // In English the ids, by which brands are searched.
    const names = { term, brand: (id: string) => (locale === 'en' ? id : brand(id)) }
    const headings = [
      ...[say('time'), say('action'), say('mode'), say('severity'), say('codes'), say('id')],
      ...[say('case'), say('signature'), say('port'), say('brand'), say('message')],
    ]
    const rows = found.map((one) => [
      ...[beijing(one.ts), term('action', one.action), value(one.mode), value(one.severity)],
      ...[codeTexts(one.codes, locale), one.id],
      ...[targetOf(`${one.target_kind}:${one.target_id}`, names, ':'), one.signature, one.port],
      ...[one.brand && names.brand(one.brand), one.text],
    ])
    return csvAnswer('alerts', [headings, ...rows])
  }

  #show({ session }: Asked, { query, id, fault, found, next, counted = [] }: Shown): Answer {
    const { speech } = this.#parts
    const { say } = speech
    const more = next && `/find/${id}?${new URLSearchParams({ key: next.key, after: next.id })}`
    const body = html`<h1>${say('find')}</h1><section aria-label="${say('find')}"><form class="times" method="post" action="/find"><input type="hidden" name="key" value="${session.formKey}">
<label class="wide">${say('findWhat')}<input name="q" maxlength="${LONGEST_QUERY}" autocomplete="off" value="${query}" placeholder="京东 domain:*.top action:block by:wu last:7d"></label><button class="main">${say('search')}</button></form>
<p class="dim">${say('findHow', { fields: QUERY_FIELDS.join(', '), sorts: SORTS.join(', ') })}</p>${fault !== undefined && html`<p role="alert" class="block">${faultText(fault, speech)}</p>`}</section>
${counted.length > 0 && facets(speech, { alerts: counted, isWhole: next === undefined, query, formKey: session.formKey })}${
  found &&
  html`<section><h2>${found.length === 1 ? say('foundOne') : say('foundPage', { n: found.length })}</h2>${found.length === 0 ? html`<p class="dim">${say('nothingFound')}</p>` : this.#table(found)}${/(?:^|\s)(?:(?:port|domain)[:：]|https?:\/\/)/i.test(query) && html`<p class="dim">${say('notByMasks')}</p>`}
<p>${more !== undefined && html`<a href="${more}">${say('nextPage')}</a> · `}<a href="/find/${id}.csv">${say('csv', { n: MOST_CSV })}</a></p></section>`
}`
    return {
      status: fault === undefined ? 200 : 400,
      body: page(say('find'), session, speech, body, { hasCharts: counted.length > 0 }),
    }
  }

  #table(found: readonly SearchedAlert[]): Html {
    const { speech } = this.#parts
    const { say } = speech
    const headings = [say('time'), say('action'), say('codes'), say('case'), say('message')]
    const rows = found.map((one) => [
      timeCell(one.ts),
      html`${actionTag(speech, one.action)}${one.mode === 'shadow' && html` <span class="tag shadow">${say('shadow')}</span>`}`,
      codeNames(one.codes, speech),
      html`${caseLink(one.id, targetOf(`${one.target_kind}:${one.target_id}`, speech))}<br><span class="dim">${thingLink('signature', one.signature)} · ${thingLink('port', one.port)}</span>`,
      one.text ?? '–',
    ])
    return table(say('foundAlerts'), headings, rows)
  }
}

function faultText(fault: SearchFault, { say }: Speech): string {
  if ('most' in fault) return say(fault.fault, fault)
  const { fault: word, allowed } = fault
  const values = allowed && ` ${say('valuesAre', { values: allowed.join(', ') })}`
  return `${say('notUnderstood', { word })}${values ?? ''}`
}

/** The line to continue after; undefined if the fields do not name one that fits the search. */
function afterIn(fields: URLSearchParams, { sort }: AlertSearch): After | undefined {
  const [key, id] = [fields.get('key'), fields.get('after')]
  if (!key || !id || id.includes('\u0000')) return undefined
  const isKey = sort === 'score' ? Number.isFinite(Number(key)) : !Number.isNaN(Date.parse(key))
  return isKey ? { key: sort === 'score' ? key : new Date(key).toISOString(), id } : undefined
}

import { restsOnComplaints } from '../../detection/detectors/all.ts'
import { codeText } from '../../detection/detectors/evidence-words.ts'
import { LABELS } from '../../domain/labels.ts'
import { startsOf, sumOf } from '../archive/curves.ts'
import { NEWEST, type ThingFound } from '../archive/things.ts'
import { type Html, html } from '../words/html.ts'
import type { Series } from './chart-data.ts'
import { chart, graph, marksIn, PALETTE } from './charts.ts'
import { page, timeFields } from './layout.ts'
import { spans } from './overview.ts'
import { registryRow } from './registry-section.ts'
import type { Session } from './sessions.ts'
import {
  actionTag,
  alertTable,
  beijing,
  caseLink,
  codeName,
  codeNames,
  count,
  table,
  thingLink,
  timeCell,
} from './tables.ts'
import { LINK_WORDS, linksOf, type Shared, sharedOf } from './thing-links.ts'
import type { Speech } from './words.ts'

/** Maximum number of codes shown separately in a chart; the rest are combined. */
const MOST_CODES = 7
/** Number of alerts listed on a page. */
const LISTED = 20

interface ThingPlace {
  readonly path: string
  readonly searchPath?: string
  readonly from: number
  readonly to: number
  readonly now: number
}

export function thingPage(
  session: Session,
  speech: Speech,
  found: ThingFound,
  { path, searchPath, from, to, now }: ThingPlace,
): Html {
  const { say } = speech
  const { thing, first_at, last_at, newest, isBursting, declared } = found
  const name = thing.kind === 'brand' ? speech.brand(thing.name) : thing.name
  const kind = say(LINK_WORDS[thing.kind])
  const shared = sharedOf(found)
  return page(
    `${kind} ${name}`,
    session,
    speech,
    html`<h1>${kind} <span>${name}</span>${name !== thing.name && html` <span class="dim">${thing.name}</span>`}${isBursting && html` <span class="tag block">${say('bursting')}</span>`}${declared !== null && html` <span class="tag">${say('asDeclared')}</span>`}</h1>
<section aria-label="${say('show')}"><form class="times" method="get" action="${path}">${timeFields(speech, from, to)}<button class="main">${say('show')}</button></form>
<p class="tabs">${spans(path, now, speech, [7, 30, 90])}${searchPath !== undefined && html`<a href="${searchPath}">${say('itsAlerts')}</a>`}</p>${first_at !== null && last_at !== null && html`<p class="dim">${say('seenFrom', { from: beijing(first_at), to: beijing(last_at) })}</p>`}${(thing.kind === 'port' || thing.kind === 'domain') && html`<p class="dim">${say('notByMasks')}</p>`}</section>
${curves(found, speech)}
<div class="columns"><div class="stack">${codesSection(found, speech)}${statesSection(found, speech)}</div><div class="stack">${sentSection(found, speech)}${registry(found, speech)}</div></div>
${sharedSection(found, shared, speech)}${complaintsSection(found, speech)}
<section><h2>${say('newestAlerts')}</h2>${newest.length === 0 ? html`<p class="dim">${say('none')}</p>` : alertTable(newest.slice(0, LISTED), say('newestAlerts'), speech)}</section>`,
    { hasCharts: true },
  )
}

function curves(found: ThingFound, speech: Speech): Html {
  const { steps, sent, alerts, campaigns, policies } = found
  const { say, term } = speech
  const words = { time: say('time'), numbers: say('numbersOf'), notCounted: say('notCounted') }
  const declared = campaigns.map(({ perMinute, from, to }) => {
    return { name: `${say('campaign')} (${say('aMinute', { n: count(perMinute) })})`, from, to }
  })
  const changes = policies.map(({ hash, first_at }) => ({
    name: `${say('policy')} ${hash}`,
    from: first_at.getTime(),
  }))
  const labels = LABELS.map(
    (label, i): Series => ({
      ...{ name: term('label', label), kind: 'bar', colour: PALETTE[i]!, data: sent?.labels[label] ?? [] },
    }),
  )
  const usual: Series = {
    name: say('usualRate'),
    kind: 'line',
    isDashed: true,
    colour: '--ink',
    data: sent?.usual ?? [],
  }
  const hasUsual = sent?.usual.some((n) => n !== null)
  const codes = [...alerts].filter(([code]) => code !== '')
  const rest = startsOf(steps).map((_, i) =>
    codes.slice(MOST_CODES).reduce((all, [, of]) => all + (of[i] ?? 0), 0),
  )
  const raised = [
    ...codes.slice(0, MOST_CODES).map(
      ([code, data], i): Series => ({
        ...{ name: codeText(code, speech.locale), kind: 'bar', colour: PALETTE[i]!, data },
      }),
    ),
    ...(codes.length > MOST_CODES
      ? [{ name: say('otherCodes'), kind: 'bar', colour: '--dim', data: rest } as const]
      : []),
  ]
  return html`<section><h2>${say('messagesAndAlerts')}</h2>${
    sent &&
    chart(say('messagesCurve', { n: count(sumOf(sent.total)) }), steps, {
      ...{ ...words, series: [...labels, ...(hasUsual ? [usual] : [])], marks: marksIn(steps, declared) },
      uncounted: sent.uncounted,
    })
  }
${chart(say('alertsCurve', { n: count(sumOf(alerts.get('') ?? [])) }), steps, { ...words, series: raised, marks: marksIn(steps, changes) })}</section>`
}

function codesSection({ codes }: ThingFound, speech: Speech): Html {
  const { say } = speech
  const rows = codes.map(({ code, n, blocked, ids }) => [
    ...[codeName(code, speech), n, blocked],
    html`${ids.map((id, i) => html`${caseLink(id, String(i + 1))} `)}`,
  ])
  const headings = [say('code'), say('alerts'), say('blockedAlerts'), say('newestOf')]
  return html`<section><h2>${say('findings')}</h2>${rows.length === 0 ? html`<p class="dim">${say('none')}</p>` : table(say('findings'), headings, rows)}</section>`
}

function statesSection({ states }: ThingFound, speech: Speech): Html {
  const { say } = speech
  if (states.length === 0) return html``
  const rows = states.map(({ alert_id, action, codes, raised_at, cleared_at }) => [
    ...[
      timeCell(raised_at),
      cleared_at === null ? html`<strong>${say('stillOpen')}</strong>` : timeCell(cleared_at),
    ],
    ...[html`${caseLink(alert_id, say('case'))} ${codeNames(codes, speech)}`, actionTag(speech, action)],
  ])
  const headings = [say('openSince'), say('endedAt'), say('state'), say('action')]
  return html`<section><h2>${say('itsStates')}</h2>${table(say('itsStates'), headings, rows)}</section>`
}

function sentSection(
  { sent, peak, declared, complaints, isBursting }: ThingFound,
  { say, term }: Speech,
): Html {
  if (!sent) return html``
  const total = sumOf(sent.total)
  const of = (label: (typeof LABELS)[number]) => sumOf(sent.labels[label])
  const rate = total === 0 ? '–' : ((complaints.n / total) * 1e6).toFixed(1)
  const answer = isBursting ? say('bursting') : declared === null ? say('nothing') : say('asDeclared')
  return html`<section><h2>${say('whatItSent')}</h2><dl><dt>${say('messages')}</dt><dd>${count(total)}${sent.uncounted.length > 0 && ` (${say('incompleteSum')})`}</dd>
${LABELS.filter((label) => of(label) > 0).map((label) => html`<dt>${term('label', label)}</dt><dd>${count(of(label))}</dd>`)}
${peak !== null && html`<dt>${say('busiest')}</dt><dd>${say('commercial', { n: count(peak) })}</dd><dt>${say('answer')}</dt><dd>${answer}</dd>`}
<dt>${say('declared')}</dt><dd>${declared === null ? say('nothing') : say('aMinute', { n: count(declared) })}</dd>
<dt>${say('complaints')}</dt><dd>${say('complaintRate', { n: count(complaints.n), rate })}</dd></dl></section>`
}

function registry({ registry: rows, thing }: ThingFound, speech: Speech): Html {
  const { say } = speech
  if (!['signature', 'port', 'brand'].includes(thing.kind)) return html``
  return html`<section><h2>${say('registryNow')}</h2>${rows.length === 0 ? html`<p class="dim">${say('noRowEver')}</p>` : rows.map((row) => registryRow(row, speech))}</section>`
}

function sharedSection(found: ThingFound, shared: readonly Shared[], speech: Speech): Html {
  const { say, brand } = speech
  if (shared.length === 0) return html``
  const { newest, isCut } = found
  const lists = shared.map(({ kind, bySent, names }) => {
    const title = say(bySent ? 'sentWithIt' : 'namedWithIt', { what: say(LINK_WORDS[kind]) })
    const rows = names.map(([name, n]) => [
      kind === 'number' ? name : thingLink(kind, name, kind === 'brand' ? brand(name) : name),
      n,
    ])
    return html`<div><h3>${title}</h3>${table(title, [say(LINK_WORDS[kind]), say(bySent ? 'messages' : 'alerts')], rows)}</div>`
  })
  const hasMasks = shared.some(({ names }) => names.some(([name]) => name.includes('*')))
  const n = count(newest.length)
  return html`<section><h2>${say('goesWith')}</h2><p class="dim">${say('ofNewest', { n, most: count(NEWEST) })}${isCut && ` ${say('mostSenders')}`}${hasMasks && ` ${say('masksStand')}`}</p>
${graph(say('linkPicture'), linksOf(found, shared, speech))}<div class="lists">${lists}</div></section>`
}

function complaintsSection({ complaints: { n, newest }, codes }: ThingFound, { say, term }: Speech): Html {
  if (n === 0) return html``
  const rows = newest.map(({ ts, id, source, category, text }) => [
    ...[timeCell(ts), id, source, category === null ? '–' : term('label', category), text ?? '–'],
  ])
  const headings = [say('time'), say('id'), say('source'), say('category'), say('said')]
  const spiked = codes.some(({ code }) => restsOnComplaints(code))
  return html`<section><h2>${say('complaintsOf', { n: count(n), shown: newest.length })}${spiked && html` <span class="tag block">${say('tooMany')}</span>`}</h2>${table(say('complaints'), headings, rows)}</section>`
}

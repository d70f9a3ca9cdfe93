import { BEIJING, DAY, MINUTE } from '../../domain/time.ts'
import { wilson } from '../../domain/wilson.ts'
import { type AlertCurve, type SentCurve, type Steps, startsOf, sumOf } from '../archive/curves.ts'
import type { Burst, Overview } from '../archive/overview.ts'
import type { ReviewedCode } from '../archive/reader.ts'
import type { Delay, NewDomain, OpenState, Total, WorstCase } from '../archive/totals.ts'
import { type Html, html } from '../words/html.ts'
import type { Series } from './chart-data.ts'
import { chart, PALETTE } from './charts.ts'
import { page, timeFields } from './layout.ts'
import { LONGEST_VALUE } from './pages.ts'
import { findingOf, queueTitle } from './queue-page.ts'
import type { Session } from './sessions.ts'
import {
  actionTag,
  beijing,
  caseLink,
  codeName,
  codeNames,
  count,
  table,
  targetOf,
  thingLink,
  timeCell,
} from './tables.ts'
import type { Speech } from './words.ts'

/** Epoch ms. */
export interface Times {
  readonly from: number
  readonly to: number
  readonly now: number
}

type Cell = Html | string | number

/** Content of the overview for a period. */
export interface Shown {
  readonly found: Overview
  readonly judged: readonly ReviewedCode[]
  readonly totals: readonly Total[]
  readonly curves: Curves
  readonly worst: readonly WorstCase[]
  readonly domains: readonly NewDomain[]
  readonly states: readonly OpenState[]
  readonly delay: Delay
}

/** Messages and alerts of a period, and of the same period some days before. */
export interface Curves {
  readonly steps: Steps
  readonly sent: SentCurve
  readonly alerts: AlertCurve
  readonly before: readonly {
    readonly days: number
    readonly sent: SentCurve['total']
    readonly alerts: readonly number[]
  }[]
}

/** The overview of a period; the precision of codes covers the seven days before its end. */
export function overviewPage(session: Session, speech: Speech, times: Times, shown: Shown): Html {
  const { say } = speech
  const { found, judged, totals, curves, worst, domains, states, delay } = shown
  return page(
    say('overview'),
    session,
    speech,
    html`<h1>${say('overview')}</h1><section aria-label="${say('show')}"><form class="times" method="get" action="/overview">
${timeFields(speech, times.from, times.to)}<button class="main">${say('show')}</button></form><p class="tabs">${spans('/overview', times.now, speech)}</p></section>
<div class="stack" data-live="all">${totalsSection(totals, speech, delay)}${curvesSection(curves, speech)}
${worstSection(worst, speech)}${domainsSection(domains, speech)}${statesSection(states, speech)}
${forged(found, speech)}${bursts(found, speech)}${enterprises(found, speech)}
${precision(judged, speech)}${released(found, speech)}</div>
<section><h2>${say('lookUp')}</h2><p>${say('lookUpSays')}</p><form class="times" method="post" action="/search"><input type="hidden" name="key" value="${session.formKey}"><input type="hidden" name="field" value="message">
<label>${say('byMessage')}<input name="value" maxlength="${LONGEST_VALUE}" autocomplete="off" required></label>${timeFields(speech, times.from, times.to)}<button class="main">${say('search')}</button></form></section>`,
    { hasCharts: true },
  )
}

/** Links to the last days of a page. */
export function spans(path: string, now: number, { say }: Speech, days: readonly number[] = [7, 30]): Html {
  const to = Math.ceil(now / MINUTE) * MINUTE
  const today = Math.floor((to + BEIJING * MINUTE) / DAY) * DAY - BEIJING * MINUTE
  const link = (from: number, text: string) =>
    html`<a href="${path}?from=${Math.min(from, to - MINUTE)}&amp;to=${to}">${text}</a>`
  return html`${link(today, say('today'))}${days.map((n) => link(to - n * DAY, say('days', { n })))}`
}

const TOTAL_WORDS = {
  messages: 'messages',
  alerts: 'alerts',
  blocked: 'blockedAlerts',
  complaints: 'complaints',
  judged: 'judged',
} as const

/** Totals compared with the previous period, and how up to date the archive is. */
function totalsSection(
  totals: readonly Total[],
  { say }: Speech,
  { newest_alert, newest_minute, waiting }: Delay,
): Html {
  const tiles = totals.map(
    ({ name, now, before }) =>
      name !== 'uncounted' &&
      html`<div>${say(TOTAL_WORDS[name])}<b>${count(now)}</b><span class="dim">${say('before', { n: count(before) })}</span></div>`,
  )
  const lacking = totals.find(({ name, now, before }) => name === 'uncounted' && now + before > 0)
  const at = (time: Date | null) => (time === null ? '–' : beijing(time))
  const sums = waiting === null ? say('sumsComplete') : say('sumsWait', { at: beijing(waiting) })
  return html`<section><h2>${say('inTotal')}</h2><div class="tiles">${tiles}</div>${lacking && html`<p class="block">${say('incompleteTotals', { n: count(lacking.now), before: count(lacking.before) })}</p>`}
<p class="dim">${say('delay', { alert: at(newest_alert), minute: at(newest_minute), sums })} ${say('wholeHours')}</p></section>`
}

function curvesSection({ steps, sent, alerts, before }: Curves, { say }: Speech): Html {
  const nameOf = (days: number) =>
    days === 1 ? say('dayBefore') : days === 7 ? say('weekBefore') : say('daysBefore', { n: days })
  const lines = (now: SentCurve['total'], of: 'sent' | 'alerts'): Series[] => [
    { name: say('thisTime'), kind: 'line', colour: '--c1', data: now },
    ...before.map(
      (one, i): Series => ({
        ...{
          name: nameOf(one.days),
          kind: 'line',
          isDashed: true,
          colour: PALETTE[i + 3] ?? '--dim',
          data: one[of],
        },
      }),
    ),
  ]
  const raised = alerts.get('') ?? startsOf(steps).map(() => 0)
  const total = (of: SentCurve['total']) => count(sumOf(of))
  const words = { time: say('time'), numbers: say('numbersOf'), notCounted: say('notCounted') }
  const { uncounted } = sent
  return html`<section><h2>${say('messagesAndAlerts')}</h2>${chart(say('messagesCurve', { n: total(sent.total) }), steps, { ...words, uncounted, series: lines(sent.total, 'sent') })}
${chart(say('alertsCurve', { n: total(raised) }), steps, { ...words, series: lines(raised, 'alerts') })}</section>`
}

function worstSection(worst: readonly WorstCase[], speech: Speech): Html {
  const { say } = speech
  const rows = worst.map((one): Cell[] => [
    html`<a href="/queue/${encodeURIComponent(one.id)}">${queueTitle(one, speech)}</a>`,
    ...[Math.round(one.worth), one.alerts, one.text ?? '–'],
  ])
  const headings = [say('case'), say('worthHead'), say('alerts'), say('messageMasked')]
  const more = html` <a href="/queue">${say('allCases')}</a>`
  return section(say('worstCases'), headings, rows, speech, { total: worst[0]?.total, more })
}

function domainsSection(domains: readonly NewDomain[], speech: Speech): Html {
  const { say, brand } = speech
  const rows = domains.map(({ host, first_at, alerts, brands, alert_id }): Cell[] => [
    ...[thingLink('domain', host), timeCell(first_at), alerts],
    html`${(brands ?? []).map((id) => html`${thingLink('brand', id, brand(id))} `)}`,
    alert_id === null ? '–' : caseLink(alert_id, say('newestAlert')),
  ])
  const headings = [say('ofDomain'), say('firstSeen'), say('alerts'), say('forges'), say('case')]
  return section(say('newDomains'), headings, rows, speech, { total: domains[0]?.total })
}

function statesSection(states: readonly OpenState[], speech: Speech): Html {
  const { say } = speech
  const rows = states.map(({ target_kind, target_id, action, codes, raised_at, alert_id }): Cell[] => [
    caseLink(alert_id, targetOf(`${target_kind}:${target_id}`, speech)),
    ...[actionTag(speech, action), codeNames(codes, speech), timeCell(raised_at)],
  ])
  const headings = [say('state'), say('action'), say('codes'), say('openSince')]
  return section(say('openStates'), headings, rows, speech, { total: states[0]?.total })
}

function section(
  title: string,
  headings: readonly string[],
  rows: readonly Cell[][],
  { say }: Speech,
  { total = rows.length, more }: { readonly total?: number | undefined; readonly more?: Html } = {},
): Html {
  const left = total - rows.length
  return html`<section><h2>${title}</h2>${rows.length === 0 ? html`<p class="dim">${say('none')}</p>` : table(title, headings, rows)}${
    (left > 0 || more) && html`<p class="dim">${left > 0 && say('more', { n: count(left) })}${more}</p>`
  }</section>`
}

function forged({ forged: all, totals }: Overview, speech: Speech): Html {
  const { say, brand: nameOf } = speech
  const rows = all.map(({ brand, messages, ports, hosts, host_count = 0 }): Cell[] => [
    ...[thingLink('brand', brand, nameOf(brand)), messages, ports],
    html`${hosts.map(({ host, messages: n }) => html`<span class="host">${thingLink('domain', host)} ×${count(n)}</span> `)}${host_count > hosts.length && html`<span class="dim">${say('more', { n: count(host_count - hosts.length) })}</span>`}`,
  ])
  const headings = [say('brand'), say('messages'), say('ports'), say('through')]
  return section(say('forged'), headings, rows, speech, { total: totals?.forged })
}

function bursts({ bursts: all, totals }: Overview, speech: Speech): Html {
  const { say } = speech
  const rate = (n: number | null) => (n === null ? '–' : Math.round(10 * n) / 10)
  const rows = all.map((one): Cell[] => [
    thingLink('signature', one.signature),
    answerOf(one, speech),
    rate(one.peak),
    rate(one.usual),
    rate(one.declared),
  ])
  const headings = [
    ...[say('signature'), say('answer'), say('busiest')],
    ...[say('usualMinute'), say('declaredMinute')],
  ]
  return section(say('bursts'), headings, rows, speech, { total: totals?.bursts })
}

function answerOf({ alert_id, cleared }: Burst, { say }: Speech): Cell {
  if (alert_id === null) return say('asDeclared')
  return caseLink(alert_id, cleared === null ? say('burstOpen') : say('burstEnded', { at: beijing(cleared) }))
}

function enterprises({ enterprises: all, totals }: Overview, speech: Speech): Html {
  const { say } = speech
  const rows = all.map(({ sp, complaints, sent }): Cell[] => [
    sp === null
      ? html`<span class="dim">${say(sent === null ? 'nobodyKnown' : 'noEnterprise')}</span>`
      : thingLink('enterprise', sp),
    complaints,
    sent ?? '–',
    sent ? ((1e6 * complaints) / sent).toFixed(1) : '–',
  ])
  const headings = [say('enterprise'), say('complaints'), say('sentMessages'), say('aMillion')]
  return section(say('perMillion'), headings, rows, speech, { total: totals?.enterprises })
}

function precision(judged: readonly ReviewedCode[], speech: Speech): Html {
  const { say } = speech
  const percent = (x: number) => `${(100 * x).toFixed(1)}%`
  const rows = [...judged]
    .sort((a, b) => b.judged - a.judged)
    .map(({ code, confirmed, judged: all }): Cell[] => {
      const said = wilson(confirmed, all)
      return [
        ...[codeName(code, speech), all, confirmed],
        ...(said ? [percent(said.share), `${percent(said.low)} – ${percent(said.high)}`] : ['–', '–']),
      ]
    })
  const headings = [say('code'), say('judged'), say('confirmedCases'), say('share'), say('interval')]
  return section(say('precision'), headings, rows, speech)
}

function released({ released: all, totals }: Overview, speech: Speech): Html {
  const { say } = speech
  const rows = all.map(
    ({ ts, verdict, by, until, target, codes, alert_id, again, outcome = null }): Cell[] => [
      timeCell(ts),
      outcome === 'refused'
        ? html`${findingOf(verdict, speech)} <span class="tag refused">${say('refusedFeedback')}</span>`
        : findingOf(verdict, speech),
      alert_id === null
        ? targetOf(target ?? '–', speech)
        : caseLink(alert_id, targetOf(target ?? alert_id, speech)),
      codes ? codeNames(codes, speech) : '–',
      by,
      until === null ? '–' : timeCell(until),
      again,
    ],
  )
  const headings = [
    ...[say('time'), say('word'), say('of'), say('codes'), say('by')],
    ...[say('untilWhen'), say('again')],
  ]
  return section(say('released'), headings, rows, speech, { total: totals?.released })
}

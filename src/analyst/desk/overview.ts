import { BEIJING, DAY, MINUTE } from '../../domain/time.ts'
import { wilson } from '../../domain/wilson.ts'
import type { Burst, Overview } from '../archive/overview.ts'
import type { ReviewedCode } from '../archive/reader.ts'
import type { Totals } from '../archive/totals.ts'
import { type Html, html } from '../words/html.ts'
import { page, timeFields } from './layout.ts'
import { LONGEST_VALUE } from './pages.ts'
import type { AskedSearch } from './sealed-searches.ts'
import type { Session } from './sessions.ts'
import { beijing, caseLink, table, timeCell } from './tables.ts'
import type { Speech } from './words.ts'

/** Epoch ms. */
export interface Times {
  readonly from: number
  readonly to: number
}

/** The address of a search. */
type PathOf = (asked: AskedSearch) => string
type Linked = Times & { readonly pathOf: PathOf }

type Cell = Html | string | number

/** The questions that are asked most, answered for a time; precision for the seven days before its end. */
export function overviewPage(
  session: Session,
  speech: Speech,
  times: Linked,
  found: Overview,
  judged: readonly ReviewedCode[],
  sums?: Totals,
): Html {
  const { say } = speech
  return page(
    say('overview'),
    session,
    speech,
    html`<h1>${say('overview')}</h1><section aria-label="${say('show')}"><form class="times" method="get" action="/overview">
${timeFields(speech, times.from, times.to)}<button class="main">${say('show')}</button></form><p class="tabs">${spans(speech)}</p></section>
${sums && totalsSection(sums, times, speech)}
${forged(found, speech, times)}${bursts(found, speech, times)}${enterprises(found, speech)}
${precision(judged, speech)}${released(found, speech)}
<section><h2>${say('lookUp')}</h2><p>${say('lookUpSays')}</p><form class="times" method="post" action="/search"><input type="hidden" name="key" value="${session.formKey}"><input type="hidden" name="field" value="message">
<label>${say('byMessage')}<input name="value" maxlength="${LONGEST_VALUE}" autocomplete="off" required></label>${timeFields(speech, times.from, times.to)}<button class="main">${say('search')}</button></form></section>`,
  )
}

/** Links to the last days. */
function spans({ say }: Speech): Html {
  const to = Math.ceil(Date.now() / MINUTE) * MINUTE
  const today = Math.floor((to + BEIJING * MINUTE) / DAY) * DAY - BEIJING * MINUTE
  const link = (from: number, text: string) =>
    html`<a href="/overview?from=${Math.min(from, to - MINUTE)}&amp;to=${to}">${text}</a>`
  return html`${link(today, say('today'))}${[7, 30].map((n) => link(to - n * DAY, say('days', { n })))}`
}

const TOTAL_WORDS = {
  alerts: 'alerts',
  blocked: 'blockedAlerts',
  recipients: 'recipientsOf',
  complaints: 'complaints',
  judged: 'judged',
} as const

/** What there was, against the time before, and when. */
function totalsSection({ totals, curve }: Totals, { from, to }: Times, { say, locale }: Speech): Html {
  const shown = (n: number) => n.toLocaleString(locale)
  const tiles = totals.map(
    ({ name, now, before }) =>
      html`<div>${say(TOTAL_WORDS[name])}<b>${shown(now)}</b><span class="dim">${say('before', { n: shown(before) })}</span></div>`,
  )
  const most = Math.max(1, ...curve)
  const peak = curve.indexOf(Math.max(...curve))
  const at = beijing(from + ((to - from) * peak) / curve.length)
  const bars = curve.map(
    (n, i) =>
      html`<rect x="${i * 10}" y="${(100 - (100 * n) / most).toFixed(1)}" width="8" height="${((100 * n) / most).toFixed(1)}"><title>${n}</title></rect>`,
  )
  return html`<section><h2>${say('inTotal')}</h2><div class="tiles">${tiles}</div>
<svg class="curve" viewBox="0 0 ${curve.length * 10} 100" preserveAspectRatio="none" role="img" aria-label="${say('curveSays', { n: curve[peak] ?? 0, at })}">${bars}</svg></section>`
}

function section(
  title: string,
  headings: readonly string[],
  rows: readonly Cell[][],
  { say }: Speech,
  total = rows.length,
): Html {
  const more = total - rows.length
  return html`<section><h2>${title}</h2>${rows.length === 0 ? html`<p class="dim">${say('none')}</p>` : table(title, headings, rows)}${
    more > 0 && html`<p class="dim">${say('more', { n: more })}</p>`
  }</section>`
}

/** To the search over the same time. */
function searchLink(field: AskedSearch['field'], value: string, { from, to, pathOf }: Linked): Html {
  return html`<a href="${pathOf({ field, value, from, to })}">${value}</a>`
}

function forged({ forged: all, totals }: Overview, speech: Speech, times: Linked): Html {
  const { say } = speech
  const rows = all.map(({ brand, messages, ports, hosts, host_count = 0 }): Cell[] => [
    brand,
    messages,
    ports,
    html`${hosts.map(({ host, messages: n }) => html`<span class="host">${searchLink('domain', host, times)} ×${n}</span> `)}${host_count > hosts.length && html`<span class="dim">${say('more', { n: host_count - hosts.length })}</span>`}`,
  ])
  const headings = [say('brand'), say('messages'), say('ports'), say('through')]
  return section(say('forged'), headings, rows, speech, totals?.forged)
}

function bursts({ bursts: all, totals }: Overview, speech: Speech, times: Linked): Html {
  const { say } = speech
  const rate = (n: number | null) => (n === null ? '–' : Math.round(10 * n) / 10)
  const rows = all.map((one): Cell[] => [
    searchLink('signature', one.signature, times),
    answerOf(one, speech),
    rate(one.peak),
    rate(one.usual),
    rate(one.declared),
  ])
  const headings = [
    ...[say('signature'), say('answer'), say('busiest')],
    ...[say('usualMinute'), say('declaredMinute')],
  ]
  return section(say('bursts'), headings, rows, speech, totals?.bursts)
}

function answerOf({ alert_id, cleared }: Burst, { say }: Speech): Cell {
  if (alert_id === null) return say('asDeclared')
  return caseLink(alert_id, cleared === null ? say('burstOpen') : say('burstEnded', { at: beijing(cleared) }))
}

function enterprises({ enterprises: all, totals }: Overview, speech: Speech): Html {
  const { say } = speech
  const rows = all.map(({ sp, complaints, sent }): Cell[] => [
    sp ?? html`<span class="dim">${say(sent === null ? 'nobodyKnown' : 'noEnterprise')}</span>`,
    complaints,
    sent ?? '–',
    sent ? ((1e6 * complaints) / sent).toFixed(1) : '–',
  ])
  const headings = [say('enterprise'), say('complaints'), say('sentMessages'), say('aMillion')]
  return section(say('perMillion'), headings, rows, speech, totals?.enterprises)
}

function precision(judged: readonly ReviewedCode[], speech: Speech): Html {
  const { say } = speech
  const percent = (x: number) => `${(100 * x).toFixed(1)}%`
  const rows = [...judged]
    .sort((a, b) => b.judged - a.judged)
    .map(({ code, confirmed, judged: all }): Cell[] => {
      const said = wilson(confirmed, all)
      return [
        ...[code, all, confirmed],
        ...(said ? [percent(said.share), `${percent(said.low)} – ${percent(said.high)}`] : ['–', '–']),
      ]
    })
  const headings = [say('code'), say('judged'), say('confirmedCases'), say('share'), say('interval')]
  return section(say('precision'), headings, rows, speech)
}

/** `<kind>:<id>` as feedback names it, with the kind in words. */
function targetOf(target: string, { term }: Speech): string {
  const at = target.indexOf(':')
  return at < 0 ? target : `${term('target', target.slice(0, at))} ${target.slice(at + 1)}`
}

function released({ released: all, totals }: Overview, speech: Speech): Html {
  const { say, value } = speech
  const rows = all.map(
    ({ ts, verdict, by, until, target, codes, alert_id, again, outcome = null }): Cell[] => [
      timeCell(ts),
      outcome === 'refused'
        ? html`${value(verdict)} <span class="tag refused">${say('refusedFeedback')}</span>`
        : value(verdict),
      alert_id === null
        ? targetOf(target ?? '–', speech)
        : caseLink(alert_id, targetOf(target ?? alert_id, speech)),
      codes?.join(', ') ?? '–',
      by,
      until === null ? '–' : timeCell(until),
      again,
    ],
  )
  const headings = [
    ...[say('time'), say('word'), say('of'), say('codes'), say('by')],
    ...[say('untilWhen'), say('again')],
  ]
  return section(say('released'), headings, rows, speech, totals?.released)
}

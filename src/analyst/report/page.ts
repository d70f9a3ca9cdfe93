import { sentenceOf } from '../../detection/detectors/describe.ts'
import { codeText } from '../../detection/detectors/evidence-words.ts'
import { citedIn } from '../../detection/detectors/rules.ts'
import type { Locale } from '../../detection/detectors/words.ts'
import type { Alert, AlertReason } from '../../domain/alert.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { wilson } from '../../domain/wilson.ts'
import type { Complained, ReviewedCode } from '../archive/reader.ts'
import { type Html, html } from '../words/html.ts'
import { beijing, share, timeChart } from './charts.ts'
import { complaints, type FollowedComplaints, followedComplaints } from './complaints.ts'
import { REPORT_STYLE } from './style.ts'
import { table } from './table.ts'
import { type StateSpan, type Tally, top } from './tally.ts'
import { type Speech, speechIn } from './words.ts'

export interface ReportData {
  readonly locale: Locale
  /** Replaces the default title. */
  readonly title?: string
  readonly now: Tally
  /** Tally of the preceding range of the same length. */
  readonly before: Tally
  /** Absent without an archive. */
  readonly judged?: readonly ReviewedCode[]
  readonly complaints?: readonly Complained[]
  readonly cases?: FollowedComplaints
  /** The name of a brand by its id. */
  readonly brand?: (id: string) => string
}

/** Renders the report as a self-contained page: no scripts, external fonts or images. */
export function reportPage(data: ReportData): string {
  const speech = speechIn(data.locale, data.brand)
  const { say } = speech
  const { title = say('title'), now } = data
  const [from, to] = [beijing(now.range.from), beijing(now.range.to)]
  return html`<!doctype html>
<html lang="${data.locale}"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${REPORT_STYLE}</style></head><body><header><p class="kicker">sigwatch</p><h1>${title}</h1>
<p class="range">${say('range', { from, to })}</p></header>
<main>${summary(data, speech)}${over(data, speech)}${codes(data, speech)}<div class="pair">${brands(data, speech)}${senders(data, speech)}</div>${states(data, speech)}${complaints(data.complaints, speech)}${followedComplaints(data.cases, speech)}${cases(data, speech)}</main>
<footer><p>${say('footer')}</p></footer></body></html>`.text
}

function summary({ now, before }: ReportData, speech: Speech): Html {
  const { say } = speech
  const cards = [
    [say('alerts'), now.raised, before.raised],
    [say('toBlock'), now.actions.block ?? 0, before.actions.block ?? 0],
    [say('states'), now.states.size, before.states.size],
    [say('brandsForged'), now.brands.size, before.brands.size],
  ] as const
  return html`<section class="cards" aria-label="${say('summary')}">${cards.map(
    ([name, n, was]) =>
      html`<div class="card"><strong>${n.toLocaleString('en')}</strong><span>${name}</span><small>${change(n, was, speech)}</small></div>`,
  )}</section>`
}

/** Change from the previous period in words. */
function change(n: number, was: number, { say }: Speech): string {
  if (was === 0) return say(n === 0 ? 'noneBeforeEither' : 'noneBefore')
  if (n === was) return say('asBefore')
  const percent = Math.round((100 * (n - was)) / was)
  const signed = `${percent > 0 ? '+' : '−'}${Math.abs(percent)}%`
  return say('change', { change: signed, n: was.toLocaleString('en') })
}

function over({ now }: ReportData, speech: Speech): Html {
  const { say } = speech
  const chart = now.raised === 0 ? html`<p class="dim">${say('nothingRaised')}</p>` : timeChart(now, speech)
  return html`<section><h2>${say('overTime')}</h2>${chart}</section>`
}

function codes({ now, before, judged }: ReportData, speech: Speech): Html {
  const { say } = speech
  const all = top(now.codes, 30, ([, n]) => n)
  const most = all[0]?.[1] ?? 0
  const rows = all.map(([code, n]) => {
    const said = judged?.find((one) => one.code === code)
    const precision = said && wilson(said.confirmed, said.judged)
    return html`<tr><td>${codeText(code, speech.locale)}</td><td class="n">${n.toLocaleString('en')}</td><td class="bar">${share(n, most)}</td><td class="dim one">${change(n, before.codes.get(code) ?? 0, speech)}</td>${
      judged &&
      html`<td>${precision ? say('judged', { share: percent(precision.share), low: percent(precision.low), high: percent(precision.high), n: said.judged }) : '–'}</td>`
    }</tr>`
  })
  const headings = [
    say('code'),
    say('alertCount'),
    '',
    say('changeColumn'),
    ...(judged ? [say('precision')] : []),
  ]
  return html`<section><h2>${say('found')}</h2>${table(say('codes'), headings, rows, speech)}${
    now.shadow > 0 && html`<p class="dim">${say('inShadow', { n: now.shadow.toLocaleString('en') })}</p>`
  }</section>`
}

function percent(x: number): string {
  return `${Math.round(100 * x)}%`
}

function brands({ now }: ReportData, speech: Speech): Html {
  const { say } = speech
  const rows = top(now.brands.values(), 10, ({ alerts }) => alerts).map(
    ({ brand, alerts, domains }) =>
      html`<tr><td>${speech.brand(brand)}</td><td class="n">${alerts.toLocaleString('en')}</td><td>${top(domains, 3, ([, n]) => n).map(([host, n]) => html`<span class="host">${host} <small>×${n}</small></span> `)}</td></tr>`,
  )
  return html`<section><h2>${say('forgedBrands')}</h2>${table(say('forgedBrands'), [say('brand'), say('alertCount'), say('through')], rows, speech)}</section>`
}

function senders({ now }: ReportData, speech: Speech): Html {
  const { say } = speech
  const rows = top(now.senders, 10, ([, { alerts }]) => alerts).map(
    ([name, { alerts, codes: found }]) =>
      html`<tr><td>${name}</td><td class="n">${alerts.toLocaleString('en')}</td><td>${top(found, 2, ([, n]) => n).map(([code]) => html`<span class="host">${codeText(code, speech.locale)}</span> `)}</td></tr>`,
  )
  return html`<section><h2>${say('mostAlerts')}</h2>${table(say('senders'), [say('sender'), say('alertCount'), say('mostly')], rows, speech)}</section>`
}

function states({ now }: ReportData, speech: Speech): Html {
  const { say, term } = speech
  const rows = top(now.states.values(), 20, gravityOf).map(
    ({ target, action, reason, raised, cleared }) =>
      html`<tr><td class="time">${raised === undefined ? say('before') : beijing(raised)}</td><td class="time">${cleared === undefined ? say('stillOpen') : beijing(cleared)}</td><td><span class="tag ${action}">${term('action', action)}</span></td><td><strong>${term('target', target.kind)} ${target.id}</strong><br>${codeText(reason.code, speech.locale)}<br><span class="dim">${detailOf(reason, speech)}</span></td></tr>`,
  )
  return html`<section><h2>${say('bursts')}</h2>${table(say('statesTable'), [say('from'), say('until'), say('action'), say('what')], rows, speech)}</section>`
}

/** Sort key: strongest action first, then most recently raised. */
function gravityOf({ action, raised = 0 }: StateSpan): number {
  return ACTIONS.indexOf(action) * 1e14 + raised
}

function cases({ now }: ReportData, speech: Speech): Html {
  const shown = now.gravest()
  if (shown.length === 0) return html``
  return html`<section><h2>${speech.say('cases')}</h2>${shown.map((alert) => caseOf(alert, speech))}</section>`
}

function caseOf({ id, data }: Alert, speech: Speech): Html {
  const { say, term } = speech
  const { message, reasons, action, score, provenance } = data
  const { model, policy, registry, rules } = provenance
  const sent = message && {
    from: message.from,
    at: beijing(message.ts),
    to: message.to ?? say('hiddenRecipient'),
    score: score.toFixed(2),
  }
  return html`<article><p><span class="tag ${action}">${term('action', action)}</span> <strong>${message?.signature ?? '–'}</strong> <span class="dim">${sent && say('caseFrom', sent)}</span></p>
<blockquote>${message?.text}</blockquote><ul>${reasons.map((reason) => html`<li><strong>${codeText(reason.code, speech.locale)}</strong>: ${detailOf(reason, speech)}${reason.rule !== undefined && html` <span class="dim">${citedIn(speech.locale, reason.rule)}</span>`}</li>`)}</ul>
<p class="dim small">${say('provenance', { id, model, policy, registry })}${rules !== undefined && say('ownRules', { rules })}</p></article>`
}

/** The sentence of the alert, or its translation into Chinese. */
function detailOf(reason: AlertReason, { locale, describe }: Speech): string {
  return locale === 'en' ? reason.detail : sentenceOf(reason, describe)
}

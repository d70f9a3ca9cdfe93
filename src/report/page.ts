import type { Complained, ReviewedCode } from '../archive/reader.ts'
import type { ComplaintGroup, TrackedDeadline } from '../complaints/summary.ts'
import type { Alert } from '../domain/alert.ts'
import { ACTIONS } from '../domain/decision.ts'
import { type Html, html } from '../markup/html.ts'
import { wilson } from '../replay/wilson.ts'
import { beijing, share, timeChart } from './charts.ts'
import { REPORT_STYLE } from './style.ts'
import { type StateSpan, type Tally, top } from './tally.ts'

export interface ReportData {
  readonly title: string
  readonly now: Tally
  /** The range of the same length before it. */
  readonly before: Tally
  /** Absent: there is no archive to ask. */
  readonly judged?: readonly ReviewedCode[]
  readonly complaints?: readonly Complained[]
  readonly cases?: { readonly groups: readonly ComplaintGroup[]; readonly urgent: readonly TrackedDeadline[] }
}

/** The report as one page that needs nothing else: no script, no font, no picture of another place. */
export function reportPage(data: ReportData): string {
  const { title, now } = data
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${REPORT_STYLE}</style></head><body><header><p class="kicker">sigwatch</p><h1>${title}</h1>
<p class="range">${beijing(now.range.from)} to ${beijing(now.range.to)} (UTC+8)</p></header>
<main>${summary(data)}${over(data)}${codes(data)}<div class="pair">${brands(data)}${senders(data)}</div>${states(data)}${complaints(data)}${complaintCases(data)}${cases(data)}</main>
<footer><p>Recipients are masked. Every alert is a suspicion with its reasons, not a judgement of a court.</p></footer></body></html>`
    .text
}

function summary({ now, before }: ReportData): Html {
  const cards = [
    ['alerts', now.raised, before.raised],
    ['to be blocked', now.actions.block ?? 0, before.actions.block ?? 0],
    ['states of senders and domains', now.states.size, before.states.size],
    ['brands forged', now.brands.size, before.brands.size],
  ] as const
  return html`<section class="cards" aria-label="Summary">${cards.map(
    ([name, n, was]) =>
      html`<div class="card"><strong>${n.toLocaleString('en')}</strong><span>${name}</span><small>${change(n, was)}</small></div>`,
  )}</section>`
}

/** Against the period before. */
function change(n: number, was: number): string {
  if (was === 0) return n === 0 ? 'none before either' : 'none before'
  if (n === was) return 'as before'
  const percent = Math.round((100 * (n - was)) / was)
  return `${percent > 0 ? '+' : '−'}${Math.abs(percent)}% (before: ${was.toLocaleString('en')})`
}

function over({ now }: ReportData): Html {
  if (now.raised === 0)
    return html`<section><h2>Over time</h2><p class="dim">Nothing was raised.</p></section>`
  return html`<section><h2>Over time</h2>${timeChart(now)}</section>`
}

function codes({ now, before, judged }: ReportData): Html {
  const all = top(now.codes, 30, ([, n]) => n)
  const most = all[0]?.[1] ?? 0
  const rows = all.map(([code, n]) => {
    const said = judged?.find((one) => one.code === code)
    const precision = said && wilson(said.confirmed, said.judged)
    return html`<tr><td>${code}</td><td class="n">${n.toLocaleString('en')}</td><td class="bar">${share(n, most)}</td><td class="dim one">${change(n, before.codes.get(code) ?? 0)}</td>${
      judged &&
      html`<td>${precision ? `${percent(precision.share)} (${percent(precision.low)}–${percent(precision.high)}), ${said.judged} judged` : '–'}</td>`
    }</tr>`
  })
  return html`<section><h2>What was found</h2>${table('Reason codes', ['Code', 'Alerts', '', 'Change', ...(judged ? ['Precision, 95% interval'] : [])], rows)}${
    now.shadow > 0 &&
    html`<p class="dim">In shadow mode besides: ${now.shadow.toLocaleString('en')} alerts.</p>`
  }</section>`
}

function percent(x: number): string {
  return `${Math.round(100 * x)}%`
}

function brands({ now }: ReportData): Html {
  const rows = top(now.brands.values(), 10, ({ alerts }) => alerts).map(
    ({ brand, alerts, domains }) =>
      html`<tr><td>${brand}</td><td class="n">${alerts.toLocaleString('en')}</td><td>${top(domains, 3, ([, n]) => n).map(([host, n]) => html`<span class="host">${host} <small>×${n}</small></span> `)}</td></tr>`,
  )
  return html`<section><h2>Forged brands</h2>${table('Forged brands', ['Brand', 'Alerts', 'Through'], rows)}</section>`
}

function senders({ now }: ReportData): Html {
  const rows = top(now.senders, 10, ([, { alerts }]) => alerts).map(
    ([name, { alerts, codes: found }]) =>
      html`<tr><td>${name}</td><td class="n">${alerts.toLocaleString('en')}</td><td>${top(found, 2, ([, n]) => n).map(([code]) => html`<span class="host">${code}</span> `)}</td></tr>`,
  )
  return html`<section><h2>Senders with the most alerts</h2>${table('Senders', ['Sender', 'Alerts', 'Mostly'], rows)}</section>`
}

function states({ now }: ReportData): Html {
  const rows = top(now.states.values(), 20, gravityOf).map(
    ({ code, target, action, detail, raised, cleared }) =>
      html`<tr><td class="time">${raised === undefined ? 'before' : beijing(raised)}</td><td class="time">${cleared === undefined ? 'still open' : beijing(cleared)}</td><td><span class="tag ${action}">${action}</span></td><td><strong>${target}</strong><br>${code}<br><span class="dim">${detail}</span></td></tr>`,
  )
  return html`<section><h2>Bursts, campaigns and other states</h2>${table('States', ['From', 'Until', 'Action', 'What'], rows)}</section>`
}

/** The strongest action first, then what rose last. */
function gravityOf({ action, raised = 0 }: StateSpan): number {
  return ACTIONS.indexOf(action) * 1e14 + raised
}

function complaints({ complaints: all }: ReportData): Html {
  if (!all) return html``
  const rows = all.map(
    ({ sender, complaints: n, sent }) =>
      html`<tr><td>${sender}</td><td class="n">${n.toLocaleString('en')}</td><td class="n">${sent ? sent.toLocaleString('en') : '–'}</td><td class="n">${sent ? Math.round((1e6 * n) / sent).toLocaleString('en') : '–'}</td></tr>`,
  )
  return html`<section><h2>Complaints</h2>${table('Complaints', ['About', 'Complaints', 'Sent', 'A million'], rows)}</section>`
}

/** Groups and deadlines that are shown. */
const MOST_CASES = 20

function complaintCases({ cases: known }: ReportData): Html {
  if (!known || known.groups.length === 0) return html``
  const groups = known.groups
    .slice(0, MOST_CASES)
    .map(
      ({ signature, sp, template, label, complaints: n, standings }) =>
        html`<tr><td>${signature}</td><td>${sp}</td><td>${template}</td><td>${label}</td><td class="n">${n.toLocaleString('en')}</td><td class="n">${standings['in time']}</td><td class="n">${standings.late + standings.overdue}</td></tr>`,
    )
  const urgent = known.urgent
    .slice(0, MOST_CASES)
    .map(
      ({ complaint, deadline, standing }) =>
        html`<tr><td>${complaint.id}</td><td>${complaint.signature ?? '–'}</td><td>${deadline.name} (${deadline.days}${complaint.received_at === null && ', from the complaint'})</td><td class="time">${deadline.date}</td><td>${standing}</td></tr>`,
    )
  const left = known.urgent.length - urgent.length
  return html`<section><h2>Complaints by enterprise and template</h2>${table('Complaints by enterprise and template', ['Enterprise', 'SP', 'Template', 'Text', 'Complaints', 'Answered in time', 'Late'], groups)}</section>
<section><h2>Deadlines of complaints that end soon or are over</h2>${table('Deadlines of complaints', ['Complaint', 'Enterprise', 'Deadline (working days)', 'Ends on', 'Standing'], urgent)}${left > 0 && html`<p class="dim">And ${left.toLocaleString('en')} more: sigwatch complaints deadlines.</p>`}</section>`
}

function cases({ now }: ReportData): Html {
  const shown = now.gravest()
  if (shown.length === 0) return html``
  return html`<section><h2>Cases</h2>${shown.map(caseOf)}</section>`
}

function caseOf({ id, data }: Alert): Html {
  const { message, reasons, action, score, provenance } = data
  return html`<article><p><span class="tag ${action}">${action}</span> <strong>${message?.signature ?? '–'}</strong> <span class="dim">${message?.from}, ${message && beijing(message.ts)}, to ${message?.to ?? 'a recipient who is not shown'}, score ${score.toFixed(2)}</span></p>
<blockquote>${message?.text}</blockquote><ul>${reasons.map(({ code, detail, rule }) => html`<li><strong>${code}</strong>: ${detail}${rule !== undefined && html` <span class="dim">${rule}</span>`}</li>`)}</ul>
<p class="dim small">Alert ${id}; model ${provenance.model}, policy ${provenance.policy}, registry ${provenance.registry}</p></article>`
}

function table(name: string, headings: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<p class="dim">None.</p>`
  const head = headings.map((heading) =>
    heading === '' ? html`<td></td>` : html`<th scope="col">${heading}</th>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

import type { Access, Case, FoundAlert, Search } from '../archive/reader.ts'
import { SEARCH_FIELDS } from '../archive/reader.ts'
import type { Sent } from '../archive/sent.ts'
import { type Html, html } from '../markup/html.ts'
import { caseSections } from './case-sections.ts'
import type { Session } from './sessions.ts'
import { alertTable, beijing } from './tables.ts'

function page(title: string, session: Session | undefined, body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · sigwatch desk</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css"></head>
<body><header><strong>sigwatch desk</strong>${
    session &&
    html`<nav aria-label="Pages"><a href="/">Search</a><a href="/access">Access log</a></nav>
<span class="dim">${session.name}${session.may === 'read' && ' (read only)'}</span>
<form method="post" action="/logout"><input type="hidden" name="key" value="${session.formKey}"><button>Log out</button></form>`
  }</header>
<main>${body}</main></body></html>`
}

export function loginPage(fault?: string): Html {
  return page(
    'Log in',
    undefined,
    html`<section class="login"><h1>Log in</h1>${fault && html`<p role="alert" class="block">${fault}</p>`}
<form method="post" action="/login" class="fields"><label>Token<input type="password" name="token" required autocomplete="current-password"></label>
<div><button class="main">Log in</button></div></form></section>`,
  )
}

export function messagePage(session: Session | undefined, message: string): Html {
  return page(
    'Message',
    session,
    html`<section><h1>${message}</h1><p><a href="/">To the search</a></p></section>`,
  )
}

const FIELD_NAMES: Readonly<Record<(typeof SEARCH_FIELDS)[number], string>> = {
  message: 'Message id',
  token: 'Recipient token',
  signature: 'Signature',
  port: 'Port',
  domain: 'Domain',
  code: 'Reason code',
  campaign: 'Campaign',
}

/** What was asked, as it stands in the form again. */
type Asked = Omit<Search, 'value' | 'field'> & {
  readonly value: string
  readonly field: Search['field'] | undefined
}

export function searchPage(
  session: Session,
  asked: Asked,
  found: readonly FoundAlert[],
  sent: Sent | undefined,
): Html {
  const options = SEARCH_FIELDS.map(
    (name) =>
      html`<option value="${name}"${name === asked.field && html` selected`}>${FIELD_NAMES[name]}</option>`,
  )
  return page(
    'Search',
    session,
    html`<h1>Alerts</h1><section aria-label="Search"><form class="search" method="get" action="/">
<label>Search by<select name="field">${options}</select></label>
<label class="wide">Value<input name="value" value="${asked.value}" placeholder="empty: all of the time"></label>
<label>From (UTC+8)<input type="datetime-local" name="from" value="${local(asked.from)}"></label>
<label>To (UTC+8)<input type="datetime-local" name="to" value="${local(asked.to)}"></label>
<button class="main">Search</button></form></section>
${sent && sentSection(asked.value, sent)}
<section><h2>${found.length === 200 ? 'The newest 200' : found.length} ${found.length === 1 ? 'alert' : 'alerts'}</h2>
${found.length === 0 ? html`<p class="dim">Nothing was found. Is the time wide enough?</p>` : alertTable(found, 'Alerts that were found')}</section>`,
  )
}

/** What a signature sent in the time of the search: whether it is usual, declared, or neither. */
function sentSection(signature: string, sent: Sent): Html {
  const { messages, peak, usual, declared, declared_from, declared_to, enterprises, complaints } = sent
  const rate = ((complaints / messages) * 1e6).toFixed(1)
  return html`<section><h2>What 【${signature}】 sent</h2><dl><dt>Messages</dt><dd>${messages}</dd>
<dt>Busiest minute</dt><dd>${peak} commercial messages</dd>
<dt>Usual</dt><dd>${usual === null ? 'not known yet' : `${usual.toFixed(1)} a minute`}</dd>
<dt>Declared</dt><dd>${
    declared === null || !declared_from || !declared_to
      ? 'nothing'
      : `${declared} a minute, seen from ${beijing(declared_from)} to ${beijing(declared_to)}`
  }</dd>
<dt>Enterprise</dt><dd>${enterprises ?? '–'}</dd><dt>Complaints</dt><dd>${complaints}, ${rate} a million messages</dd></dl></section>`
}

export function casePage(session: Session, found: Case, given: boolean): Html {
  const { target, action } = found.alert.data
  return page(
    `${target.kind} ${target.id}`,
    session,
    html`<h1>${target.kind} <span>${target.id}</span> <span class="tag ${action}">${action}</span></h1>
${given && html`<section class="given" role="status">Your feedback was written. It takes effect within seconds.</section>`}
${caseSections(found, session)}`,
  )
}

export function accessPage(session: Session, accesses: readonly Access[]): Html {
  const rows = accesses.map(
    ({ at, who, what, subject }) =>
      html`<tr><td class="time">${beijing(at)}</td><td>${who}</td><td>${what}</td><td>${subject}</td></tr>`,
  )
  return page(
    'Access log',
    session,
    html`<h1>Who looked at what</h1><section><div class="scroll" tabindex="0" role="region" aria-label="Access log"><table>
<thead><tr><th scope="col">Time (UTC+8)</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Of</th></tr></thead><tbody>${rows}</tbody></table></div></section>`,
  )
}

/** For a field of date and time: Beijing time, to the minute. */
function local(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16)
}

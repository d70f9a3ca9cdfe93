import { type Html, html } from '../words/html.ts'
import { may, type Session } from './sessions.ts'
import { beijing } from './tables.ts'
import type { Speech } from './words.ts'

/** A page of the desk; without a session it has no navigation. */
export function page(
  title: string,
  session: Session | undefined,
  { locale, say }: Speech,
  body: Html,
  { hasKeys = false, hasCharts = false } = {},
): Html {
  return html`<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><title>${title} · ${say('desk')}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">${hasKeys && html`<script src="/client.js" defer></script><script src="/queue.js" defer></script>`}${hasCharts && html`<script src="/charts.js" defer></script>`}</head>
<body><header><strong>${say('desk')}</strong>${
    session &&
    html`<nav aria-label="${say('pages')}"><a href="/queue">${say('queue')}</a><a href="/overview">${say('overview')}</a><a href="/find">${say('find')}</a><a href="/complaints">${say('complaints')}</a><a href="/">${say('search')}</a>${may(session, 'audit') && html`<a href="/access">${say('accessLog')}</a>`}</nav>
<span class="dim">${session.name}${!may(session, 'judge') && ` ${say('readOnly')}`}</span>
<form method="post" action="/logout"><input type="hidden" name="key" value="${session.formKey}"><button>${say('logOut')}</button></form>`
  }</header>
<main>${session && (hasKeys || hasCharts) && html`<p class="block" role="alert" data-ended hidden>${say('isOver')} <a href="">${say('logIn')}</a></p>`}${body}</main></body></html>`
}

/** The two fields of a period, epoch ms. */
export function timeFields({ say }: Speech, from: number, to: number): Html {
  return html`<label>${say('from')}<input type="datetime-local" name="from" value="${local(from)}"></label>
<label>${say('to')}<input type="datetime-local" name="to" value="${local(to)}"></label>`
}

/** Value of a date and time field: Beijing time to the minute. */
function local(ms: number): string {
  return beijing(ms).slice(0, 16).replace(' ', 'T')
}

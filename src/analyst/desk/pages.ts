import type { Case, FoundAlert } from '../archive/case.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { SEARCH_FIELDS, type SearchField } from '../archive/reader.ts'
import type { Sent } from '../archive/sent.ts'
import { type Html, html } from '../words/html.ts'
import { type CaseContext, caseSections } from './case-sections.ts'
import { page, timeFields } from './layout.ts'
import type { AskedSearch } from './sealed-searches.ts'
import type { Session } from './sessions.ts'
import {
  actionTag,
  alertTable,
  beijing,
  count,
  THING_KINDS,
  targetOf,
  thingLink,
  thingPath,
} from './tables.ts'
import type { Speech, Word } from './words.ts'

interface LoginShown {
  readonly hasTokens: boolean
  /** Host of the provider, if there is one. */
  readonly host: string | undefined
  /** The requested page, to continue to after the login. */
  readonly next?: string | undefined
  readonly fault?: string
}

export function loginPage(speech: Speech, { hasTokens, host, next, fault }: LoginShown): Html {
  const { say } = speech
  const query = next === undefined ? '' : `?${new URLSearchParams({ next })}`
  return page(
    say('logIn'),
    undefined,
    speech,
    html`<section class="login"><h1>${say('logIn')}</h1>${fault && html`<p role="alert" class="block">${fault}</p>`}
${host !== undefined && html`<p><a class="button" href="/login/provider${query}">${say('logInAt', { host })}</a></p>`}${
  hasTokens &&
  html`<form method="post" action="/login" class="fields">${next !== undefined && html`<input type="hidden" name="next" value="${next}">`}<label>${say('token')}<input type="password" name="token" required autocomplete="current-password"></label>
<div><button class="main">${say('logIn')}</button></div></form>`
}</section>`,
  )
}

/** Shown after the logout of a user who is still logged in at the provider. */
export function leftPage(speech: Speech, end: string): Html {
  const { say } = speech
  return page(
    say('logOut'),
    undefined,
    speech,
    html`<section class="login"><h1>${say('loggedOut')}</h1><p><a href="${end}">${say('logOutThere')}</a></p><p><a href="/">${say('logIn')}</a></p></section>`,
  )
}

/** A page that reloads itself. */
export function againPage({ locale, say }: Speech): Html {
  return html`<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${say('desk')}</title><meta http-equiv="refresh" content="0"></head>
<body><p>${say('onTheWay')}</p></body></html>`
}

/** `cause`: original message of another program; `back`: the page linked to. */
export function messagePage(
  session: Session | undefined,
  speech: Speech,
  message: string,
  { cause, back }: { readonly cause?: string | undefined; readonly back?: string } = {},
): Html {
  const { say } = speech
  return page(
    say('notice'),
    session,
    speech,
    html`<section><h1>${message}</h1>${cause !== undefined && html`<p class="dim">${cause}</p>`}<p>${back === undefined ? html`<a href="/">${say('toSearch')}</a>` : html`<a href="${back}">${say('backThere')}</a>`}</p></section>`,
  )
}

/** Maximum length of a search value, in characters; no id, host or name is longer. */
export const LONGEST_VALUE = 300

/** The label of a field: its key in the table of texts starts with `by`. undefined if there is no such field. */
export function fieldWord(field: string): Word | undefined {
  const known = SEARCH_FIELDS.find((one) => one === field)
  return known && nameOf(known)
}

function nameOf(field: SearchField): Word {
  return `by${field[0]!.toUpperCase()}${field.slice(1)}` as `by${Capitalize<SearchField>}`
}

export function searchPage(
  session: Session,
  speech: Speech,
  asked: AskedSearch,
  found: readonly FoundAlert[],
  sent: Sent | undefined,
): Html {
  const { say } = speech
  const options = SEARCH_FIELDS.map(
    (name) =>
      html`<option value="${name}"${name === asked.field && html` selected`}>${say(nameOf(name))}</option>`,
  )
  const n = found.length
  const thing = THING_KINDS.find((one) => one === asked.field)
  return page(
    say('search'),
    session,
    speech,
    html`<h1>${say('alerts')}</h1><section aria-label="${say('search')}"><form class="search" method="post" action="/search">
<input type="hidden" name="key" value="${session.formKey}">
<label>${say('searchBy')}<select name="field">${options}</select></label>
<label class="wide">${say('value')}<input name="value" maxlength="${LONGEST_VALUE}" autocomplete="off" value="${asked.value}" placeholder="${say('emptyIsAll')}"></label>
${timeFields(speech, asked.from, asked.to)}
<button class="main">${say('search')}</button></form></section>
${thing && thingPath(thing, asked.value) !== undefined && html`<p>${thingLink(thing, asked.value, say('itsPage', { name: asked.value }))}</p>`}${sent && sentSection(asked.value, sent, speech)}
<section><h2>${n === 200 ? say('foundNewest') : n === 1 ? say('foundOne') : say('foundMany', { n })}</h2>
${n === 0 ? html`<p class="dim">${say(asked.to <= asked.from ? 'timesSwapped' : 'nothingFound')}</p>` : alertTable(found, say('foundAlerts'), speech)}${(asked.field === 'port' || asked.field === 'domain') && html`<p class="dim">${say('notByMasks')}</p>`}</section>`,
  )
}

/** What a signature sent in the period, and whether that is usual, declared or neither. */
function sentSection(signature: string, sent: Sent, { say }: Speech): Html {
  const { messages, peak, usual, declared, declared_from, declared_to, enterprises, complaints: n } = sent
  const rate = ((n / messages) * 1e6).toFixed(1)
  return html`<section><h2>${say('whatSent', { signature })}</h2><dl><dt>${say('messages')}</dt><dd>${count(messages)}</dd>
<dt>${say('busiest')}</dt><dd>${say('commercial', { n: count(peak) })}</dd>
<dt>${say('usual')}</dt><dd>${usual === null ? say('notKnownYet') : say('aMinute', { n: usual.toFixed(1) })}</dd>
<dt>${say('declared')}</dt><dd>${
    declared === null || !declared_from || !declared_to
      ? say('nothing')
      : say('declaredSeen', { n: declared, from: beijing(declared_from), to: beijing(declared_to) })
  }</dd>
<dt>${say('enterprise')}</dt><dd>${enterprises ?? '–'}</dd><dt>${say('complaints')}</dt><dd>${say('complaintRate', { n, rate })}</dd></dl></section>`
}

/** Parts of a case page that are not part of the case. */
export interface ShownWithCase extends CaseContext {
  /** The action just performed. */
  readonly said?: 'given' | 'letter' | 'ended' | undefined
  readonly letters?: Html
}

export function casePage(
  session: Session,
  speech: Speech,
  found: Case,
  { said, letters, ...context }: ShownWithCase,
): Html {
  const { target, action } = found.alert.data
  return page(
    targetOf(`${target.kind}:${target.id}`, speech),
    session,
    speech,
    html`<h1>${speech.term('target', target.kind)} <span>${targetName(target, speech)}</span> ${actionTag(speech, action)}</h1>
${said && html`<section class="given" role="status">${said === 'given' ? `${speech.say('given')} ${speech.say(answerTo(found))}` : speech.say(said === 'ended' ? 'notWritten' : 'letterWritten')}</section>`}
${caseSections(found, session, speech, context)}${letters}`,
  )
}

/** The target of a case, linked to its page if it has one. */
function targetName({ kind, id }: Case['alert']['data']['target'], { brand }: Speech): Html {
  if (kind === 'brand-claim') return thingLink('brand', id, brand(id))
  const known = THING_KINDS.find((one) => one === kind)
  return known ? thingLink(known, id) : html`${withoutMobiles(id)}`
}

/** Status of the latest feedback. */
function answerTo({ feedback }: Case): Word {
  const standing = feedback.at(-1)?.standing ?? 'unknown'
  return `${standing}Answer`
}

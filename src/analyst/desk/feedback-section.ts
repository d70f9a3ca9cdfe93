import { codeText } from '../../detection/detectors/evidence-words.ts'
import { LABELS } from '../../domain/labels.ts'
import { DAY } from '../../domain/time.ts'
import type { Case } from '../archive/case.ts'
import type { StoredFeedback } from '../archive/given-feedback.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Html, html } from '../words/html.ts'
import type { KeptTexts } from './kept-forms.ts'
import { findingOf } from './queue-page.ts'
import { refusalIn } from './refusal-words.ts'
import { may, mayUndo, type Session } from './sessions.ts'
import { beijing, targetOf } from './tables.ts'
import type { Speech } from './words.ts'

const HOLDS_DAYS = [3, 7, 30]

/** Fields for how long feedback lasts: a number of days, or until a time. */
export function untilFields({ say }: Speech): Html {
  return html`<label>${say('holdsFor')}<select name="days"><option value="1">${say('oneDay')}</option>${HOLDS_DAYS.map((n) => html`<option value="${n}">${say('days', { n })}</option>`)}</select></label>
<label>${say('orUntil')}<input type="datetime-local" name="until"></label>`
}

export function labelField({ say, term }: Speech): Html {
  return html`<label>${say('textIs')}<select name="label"><option value="">${say('asJudged')}</option>${LABELS.map((label) => html`<option value="${label}">${term('label', label)}</option>`)}</select></label>`
}

/** The form for a judgement, for users with the right to judge. */
export function feedbackForm(found: Case, session: Session, speech: Speech, kept?: KeptTexts): Html {
  const { say, locale } = speech
  const { alert, feedback } = found
  const { state, reasons } = alert.data
  const last = feedback.filter((one) => isStanding(one) && one.by !== session.name).at(-1)
  const codes = reasons.map(({ code }) => html`<option value="${code}">${codeText(code, locale)}</option>`)
  return html`<section><h2>${say('yourFeedback')}</h2>${
    last &&
    html`<p class="earlier">${say('saidBefore', { by: last.by, what: findingOf(last.verdict, speech), at: beijing(last.ts) })}${last.note && html`<br>${last.note}`}</p>`
  }<form class="fields" method="post" action="${pathOf(found)}">
<input type="hidden" name="key" value="${session.formKey}">
<label>${say('note')}<textarea name="note" rows="2" maxlength="2000">${kept?.note}</textarea></label>
<div class="pair"><label>${say('aboutCode')}<select name="code"><option value="">${say('allCodes')}</option>${reasons.length > 1 && codes}</select></label>${labelField(speech)}
${untilFields(speech)}</div>
<p class="dim">${say(state ? 'releasesState' : 'allowsLike', { codes: reasons.map(({ code }) => codeText(code, locale)).join(locale === 'en' ? ', ' : '、') })}</p>
<div class="buttons"><button name="verdict" value="confirmed">${say('confirm')}</button><button name="verdict" value="false_positive">${say('falsePositive')}</button>${
    state && html`<button name="verdict" value="release">${say('release')}</button>`
  }</div></form>${may(session, 'block') && orderForm(found, session, speech)}</section>`
}

function orderForm(found: Case, session: Session, speech: Speech): Html {
  const { say } = speech
  const targets = found.orderTargets.map(withoutMobiles)
  if (targets.length === 0) return html``
  const options = targets.map(
    (target) => html`<option value="${target}">${targetOf(target, speech)}</option>`,
  )
  return html`<details><summary>${say('blockByHand')}</summary><form class="fields" method="post" action="${pathOf(found)}">
<input type="hidden" name="key" value="${session.formKey}">
<label>${say('blockWhat')}<select name="target">${options}</select></label>
<label>${say('blockWhy')}<input name="note" maxlength="2000" required></label><div class="pair">${untilFields(speech)}</div>
<div class="buttons"><button name="verdict" value="block">${say('block')}</button></div></form></details>`
}

function isStanding({ standing }: StoredFeedback): boolean {
  return standing !== 'undone' && standing !== 'undoing'
}

function pathOf({ alert }: Case): string {
  return `/case/${encodeURIComponent(alert.id)}`
}

/** Judgements on the case with the service's result and an undo button. */
export function judgementLines(found: Case, session: Session, speech: Speech, now: number): Html {
  const { say } = speech
  return html`${found.feedback.map(
    (one) =>
      html`<dt>${beijing(one.ts)}</dt><dd>${say('doneBy', { what: findingOf(one.verdict, speech), by: one.by })}${one.target != null && ` (${targetOf(one.target, speech)})`}${one.codes != null && ` (${one.codes.map((code) => codeText(code, speech.locale)).join(', ')})`}${one.label != null && ` [${speech.term('label', one.label)}]`}${one.until !== null && say('until', { at: beijing(one.until) })} ${standingOf(one, speech, now)}${one.note !== null && html`<br>${one.note}`}${undoForms(one, found, session, speech)}</dd>`,
  )}`
}

/** How long after feedback the service's result is overdue, ms. */
const LATE = DAY / 288

function standingOf({ standing, why, ts }: StoredFeedback, { say, locale }: Speech, now: number): Html {
  if (standing === undefined) return html``
  const isLate = standing === 'waiting' && now - ts.getTime() > LATE
  return html`<span class="tag ${standing}">${say(`${standing}Feedback`)}</span>${standing === 'refused' && why && html` <span class="block">${refusalIn(locale, why)}</span>`}${
    isLate && html` <span class="block">${say('noAnswer')}</span>`
  }`
}

function undoForms(one: StoredFeedback, found: Case, session: Session, { say }: Speech): Html {
  const { id, batch, standing = 'unknown', verdict } = one
  const isOpen = ['applied', 'waiting', 'unknown', 'unsent'].includes(standing)
  if (!id || !isOpen || verdict === 'unblock' || !mayUndo(session, one)) return html``
  const button = (undo: string, text: string) =>
    html`<form method="post" action="${pathOf(found)}"><input type="hidden" name="key" value="${session.formKey}"><input type="hidden" name="undo" value="${undo}"><button class="small">${text}</button></form>`
  return html`<span class="buttons">${button(id, say('undo'))}${batch && button(batch, say('undoBatch'))}</span>`
}

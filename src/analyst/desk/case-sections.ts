import { restsOnCounts, sentenceOf } from '../../detection/detectors/describe.ts'
import { evidenceIn } from '../../detection/detectors/evidence-words.ts'
import { citedIn } from '../../detection/detectors/rules.ts'
import type { AlertReason } from '../../domain/alert.ts'
import { changeWords } from '../../domain/change.ts'
import { hostsOf } from '../archive/alert-hosts.ts'
import type { Case } from '../archive/case.ts'
import { type Html, html } from '../words/html.ts'
import { feedbackForm, judgementLines } from './feedback-section.ts'
import type { KeptTexts } from './kept-forms.ts'
import { registrySection } from './registry-section.ts'
import { may, type Session } from './sessions.ts'
import { actionTag, alertTable, beijing, codeName, table, thingLink, timeCell } from './tables.ts'
import type { Speech } from './words.ts'

export interface CaseContext {
  /** Epoch ms. */
  readonly now: number
  readonly recipientPath?: string
  /** Texts entered in its form before the session ended. */
  readonly kept?: KeptTexts | undefined
}

/** The sections of a case: first the message and the reasons, then related information. */
export function caseSections(
  found: Case,
  session: Session,
  speech: Speech,
  { now, recipientPath, kept }: CaseContext,
): Html {
  const { say } = speech
  const { timeline, siblings } = found
  return html`<div class="columns"><div class="stack">${messageSection(found, speech, recipientPath)}${reasonsSection(found, speech)}${registrySection(found, speech)}</div>
<div class="stack">${may(session, 'judge') && feedbackForm(found, session, speech, kept)}${courseSection(found, session, speech, now)}${factsSection(found, speech)}</div></div>
${timeline.length > 0 && html`<section><h2>${say('changes')}</h2>${alertTable(timeline, say('changesOf'), speech)}</section>`}
${complaintsSection(found, speech)}${samplesSection(found, speech)}
${siblings.length > 0 && html`<section><h2>${say('alike', { n: siblings.length })}</h2>${alertTable(siblings, say('alertsAlike'), speech)}</section>`}`
}

function messageSection({ alert }: Case, { say }: Speech, recipientPath?: string): Html {
  const { message, contacts } = alert.data
  if (!message)
    return html`<section><h2>${say('messageMasked')}</h2><p class="dim">${say(restsOnCounts(alert) ? 'noMessage' : 'messageGone')}</p></section>`
  return html`<section><h2>${say('messageMasked')}</h2><blockquote class="message">${message.text}</blockquote>
<dl><dt>${say('sender')}</dt><dd>${thingLink('port', message.from)}${message.signature !== undefined && html` 【${thingLink('signature', message.signature)}】`}</dd>
<dt>${say('recipient')}</dt><dd>${message.to ?? say('notShown')} ${recipientPath === undefined ? html`<span class="dim">${message.toToken}</span>` : html`<a href="${recipientPath}">${message.toToken}</a>`}</dd>
<dt>${say('sent')}</dt><dd>${beijing(message.ts)} (UTC+8)</dd><dt>${say('id')}</dt><dd>${message.id}</dd>
${contacts && contacts.urls.length > 0 && html`<dt>${say('links')}</dt><dd>${contacts.urls.map((url, i) => html`${i > 0 && ', '}${url}${hostsOf([url]).map((host) => html` (${thingLink('domain', host)})`)}`)}</dd>`}
${contacts && contacts.phones.length > 0 && html`<dt>${say('numbers')}</dt><dd>${contacts.phones.join(', ')}</dd>`}</dl></section>`
}

function reasonsSection({ alert }: Case, speech: Speech): Html {
  return html`<section><h2>${speech.say('why')}</h2>${alert.data.reasons.map((one) => reason(one, speech))}</section>`
}

function reason(one: AlertReason, speech: Speech): Html {
  const { say, locale, describe } = speech
  const { code, score, action, rule, evidence } = one
  const { speaksFor, speaksAgainst, facts } = evidenceIn(locale, evidence, speech.brand)
  const list = (title: string, kind: string, said: readonly string[]) =>
    said.length > 0 &&
    html`<p class="${kind}">${title}</p><ul>${said.map((each) => html`<li>${each}</li>`)}</ul>`
  return html`<div class="reason"><p><strong>${codeName(code, speech)}</strong> ${actionTag(speech, action)} <span class="dim">${say('score', { n: score.toFixed(2) })}</span></p>
<p>${sentenceOf(one, describe)}</p>${rule !== undefined && html`<p class="dim">${say('rule', { rule: citedIn(locale, rule) })}</p>`}
${list(say('speaksFor'), 'for', speaksFor)}${list(say('speaksAgainst'), 'against', speaksAgainst)}
<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`
}

function courseSection(found: Case, session: Session, speech: Speech, now: number): Html {
  const { feedback, enforcements, verdict, timeline } = found
  const { say, term } = speech
  const done = enforcements.map(
    ({ ts, action, by }) =>
      html`<dt>${beijing(ts)}</dt><dd>${say('doneBy', { what: term('action', action), by })}</dd>`,
  )
  const last = feedback
    .filter(
      ({ verdict: word, standing }) =>
        word !== 'confirmed' && standing !== 'refused' && standing !== 'undone',
    )
    .at(-1)
  const again = timeline.filter(({ ts, type }) => last && type === 'raised' && ts > last.ts).length
  return html`<section><h2>${say('course')}</h2><dl>${
    verdict &&
    html`<dt>${say('verdict')}</dt><dd>${term('action', verdict.action)}, ${term('label', verdict.label)}, ${say('score', { n: verdict.score.toFixed(2) })}</dd>`
  }${done}${judgementLines(found, session, speech, now)}</dl>${feedback.length === 0 && html`<p class="dim">${say('noFeedback')}</p>`}${
    last && timeline.length > 0 && html`<p>${say('raisedAgain', { n: again })}</p>`
  }</section>`
}

function factsSection({ alert, versions }: Case, speech: Speech): Html {
  const { say, term, value } = speech
  const { provenance, severity, score, label, mode, validFrom, expiresAt, state, degraded, late } = alert.data
  const version = (kind: string, hash: string) => {
    const known = versions.find((one) => one.hash === hash)
    return html`<dt>${kind}</dt><dd>${hash}${known && html` <span class="dim">${say('knownSince', { at: beijing(known.first_at) })}</span>`}${known?.change && html`<br>${say('changedBy', changeWords(known.change))}`}</dd>`
  }
  const [from, to] = [beijing(Date.parse(validFrom)), beijing(Date.parse(expiresAt))]
  return html`<section><h2>${say('decidedBy')}</h2><dl>${version(say('model'), provenance.model)}${version(say('policy'), provenance.policy)}${version(say('registry'), provenance.registry)}${provenance.rules !== undefined && version(say('rules'), provenance.rules)}
<dt>${say('mode')}</dt><dd>${value(mode)}${degraded === true && `, ${say('degraded')}`}${late === true && `, ${say('late')}`}</dd><dt>${say('severity')}</dt><dd>${value(severity)}, ${say('score', { n: score.toFixed(2) })}${label && `, ${term('label', label)}`}</dd>
<dt>${say('valid')}</dt><dd>${say('span', { from, to })}</dd>
${state && html`<dt>${say('state')}</dt><dd>${state.id}</dd>`}<dt>${say('record')}</dt><dd>${provenance.topic}/${provenance.partition}/${provenance.offset}</dd></dl></section>`
}

function complaintsSection({ complaints }: Case, { say, term }: Speech): Html {
  if (complaints.length === 0) return html``
  const rows = complaints.map(({ ts, id, source, category, text }) => [
    ...[timeCell(ts), id, source, category === null ? '–' : term('label', category), text ?? '–'],
  ])
  const headings = [say('time'), say('id'), say('source'), say('category'), say('said')]
  return html`<section><h2>${say('complaintsOn')}</h2>${table(say('complaintsOn'), headings, rows)}</section>`
}

function samplesSection({ alert }: Case, { say }: Speech): Html {
  const samples = alert.data.samples ?? []
  if (samples.length === 0) return html``
  return html`<section><h2>${say('samples')}</h2><dl>${samples.map(({ ts, from, text: said }) => html`<dt>${beijing(ts)}</dt><dd>${said} <span class="dim">${from}</span></dd>`)}</dl></section>`
}

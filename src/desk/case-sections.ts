import type { Case } from '../archive/reader.ts'
import type { AlertReason } from '../domain/alert.ts'
import { type Html, html } from '../markup/html.ts'
import type { Session } from './sessions.ts'
import { alertTable, beijing } from './tables.ts'

/** The parts of a case, the message and its reasons before what surrounds them. */
export function caseSections(found: Case, session: Session): Html {
  return html`<div class="columns"><div class="stack">${messageSection(found)}${reasonsSection(found)}</div>
<div class="stack">${session.may === 'feedback' && feedbackForm(found, session)}${feedbackSection(found)}${factsSection(found)}</div></div>
${found.timeline.length > 0 && html`<section><h2>State, change by change</h2>${alertTable(found.timeline, 'Changes of the state')}</section>`}
${samplesSection(found)}
${found.siblings.length > 0 && html`<section><h2>Alike within a day: ${found.siblings.length}</h2>${alertTable(found.siblings, 'Alerts alike')}</section>`}`
}

function messageSection({ alert }: Case): Html {
  const { message, contacts } = alert.data
  if (!message) return html``
  return html`<section><h2>Message, masked</h2><blockquote class="message">${message.text}</blockquote>
<dl><dt>From</dt><dd>${message.from}${message.signature !== undefined && html` 【${message.signature}】`}</dd>
<dt>To</dt><dd>${message.to ?? 'not shown'} <span class="dim">${message.toToken}</span></dd>
<dt>Sent</dt><dd>${beijing(message.ts)} (UTC+8)</dd><dt>Id</dt><dd>${message.id}</dd>
${contacts && contacts.urls.length > 0 && html`<dt>Links</dt><dd>${contacts.urls.join(', ')}</dd>`}
${contacts && contacts.phones.length > 0 && html`<dt>Numbers</dt><dd>${contacts.phones.join(', ')}</dd>`}</dl></section>`
}

function reasonsSection({ alert }: Case): Html {
  return html`<section><h2>Why</h2>${alert.data.reasons.map(reason)}</section>`
}

function reason({ code, score, action, detail, rule, evidence }: AlertReason): Html {
  const { speaksFor, speaksAgainst, ...facts } = evidence as Readonly<Record<string, unknown>>
  const list = (title: string, kind: string, said: unknown) =>
    Array.isArray(said) && said.length > 0
      ? html`<p class="${kind}">${title}</p><ul>${said.map((one) => html`<li>${text(one)}</li>`)}</ul>`
      : html``
  return html`<div class="reason"><p><strong>${code}</strong> <span class="tag ${action}">${action}</span> <span class="dim">score ${score.toFixed(2)}</span></p>
<p>${detail}</p>${rule !== undefined && html`<p class="dim">Rule: ${rule}</p>`}
${list('Speaks for it', 'for', speaksFor)}${list('Speaks against it', 'against', speaksAgainst)}
<dl>${Object.entries(facts).map(([name, value]) => html`<dt>${name}</dt><dd>${text(value)}</dd>`)}</dl></div>`
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

function feedbackForm({ alert }: Case, session: Session): Html {
  const isState = alert.data.state !== undefined
  return html`<section><h2>Your feedback</h2><form class="fields" method="post" action="/case/${encodeURIComponent(alert.id)}">
<input type="hidden" name="key" value="${session.formKey}">
<label>Note<textarea name="note" rows="2" maxlength="2000"></textarea></label>
<label>It holds for<select name="days"><option value="1">1 day</option><option value="3">3 days</option><option value="7">7 days</option><option value="30">30 days</option></select></label>
<div class="buttons"><button name="verdict" value="confirmed">Confirm</button><button name="verdict" value="false_positive">False positive</button>${
    isState && html`<button name="verdict" value="release">Release</button>`
  }</div></form></section>`
}

function feedbackSection({ feedback, enforcements, verdict }: Case): Html {
  const said = feedback.map(
    ({ ts, verdict: word, by, note, until }) =>
      html`<dt>${beijing(ts)}</dt><dd><strong>${word}</strong> by ${by}${until !== null && ` until ${beijing(until)}`}${note !== null && html`<br>${note}`}</dd>`,
  )
  const done = enforcements.map(
    ({ ts, action, by }) => html`<dt>${beijing(ts)}</dt><dd>${action} by ${by}</dd>`,
  )
  return html`<section><h2>What came of it</h2><dl>${
    verdict &&
    html`<dt>Verdict</dt><dd>${verdict.action}, ${verdict.label}, score ${verdict.score.toFixed(2)}</dd>`
  }${done}${said}</dl>${feedback.length === 0 && html`<p class="dim">No feedback yet.</p>`}</section>`
}

function factsSection({ alert, versions }: Case): Html {
  const { provenance, severity, score, label, mode, validFrom, expiresAt, state, degraded, late } = alert.data
  const version = (kind: string, hash: string) => {
    const known = versions.find((one) => one.hash === hash)
    return html`<dt>${kind}</dt><dd>${hash}${known && html` <span class="dim">known since ${beijing(known.first_at)}</span>`}</dd>`
  }
  return html`<section><h2>Decided by</h2><dl>${version('Model', provenance.model)}${version('Policy', provenance.policy)}${version('Registry', provenance.registry)}
<dt>Mode</dt><dd>${mode}${degraded === true && ', degraded'}${late === true && ', late'}</dd><dt>Severity</dt><dd>${severity}, score ${score.toFixed(2)}${label && `, ${label}`}</dd>
<dt>Valid</dt><dd>${beijing(Date.parse(validFrom))} to ${beijing(Date.parse(expiresAt))}</dd>
${state && html`<dt>State</dt><dd>${state.id}</dd>`}<dt>Record</dt><dd>${provenance.topic}/${provenance.partition}/${provenance.offset}</dd></dl></section>`
}

function samplesSection({ alert }: Case): Html {
  const samples = alert.data.samples ?? []
  if (samples.length === 0) return html``
  return html`<section><h2>Samples</h2><dl>${samples.map(({ ts, from, text: said }) => html`<dt>${beijing(ts)}</dt><dd>${said} <span class="dim">${from}</span></dd>`)}</dl></section>`
}

import { clockTime } from '../../domain/time.ts'
import type { FoundAlert } from '../archive/case.ts'
import { type Html, html } from '../words/html.ts'
import type { Speech, Word } from './words.ts'

/** Beijing time to the second. */
export function beijing(time: Date | number): string {
  return clockTime(Number(time))
}

export function caseLink(id: string, text: string): Html {
  return html`<a href="/case/${encodeURIComponent(id)}">${text}</a>`
}

/** A table that can be scrolled by keys; cells are HTML or text. */
export function table(
  name: string,
  headings: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
): Html {
  const head = headings.map((heading) => html`<th scope="col">${heading}</th>`)
  const body = rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

export function timeCell(time: Date | number): Html {
  return html`<span class="time">${beijing(time)}</span>`
}

export function actionTag({ term }: Speech, action: string): Html {
  return html`<span class="tag ${action}">${term('action', action)}</span>`
}

/** The columns of a list of alerts: the word of the heading, and the cell. */
const ALERT_COLUMNS: readonly (readonly [Word, (alert: FoundAlert, speech: Speech) => Html | string])[] = [
  ['time', ({ ts }) => timeCell(ts)],
  [
    'action',
    ({ action, mode }, speech) =>
      html`${actionTag(speech, action)}${
        mode === 'shadow' && html` <span class="tag shadow">${speech.say('shadow')}</span>`
      }`,
  ],
  ['codes', ({ codes }) => codes.join(', ')],
  [
    'case',
    ({ id, type, target_kind, target_id }, { term }) =>
      html`${caseLink(id, `${term('target', target_kind)} ${target_id}`)}<br><span class="dim">${term('event', type)}</span>`,
  ],
  ['signature', ({ signature }) => signature ?? '–'],
  ['port', ({ port }) => port ?? '–'],
]

/** A list of alerts, each with a link to its case. */
export function alertTable(alerts: readonly FoundAlert[], name: string, speech: Speech): Html {
  return table(
    name,
    ALERT_COLUMNS.map(([word]) => speech.say(word)),
    alerts.map((one) => ALERT_COLUMNS.map(([, cell]) => cell(one, speech))),
  )
}

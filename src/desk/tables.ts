import type { FoundAlert } from '../archive/case.ts'
import { type Html, html } from '../markup/html.ts'
import type { Speech } from './words.ts'

const EIGHT_HOURS = 8 * 3_600_000

/** Beijing time to the second. */
export function beijing(time: Date | number): string {
  return new Date(Number(time) + EIGHT_HOURS).toISOString().slice(0, 19).replace('T', ' ')
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

/** A list of alerts, each with a link to its case. */
export function alertTable(alerts: readonly FoundAlert[], name: string, speech: Speech): Html {
  const { say, term } = speech
  return table(
    name,
    [say('time'), say('action'), say('codes'), say('case'), say('signature'), say('port')],
    alerts.map((one) => [
      timeCell(one.ts),
      html`${actionTag(speech, one.action)}${
        one.mode === 'shadow' && html` <span class="tag shadow">${say('shadow')}</span>`
      }`,
      one.codes.join(', '),
      html`${caseLink(one.id, `${term('target', one.target_kind)} ${one.target_id}`)}<br><span class="dim">${term('event', one.type)}</span>`,
      one.signature ?? '–',
      one.port ?? '–',
    ]),
  )
}

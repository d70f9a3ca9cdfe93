import type { FoundAlert } from '../archive/reader.ts'
import { type Html, html } from '../markup/html.ts'

const EIGHT_HOURS = 8 * 3_600_000

/** Beijing time to the second. */
export function beijing(time: Date | number): string {
  return new Date(Number(time) + EIGHT_HOURS).toISOString().slice(0, 19).replace('T', ' ')
}

export function caseLink(id: string, text: string): Html {
  return html`<a href="/case/${encodeURIComponent(id)}">${text}</a>`
}

/** A list of alerts, each with a link to its case. */
export function alertTable(alerts: readonly FoundAlert[], name: string): Html {
  const rows = alerts.map(
    (one) =>
      html`<tr><td class="time">${beijing(one.ts)}</td><td><span class="tag ${one.action}">${one.action}</span>${
        one.mode === 'shadow' && html` <span class="tag shadow">shadow</span>`
      }</td><td>${one.codes.join(', ')}</td><td>${caseLink(one.id, `${one.target_kind} ${one.target_id}`)}<br><span class="dim">${one.type}</span></td><td>${one.signature ?? '–'}</td><td>${one.port ?? '–'}</td></tr>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr><th scope="col">Time (UTC+8)</th><th scope="col">Action</th><th scope="col">Codes</th><th scope="col">Case</th><th scope="col">Signature</th><th scope="col">Port</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
